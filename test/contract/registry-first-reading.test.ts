// The first reading of a registry that was away when its hub started, where nothing is stored yet.

import { expect, it, onTestFinished } from 'vitest'
import { openRedis } from '../../src/journal/redis.ts'
import { createRegistry } from '../../src/registry/create-registry.ts'
import { createRedisStore } from '../../src/registry/redis.ts'
import { kept, platform, SECRET } from '../support/platforms.ts'
import { startRedis } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

it('is told as well, so that what comes after it is known to be news', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.end())
  await redis.stop()
  const connection = openRedis({ url: redis.url, keyPrefix: 'ocpi-hub:' })
  onTestFinished(() => connection.close())
  const registry = await createRegistry(createRedisStore(connection), { secretKeys: [SECRET], pollMs: 100 })
  onTestFinished(() => registry.close())
  const told: number[] = []
  registry.watch((_after, _before, changes) => told.push(changes.length))
  await redis.start()
  await waitFor(() => registry.health().up && registry.health().loaded)
  kept(await registry.put(platform('first')))
  expect(told).toEqual([0, 1])
})
