// Buckets of rates in Redis: each is the instant at which it will have run off, by the clock of Redis alone, and is
// forgotten then. One call tells all that a hub has to tell.

import { createHash } from 'node:crypto'
import { defineScript, type RedisConnection } from '../journal/redis.ts'
import type { RateExchange } from './rate.ts'

// KEYS: buckets. ARGV: taken and most of each, in milliseconds. Gives what each holds now. Hubs that did not know of
// each other may have taken more than there is; more than two buckets full is not carried over.
const TELL = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local held = {}
for at, key in ipairs(KEYS) do
  local taken, most = tonumber(ARGV[2 * at - 1]), tonumber(ARGV[2 * at])
  local ends = math.max(tonumber(redis.call('GET', key) or '0') or 0, now) + taken
  ends = math.min(ends, now + 2 * most)
  redis.call('SET', key, string.format('%.3f', ends), 'PX', math.ceil(ends - now) + 1)
  held[at] = string.format('%.3f', ends - now)
end
return held
`)

/** The exchange over a connection. */
export function createRedisRates(redis: RedisConnection): RateExchange {
  const keyOf = (key: string) => redis.key(`rate:${createHash('sha256').update(key).digest('base64url')}`)
  return async (news) => {
    const names = [...news.keys()]
    const args = [...news.values()].flatMap(({ takenMs, perMs }) => [takenMs, perMs])
    const answer = await redis.run(TELL, names.map(keyOf), args)
    const held = Array.isArray(answer) ? answer : []
    return new Map(
      names.flatMap((name, at) => {
        const heldMs = Number(held[at])
        return Number.isFinite(heldMs) ? [[name, heldMs] as const] : []
      }),
    )
  }
}
