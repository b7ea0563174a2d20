// Who is told of changes of status when the hub dies that told of them, and when a registry is read for the first time.

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openRedis, type RedisConnection } from '../../src/journal/redis.ts'
import { createRegistry } from '../../src/registry/create-registry.ts'
import { createRedisStore } from '../../src/registry/redis.ts'
import { createRedisLease } from '../../src/registry/redis-lease.ts'
import { watchStatus } from '../../src/registry/status-watch.ts'
import { kept, platform, SECRET } from '../support/platforms.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

let redis: RedisHandle
beforeAll(async () => {
  redis = await startRedis({ appendonly: 'always' })
})
afterAll(() => redis.end())

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A hub as far as it takes part here. */
async function hub(lifeMs: number) {
  const connection: RedisConnection = openRedis({ url: redis.url, keyPrefix: 'ocpi-hub:' })
  const registry = await createRegistry(createRedisStore(connection), { secretKeys: [SECRET], pollMs: 50 })
  const lease = createRedisLease(connection, { name: 'upkeep', lifeMs, renewMs: 100 })
  const told: string[] = []
  const stop = watchStatus(registry, lease, (id, status) => told.push(`${id} ${status}`))
  const die = () => connection.close()
  cleanups.push(
    die,
    () => lease.close(),
    () => registry.close(),
    stop,
  )
  return { registry, lease, told, die }
}

it('is the hub that takes the lease next, of what changed while nobody held it', async () => {
  const first = await hub(2_000)
  await waitFor(() => first.lease.holds())
  const second = await hub(2_000)
  const acme = kept(await second.registry.put(platform('acme')))
  await waitFor(() => first.told.length === 1)
  expect(second.lease.holds()).toBe(false)
  await first.die()
  kept(await second.registry.put({ ...acme, status: 'OFFLINE' }))
  await waitFor(() => second.told.length > 0)
  // Before that may stand what the first may have told right after it had renewed its lease.
  expect(second.told.at(-1)).toBe('acme OFFLINE')
  await second.registry.remove(second.registry.table().connections.get('acme')!.platform)
})

it('is nobody, of what is read for the first time', async () => {
  const writer = await hub(2_000)
  const standing = kept(await writer.registry.put(platform('standing')))
  await writer.lease.close()
  await redis.stop()
  const late = await hub(2_000)
  await redis.start()
  await waitFor(() => late.lease.holds() && late.registry.health().loaded)
  kept(await late.registry.put({ ...standing, status: 'OFFLINE' }))
  expect(late.told).toEqual(['standing OFFLINE'])
})
