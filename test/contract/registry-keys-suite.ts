// What every registry promises about secrets at rest, and about the change of secret_key; part of registry-suite.ts.

import { expect, it } from 'vitest'
import { secretId } from '../../src/registry/seal.ts'
import { hash, kept, platform } from '../support/platforms.ts'
import { waitFor } from '../support/wait.ts'
import type { Start } from './registry-file-suite.ts'
import type { StoreBench } from './registry-suite.ts'

const [OLD, NEW] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const [OLD_ID, NEW_ID] = [secretId(OLD), secretId(NEW)]

/** A platform whose inbound token is hashed with the old key. */
const hashed = (id: string) =>
  platform(id, { inbound: [{ hash: hash(`inbound ${id}`), key: OLD_ID, purpose: 'credentials' }] })

export function describeKeys(start: Start, bench: () => StoreBench): void {
  it('seals outbound tokens at rest', async () => {
    const registry = await start()
    const acme = kept(
      await registry.put(platform('acme', { outbound: { token: 'canary-one-5f2a', form: 'raw' } })),
    )
    kept(await registry.put({ ...acme, outbound: { token: 'canary-two-77c1', form: 'base64' } }))
    const dump = await bench().dump()
    expect(dump).toContain('acme')
    for (const token of ['canary-one-5f2a', 'canary-two-77c1']) {
      expect(dump).not.toContain(token)
      expect(dump).not.toContain(Buffer.from(token).toString('base64').replaceAll('=', ''))
      expect(dump).not.toContain(Buffer.from(token).toString('hex'))
    }
  })

  describeRotation(start)

  it('leaves out a platform whose key is missing, names the key, and lets it be written anew', async () => {
    const old = await start({ secretKeys: [OLD] })
    kept(await old.put(platform('acme')))
    await (await start({ secretKeys: [NEW, OLD] })).reseal()
    // A hub that was not told of the new key goes on with the old one.
    kept(await old.put(platform('late')))
    const warnings: object[] = []
    const log = {
      info: () => undefined,
      error: () => undefined,
      warn: (fields: object) => warnings.push(fields),
    }
    const registry = await start({ secretKeys: [NEW], log })
    expect([...registry.table().connections.keys()]).toEqual(['acme'])
    expect(registry.health()).toMatchObject({ up: true, loaded: true, broken: 1 })
    const problem = `its outbound token is sealed with key ${OLD_ID}, which secret_key does not hold`
    expect(warnings).toEqual([{ platform: 'late', problem }])
    expect(registry.keys().keys).toContainEqual({ id: OLD_ID, inUse: false, sealed: 1, hashed: 0 })
    kept(await registry.put(platform('late')))
    expect(registry.table().connections.size).toBe(2)
    expect(registry.health().broken).toBeUndefined()
  })

  it('is not fit to serve, and says so, once nothing opens any more', async () => {
    const told: object[] = []
    const note = (fields: object): void => void told.push(fields)
    const log = { info: () => undefined, warn: () => undefined, error: note }
    const old = await start({ secretKeys: [OLD], log })
    kept(await old.put(platform('acme')))
    expect(old.health()).toMatchObject({ up: true, loaded: true })
    const both = await start({ secretKeys: [NEW, OLD] })
    await both.reseal()
    await waitFor(() => !old.health().loaded)
    const reason = expect.stringContaining(`its 1 platform is sealed with key ${NEW_ID}.`) as string
    expect(old.health()).toMatchObject({ up: true, loaded: false, reason })
    expect(told).toEqual([{ detail: reason }])
    expect(both.health()).toMatchObject({ up: true, loaded: true })
    await both.remove(both.table().connections.get('acme')!.platform)
    await waitFor(() => old.health().loaded)
  })

  it('refuses to start on a registry of which it can open nothing', async () => {
    kept(await (await start({ secretKeys: [OLD] })).put(platform('acme')))
    await expect(start({ secretKeys: [NEW] })).rejects.toThrow(
      `secret_key does not fit the registry: its 1 platform is sealed with key ${OLD_ID}.`,
    )
  })
}

function describeRotation(start: Start): void {
  it('opens with an old key and goes on sealing with it, until it is told to use the new one', async () => {
    const old = await start({ secretKeys: [OLD] })
    kept(await old.put(hashed('acme')))
    kept(await old.put(hashed('beta')))
    const both = await start({ secretKeys: [NEW, OLD] })
    const acme = both.table().connections.get('acme')!.platform
    expect(acme.outbound?.token).toBe('outbound-acme')
    kept(await both.put({ ...acme, status: 'OFFLINE' }))
    // Another hub may not have the new key yet: it must be able to read what this one writes.
    await waitFor(() => old.table().connections.get('acme')?.platform.status === 'OFFLINE')
    expect(both.keys()).toEqual({
      keys: [
        { id: NEW_ID, place: 1, inUse: false, sealed: 0, hashed: 0 },
        { id: OLD_ID, place: 2, inUse: true, sealed: 2, hashed: 2 },
      ],
      waiting: ['acme', 'beta'],
      lockedOut: [],
    })
    expect(await both.reseal()).toEqual({ resealed: 2, left: 0 })
    expect(both.keys().keys).toEqual([
      { id: NEW_ID, place: 1, inUse: true, sealed: 2, hashed: 0 },
      { id: OLD_ID, place: 2, inUse: false, sealed: 0, hashed: 2 },
    ])
    const alone = await start({ secretKeys: [NEW] })
    expect([...alone.table().connections.values()].map(({ platform: one }) => one.outbound?.token)).toEqual([
      'outbound-acme',
      'outbound-beta',
    ])
    expect(alone.table().connections.get('acme')?.platform.status).toBe('OFFLINE')
  })

  it('has every hub that knows the new key use it when one was told to', async () => {
    const one = await start({ secretKeys: [NEW, OLD] })
    kept(await (await start({ secretKeys: [OLD] })).put(platform('acme')))
    await waitFor(() => one.keys().keys[1]!.inUse)
    const other = await start({ secretKeys: [NEW, OLD] })
    await one.reseal()
    await waitFor(() => other.keys().keys[0]!.inUse)
    kept(await other.put(platform('beta')))
    expect(other.keys().keys[0]).toMatchObject({ sealed: 2 })
  })

  it('seals anew what the file claims by now, and changes nothing else of it', async () => {
    const before = kept(await (await start({ secretKeys: [OLD] })).put(hashed('acme')))
    const inFile = platform('acme', { source: 'file', inbound: [] })
    const both = await start({ secretKeys: [NEW, OLD], filePlatforms: [inFile] })
    expect(both.health().clashes).toBe(1)
    expect(await both.reseal()).toEqual({ resealed: 1, left: 0 })
    expect(await both.reseal()).toEqual({ resealed: 0, left: 0 })
    const after = await start({ secretKeys: [NEW] })
    const { platform: acme } = after.table().connections.get('acme')!
    expect(acme).toEqual({ ...before, revision: acme.revision })
  })

  it('says which platforms wait for their next request', async () => {
    const old = await start({ secretKeys: [OLD] })
    const ended = { ...hashed('ended').inbound[0]!, validUntil: 1_000 }
    kept(await old.put(hashed('waits')))
    kept(await old.put(platform('unmarked')))
    kept(await old.put(platform('ended', { inbound: [ended] })))
    kept(await old.put(platform('new', { inbound: [{ ...hashed('new').inbound[0]!, key: NEW_ID }] })))
    const both = await start({ secretKeys: [NEW, OLD] })
    expect(both.keys().waiting).toEqual(['unmarked', 'waits'])
  })
}
