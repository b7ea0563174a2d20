// Everything the hub keeps in Redis, on a Cluster of three masters: the same suites as on one server, and what a node
// that dies does.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openRedis, type RedisConnection } from '../../src/journal/redis.ts'
import { createRedisJournal } from '../../src/journal/redis-store.ts'
import { createRedisTrail } from '../../src/journal/redis-trail.ts'
import { createRedisLinks } from '../../src/links/redis.ts'
import { createRegistry } from '../../src/registry/create-registry.ts'
import { createRedisLease } from '../../src/registry/redis-lease.ts'
import { createRedisSettings } from '../../src/registry/redis-settings.ts'
import { createRedisStore } from '../../src/registry/redis.ts'
import { inTime, timed } from '../support/in-time.ts'
import { kept, platform, role, SECRET } from '../support/platforms.ts'
import { PATIENT } from '../support/redis.ts'
import { startCluster, type RedisCluster } from '../support/redis-cluster.ts'
import { waitFor } from '../support/wait.ts'
import { journalSuite } from './journal-suite.ts'
import { linksSuite } from './links-suite.ts'
import { registrySuite } from './registry-suite.ts'
import { settingsSuite } from './settings-suite.ts'
import { trailSuite } from './trail-suite.ts'

let cluster: RedisCluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.end())

const connections = new Set<RedisConnection>()
afterEach(async () => {
  for (const connection of connections) await connection.close()
  connections.clear()
})

/** Each prefix is a hub of its own, and lies on one of the nodes. */
function connect(keyPrefix = `test-${crypto.randomUUID()}`, deadlines: object = PATIENT): RedisConnection {
  const connection = openRedis({ url: cluster.url, keyPrefix, ...deadlines })
  connections.add(connection)
  return connection
}

registrySuite('redis cluster', async () => {
  const tag = `{test-${crypto.randomUUID()}}`
  return {
    open: () => createRedisStore(connect(`${tag}:`)),
    plant: async (id, text) => void (await connect(`${tag}:`).call('HSET', [`${tag}:platforms`, id, text])),
    dump: () => cluster.dump(tag),
    end: async () => undefined,
  }
})

linksSuite('redis cluster', async () => {
  const prefix = `test-${crypto.randomUUID()}`
  return { open: () => createRedisLinks(connect(prefix)), end: async () => undefined }
})

journalSuite('redis cluster', async () => ({
  open: async (maxEntries) => createRedisJournal(connect(), { maxEntries }),
  beyondBound: 100,
  end: async () => undefined,
}))

settingsSuite('redis cluster', async () => {
  const prefix = `test-${crypto.randomUUID()}`
  return { open: () => createRedisSettings(connect(prefix)), end: async () => undefined }
})

trailSuite('redis cluster', async () => {
  const prefix = `test-${crypto.randomUUID()}`
  return {
    open: (max) => createRedisTrail(connect(prefix), { name: 'test', max }),
    beyondBound: 100,
    end: async () => undefined,
  }
})

describe('a node of the cluster that is killed', () => {
  it.each([
    ['with the keys of the hub', 'owner'],
    ['without any key of the hub', 'other'],
  ] as const)(
    'costs no platform: %s. The hub says that its store is down, and goes on when the node is back',
    async (_what, which) => {
      const prefix = `test-${crypto.randomUUID()}`
      const [one, other] = await Promise.all(
        [1, 2].map(() => createRegistry(createRedisStore(connect(prefix, {})), { secretKeys: [SECRET] })),
      )
      const lease = createRedisLease(connect(prefix, {}), { name: 'upkeep' })
      kept(await one!.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
      await waitFor(() => other!.table().connections.has('acme') && lease.holds())
      const node = (await cluster.nodesFor(`{${prefix}}:platforms`))[which]
      await node.kill9()
      try {
        await waitFor(() => !one!.health().up && !other!.health().up, { what: 'the news' })
        expect(one!.health().reason).toMatch(/^Redis: ./)
        await inTime(1_000, () =>
          timed(() =>
            expect(one!.put(platform('late'))).rejects.toMatchObject({ code: 'store_unavailable' }),
          ),
        )
        expect([...other!.table().connections.keys()]).toEqual(['acme'])
        await waitFor(() => !lease.holds())
      } finally {
        await node.start()
      }
      await cluster.ready()
      await waitFor(() => one!.health().up && other!.health().up, {
        what: 'the store again',
      })
      kept(await other!.put(platform('beta')))
      await waitFor(() => one!.table().connections.has('beta'))
      expect(await one!.put(platform('third', { roles: [role('NL-CPO CPO')] }))).toMatchObject({
        holder: 'acme',
      })
      await waitFor(() => lease.holds())
      await Promise.all([one!.close(), other!.close(), lease.close()])
    },
    120_000,
  )
})
