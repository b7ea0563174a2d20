// The journal and the links in a real Redis, several hubs on one server, and what they make of broken data.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openRedis, type RedisConnection } from '../../src/journal/redis.ts'
import { createRedisJournal } from '../../src/journal/redis-store.ts'
import { createRedisLinks } from '../../src/links/redis.ts'
import { inTime, timed } from '../support/in-time.ts'
import { PATIENT, sharedRedis, startRedis, type SharedRedis } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'
import { entries } from '../unit/journal/examples.ts'
import { journalSuite } from './journal-suite.ts'
import { linksSuite } from './links-suite.ts'

let server: SharedRedis
beforeAll(async () => {
  server = await sharedRedis()
})
afterAll(() => server.end())

const connections = new Set<RedisConnection>()
afterEach(async () => {
  for (const connection of connections) await connection.close()
  connections.clear()
})

function connect(
  keyPrefix = `test-${crypto.randomUUID()}`,
  place: { readonly url: string } = { url: server.url, ...PATIENT },
): RedisConnection {
  const connection = openRedis({ ...place, keyPrefix })
  connections.add(connection)
  return connection
}

// It is cut when it is that much too long.
journalSuite('redis', async () => ({
  open: async (maxEntries) => createRedisJournal(connect(), { maxEntries }),
  beyondBound: 100,
  end: async () => undefined,
}))

linksSuite('redis', async () => {
  const prefix = `test-${crypto.randomUUID()}`
  return { open: () => createRedisLinks(connect(prefix)), end: async () => undefined }
})

describe('the journal in Redis', () => {
  it('tells the watchers of every hub of entries that any hub appended', async () => {
    const prefix = `test-${crypto.randomUUID()}`
    const [one, other] = [connect(prefix), connect(prefix)].map((connection) =>
      createRedisJournal(connection, { maxEntries: 100 }),
    )
    const heard: string[] = []
    other!.watch((added) => heard.push(...added.map((entry) => entry.request_id)))
    // The other hub listens from some moment on; what it hears from then on has no gap.
    const sent = entries(2000)
    let next = 0
    await waitFor(async () => {
      await one!.append([sent[next++]!])
      return heard.length > 0
    })
    for (let more = 0; more < 5; more++) await one!.append([sent[next++]!])
    await waitFor(() => heard.at(-1) === String(next))
    expect(heard).toEqual(Array.from(heard, (_, index) => String(next - heard.length + 1 + index)))
    await Promise.all([one!.close(), other!.close()])
  })

  it('keeps an entry that is sent twice once', async () => {
    const journal = createRedisJournal(connect(), { maxEntries: 100 })
    const [one, two] = entries(2)
    await journal.append([one!])
    await journal.append([one!, two!])
    expect((await journal.read({ limit: 10 })).entries).toEqual([two, one])
    expect(await journal.byCorrelation(one!.correlation_id)).toEqual([one, two])
  })

  it('forgets where an entry stood together with the entry: its size is bounded, not only its length', async () => {
    const redis = connect()
    const journal = createRedisJournal(redis, { maxEntries: 100 })
    const sent = entries(1500).map((entry, index) => ({ ...entry, correlation_id: `story-${index >> 1}` }))
    for (let at = 0; at < sent.length; at += 250) await journal.append(sent.slice(at, at + 250))
    const { entries: kept } = await journal.read({ limit: 1000 })
    expect(kept).toEqual(sent.slice(-100).reverse())
    expect(await redis.call('KEYS', [redis.key('journal:reference:*')])).toHaveLength(100)
    expect(await redis.call('KEYS', [redis.key('journal:correlation:*')])).toHaveLength(50)
    expect(await journal.byCorrelation('story-749')).toEqual(sent.slice(-2))
    expect(await journal.byCorrelation('story-1')).toEqual([])
  })

  it('leaves out what is no entry and no link', async () => {
    const redis = connect()
    const journal = createRedisJournal(redis, { maxEntries: 100 })
    const [one, two] = entries(2)
    await journal.append([one!])
    await redis.call('XADD', [redis.key('journal'), '*', 'entry', '{"reference":1}'])
    await redis.call('XADD', [redis.key('journal'), '*', 'other', '['])
    await journal.append([two!])
    expect((await journal.read({ limit: 10 })).entries).toEqual([two, one])
    for (const text of ['[', '{}', '{"purpose":"page","url":7}']) {
      await redis.call('SET', [redis.key('link:x'), text])
      expect(await createRedisLinks(redis).get('x')).toBeUndefined()
    }
  })

  it('gives an entry of a newer hub without the words that are not known here', async () => {
    const redis = connect()
    const journal = createRedisJournal(redis, { maxEntries: 100 })
    const [one] = entries(1)
    const words = { at: 'moon', reached: 'soon', recovery: 'hope', interface: 'BROKER', mode: 'relay' }
    const text = JSON.stringify({ ...one, fault: 'of_tomorrow', ...words, more: { of: 'it' } })
    await redis.call('XADD', [redis.key('journal'), '*', 'entry', text])
    const { at, reached, recovery, interface: side, mode, ...rest } = one!
    expect(Object.keys(words)).toHaveLength([at, reached, recovery, side, mode].length)
    expect((await journal.read({ limit: 10 })).entries).toEqual([
      { ...rest, fault: 'of_tomorrow', more: { of: 'it' } },
    ])
  })

  it('fails fast with store_unavailable when Redis is away or frozen', async () => {
    const redis = await startRedis()
    const connection = connect('test', { url: redis.url })
    const journal = createRedisJournal(connection, { maxEntries: 100 })
    const links = createRedisLinks(connection)
    await journal.append(entries(1))
    for (const trouble of [() => redis.pause(), () => redis.kill9()]) {
      await trouble()
      await inTime(1_000, () => {
        const calls = [journal.append(entries(1)), journal.read({ limit: 1 }), links.get('x')]
        return timed(() =>
          Promise.all(calls.map((call) => expect(call).rejects.toMatchObject({ code: 'store_unavailable' }))),
        )
      })
    }
    await redis.end()
  })
})
