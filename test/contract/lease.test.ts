// The lease and the last-heard times of a cluster, on a real Redis.

import { afterEach, describe, expect, it } from 'vitest'
import { openRedis, type RedisConnection } from '../../src/journal/redis.ts'
import { createHeard } from '../../src/registry/heard.ts'
import { createSoleLease, type Lease } from '../../src/registry/lease.ts'
import { createRedisHeard } from '../../src/registry/redis-heard.ts'
import { createRedisLease } from '../../src/registry/redis-lease.ts'
import { inTime, timed } from '../support/in-time.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function server(): Promise<RedisHandle> {
  const redis = await startRedis()
  cleanups.push(() => redis.end())
  return redis
}

function connect(redis: RedisHandle): RedisConnection {
  const connection = openRedis({ url: redis.url, keyPrefix: 'ocpi-hub:' })
  cleanups.push(() => connection.close())
  return connection
}

const TIMES = { name: 'upkeep', lifeMs: 600, renewMs: 100 }

function lease(connection: RedisConnection, times = TIMES): Lease {
  const made = createRedisLease(connection, times)
  cleanups.push(() => made.close())
  return made
}

describe('the lease', () => {
  it('is always held by a hub that stands alone', () => {
    expect(createSoleLease().holds()).toBe(true)
  })

  it('has one holder at any time', async () => {
    const redis = await server()
    // So long that it is not lost by a process that is held up.
    const times = { ...TIMES, lifeMs: 20_000 }
    const leases = Array.from({ length: 5 }, () => lease(connect(redis), times))
    await waitFor(() => leases.some((one) => one.holds()))
    for (let look = 0; look < 100; look++) {
      expect(leases.filter((one) => one.holds())).toHaveLength(1)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })

  it('goes to another hub within 10 s, with a higher fence, when its holder dies', async () => {
    const redis = await server()
    const dying = connect(redis)
    const begun = performance.now()
    const first = createRedisLease(dying, { name: 'upkeep' })
    await waitFor(() => first.holds())
    const second = createRedisLease(connect(redis), { name: 'upkeep' })
    cleanups.push(
      () => first.close(),
      () => second.close(),
    )
    const { fence } = first
    let vacantSince: number | undefined
    second.onTaken((since) => (vacantSince = since))
    await waitFor(() => second.fence === fence)
    await dying.close()
    const died = performance.now()
    await waitFor(() => second.holds(), { limitMs: 10_000 })
    // It may have died right after it was renewed; when that was is known but for the way to Redis.
    expect(vacantSince).toBeGreaterThan(begun - 3_000)
    expect(vacantSince).toBeLessThan(died)
    expect(first.holds()).toBe(false)
    expect(second.fence).toBeGreaterThan(fence)
  })

  it('goes to another hub at once when its holder gives it up', async () => {
    const redis = await server()
    const times = { ...TIMES, lifeMs: 60_000 }
    const [first, second] = [lease(connect(redis), times), lease(connect(redis), times)]
    await waitFor(() => first.holds() || second.holds())
    const [holder, other] = first.holds() ? [first, second] : [second, first]
    await holder.close()
    expect(holder.holds()).toBe(false)
    // Long before it would end by itself.
    await waitFor(() => other.holds())
  })

  it('is over before its end in Redis when it cannot be renewed, and goes on after an outage', async () => {
    const redis = await server()
    const one = lease(connect(redis))
    await waitFor(() => one.holds())
    await inTime(2 * TIMES.lifeMs, async () => {
      await redis.resume()
      await waitFor(() => one.holds())
      await redis.pause()
      return timed(() => waitFor(() => !one.holds()))
    })
    await redis.resume()
    await waitFor(() => one.holds())
  })

  it('never counts its fence anew, even when Redis has lost everything', async () => {
    const redis = await server()
    const one = lease(connect(redis))
    await waitFor(() => one.holds())
    await redis.command('SET', '{ocpi-hub}:lease:upkeep:fence', '41')
    await waitFor(() => one.fence === 41)
    await redis.flush()
    await waitFor(() => one.fence === 42)
  })
})

describe('last-heard times', () => {
  it('are known to the hub that heard at once, and the latest counts', () => {
    const heard = createHeard()
    expect(heard.last('acme')).toBeUndefined()
    heard.note('acme', 2000)
    heard.note('acme', 1000)
    expect(heard.last('acme')).toBe(2000)
  })

  it('are not kept by a clock that was ahead once it is set right', () => {
    const heard = createHeard()
    const now = Date.now()
    heard.note('acme', now + 3_600_000)
    heard.note('acme', now)
    expect(heard.last('acme')).toBe(now)
  })

  it('are known to the other hubs a little later, over an outage too', async () => {
    const redis = await server()
    const [one, other] = [connect(redis), connect(redis)].map((connection) =>
      createHeard(createRedisHeard(connection), 50),
    )
    cleanups.push(
      () => one!.close(),
      () => other!.close(),
    )
    one!.note('acme', 1000)
    other!.note('acme', 3000)
    await waitFor(() => one!.last('acme') === 3000)
    expect(await redis.command('HGET', '{ocpi-hub}:heard', 'acme')).toBe('3000')
    await redis.stop()
    one!.note('beta', 4000)
    await redis.start()
    await waitFor(() => other!.last('beta') === 4000)
  })

  it('are never taken from the future', async () => {
    const redis = await server()
    await redis.command(
      'HSET',
      '{ocpi-hub}:heard',
      'acme',
      Date.now() + 3_600_000,
      'beta',
      'x',
      'gamma',
      1000,
    )
    const heard = createHeard(createRedisHeard(connect(redis)), 20)
    cleanups.push(() => heard.close())
    await waitFor(() => heard.last('gamma') === 1000)
    expect([heard.last('acme'), heard.last('beta')]).toEqual([undefined, undefined])
    // And do not keep out what is heard.
    const now = Date.now()
    heard.note('acme', now)
    await waitFor(async () => (await redis.command('HGET', '{ocpi-hub}:heard', 'acme')) === String(now))
  })
})
