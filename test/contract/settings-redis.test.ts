// Settings and histories in a real Redis, and what a Redis that is away or was emptied does to them.

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openRedis, type RedisConnection } from '../../src/journal/redis.ts'
import { createRedisTrail } from '../../src/journal/redis-trail.ts'
import { openLiveSetting } from '../../src/registry/live-setting.ts'
import { createRedisSettings } from '../../src/registry/redis-settings.ts'
import { sharedRedis, startRedis, type SharedRedis } from '../support/redis.ts'
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

function connect(keyPrefix: string, url = server.url): RedisConnection {
  const connection = openRedis({ url, keyPrefix })
  connections.add(connection)
  return connection
}

settingsSuite('redis', async () => {
  const prefix = `test-${crypto.randomUUID()}`
  return { open: () => createRedisSettings(connect(prefix)), end: async () => undefined }
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
    const settings = createRedisSettings(connect('test', redis.url))
    const options = {
      name: 'one',
      read: (json: unknown) => (typeof json === 'string' ? json : undefined),
      log: { warn: () => undefined },
      pollMs: 20,
    }
    const setting = await openLiveSetting<string>(settings, options)
    await setting.write('kept', 0)
    await redis.stop()
    await expect(setting.write('lost', 1)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(setting.value()).toBe('kept')
    await redis.start()
    await waitFor(async () => (await settings.version('one')) === 1, { limitMs: 10_000 })
    expect(await settings.read('one')).toEqual({ version: 1, text: '"kept"' })
    setting.close()
  } finally {
    await redis.end()
  }
})

it('a setting comes when a Redis that was away at the start comes back', async () => {
  const redis = await startRedis({ appendonly: 'always' })
  try {
    await createRedisSettings(connect('test', redis.url)).write('one', '"kept"', 0)
    await redis.stop()
    const setting = await openLiveSetting<string>(createRedisSettings(connect('test', redis.url)), {
      name: 'one',
      read: (json) => (typeof json === 'string' ? json : undefined),
      log: { warn: () => undefined },
      pollMs: 20,
    })
    expect(setting.value()).toBeUndefined()
    await redis.start()
    await waitFor(() => setting.value() === 'kept', { limitMs: 10_000 })
    setting.close()
  } finally {
    await redis.end()
  }
})
