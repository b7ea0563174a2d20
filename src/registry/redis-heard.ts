// Last-heard times of a cluster in Redis: a hash in which a later time never gives way to an earlier one.

import { defineScript, type RedisConnection } from '../journal/redis.ts'
import { CLOCKS_APART_MS, type HeardExchange } from './heard.ts'

// KEYS: times. ARGV: platform and time in turns. Gives all. A time to come is of a clock that was wrong, and gives way.
const EXCHANGE = defineScript(`
local latest = redis.call('TIME')[1] * 1000 + ${CLOCKS_APART_MS}
for at = 1, #ARGV, 2 do
  local known = tonumber(redis.call('HGET', KEYS[1], ARGV[at]) or '0') or 0
  if tonumber(ARGV[at + 1]) > known or known > latest then redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
end
return redis.call('HGETALL', KEYS[1])
`)

/** The exchange of times over a connection. */
export function createRedisHeard(redis: RedisConnection): HeardExchange {
  return async (mine) => {
    const answer = await redis.run(EXCHANGE, [redis.key('heard')], [...mine].flat())
    const parts = Array.isArray(answer) ? answer : []
    const times = new Map<string, number>()
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const time = Number(parts[at + 1])
      // A time that is still to come would keep a silent platform from ever being probed.
      if (Number.isSafeInteger(time) && time < redis.now() + CLOCKS_APART_MS)
        times.set(String(parts[at]), time)
    }
    return times
  }
}
