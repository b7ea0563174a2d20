// The Redis servers that other tests stand on: that they come, go, freeze and forget as told.

import { describe, expect, it } from 'vitest'
import { startRedis } from '../support/redis.ts'

describe('a Redis server of a test', () => {
  it('keeps what it was told to keep over stop, kill -9 and restart, and forgets on a flush', async () => {
    const redis = await startRedis({ appendonly: 'always' })
    for (const end of [() => redis.stop(), () => redis.kill9()]) {
      await redis.command('SET', 'key', 'value')
      await end()
      await expect(redis.command('GET', 'key')).rejects.toThrow()
      await redis.start()
      expect(await redis.command('GET', 'key')).toBe('value')
    }
    await redis.flush()
    expect(await redis.command('GET', 'key')).toBeNull()
    await redis.end()
  })

  it('answers nothing while it is frozen, and everything afterwards', async () => {
    const redis = await startRedis()
    await redis.pause()
    let answered = false
    const answer = redis.command('PING').then((pong) => {
      answered = true
      return pong
    })
    const other = await startRedis()
    await other.command('PING')
    expect(answered).toBe(false)
    await redis.resume()
    expect(await answer).toBe('PONG')
    await Promise.all([redis.end(), other.end()])
  })
})
