// Links in Redis, one key each with its own end: any hub of a cluster serves the links of all.

import { defineScript, type RedisConnection } from '../journal/redis.ts'
import type { LinkStore } from './links.ts'
import { readStoredLink } from './stored-link.ts'

// A link that was promised longer, or for good, keeps its end. ARGV: link, milliseconds or '' for good.
const PUT = defineScript(`
local left = redis.call('PTTL', KEYS[1])
if ARGV[2] == '' or left == -1 then return redis.call('SET', KEYS[1], ARGV[1]) end
return redis.call('SET', KEYS[1], ARGV[1], 'PX', math.max(left, tonumber(ARGV[2])))
`)

/** The links on a connection, which stays open when they are closed. */
export function createRedisLinks(redis: RedisConnection): LinkStore {
  const keyOf = (id: string) => redis.key(`link:${id}`)
  return {
    async put(id, link, lifeMs) {
      const life = lifeMs === undefined ? '' : Math.max(1, Math.round(lifeMs))
      await redis.run(PUT, [keyOf(id)], [JSON.stringify(link), life])
    },
    async get(id) {
      const text = await redis.call('GET', [keyOf(id)])
      return typeof text === 'string' ? readStoredLink({ link: parseJson(text) })?.link : undefined
    },
    async close() {
      // The connection belongs to whoever opened it.
    },
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
