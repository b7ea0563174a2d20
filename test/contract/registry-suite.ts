// What every registry promises, whatever store it stands on. The adapters' own files run it.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DIALECT_NAMES } from '../../src/dialects/dialect.ts'
import { createRegistry, type RegistryOptions } from '../../src/registry/create-registry.ts'
import type { Registry } from '../../src/registry/registry.ts'
import type { RegistryStore } from '../../src/registry/store.ts'
import { inTime, timed } from '../support/in-time.ts'
import { hash, kept, platform, role, SECRET } from '../support/platforms.ts'
import { waitFor } from '../support/wait.ts'
import { describeKeys } from './registry-keys-suite.ts'
import { describeStoredForms } from './registry-forms-suite.ts'
import { describeFilePlatforms, type Start } from './registry-file-suite.ts'
import { describePeers } from './registry-peers-suite.ts'

export interface StoreBench {
  /** A store over the same data each time it is called. */
  open(): Promise<RegistryStore> | RegistryStore
  /** Puts a text where a record stands, past all checks. */
  plant(id: string, text: string): Promise<void>
  /** Everything that is at rest, as text. */
  dump(): Promise<string> | string
  end(): Promise<void>
}

export function registrySuite(name: string, prepare: () => Promise<StoreBench>): void {
  describe(`the registry (${name})`, () => {
    let bench: StoreBench
    const open: Registry[] = []

    async function start(options: Partial<RegistryOptions> = {}): Promise<Registry> {
      const registry = await createRegistry(await bench.open(), { secretKeys: [SECRET], ...options })
      open.push(registry)
      return registry
    }

    beforeEach(async () => {
      bench = await prepare()
    })
    afterEach(async () => {
      for (const registry of open.splice(0)) await registry.close()
      await bench.end()
    })

    describeWriting(start)
    describeUniqueness(start)
    describeSnapshots(start)
    describeFilePlatforms(start)
    describeKeys(start, () => bench)
    describeStoredForms(start, () => bench)
    describePeers(start, () => bench)
  })
}

function describeWriting(start: Start): void {
  it('gives a stored platform its revision and shows it in the table at once', async () => {
    const registry = await start()
    const acme = kept(await registry.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
    expect(acme.revision).toBeGreaterThan(0)
    expect(registry.table().connections.get('acme')?.platform).toEqual(acme)
    expect(registry.table().parties.get('NL-CPO')?.[0]?.connection.platform.id).toBe('acme')
    expect(registry.table().tokens.get(hash('inbound acme'))?.connection.platform.id).toBe('acme')
  })

  it('refuses a write that has not seen the last one, and loses neither', async () => {
    const registry = await start()
    const first = kept(await registry.put(platform('acme')))
    const second = kept(await registry.put({ ...first, status: 'OFFLINE' }))
    expect(second.revision).toBeGreaterThan(first.revision)
    expect(await registry.put({ ...first, status: 'SUSPENDED' })).toEqual({ ok: false, conflict: 'stale' })
    expect(await registry.put(platform('acme'))).toEqual({ ok: false, conflict: 'stale' })
    expect(await registry.remove(first)).toEqual({ ok: false, conflict: 'stale' })
    expect(registry.table().connections.get('acme')?.platform.status).toBe('OFFLINE')
  })

  it('forgets a removed platform, its parties and tokens, and lets it come again', async () => {
    const registry = await start()
    const acme = kept(await registry.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
    kept(await registry.remove(acme))
    expect(registry.table().connections.size).toBe(0)
    expect(await registry.remove(acme)).toEqual({ ok: false, conflict: 'stale' })
    expect(await registry.put(acme)).toEqual({ ok: false, conflict: 'stale' })
    const other = kept(
      await registry.put(platform('other', { roles: [role('NL-CPO CPO')], inbound: acme.inbound })),
    )
    kept(await registry.remove(other))
    const again = kept(await registry.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
    expect(again.revision).toBeGreaterThan(acme.revision)
  })

  it('keeps everything of a platform over a restart', async () => {
    const full = platform('acme', {
      roles: [{ ...role('NL-CPO CPO'), name: 'Acme', businessDetails: { name: 'Acme', deep: [[{}]] } }],
      inbound: [
        { hash: hash('one'), purpose: 'registration' },
        { hash: hash('two'), purpose: 'credentials', validUntil: 1_800_000_000_000 },
      ],
      outbound: { token: 'outbound "token"', form: 'raw' },
      errors: 'ivxp',
    })
    const stored = kept(await (await start()).put(full))
    const { version: _, versionsUrl: __, outbound: ___, ...bare } = platform('bare')
    const registry = await start()
    kept(await registry.put(bare))
    expect(registry.table().connections.get('acme')?.platform).toEqual(stored)
    const third = await start()
    expect(third.table().connections.get('bare')?.platform).toEqual({
      ...bare,
      revision: stored.revision + 1,
    })
  })

  it('keeps the longest token that a peer may give, and every form of errors', async () => {
    const registry = await start()
    const outbound = { token: '~'.repeat(256), form: 'raw' } as const
    for (const errors of DIALECT_NAMES) kept(await registry.put(platform(errors, { outbound, errors })))
    const again = await start()
    for (const errors of DIALECT_NAMES) {
      expect(again.table().connections.get(errors)?.platform).toMatchObject({ outbound, errors })
    }
  })

  it('takes 50 writes at once and ends consistent', async () => {
    const [one, other] = [await start(), await start()]
    const writes = Array.from({ length: 50 }, (_, number) =>
      (number % 2 ? one : other).put(
        platform(`p${number % 25}`, { roles: [role(`NL-${String(number % 25).padStart(3, '0')} CPO`)] }),
      ),
    )
    const results = await Promise.all(writes)
    expect(results.filter((result) => result.ok)).toHaveLength(25)
    const revisions = results.flatMap((result) => (result.ok ? result.platform.revision : []))
    expect(new Set(revisions).size).toBe(25)
    for (const registry of [one, other, await start()]) {
      await waitFor(() => registry.table().connections.size === 25)
      expect(registry.table().parties.size).toBe(25)
    }
  })

  it('lets exactly one of many updates of one platform win', async () => {
    const registry = await start()
    const acme = kept(await registry.put(platform('acme')))
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, number) => registry.put({ ...acme, lastUpdated: `write ${number}` })),
    )
    const winners = results.flatMap((result) => (result.ok ? result.platform : []))
    expect(winners).toHaveLength(1)
    expect(registry.table().connections.get('acme')?.platform).toEqual(winners[0])
  })

  it('refuses what it could not read back', async () => {
    const registry = await start()
    const broken = platform('acme', { roles: [{ ...role('NL-CPO CPO'), name: 'x'.repeat(5000) }] })
    await expect(registry.put(broken)).rejects.toMatchObject({ code: 'credentials_invalid' })
    const huge = platform('acme', {
      roles: [{ ...role('NL-CPO CPO'), businessDetails: 'x'.repeat(2_000_000) }],
    })
    const inTheWay = platform('file:static')
    for (const wrong of [huge, inTheWay]) {
      await expect(registry.put(wrong)).rejects.toMatchObject({ code: 'credentials_invalid' })
    }
    expect(registry.health()).toMatchObject({ up: true })
  })

  it('refuses it of a platform that is kept as well, whatever else changes with it', async () => {
    const registry = await start()
    const acme = kept(await registry.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
    const offline = { ...acme, status: 'OFFLINE' as const, lastUpdated: '2026-01-01T00:00:00.000Z' }
    const roles = [{ ...acme.roles[0]!, lastUpdated: offline.lastUpdated }]
    const wrong = [
      { ...offline, roles: [{ ...roles[0]!, name: 'x'.repeat(5000) }] },
      { ...offline, roles: [{ ...roles[0]!, countryCode: 'N' }] },
      { ...offline, roles: [...roles, { ...roles[0]!, role: '' }] },
      { ...offline, endpoints: [{ module: '', role: 'SENDER' as const, url: 'https://acme.example' }] },
    ]
    for (const one of wrong) {
      await expect(registry.put(one)).rejects.toMatchObject({ code: 'credentials_invalid' })
    }
    expect(kept(await registry.put({ ...offline, roles }))).toMatchObject({ status: 'OFFLINE', roles })
  })
}

function describeUniqueness(start: Start): void {
  it('gives a party in one role to one platform, in any spelling (T16)', async () => {
    const registry = await start()
    kept(await registry.put(platform('first', { roles: [role('NL-CPO CPO')] })))
    expect(await registry.put(platform('second', { roles: [role('nl-cpo cpo')] }))).toEqual({
      ok: false,
      conflict: 'party',
      party: 'NL-CPO',
      holder: 'first',
    })
    expect(registry.table().connections.has('second')).toBe(false)
    kept(await registry.put(platform('third', { roles: [role('NL-CPO EMSP')] })))
  })

  it('gives a token to one platform, even to a suspended one', async () => {
    const registry = await start()
    kept(await registry.put(platform('first', { status: 'SUSPENDED' })))
    const second = platform('second', { inbound: platform('first').inbound })
    expect(await registry.put(second)).toEqual({ ok: false, conflict: 'token', holder: 'first' })
  })

  it('frees the parties of a suspended platform and of a withdrawn role, until they come back (T16, T23)', async () => {
    const registry = await start()
    const first = kept(await registry.put(platform('first', { roles: [role('NL-CPO CPO')] })))
    const suspended = kept(await registry.put({ ...first, status: 'SUSPENDED' }))
    const second = kept(await registry.put(platform('second', { roles: [role('NL-CPO CPO')] })))
    expect(await registry.put({ ...suspended, status: 'CONNECTED' })).toMatchObject({
      conflict: 'party',
      holder: 'second',
    })
    kept(await registry.put({ ...second, roles: [{ ...role('NL-CPO CPO'), withdrawn: true }] }))
    kept(await registry.put({ ...suspended, status: 'CONNECTED' }))
  })

  it('frees a party and a token that a platform gave up', async () => {
    const registry = await start()
    const first = kept(await registry.put(platform('first', { roles: [role('NL-CPO CPO')] })))
    kept(await registry.put({ ...first, roles: [], inbound: [] }))
    kept(await registry.put(platform('second', { roles: [role('NL-CPO CPO')], inbound: first.inbound })))
  })

  it('lets one of many platforms have the party they all ask for', async () => {
    const [one, other] = [await start(), await start()]
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        (number % 2 ? one : other).put(platform(`p${number}`, { roles: [role('NL-CPO CPO')] })),
      ),
    )
    expect(results.filter((result) => result.ok)).toHaveLength(1)
    expect(results.filter((result) => !result.ok && result.conflict === 'party')).toHaveLength(19)
  })
}

function describeSnapshots(start: Start): void {
  it('swaps whole snapshots and leaves the one in use as it is', async () => {
    const registry = await start()
    const before = registry.table()
    const seen: [number, number][] = []
    const stop = registry.watch((after, old) => seen.push([old.revision, after.revision]))
    kept(await registry.put(platform('acme')))
    expect(before.connections.size).toBe(0)
    expect(registry.table()).not.toBe(before)
    expect(seen).toEqual([[before.revision, registry.table().revision]])
    stop()
    kept(await registry.put(platform('other')))
    expect(seen).toHaveLength(1)
  })

  it('is not disturbed by a listener that throws', async () => {
    const registry = await start()
    let heard = 0
    registry.watch(() => {
      throw new Error('a bad listener')
    })
    registry.watch(() => heard++)
    kept(await registry.put(platform('acme')))
    expect(heard).toBe(1)
  })

  it('shows the other registry of the same store each change within a second', async () => {
    const [one, other] = [await start(), await start()]
    await inTime(1_000, async (turn) => {
      kept(await one.put(platform(`p${turn}`, { roles: [role(`NL-CP${turn} CPO`)] })))
      return timed(() => waitFor(() => other.table().parties.has(`NL-CP${turn}`)))
    })
    await inTime(1_000, async (turn) => {
      const status = turn % 2 === 0 ? 'OFFLINE' : 'CONNECTED'
      kept(await other.put({ ...other.table().connections.get('p0')!.platform, status }))
      return timed(() => waitFor(() => one.table().parties.get('NL-CP0')?.[0]?.status === status))
    })
    await inTime(1_000, async (turn) => {
      const gone = one.table().connections.get('p0')!.platform
      kept(await one.remove(gone))
      const tookMs = await timed(() => waitFor(() => !other.table().connections.has('p0')))
      if (turn < 3) kept(await one.put(platform('p0')))
      return tookMs
    })
  })

  it('makes few snapshots of a burst of changes', async () => {
    const [one, other] = [await start(), await start()]
    let swaps = 0
    other.watch(() => swaps++)
    await Promise.all(Array.from({ length: 60 }, (_, number) => one.put(platform(`p${number}`))))
    await waitFor(() => other.table().connections.size === 60)
    expect(swaps).toBeLessThan(30)
  })

  it('is well and current', async () => {
    const registry = await start()
    kept(await registry.put(platform('acme')))
    const { stalenessSeconds, ...health } = registry.health()
    expect(health).toEqual({ up: true, loaded: true })
    expect(stalenessSeconds).toBeLessThan(2)
  })
}
