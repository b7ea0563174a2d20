// A history in Redis, one for all hubs: a capped stream of texts.

import type { RedisConnection } from './redis.ts'
import type { TrailOptions, TrailStore } from './trail.ts'

const POSITION = /^\d+-\d+$/

/** The history on a connection. The stream is cut in blocks: up to some hundred texts more are kept. */
export function createRedisTrail(redis: RedisConnection, { name, max }: TrailOptions): TrailStore {
  const stream = redis.key(`trail:${name}`)
  return {
    async append(text) {
      await redis.call('XADD', [stream, 'MAXLEN', '~', max, '*', 'text', text])
    },
    async read({ limit, position }) {
      if (position !== undefined && !POSITION.test(position)) return { texts: [] }
      const answer = await redis.call('XREVRANGE', [stream, position ?? '+', '-', 'COUNT', limit + 1])
      const items = Array.isArray(answer) ? (answer as [id: string, fields: unknown[]][]) : []
      const texts = items.slice(0, limit).map(([, fields]) => String(fields[1]))
      const rest = items[limit]
      return rest ? { texts, next: rest[0] } : { texts }
    },
  }
}
