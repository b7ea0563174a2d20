// The registry over a real Redis.

import { afterAll, beforeAll } from 'vitest'
import { openRedis } from '../../src/journal/redis.ts'
import { createRedisStore } from '../../src/registry/redis.ts'
import { sharedRedis, type SharedRedis } from '../support/redis.ts'
import { registrySuite } from './registry-suite.ts'

let server: SharedRedis
beforeAll(async () => {
  server = await sharedRedis()
})
afterAll(() => server.end())

registrySuite('redis', async () => {
  const tag = `{test-${crypto.randomUUID()}}`
  const connections = new Set<ReturnType<typeof openRedis>>()
  return {
    open() {
      const connection = openRedis({ url: server.url, keyPrefix: `${tag}:` })
      connections.add(connection)
      return createRedisStore(connection)
    },
    dump: () => server.dump(tag),
    async end() {
      for (const connection of connections) await connection.close()
    },
  }
})
