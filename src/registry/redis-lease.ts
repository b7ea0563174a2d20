// The lease of a cluster, in Redis: a key with an end that its holder keeps putting off, and a fence that grows each
// time it is taken. The holder goes by its own clock and stops before Redis does, so that two never act at once.

import { randomUUID } from 'node:crypto'
import { defineScript, type RedisConnection } from '../journal/redis.ts'
import type { Lease } from './lease.ts'

export interface RedisLeaseOptions {
  /** What it is for: `upkeep`. */
  readonly name: string
  /** Life of the lease without renewal; another hub takes over within it and one try. */
  readonly lifeMs?: number
  /** How often it is renewed or tried for. */
  readonly renewMs?: number
}

const LIFE_MS = 6000
const RENEW_MS = 1500

// KEYS: lease, fence. ARGV: holder, life, highest fence the holder knows (a Redis that lost data must not count anew).
// Gives whether it is held now, the fence, and how long it will be held yet.
const TAKE = defineScript(`
local holder = redis.call('GET', KEYS[1])
local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') or 0, tonumber(ARGV[3]))
if holder and holder ~= ARGV[1] then return { 0, fence, redis.call('PTTL', KEYS[1]) } end
if holder then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
else
  fence = fence + 1
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
redis.call('SET', KEYS[2], string.format('%.0f', fence))
return { 1, fence, tonumber(ARGV[2]) }
`)

// KEYS: lease. ARGV: holder.
const GIVE_UP = defineScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)

/** Tries for the lease from now on and keeps it once held, until it is closed. */
export function createRedisLease(redis: RedisConnection, options: RedisLeaseOptions): Lease {
  const { name, lifeMs = LIFE_MS, renewMs = RENEW_MS } = options
  const keys = [redis.key(`lease:${name}`), redis.key(`lease:${name}:fence`)]
  const holder = randomUUID()
  let fence = 0
  let heldUntil = 0
  // Of the last holder: when it was seen, when its lease ends, and until when it surely acts if that is not put off.
  let seen = { at: 0, endsAt: 0, actedUntil: performance.now() }
  const listeners: ((vacantSince: number) => void)[] = []
  let trying: Promise<void> | undefined
  let closed = false

  async function take(): Promise<void> {
    // Counted from before the call: Redis starts to count later, so it ends the lease later.
    const asked = performance.now()
    try {
      const answer = await redis.run(TAKE, keys, [holder, lifeMs, fence])
      const [isHeld, known, leftMs = 0] = Array.isArray(answer) ? answer.map(Number) : []
      const isNew = isHeld === 1 && asked >= heldUntil
      heldUntil = isHeld === 1 ? asked + lifeMs : 0
      fence = Math.max(fence, known ?? 0)
      // One that is gone before its end was given up.
      const vacantSince = asked < seen.endsAt ? seen.at : seen.actedUntil
      const endsAt = asked + leftMs
      // This hub acts to the end; another one may have died right after it renewed.
      seen = { at: asked, endsAt, actedUntil: isHeld === 1 ? endsAt : endsAt - lifeMs }
      if (!isNew || closed) return
      for (const listener of listeners) listener(vacantSince)
    } catch {
      // Unknown, so it is held as long as it surely was.
    }
  }

  function tryNow(): void {
    if (closed) return
    trying ??= take().finally(() => (trying = undefined))
  }

  tryNow()
  const timer = setInterval(tryNow, renewMs)
  timer.unref()
  return {
    holds: () => !closed && performance.now() < heldUntil,
    onTaken: (listener) => void listeners.push(listener),
    get fence() {
      return fence
    },
    async close() {
      closed = true
      clearInterval(timer)
      await trying
      await redis.run(GIVE_UP, keys.slice(0, 1), [holder]).catch(() => undefined)
    },
  }
}
