// What every registry promises of parties that are not held but reported by another hub (T25), and of those that may
// move (T16); part of registry-suite.ts.

import { expect, it } from 'vitest'
import type { Platform, ReportedRole } from '../../src/registry/platform.ts'
import { kept, platform, role } from '../support/platforms.ts'
import { waitFor } from '../support/wait.ts'
import type { Start } from './registry-file-suite.ts'
import type { StoreBench } from './registry-suite.ts'

const CREATED = '2026-01-01T00:00:00.000Z'
const behind: readonly ReportedRole[] = [
  { ...role('DE-CPO CPO'), name: 'Behind', reported: 'OFFLINE', created: CREATED },
  { ...role('DE-OLD CPO'), reported: 'SUSPENDED', withdrawn: true, created: CREATED },
]
const hub = (id: string): Platform =>
  platform(id, { roles: [role(`NL-${id.toUpperCase()} HUB`)], behind, toldParties: 'a-digest' })

export function describePeers(start: Start, bench: () => StoreBench): void {
  it('keeps what a hub has reported, over a restart and for all hubs on the store (T25)', async () => {
    const registry = await start()
    const stored = kept(await registry.put(hub('hb2')))
    const other = await start()
    await waitFor(() => other.table().connections.has('hb2'))
    expect(other.table().connections.get('hb2')?.platform).toEqual(stored)
    expect(stored).toMatchObject({ behind, toldParties: 'a-digest' })
    expect(other.table().parties.get('DE-CPO')).toMatchObject([{ status: 'OFFLINE', behind: true }])
    const { behind: _, ...without } = stored
    expect(kept(await registry.put(without))).not.toHaveProperty('behind')
    expect(registry.table().parties.has('DE-CPO')).toBe(false)
  })

  it('lets nobody be refused for a party that a hub reports, nor a report for a party that is held (T25)', async () => {
    const registry = await start()
    kept(await registry.put(hub('hb2')))
    kept(await registry.put(hub('hb3')))
    kept(await registry.put(platform('acme', { roles: [role('DE-CPO CPO')] })))
    kept(await registry.put(hub('hb4')))
    expect(
      registry
        .table()
        .parties.get('DE-CPO')
        ?.map(({ connection }) => connection.platform.id),
    ).toEqual(['acme'])
  })

  it('lets a party be held twice while it may move, and by nobody else once it has a new holder (T16)', async () => {
    const registry = await start()
    const old = kept(await registry.put(platform('old', { roles: [role('DE-CPO CPO')] })))
    const party = { ok: false, conflict: 'party', party: 'DE-CPO' }
    expect(await registry.put(platform('new', { roles: [role('DE-CPO CPO')] }))).toMatchObject({
      ...party,
      holder: 'old',
    })
    const marked = kept(await registry.put({ ...old, roles: [{ ...role('DE-CPO CPO'), movingTo: 'new' }] }))
    kept(await registry.put(platform('new', { roles: [role('DE-CPO CPO')] })))
    const third = await registry.put(platform('third', { roles: [role('DE-CPO CPO')] }))
    expect(third).toMatchObject({ ...party, holder: 'new' })
    expect(await registry.put({ ...marked, roles: [role('DE-CPO CPO')] })).toMatchObject({
      ...party,
      holder: 'new',
    })
    const again = await start()
    expect(
      again
        .table()
        .parties.get('DE-CPO')
        ?.map(({ connection }) => connection.platform.id),
    ).toEqual(['new'])
  })

  it('leaves out a platform whose reports are broken', async () => {
    const { outbound: _, revision: __, ...sound } = hub('hb2')
    for (const [number, wrong] of [
      [{ ...behind[0], countryCode: 'DEU' }],
      [{ ...behind[0], reported: 'GONE' }],
      'x',
    ].entries()) {
      const body = JSON.stringify({ ...sound, id: `x${number}`, behind: wrong })
      await bench().plant(
        `x${number}`,
        JSON.stringify({ revision: 1, writeId: 'w', parties: [], tokens: [], body }),
      )
    }
    expect((await start()).health().broken).toBe(3)
  })

  it('keeps the reports of a hub of the configuration file beside the file', async () => {
    const { behind: _, toldParties: __, ...plain } = hub('fix')
    const file: Platform = { ...plain, source: 'file' }
    const registry = await start({ filePlatforms: [file] })
    kept(await registry.put({ ...registry.table().connections.get('fix')!.platform, behind }))
    const again = await start({ filePlatforms: [file] })
    await waitFor(() => again.table().parties.has('DE-CPO'))
    expect(again.table().connections.get('fix')?.platform.behind).toEqual(behind)
    again.replaceFilePlatforms([{ ...file, roles: [role('NL-FIX NSP')] }])
    expect(again.table().parties.has('DE-CPO')).toBe(false)
  })
}
