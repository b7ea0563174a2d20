// What captures took, in Redis for all hubs: a bounded list for each, every item sealed with the hubs' secret, gone
// by itself.

import { defineScript, type RedisConnection } from '../journal/redis.ts'
import { createSealer } from '../registry/seal.ts'
import { CAPTURED, type CapturedExchange } from './captured.ts'
import { type CaptureShelf, EXCHANGES_MAX } from './capture-shelf.ts'

// KEYS: list, number of those left out. ARGV: item, most, end in milliseconds since the epoch.
const PUT = defineScript(`
if redis.call('LLEN', KEYS[1]) < tonumber(ARGV[2]) then redis.call('RPUSH', KEYS[1], ARGV[1])
else redis.call('INCR', KEYS[2]) end
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
redis.call('PEXPIREAT', KEYS[2], ARGV[3])
return 1
`)

// KEYS: list, number of those left out.
const COUNT = defineScript(`
return { redis.call('LLEN', KEYS[1]), tonumber(redis.call('GET', KEYS[2]) or '0') }
`)

/** The shelf on a connection; `secrets` as for `createSealer`. */
export function createRedisShelf(redis: RedisConnection, secrets: readonly Buffer[]): CaptureShelf {
  const sealer = createSealer(secrets)
  const context = (id: string) => ({ purpose: 'captured exchange', owner: id })
  const keysOf = (id: string) => [redis.key(`capture:${id}`), redis.key(`capture:${id}:left`)]

  function open(id: string, item: unknown): CapturedExchange[] {
    const text = typeof item === 'string' ? sealer.open(item, context(id)) : undefined
    if (text === undefined) return []
    const parsed = CAPTURED.safeParse(JSON.parse(text))
    return parsed.success ? [parsed.data] : []
  }

  return {
    async put(id, exchange, forgetAt) {
      const item = sealer.seal(JSON.stringify(exchange), context(id))
      await redis.run(PUT, keysOf(id), [item, EXCHANGES_MAX, forgetAt])
    },
    async count(id) {
      const answer = await redis.run(COUNT, keysOf(id), [])
      const [kept = 0, left = 0] = Array.isArray(answer) ? answer.map(Number) : []
      return { kept, left }
    },
    async read(id) {
      const items = await redis.call('LRANGE', [keysOf(id)[0]!, 0, -1])
      return Array.isArray(items) ? items.flatMap((item) => open(id, item)) : []
    },
    async drop(id) {
      await redis.call('UNLINK', keysOf(id))
    },
  }
}
