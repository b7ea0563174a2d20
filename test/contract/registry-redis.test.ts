// The registry over a real Redis.

import { afterAll, beforeAll } from 'vitest'
import { openRedis, type RedisConnection } from '../../src/journal/redis.ts'
import { createRedisStore } from '../../src/registry/redis.ts'
import { PATIENT, sharedRedis, type SharedRedis } from '../support/redis.ts'
import { registrySuite } from './registry-suite.ts'

let server: SharedRedis
beforeAll(async () => {
  server = await sharedRedis()
})
afterAll(() => server.end())

registrySuite('redis', async () => {
  const tag = `{test-${crypto.randomUUID()}}`
  const connections = new Set<RedisConnection>()

  function connect(): RedisConnection {
    const connection = openRedis({ url: server.url, keyPrefix: `${tag}:`, ...PATIENT })
    connections.add(connection)
    return connection
  }

  return {
    open: () => createRedisStore(connect()),
    plant: async (id, text) => void (await connect().call('HSET', [`${tag}:platforms`, id, text])),
    dump: () => server.dump(tag),
    async end() {
      for (const connection of connections) await connection.close()
    },
  }
})
