// Links in Redis, one key each with its own end: any hub of a cluster serves the links of all.

import { defineScript, type RedisConnection } from '../journal/redis.ts'
import { parseJson } from '../ocpi/json-text.ts'
import type { KeptLink, LinkStore } from './links.ts'
import { readStoredLink } from './stored-link.ts'

// A link that was promised longer, or for good, keeps its end. ARGV: link, milliseconds or '' for good.
const PUT = defineScript(`
local left = redis.call('PTTL', KEYS[1])
if ARGV[2] == '' or left == -1 then return redis.call('SET', KEYS[1], ARGV[1]) end
return redis.call('SET', KEYS[1], ARGV[1], 'PX', math.max(left, tonumber(ARGV[2])))
`)

// A script, so that its key leads it to the node of a Cluster that has the links; there is no other way to say that.
// KEYS: any key of the hub. ARGV: cursor, pattern, keys to look at. Gives the next cursor and the keys found.
const SCAN = defineScript(`return redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])`)

// KEYS: links. Gives text and milliseconds left of each that is there.
const READ = defineScript(`
local answer = {}
for _, key in ipairs(KEYS) do
  local text = redis.pcall('GET', key)
  if type(text) == 'string' then
    answer[#answer + 1] = key
    answer[#answer + 1] = text
    answer[#answer + 1] = redis.call('PTTL', key)
  end
end
return answer
`)

const SCANNED_TOGETHER = 500

/** The links on a connection, which stays open when they are closed. */
export function createRedisLinks(redis: RedisConnection): LinkStore {
  const keyOf = (id: string) => redis.key(`link:${id}`)
  const pattern = `${keyOf('').replace(/[\\*?[\]]/g, '\\$&')}*`

  async function read(keys: readonly string[]): Promise<KeptLink[]> {
    const found: KeptLink[] = []
    const parts = await redis.run(READ, keys, [])
    if (!Array.isArray(parts)) return found
    for (let at = 0; at + 2 < parts.length; at += 3) {
      const [key, text, left] = parts.slice(at, at + 3) as [string, string, number]
      const stored = readStoredLink({ link: parseJson(text) })
      // In its last millisecond 0; -1 of one that lasts.
      const end = left >= 0 ? { expiresAt: Date.now() + left } : {}
      if (stored) found.push({ id: key.slice(keyOf('').length), link: stored.link, ...end })
    }
    return found
  }

  return {
    async put(id, link, lifeMs) {
      const life = lifeMs === undefined ? '' : Math.max(1, Math.round(lifeMs))
      await redis.run(PUT, [keyOf(id)], [JSON.stringify(link), life])
    },
    async get(id) {
      const text = await redis.call('GET', [keyOf(id)])
      return typeof text === 'string' ? readStoredLink({ link: parseJson(text) })?.link : undefined
    },
    async *all() {
      let cursor = '0'
      do {
        const answer = await redis.run(SCAN, [keyOf('')], [cursor, pattern, SCANNED_TOGETHER])
        const [next, keys] = Array.isArray(answer) ? (answer as [string, string[]]) : ['0', []]
        if (keys.length > 0) yield* await read(keys)
        cursor = String(next)
      } while (cursor !== '0')
    },
    async close() {
      // The connection belongs to whoever opened it.
    },
  }
}
