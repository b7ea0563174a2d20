// A connection to Redis that ends at any moment, by the hub or by Redis: nothing that was under way fails with nobody
// listening, which would end the process, or stays without an answer.

import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openRedis } from '../../src/journal/redis.ts'
import { startRedis } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

const CONNECTIONS = 60

it('may come while its subscriptions are made anew', async () => {
  const redis = await startRedis()
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    const connections = Array.from({ length: CONNECTIONS }, () =>
      openRedis({ url: redis.url, keyPrefix: 'ocpi-hub:' }),
    )
    for (const connection of connections) connection.subscribe('news', () => undefined)
    const subscribers = async () => {
      const answer = (await redis.command('PUBSUB', 'NUMSUB', 'news')) as [string, number]
      return Number(answer[1])
    }
    await waitFor(async () => (await subscribers()) === CONNECTIONS)
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    // Some before they are connected again, some after, some in the midst of it.
    await Promise.all(
      connections.map(async (connection, index) => {
        await pause(40 + (index * 80) / CONNECTIONS)
        await connection.close()
      }),
    )
    await waitFor(async () => (await subscribers()) === 0)
    expect(unhandled).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
    await redis.end()
  }
})

it('is known at once to what was under way, also when the next connection is there soon', async () => {
  const redis = await startRedis()
  const connection = openRedis({ url: redis.url, keyPrefix: 'ocpi-hub:' })
  try {
    const longMs = 60_000
    const outcome = connection
      .call('BLPOP', [connection.key('never'), 0], longMs)
      .catch((error: unknown) => error)
    await waitFor(async () => /cmd=blpop/.test(String(await redis.command('CLIENT', 'LIST'))))
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal')
    expect(await outcome).toMatchObject({
      code: 'store_unavailable',
      info: { detail: expect.stringMatching(/^Redis: not connected: /) as string },
    })
  } finally {
    await connection.close()
    await redis.end()
  }
})
