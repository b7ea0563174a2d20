// What every registry promises about the platforms of the configuration file; part of registry-suite.ts.

import { expect, it } from 'vitest'
import type { RegistryOptions } from '../../src/registry/create-registry.ts'
import type { Platform } from '../../src/registry/platform.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { kept, platform, role } from '../support/platforms.ts'

export type Start = (options?: Partial<RegistryOptions>) => Promise<Registry>

export function describeFilePlatforms(start: Start): void {
  const { outbound, ...rest } = platform('static', { source: 'file', roles: [role('DE-CPO CPO')] })
  const inFile: Platform = { ...rest, ...(outbound ? { outbound } : {}), endpoints: [] }

  it('has the platforms of the file and keeps their status and endpoints over a restart', async () => {
    const registry = await start({ filePlatforms: [inFile] })
    const { endpoints } = platform('static')
    const offline = kept(
      await registry.put({ ...inFile, status: 'OFFLINE', endpoints, inbound: [], roles: [] }),
    )
    expect(offline).toEqual({ ...inFile, status: 'OFFLINE', endpoints, revision: offline.revision })
    expect(await registry.put(inFile)).toEqual({ ok: false, conflict: 'stale' })
    const again = await start({ filePlatforms: [inFile] })
    expect(again.table().connections.get('static')?.platform).toEqual(offline)
  })

  it('obeys the file when a status is edited there, and when endpoints are listed there', async () => {
    const registry = await start({ filePlatforms: [inFile] })
    const { endpoints } = platform('discovered')
    kept(await registry.put({ ...inFile, status: 'SUSPENDED', endpoints }))
    const edited: Platform = { ...inFile, status: 'PLANNED', endpoints: platform('listed').endpoints }
    registry.replaceFilePlatforms([edited])
    expect(registry.table().connections.get('static')?.platform).toMatchObject({
      status: 'PLANNED',
      endpoints: edited.endpoints,
    })
  })

  it('stands as in the file again when it is removed', async () => {
    const registry = await start({ filePlatforms: [inFile] })
    const offline = kept(await registry.put({ ...inFile, status: 'OFFLINE' }))
    expect(kept(await registry.remove(offline))).toEqual(inFile)
    expect(registry.table().connections.get('static')?.platform).toEqual(inFile)
  })

  it('refuses a registered platform what the file claims, whatever its status', async () => {
    const registry = await start({ filePlatforms: [inFile] })
    kept(await registry.put({ ...inFile, status: 'SUSPENDED' }))
    const claims: [Partial<Platform> & { id?: string }, object][] = [
      [{ roles: [role('de-cpo CPO')] }, { conflict: 'party', party: 'DE-CPO', holder: 'static' }],
      [{ inbound: inFile.inbound }, { conflict: 'token', holder: 'static' }],
      [{ id: 'static' }, { conflict: 'stale', holder: 'static' }],
    ]
    for (const [changes, conflict] of claims) {
      expect(await registry.put(platform('other', changes))).toEqual({ ok: false, ...conflict })
    }
  })

  it('lets the file win over stored platforms, tells the clash, and gives them back when the file does', async () => {
    const registry = await start()
    const party = kept(await registry.put(platform('party', { roles: [role('DE-CPO CPO')] })))
    const same = kept(await registry.put(platform('static', { inbound: [] })))
    registry.replaceFilePlatforms([inFile])
    expect([...registry.table().connections.keys()]).toEqual(['static'])
    expect(registry.health()).toMatchObject({ up: true, clashes: 2 })
    expect(registry.health().reason).toContain('party, static')
    kept(await registry.put({ ...inFile, status: 'OFFLINE' }))
    registry.replaceFilePlatforms([])
    expect(registry.table().connections.get('party')?.platform).toEqual(party)
    expect(registry.table().connections.get('static')?.platform).toEqual(same)
    expect(registry.health().clashes).toBeUndefined()
  })

  it('takes over file platforms all or none', async () => {
    const registry = await start({ filePlatforms: [inFile] })
    const before = registry.table()
    const twice = [
      platform('a', { source: 'file' }),
      { ...inFile, id: 'b' },
      { ...inFile, id: 'c', inbound: [] },
    ]
    expect(() => registry.replaceFilePlatforms(twice)).toThrow(/DE-CPO CPO belongs to the platforms b and c/)
    expect(registry.table()).toBe(before)
    const other = await registry.put(platform('b', { roles: [role('DE-CPO CPO')] }))
    expect(other).toMatchObject({ holder: 'static' })
  })
}
