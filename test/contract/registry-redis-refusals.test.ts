// The registry on a Redis that answers and takes no writes: it goes on reading, and says so instead of being well. And
// on one that may lose what was written.

import { describe, expect, it, onTestFinished } from 'vitest'
import { openRedis } from '../../src/journal/redis.ts'
import { createRegistry, type RegistryOptions } from '../../src/registry/create-registry.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { createRedisStore } from '../../src/registry/redis.ts'
import { UPGRADE_STEPS, type UpgradeStep } from '../../src/registry/schema.ts'
import { kept, platform, SECRET } from '../support/platforms.ts'
import { PATIENT, startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

async function hub(
  redis: RedisHandle,
  log?: RegistryOptions['log'],
  upgradeSteps: readonly UpgradeStep[] = UPGRADE_STEPS,
): Promise<Registry> {
  const connection = openRedis({ url: redis.url, keyPrefix: 'ocpi-hub:', ...PATIENT })
  onTestFinished(() => connection.close())
  const registry = await createRegistry(createRedisStore(connection), {
    secretKeys: [SECRET],
    pollMs: 100,
    upgradeSteps,
    ...(log ? { log } : {}),
  })
  onTestFinished(() => registry.close())
  return registry
}

type Command = readonly [name: string, ...args: string[]]

describe('Redis may evict keys', () => {
  it('is told while it still works well, until it may no longer', async () => {
    const redis = await startRedis({ args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] })
    onTestFinished(() => redis.end())
    const told: object[] = []
    const note = (about: object): void => void told.push(about)
    const registry = await hub(redis, { info: () => undefined, warn: note, error: note })
    await waitFor(() => registry.health().reason !== undefined)
    const reason =
      'Redis may evict the registry when its memory is full: set maxmemory-policy noeviction, not allkeys-lru'
    expect(registry.health()).toMatchObject({ up: true, loaded: true, reason })
    expect(told).toEqual([{ detail: reason }])
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal')
    await waitFor(() => registry.health().up && registry.health().reason === undefined)
  })
})

describe('Redis answers, and takes no writes', () => {
  it.each<[string, begin: Command, end: Command, words: RegExp]>([
    ['its memory is full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], /OOM/],
    ['it is a read-only replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], /READONLY/],
  ])('is not well, with the reason, until it takes them again: %s', async (_why, begin, end, words) => {
    const redis = await startRedis()
    onTestFinished(() => redis.end())
    const told: string[] = []
    const note = (_about: object, words: string): void => void told.push(words)
    const registry = await hub(redis, { info: note, warn: note, error: note })
    kept(await registry.put(platform('standing')))
    told.splice(0)
    await redis.command(...begin)
    await waitFor(() => !registry.health().up)
    expect(registry.health().reason).toMatch(words)
    expect(registry.health()).toMatchObject({ loaded: true, up: false })
    for (let look = 0; look < 3; look++) {
      await expect(registry.put(platform('acme'))).rejects.toMatchObject({
        info: { detail: expect.stringMatching(words) as string },
      })
      expect(registry.health().reason).toMatch(words)
      expect(registry.health().up).toBe(false)
    }
    // What is read meanwhile goes well, and does not hide it.
    await waitFor(() => registry.health().stalenessSeconds < 0.5)
    expect(registry.health().up).toBe(false)
    expect(registry.table().connections.has('standing')).toBe(true)
    await redis.command(...end)
    expect(told).not.toContain('the registry store is well again')
    await waitFor(() => registry.health().up)
    expect(told).toContain('the registry store takes writes again')
    kept(await registry.put(platform('acme')))
  })
})

describe('Redis answers, and a newer hub has taken it over', () => {
  it('is not well all the time, and says so once', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.end())
    const told: string[] = []
    const note = (_facts: object, message: string): void => void told.push(message)
    const registry = await hub(redis, { info: note, warn: note, error: note })
    kept(await registry.put(platform('standing')))
    await redis.command('HSET', '{ocpi-hub}:head', 'schema', '99', 'revision', '99')
    await waitFor(() => !registry.health().up)
    told.splice(0)
    const staleFor = registry.health().stalenessSeconds + 1
    await waitFor(() => {
      expect(registry.health()).toMatchObject({ up: false, loaded: true })
      expect(registry.health().reason).toMatch(/^it was written by a newer ocpi-hub/)
      return registry.health().stalenessSeconds > staleFor
    })
    expect(told).toEqual([])
  })

  it('follows what that one writes as far as it can read it, and writes nothing', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.end())
    const stored = (id: string): Promise<unknown> => redis.command('HGET', '{ocpi-hub}:platforms', id)
    const told: string[] = []
    const note = (_about: object, words: string): void => void told.push(words)
    const old = await hub(redis, { info: note, warn: note, error: note })
    const strange = kept(await old.put(platform('strange')))
    const renewed = kept(await old.put(platform('renewed')))
    const gone = kept(await old.put(platform('gone')))
    const newer = await hub(redis, undefined, [
      ...UPGRADE_STEPS,
      (body) => ({ ...body, region: 'north', ...(body.id === 'strange' ? { status: 'OF TOMORROW' } : {}) }),
    ])
    const inbound = [{ hash: 'a new token', purpose: 'credentials' as const }]
    kept(await newer.put({ ...renewed, inbound }))
    kept(await newer.remove(gone))
    kept(await newer.put(platform('added')))
    await waitFor(() => old.table().connections.has('added'))
    expect([...old.table().connections.keys()].sort()).toEqual(['added', 'renewed', 'strange'])
    expect(old.table().tokens.get('a new token')?.connection.platform.id).toBe('renewed')
    expect(old.table().connections.get('strange')?.platform).toEqual(strange)
    expect(old.health()).toMatchObject({ up: false, loaded: true })
    expect(old.health().reason).toMatch(/^it was written by a newer ocpi-hub/)
    const before = await stored('strange')
    await expect(old.put({ ...strange, status: 'OFFLINE' })).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    expect(old.health().up).toBe(false)
    for (const decide of ['confirmShrink', 'restore'] as const) {
      await expect(old[decide]()).rejects.toMatchObject({
        code: 'store_unavailable',
        info: { detail: old.health().reason },
      })
    }
    // As it goes on, and not everything again for each change.
    await old.catchUp()
    await redis.command('CONFIG', 'RESETSTAT')
    for (const id of ['one', 'two', 'three', 'four']) {
      kept(await newer.put(platform(id)))
      await waitFor(() => old.table().connections.has(id))
    }
    await old.catchUp()
    expect(String(await redis.command('INFO', 'commandstats'))).not.toContain('cmdstat_hgetall')
    expect(told).toEqual(['the registry store is well again', 'the registry store is not well'])
    expect(await stored('strange')).toBe(before)
    expect(before).toContain('north')
    // What that one has lost is not for this one to put back.
    await redis.command('HDEL', '{ocpi-hub}:platforms', 'added')
    await old.catchUp()
    expect(await stored('added')).toBeNull()
    expect(old.table().connections.has('added')).toBe(true)
  })
})
