// Rates of several hubs over a real Redis: one bucket, and each its own while Redis is away.

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createRates, type Rates } from '../../src/forwarding/rate.ts'
import { createRedisRates } from '../../src/forwarding/redis-rate.ts'
import { openRedis } from '../../src/journal/redis.ts'
import { inTime, timed } from '../support/in-time.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

const RATE = { requests: 100, perMs: 600_000 }
const closing: (() => Promise<void> | void)[] = []
let redis: RedisHandle

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.end())
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

function hub(prefix: string): Rates {
  const connection = openRedis({ url: redis.url, keyPrefix: prefix })
  const rates = createRates({ exchange: createRedisRates(connection), shareMs: 20 })
  closing.push(
    () => rates.close(),
    () => connection.close(),
  )
  return rates
}

function take(rates: Rates, count: number): number {
  return Array.from({ length: count }, () => rates.take('NL-EMS rule', RATE)).filter(
    (wait) => wait === undefined,
  ).length
}

it('hubs share a bucket, which every one of them fills and finds full', async () => {
  const [one, other] = [hub('shared'), hub('shared')]
  expect(take(one, 80)).toBe(80)
  expect(take(other, 1)).toBe(1)
  await waitFor(() => {
    // What is taken here is told, and brings back what the other has taken.
    take(other, 1)
    return other.look('NL-EMS rule', RATE) !== undefined
  })
  expect(take(other, 50)).toBe(0)
})

it('a bucket is gone from Redis when it has run off', async () => {
  const rates = hub('short')
  rates.take('NL-EMS rule', { requests: 5, perMs: 10_000 })
  const keys = () => redis.command('KEYS', '{short}:rate:*') as Promise<string[]>
  await waitFor(async () => (await keys()).length === 1)
  await waitFor(async () => (await keys()).length === 0)
})

it('each hub counts for itself while Redis is away, without waiting for it', async () => {
  const [one, other] = [hub('away'), hub('away')]
  expect(take(one, 10)).toBe(10)
  await waitFor(async () => ((await redis.command('KEYS', '{away}:rate:*')) as string[]).length === 1)
  await redis.pause()
  expect(take(one, 200)).toBe(90)
  expect(take(other, 200)).toBe(100)
  await inTime(100, () => timed(() => take(one, 200) + take(other, 200)))
  await redis.resume()
})
