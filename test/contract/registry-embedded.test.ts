// The registry over the embedded store, and what only a disk can show: a restart, and a write that fails.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import { describe, expect, it } from 'vitest'
import { openEnvironment, type Environment } from '../../src/journal/environment.ts'
import { createRegistry } from '../../src/registry/create-registry.ts'
import { createEmbeddedStore } from '../../src/registry/embedded.ts'
import type { Registry } from '../../src/registry/registry.ts'
import type { RegistryStore } from '../../src/registry/store.ts'
import { makeDirectory } from '../support/directory.ts'
import { inTime, timed } from '../support/in-time.ts'
import { kept, platform, role, SECRET } from '../support/platforms.ts'
import { waitFor } from '../support/wait.ts'
import { registrySuite } from './registry-suite.ts'

registrySuite('embedded', async () => {
  const directory = makeDirectory()
  const environment = await openEnvironment(directory.path)
  const store = createEmbeddedStore(environment)
  const records = environment.openDatabase<string>({ name: 'registry-records' })
  return {
    open: () => store,
    plant: (id, text) => environment.write(() => void records.put(id, text)),
    dump: () => readFileSync(join(directory.path, 'data.mdb'), 'latin1'),
    async end() {
      await environment.close()
      directory.remove()
    },
  }
})

describe('the embedded registry', () => {
  it('has every acknowledged platform after the process has gone', async () => {
    const directory = makeDirectory()
    const before = await openEnvironment(directory.path)
    const registry = await createRegistry(createEmbeddedStore(before), { secretKeys: [SECRET] })
    const acme = kept(await registry.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
    await registry.close()
    await before.close()

    const after = await openEnvironment(directory.path)
    const again = await createRegistry(createEmbeddedStore(after), { secretKeys: [SECRET] })
    expect(again.table().connections.get('acme')?.platform).toEqual(acme)
    expect(await again.put(platform('other', { roles: [role('NL-CPO CPO')] }))).toMatchObject({
      conflict: 'party',
      holder: 'acme',
    })
    await again.close()
    await after.close()
    directory.remove()
  })

  it('reads what lies there in the first form, and writes it in the second', async () => {
    const directory = makeDirectory()
    const root = open({ path: directory.path, noSubdir: false, encoding: 'json' })
    const table = (name: string) => root.openDB<unknown, string>({ name, encoding: 'json' })
    const acme = platform('acme', { roles: [role('NL-CPO CPO')] })
    const { outbound: _, revision: __, ...body } = acme
    const tokens = acme.inbound.map(({ hash }) => hash)
    const record = { revision: 7, writeId: 'w', parties: ['NL-CPO CPO'], tokens, body: JSON.stringify(body) }
    const gone = { revision: 6, writeId: 'v', parties: [], tokens: [], body: null }
    await table('meta').put('schema', 1)
    await table('registry').put('head', { schema: 2, birth: 'b', revision: 7 })
    await table('registry-claims').put('party NL-CPO CPO', 'acme')
    await table('registry-records').put('acme', JSON.stringify(record))
    await table('registry-records').put('gone', JSON.stringify(gone))
    await root.close()

    const before = await openEnvironment(directory.path)
    const registry = await createRegistry(createEmbeddedStore(before), { secretKeys: [SECRET] })
    expect(registry.health()).toEqual({ up: true, loaded: true, stalenessSeconds: 0 })
    const { platform: read } = registry.table().connections.get('acme')!
    expect(read).toEqual({ ...body, revision: 7 })
    expect(await registry.put(platform('rival', { roles: [role('NL-CPO CPO')] }))).toMatchObject({
      holder: 'acme',
    })
    const changed = kept(await registry.put({ ...read, status: 'OFFLINE' }))
    kept(await registry.put(platform('gone')))
    await registry.close()
    await before.close()

    const after = await openEnvironment(directory.path)
    const again = await createRegistry(createEmbeddedStore(after), { secretKeys: [SECRET] })
    expect(again.table().connections.get('acme')?.platform).toEqual(changed)
    expect(again.table().connections.has('gone')).toBe(true)
    await again.close()
    await after.close()
    const raw = open({ path: directory.path, noSubdir: false })
    expect(raw.openDB({ name: 'meta', encoding: 'json' }).get('schema')).toBe(2)
    expect(raw.openDB({ name: 'registry-records', encoding: 'string' }).get('acme')).not.toContain('OFFLINE')
    expect(raw.openDB({ name: 'registry-bodies', encoding: 'string' }).get('acme')).toContain('OFFLINE')
    await raw.close()
    directory.remove()
  })

  it('tells a record whose body is lost as broken, and takes the platform anew', async () => {
    const directory = makeDirectory()
    const environment = await openEnvironment(directory.path)
    const before = await createRegistry(createEmbeddedStore(environment), { secretKeys: [SECRET] })
    kept(await before.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
    await before.close()
    const bodies = environment.openDatabase<string>({ name: 'registry-bodies', encoding: 'string' })
    await environment.write(() => void bodies.remove('acme'))

    const registry = await createRegistry(createEmbeddedStore(environment), { secretKeys: [SECRET] })
    expect(registry.health()).toMatchObject({ up: true, broken: 1 })
    expect(registry.table().connections.size).toBe(0)
    const acme = kept(await registry.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
    expect(registry.health().broken).toBeUndefined()
    expect(registry.table().connections.get('acme')?.platform).toEqual(acme)
    await registry.close()
    await environment.close()
    directory.remove()
  })

  it('has every acknowledged platform after 8 times kill -9, and starts in less than 2 s', async () => {
    const directory = makeDirectory()
    const acknowledged = new Set<string>()
    const writer = new URL('../support/registry-writer.ts', import.meta.url)
    for (let round = 1; round <= 8; round++) {
      const child = fork(writer, [directory.path], { execArgv: ['--import', 'tsx'] })
      child.on('message', (id: string) => acknowledged.add(id))
      const before = acknowledged.size
      await waitFor(() => acknowledged.size >= before + round * 3, { limitMs: 60_000 })
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const environment = await openEnvironment(directory.path)
    let registry!: Registry
    await inTime(2_000, async (turn) => {
      if (turn > 0) await registry.close()
      return timed(async () => {
        registry = await createRegistry(createEmbeddedStore(environment), { secretKeys: [SECRET] })
      })
    })
    expect([...acknowledged].filter((id) => !registry.table().connections.has(id))).toEqual([])
    expect(registry.health()).toMatchObject({ up: true, loaded: true })
    expect(registry.health().broken).toBeUndefined()
    await registry.close()
    await environment.close()
    directory.remove()
  }, 180_000)

  it('fails a write that the disk refuses, keeps the snapshot, and takes the next one', async () => {
    const directory = makeDirectory()
    const environment = await openEnvironment(directory.path)
    let full = false
    const failing: Environment = {
      ...environment,
      write: (action) => (full ? Promise.reject(new Error('no space left')) : environment.write(action)),
    }
    const registry = await createRegistry(createEmbeddedStore(failing), { secretKeys: [SECRET] })
    const acme = kept(await registry.put(platform('acme')))
    full = true
    await expect(registry.put({ ...acme, status: 'OFFLINE' })).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    expect(registry.table().connections.get('acme')?.platform).toEqual(acme)
    expect(registry.health()).toMatchObject({
      up: false,
      reason: 'the registry cannot be written: no space left',
    })
    full = false
    kept(await registry.put({ ...acme, status: 'OFFLINE' }))
    expect(registry.health()).toMatchObject({ up: true })
    await registry.close()
    await environment.close()
    directory.remove()
  })

  it('says that its disk is full before a write has failed, and that it takes writes again without one', async () => {
    const directory = makeDirectory()
    const environment = await openEnvironment(directory.path)
    let full: string | undefined
    let failing = false
    const disk: Environment = {
      ...environment,
      refusal: () => full,
      write: (action) => (failing ? Promise.reject(new Error('no space left')) : environment.write(action)),
    }
    const options = { secretKeys: [SECRET], pollMs: 10 }
    const registry = await createRegistry(createEmbeddedStore(disk), options)
    const acme = kept(await registry.put(platform('acme')))
    full = 'the disk is full'
    await waitFor(() => !registry.health().up)
    expect(registry.health()).toMatchObject({ stalenessSeconds: 0, reason: 'the disk is full' })
    full = undefined
    await waitFor(() => registry.health().up)

    failing = true
    await expect(registry.put({ ...acme, status: 'OFFLINE' })).rejects.toThrow()
    await waitFor(() => registry.health().reason === 'no space left')
    expect(registry.health().up).toBe(false)
    failing = false
    await waitFor(() => registry.health().up)
    expect(registry.table().connections.get('acme')?.platform).toEqual(acme)
    await registry.close()
    await environment.close()
    directory.remove()
  })

  it('is not read again, neither for its own writes under way nor after a lost race', async () => {
    const directory = makeDirectory()
    const environment = await openEnvironment(directory.path)
    let loads = 0
    let looks = 0
    const disk: Environment = {
      ...environment,
      async write(action, options) {
        await environment.write(action, options)
        const seen = looks
        // What was written can be seen, and nobody was told yet.
        await waitFor(() => looks >= seen + 2)
      },
    }
    const store = createEmbeddedStore(disk)
    const counted: RegistryStore = {
      ...store,
      load: (since) => (loads++, store.load(since)),
      head: () => (looks++, store.head()),
    }
    const registry = await createRegistry(counted, { secretKeys: [SECRET], pollMs: 5 })
    let acme = kept(await registry.put(platform('acme')))
    // The very first write gave the store its birth.
    await waitFor(() => loads === 2)
    for (const status of ['OFFLINE', 'CONNECTED', 'OFFLINE'] as const) {
      const before = acme
      acme = kept(await registry.put({ ...acme, status }))
      expect(await registry.put(before)).toMatchObject({ conflict: 'stale' })
    }
    expect(registry.table().connections.get('acme')?.platform).toEqual(acme)
    expect(loads).toBe(2)
    await registry.close()
    await environment.close()
    directory.remove()
  })
})
