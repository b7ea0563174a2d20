// What every registry promises about what it finds in its store: broken or hostile records, and those of an older or
// newer version; part of registry-suite.ts.

import { expect, it } from 'vitest'
import { UPGRADE_STEPS } from '../../src/registry/schema.ts'
import { kept, platform, role } from '../support/platforms.ts'
import type { Start } from './registry-file-suite.ts'
import type { StoreBench } from './registry-suite.ts'

const NONE = { parties: [], tokens: [] }
const record = (body: unknown, more: object = NONE) =>
  JSON.stringify({ revision: 1, writeId: 'w', ...more, body })
const { outbound: _, revision: __, ...sound } = platform('x')

/** Texts that are no record, or hold no platform. */
const BROKEN: readonly string[] = [
  '',
  '[',
  'null',
  '7',
  '[]',
  '{}',
  '"text"',
  record(null, { parties: 'NL-CPO CPO', tokens: [] }),
  record(null, { parties: [7], tokens: [] }),
  record('{}', { ...NONE, revision: -1 }),
  record('{}', { ...NONE, revision: 1.5 }),
  record('{}', { ...NONE, revision: 'NaN' }),
  record('{}', { ...NONE, writeId: 7 }),
  record(7),
  record('['.repeat(100_000)),
  record('{"__proto__":{"id":"x"}}'),
  record(JSON.stringify({ ...sound, id: 'another' })),
  record(JSON.stringify({ ...sound, status: 'GONE' })),
  record(JSON.stringify({ ...sound, roles: [{ ...role('NL-CPO CPO'), countryCode: 'NLD' }] })),
  record(JSON.stringify({ ...sound, inbound: [{ hash: 'h', purpose: 'all' }] })),
  record(JSON.stringify({ ...sound, endpoints: [{ module: 'm', role: 'BOTH', url: 'u' }] })),
  record(JSON.stringify({ ...sound, outbound: { token: 'plain', form: 'raw' } })),
  record(JSON.stringify({ ...sound, outbound: { sealed: 'v1.0.0.0.0', form: 'raw' } })),
]

export function describeStoredForms(start: Start, bench: () => StoreBench): void {
  it('leaves out broken and hostile records, counts them, and serves the others', async () => {
    const before = await start()
    kept(await before.put(platform('sound')))
    for (const [number, text] of BROKEN.entries())
      await bench().plant(number === 0 ? 'x' : `x${number}`, text)
    const warnings: object[] = []
    const log = {
      info: () => undefined,
      warn: (fields: object) => warnings.push(fields),
      error: () => undefined,
    }
    const registry = await start({ log })
    expect([...registry.table().connections.keys()]).toEqual(['sound'])
    expect(registry.health()).toMatchObject({ up: true, loaded: true, broken: BROKEN.length })
    expect(warnings).toHaveLength(BROKEN.length)
    kept(await registry.put(platform('new', { roles: [role('NL-CPO CPO')] })))
  })

  it('repairs a broken record when the platform is registered anew', async () => {
    for (const [number, text] of BROKEN.entries()) await bench().plant(`x${number}`, text)
    const registry = await start()
    for (const number of BROKEN.keys()) {
      const { revision } = kept(await registry.put(platform(`x${number}`)))
      expect(revision).toBeGreaterThan(0)
    }
    expect(registry.health().broken).toBeUndefined()
    expect(registry.table().connections.size).toBe(BROKEN.length)
  })

  it('takes a body of an older version over step by step, and writes it in the new form', async () => {
    const old = await start()
    const acme = kept(await old.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
    const gone = kept(await old.put(platform('gone')))
    kept(await old.remove(gone))
    const upgradeSteps = [
      ...UPGRADE_STEPS,
      (body: object) => ({ ...body, errors: 'proof' }),
      (body: object) => ({ ...body, status: 'SUSPENDED' }),
    ]
    const registry = await start({ upgradeSteps })
    const upgraded = registry.table().connections.get('acme')!.platform
    expect(upgraded).toEqual({ ...acme, errors: 'proof', status: 'SUSPENDED' })
    expect([...registry.table().connections.keys()]).toEqual(['acme'])
    expect(await registry.put(platform('other', { inbound: acme.inbound }))).toMatchObject({ holder: 'acme' })
    kept(await registry.put({ ...upgraded, errors: 'ocpi' }))
    const again = await start({ upgradeSteps })
    expect(again.table().connections.get('acme')?.platform).toMatchObject({ errors: 'ocpi' })
  })

  it('says of roles of the first version that they are as old as their last change (R71)', async () => {
    const first = await start({ upgradeSteps: [] })
    const date = role('NL-CPO CPO').lastUpdated
    kept(await first.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
    const registry = await start()
    const { roles } = registry.table().connections.get('acme')!.platform
    expect(roles).toEqual([{ ...role('NL-CPO CPO'), created: date }])
  })

  it('refuses a store of a newer version, and stops writing to one that was taken over', async () => {
    const old = await start()
    const acme = kept(await old.put(platform('acme')))
    const newer = await start({ upgradeSteps: [...UPGRADE_STEPS, (body) => ({ ...body })] })
    kept(await newer.put(platform('other')))
    await expect(start()).rejects.toThrow(
      /written by a newer ocpi-hub \(registry schema 3, this one knows up to 2\)/,
    )
    await expect(old.put({ ...acme, status: 'OFFLINE' })).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(old.table().connections.get('acme')?.platform).toEqual(acme)
  })
}
