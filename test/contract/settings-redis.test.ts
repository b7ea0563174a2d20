// Settings and histories in a real Redis, and what a Redis that is away or was emptied does to them.

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openRedis, type RedisConnection } from '../../src/journal/redis.ts'
import { createRedisTrail } from '../../src/journal/redis-trail.ts'
import { openLiveSetting } from '../../src/registry/live-setting.ts'
import { createRedisSettings } from '../../src/registry/redis-settings.ts'
import { PATIENT, type RedisHandle, sharedRedis, startRedis, type SharedRedis } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'
import { settingsSuite } from './settings-suite.ts'
import { trailSuite } from './trail-suite.ts'

let server: SharedRedis
beforeAll(async () => {
  server = await sharedRedis()
})
afterAll(() => server.end())

const connections = new Set<RedisConnection>()
afterEach(async () => {
  for (const connection of connections) await connection.close()
  connections.clear()
})

function connect(
  keyPrefix: string,
  place: { readonly url: string } = { url: server.url, ...PATIENT },
): RedisConnection {
  const connection = openRedis({ ...place, keyPrefix })
  connections.add(connection)
  return connection
}

async function callsOf(redis: RedisHandle, command: string): Promise<number> {
  const stats = String(await redis.command('INFO', 'commandstats'))
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}

settingsSuite('redis', async () => {
  const prefix = `test-${crypto.randomUUID()}`
  return { open: () => createRedisSettings(connect(prefix), { pollMs: 20 }), end: async () => undefined }
})

// A node of a stream holds 100 texts, and only whole nodes are dropped.
trailSuite('redis', async () => {
  const prefix = `test-${crypto.randomUUID()}`
  return {
    open: (max) => createRedisTrail(connect(prefix), { name: 'test', max }),
    beyondBound: 100,
    end: async () => undefined,
  }
})

it('a setting outlives a Redis that is away, and is given back to one that was emptied', async () => {
  const redis = await startRedis()
  try {
    const settings = createRedisSettings(connect('test', redis), { pollMs: 20 })
    const options = {
      name: 'one',
      read: (json: unknown) => (typeof json === 'string' ? json : undefined),
      log: { warn: () => undefined },
    }
    const setting = await openLiveSetting<string>(settings, options)
    await setting.write('kept', 0)
    await redis.stop()
    await expect(setting.write('lost', 1)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(setting.value()).toBe('kept')
    await redis.start()
    await waitFor(async () => (await settings.version('one')) === 1)
    expect(await settings.read('one')).toEqual({ version: 1, text: '"kept"' })
    // What is no number is as good as nothing.
    await redis.command('HSET', '{test}:settings:one', 'newest', 'nonsense')
    await waitFor(async () => (await settings.version('one')) === 1)
    expect(await setting.write('next', 1)).toBe(2)
    setting.close()
  } finally {
    await redis.end()
  }
})

it('settings that are followed are looked at in one call, and are heard of when a message was lost', async () => {
  const redis = await startRedis()
  try {
    const [here, there] = [connect('test', redis), connect('test', redis)]
    const settings = createRedisSettings(here, { pollMs: 20 })
    const follow = (name: string) =>
      openLiveSetting<string>(settings, {
        name,
        read: (json) => (typeof json === 'string' ? json : undefined),
        log: { warn: () => undefined },
      })
    const followed = await Promise.all(['one', 'two', 'three', 'four', 'five'].map(follow))
    await redis.command('CONFIG', 'RESETSTAT')
    await waitFor(async () => (await callsOf(redis, 'evalsha')) > 10)
    expect((await callsOf(redis, 'hget')) / (await callsOf(redis, 'evalsha'))).toBeGreaterThan(4)
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await createRedisSettings(there).write('three', '"news"', 0)
    await waitFor(() => followed[2]!.value() === 'news')
    for (const setting of followed) setting.close()
  } finally {
    await redis.end()
  }
})

it('a setting comes when a Redis that was away at the start comes back', async () => {
  const redis = await startRedis({ appendonly: 'always' })
  try {
    await createRedisSettings(connect('test', redis)).write('one', '"kept"', 0)
    await redis.stop()
    const setting = await openLiveSetting<string>(
      createRedisSettings(connect('test', redis), { pollMs: 20 }),
      {
        name: 'one',
        read: (json) => (typeof json === 'string' ? json : undefined),
        log: { warn: () => undefined },
      },
    )
    expect(setting.value()).toBeUndefined()
    await redis.start()
    await waitFor(() => setting.value() === 'kept')
    setting.close()
  } finally {
    await redis.end()
  }
})
