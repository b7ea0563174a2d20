// A Redis that is back but still reads its data: it tells how long that will take, and is wrong in the beginning.

import { afterAll, beforeAll, it } from 'vitest'
import { openRedis, type RedisConnection } from '../../src/journal/redis.ts'
import { inTime } from '../support/in-time.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

const KEYS = 5_000
/** For each key, in microseconds: all of them would take ten seconds. */
const DELAY = 2_000
/** What a hub may take longer than Redis. */
const LATER_MS = 2_000

let redis: RedisHandle
let connection: RedisConnection

beforeAll(async () => {
  redis = await startRedis({
    args: ['--key-load-delay', `${DELAY}`, '--loading-process-events-interval-bytes', '1024'],
  })
  connection = openRedis({ url: redis.url, keyPrefix: 'loading:' })
})
afterAll(async () => {
  await connection.close()
  await redis.end()
})

const isUsed = () =>
  connection.call('PING', []).then(
    () => true,
    () => false,
  )

/** Whether the hub has had the time to hear how long it will take; in its first second a server says one second. */
async function isTold(): Promise<boolean> {
  const clients = await redis.command('CLIENT', 'LIST').catch(() => '')
  return /name=ocpi-hub age=[3-9]/.test(String(clients))
}

it('is used as soon as it is ready, however long it said that would take', { timeout: 60_000 }, async () => {
  await waitFor(isUsed)
  const fill = `for n = 1, ${KEYS} do redis.call('SET', 'key' .. n, 'value') end`
  await redis.command('EVAL', fill, 0)
  await redis.command('SAVE')
  await inTime(LATER_MS, async () => {
    await redis.kill9()
    const started = redis.start()
    await waitFor(isTold, { limitMs: 9_000, what: 'a hub that asked a Redis that loads' })
    await redis.command('CONFIG', 'SET', 'key-load-delay', 0)
    await started
    const start = performance.now()
    await waitFor(isUsed, { limitMs: 20_000 })
    return performance.now() - start
  })
})
