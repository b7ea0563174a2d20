// A registry as a document and back.

import { describe, expect, it } from 'vitest'
import {
  createBackup,
  exportRegistry,
  importRegistry,
  type RegistryBackup,
} from '../../../src/registry/backup.ts'
import { createRegistry } from '../../../src/registry/create-registry.ts'
import { createMemoryStore } from '../../../src/registry/memory.ts'
import type { Registry } from '../../../src/registry/registry.ts'
import { UPGRADE_STEPS } from '../../../src/registry/schema.ts'
import { createMemorySettings, type Settings } from '../../../src/registry/settings.ts'
import type { RegistryStore } from '../../../src/registry/store.ts'
import { kept, platform, role, SECRET } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'

const open = (store: RegistryStore): Promise<Registry> =>
  createRegistry(store, { secretKeys: [SECRET], filePlatforms: [platform('static', { source: 'file' })] })

const platforms = (registry: Registry) =>
  [...registry.table().connections.values()].map((connection) => ({ ...connection.platform, revision: 0 }))

/** A store with two platforms, a removed one and an overlay. */
async function filled(): Promise<{ store: RegistryStore; registry: Registry }> {
  const store = createMemoryStore()
  const registry = await open(store)
  kept(await registry.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
  kept(await registry.put(platform('beta', { roles: [role('DE-EMS EMSP')] })))
  kept(await registry.remove(kept(await registry.put(platform('gone')))))
  kept(await registry.put(platform('static', { source: 'file', status: 'OFFLINE' })))
  return { store, registry }
}

/** As a file would give it back. */
const copy = (backup: RegistryBackup) => JSON.parse(JSON.stringify(backup)) as RegistryBackup

describe('a backup of the registry', () => {
  it('holds all platforms with sealed tokens, and makes an equal registry of an empty store', async () => {
    const { store, registry } = await filled()
    const backup = copy(await exportRegistry(store))
    expect(JSON.stringify(backup)).not.toContain('outbound-acme')
    expect(backup.records.map((record) => record.id).toSorted()).toEqual(['acme', 'beta', 'file:static'])
    const other = createMemoryStore()
    expect(await importRegistry(other, backup)).toBe(3)
    const restored = await open(other)
    expect(platforms(restored)).toEqual(platforms(registry))
    expect(await restored.put(platform('new', { roles: [role('NL-CPO CPO')] }))).toMatchObject({
      holder: 'acme',
    })
  })

  it('is refused by a store that holds platforms, unless it is to replace them', async () => {
    const { store, registry } = await filled()
    const before = platforms(registry)
    const backup = copy(await exportRegistry(store))
    const acme = registry.table().connections.get('acme')!.platform
    const beta = registry.table().connections.get('beta')!.platform
    // Parties that changed hands since would contradict the backup on the way.
    kept(await registry.remove(acme))
    kept(await registry.put({ ...beta, roles: acme.roles, inbound: acme.inbound }))
    kept(await registry.put(platform('late')))
    await expect(importRegistry(store, backup)).rejects.toThrow(
      'holds 3 platforms already; nothing was imported',
    )
    expect(await importRegistry(store, backup, { replace: true })).toBe(3)
    // The running registry follows.
    await waitFor(() => registry.table().connections.has('acme'))
    expect(platforms(registry)).toEqual(before)
    expect(registry.health()).toMatchObject({ up: true })
    const now = registry.table().connections.get('acme')!.platform
    kept(await registry.put({ ...now, status: 'OFFLINE' }))
  })

  it('brings an older version back to a store that a newer one has taken over, in place of all that is there', async () => {
    const { store, registry } = await filled()
    const backup = copy(await exportRegistry(store))
    const before = platforms(registry)
    const newer = await createRegistry(store, {
      secretKeys: [SECRET],
      upgradeSteps: [...UPGRADE_STEPS, (body) => ({ ...body, status: 'OF TOMORROW' })],
    })
    kept(await newer.put(platform('late')))
    await expect(open(store)).rejects.toThrow(/newer ocpi-hub/)
    await expect(importRegistry(store, backup)).rejects.toThrow('nothing was imported')
    await expect(open(store)).rejects.toThrow(/newer ocpi-hub/)
    expect(await importRegistry(store, backup, { replace: true })).toBe(3)
    const back = await open(store)
    expect(platforms(back)).toEqual(before)
    kept(await back.put(platform('late')))
  })

  it('says which platforms it could not put in place because others were faster', async () => {
    const { store } = await filled()
    const backup = copy(await exportRegistry(store))
    const target = createMemoryStore()
    const running = await open(target)
    const load: RegistryStore['load'] = async (since) => {
      const content = await target.load(since)
      kept(await running.put(platform('faster', { roles: [role('NL-CPO CPO')] })))
      return content
    }
    await expect(importRegistry({ ...target, load }, backup)).rejects.toThrow(/tokens of acme meanwhile/)
  })

  it('has the last word on routes that are set while it is taken over', async () => {
    const [registry, settings] = [createMemoryStore(), createMemorySettings()]
    await settings.write('routes', '"of the backup"', 0)
    const backup = await createBackup({ registry, settings }, [SECRET]).export()
    let others = 2
    const version: Settings['version'] = async (name) => {
      const standing = await settings.version(name)
      if (others-- > 0) await settings.write(name, '"of somebody else"', standing)
      return standing
    }
    await createBackup({ registry, settings: { ...settings, version } }, [SECRET]).import(backup)
    expect((await settings.read('routes'))?.text).toBe('"of the backup"')
  })

  it('of an empty store is empty', async () => {
    expect(await exportRegistry(createMemoryStore())).toEqual({
      format: 'ocpi-hub registry',
      schema: 2,
      records: [],
    })
  })

  it('is refused whole when anything in it is wrong', async () => {
    const { store } = await filled()
    const good = copy(await exportRegistry(store))
    const [first, second] = good.records as [RegistryBackup['records'][0], RegistryBackup['records'][0]]
    const wrong: [unknown, RegExp][] = [
      [undefined, /no backup of a registry: it is not as an export has it$/],
      ['{}', /no backup/],
      [{ ...good, format: 'another' }, /no backup of a registry: format is not as/],
      [{ ...good, schema: 0 }, /no backup of a registry: schema is not as/],
      [{ ...good, records: [{ ...first, more: 1 }] }, /no backup of a registry: records.0.more is not as/],
      [{ ...good, schema: 3 }, /written by a newer ocpi-hub/],
      [
        { ...good, records: [{ ...first, body: { ...first.body, status: 'GONE' } }] },
        /acme of the backup is broken/,
      ],
      [{ ...good, records: [{ ...first, id: 'other' }] }, /other of the backup is broken/],
      [{ ...good, records: [first, first] }, /acme and acme of the backup claim the same/],
      [{ ...good, records: [first, { ...second, parties: first.parties }] }, /acme and beta/],
      [{ ...good, records: [first, { ...second, tokens: first.tokens }] }, /acme and beta/],
    ]
    const target = createMemoryStore()
    for (const [backup, message] of wrong)
      await expect(importRegistry(target, backup)).rejects.toThrow(message)
    expect((await target.head()).revision).toBe(0)
  })
})
