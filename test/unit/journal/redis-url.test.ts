// The forms in which a Redis may be named.

import { describe, expect, it } from 'vitest'
import { maskRedisUrl, readRedisUrl, type RedisAddress } from '../../../src/journal/redis-url.ts'

const SINGLE: RedisAddress = {
  mode: 'single',
  tls: false,
  nodes: [{ host: '127.0.0.1', port: 6379 }],
  db: 0,
  protocol: 3,
}

const GOOD: readonly [string, Partial<RedisAddress>][] = [
  ['redis://127.0.0.1', {}],
  ['redis://127.0.0.1:6379/', {}],
  ['REDIS://127.0.0.1:7000/3', { nodes: [{ host: '127.0.0.1', port: 7000 }], db: 3 }],
  ['rediss://redis.example:6380', { tls: true, nodes: [{ host: 'redis.example', port: 6380 }] }],
  ['redis://[::1]:6379', { nodes: [{ host: '::1', port: 6379 }] }],
  ['redis://:secret@127.0.0.1', { password: 'secret' }],
  ['redis://hub:p%40ss%3A%2F@127.0.0.1', { username: 'hub', password: 'p@ss:/' }],
  ['redis://127.0.0.1?protocol=2', { protocol: 2 }],
  [
    'redis+sentinel://hub:secret@s1,s2:26380/mymaster/2?sentinel_user=s&sentinel_password=p',
    {
      mode: 'sentinel',
      nodes: [
        { host: 's1', port: 26379 },
        { host: 's2', port: 26380 },
      ],
      username: 'hub',
      password: 'secret',
      master: 'mymaster',
      db: 2,
      sentinelUsername: 's',
      sentinelPassword: 'p',
    },
  ],
  [
    'rediss+cluster://c1,c2:7001',
    {
      mode: 'cluster',
      tls: true,
      nodes: [
        { host: 'c1', port: 6379 },
        { host: 'c2', port: 7001 },
      ],
    },
  ],
]

const BAD: readonly [string, RegExp][] = [
  ['', /redis:\/\//],
  ['http://127.0.0.1', /redis:\/\//],
  ['redis+other://h', /redis:\/\//],
  ['redis:///0', /redis:\/\//],
  ['redis://h1,h2', /several hosts/],
  ['redis://h:0', /host:port/],
  ['redis://h:65536', /host:port/],
  ['redis://h:x', /host:port/],
  ['redis://h/x', /database/],
  ['redis://h/0/1', /database/],
  ['redis+sentinel://h', /name of the master/],
  ['redis+cluster://h/1', /database 0/],
  ['redis://secret-password@h', /user:password@/],
  ['redis://:secret%-password@h', /%XX/],
  ['redis://h?timeout=5', /protocol=2/],
  ['redis://h?sentinel_user=x', /protocol=2/],
  ['redis://h?protocol=4', /protocol=2/],
]

describe('a Redis URL', () => {
  it.each(GOOD)('is read: %s', (url, expected) => {
    expect(readRedisUrl(url)).toEqual({ ...SINGLE, ...expected })
  })

  it.each(BAD)('is refused: %s', (url, message) => {
    expect(() => readRedisUrl(url)).toThrow(message)
    expect(() => readRedisUrl(url)).not.toThrow(/secret/)
  })

  it('is shown without its passwords', () => {
    const url =
      'redis+sentinel://hub:canary@h1:26379,h2/m?sentinel_user=s&sentinel_password=canary&protocol=2'
    expect(maskRedisUrl(url, '***')).toBe(
      'redis+sentinel://hub:***@h1:26379,h2/m?sentinel_user=s&sentinel_password=***&protocol=2',
    )
    expect(maskRedisUrl('redis://:canary@h', '***')).toBe('redis://:***@h')
    expect(maskRedisUrl('redis://h:6379/1', '***')).toBe('redis://h:6379/1')
  })
})
