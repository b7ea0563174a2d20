// A hub process of its own that registers one platform after the other and tells each when it is acknowledged.
// Argument: a data directory, or the URL of a Redis.

import { openEnvironment } from '../../src/journal/environment.ts'
import { openRedis } from '../../src/journal/redis.ts'
import { createRegistry } from '../../src/registry/create-registry.ts'
import { createEmbeddedStore } from '../../src/registry/embedded.ts'
import { createRedisStore } from '../../src/registry/redis.ts'
import { platform, SECRET } from './platforms.ts'

const place = process.argv[2]!
const store = place.includes('://')
  ? createRedisStore(openRedis({ url: place, keyPrefix: 'ocpi-hub:' }))
  : createEmbeddedStore(await openEnvironment(place))
const registry = await createRegistry(store, { secretKeys: [SECRET] })
process.on('disconnect', () => process.exit())
const first = registry.table().connections.size
for (let number = first; ; number++) {
  const result = await registry.put(platform(`w${number}`))
  if (result.ok) process.send!(result.platform.id)
}
