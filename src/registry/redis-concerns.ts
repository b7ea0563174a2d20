// What is wrong with a Redis that works: a clock far from this hub's, and leave to evict keys when its memory is full.
// Neither stops anything, and both do harm later; so they are told before.

import type { RedisConnection } from '../journal/redis.ts'

export interface RedisConcerns {
  /** In words for the operator; `undefined` when there is nothing. */
  now(): string | undefined
  stop(): void
}

/** What clocks set by NTP never differ by. */
const APART_MS = 10_000

/** Looks at the server each time it is connected; a user without a right to INFO learns nothing of its memory. */
export function createRedisConcerns(redis: RedisConnection): RedisConcerns {
  let eviction: string | undefined

  async function look(): Promise<void> {
    const info = String(await redis.call('INFO', ['memory']))
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction'
    const isBounded = /^maxmemory:[1-9]/m.test(info)
    eviction =
      policy === 'noeviction' || !isBounded
        ? undefined
        : `Redis may evict the registry when its memory is full: set maxmemory-policy noeviction, not ${policy}`
  }

  const stop = redis.onReady(() => void look().catch(() => undefined))
  return {
    now: () => [clockWords(Date.now() - redis.now()), eviction].filter(Boolean).join('; ') || undefined,
    stop,
  }
}

function clockWords(aheadMs: number): string | undefined {
  if (Math.abs(aheadMs) < APART_MS) return undefined
  const seconds = Math.round(Math.abs(aheadMs) / 1000)
  return `the clock of this hub is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of Redis: set both by NTP`
}
