// The journal in Redis, one for all hubs: a capped stream of entries, and their places by reference and by
// correlation id, which go when the entry goes. An entry that is sent twice is kept once.

import { z } from 'zod'
import { REACHED, RECOVERY_WORDS, SIDES } from '../faults/table.ts'
import { INTERFACES } from '../ocpi/module.ts'
import { type JournalEntry, MODES } from './journal-entry.ts'
import { defineScript, type RedisConnection } from './redis.ts'
import { type JournalStore, storiesOf } from './store.ts'
import { createWatchers } from './watchers.ts'

export interface RedisJournalOptions {
  /** The stream is cut in blocks: up to `BEYOND_BOUND` entries more are kept. */
  readonly maxEntries: number
  /** How often watchers hear of what no message told. Milliseconds. */
  readonly pollMs?: number
}

const POLL_MS = 1000
const BEYOND_BOUND = 100
// For what a hub that died while it was cutting the stream left behind; else places go together with their entries.
const INDEX_LIFE_SECONDS = 30 * 24 * 60 * 60
const CORRELATED_MAX = 1000
const BLOCK = 500
const POSITION = /^\d+-\d+$/

// KEYS: stream, then of each entry the reference's and the two correlations' it is told under, which may be equal.
// ARGV: life, most of one correlation, channel, then the text of each entry. Gives the length of the stream.
const APPEND = defineScript(`
local life, most, channel = unpack(ARGV, 1, 3)
for n = 1, #ARGV - 3 do
  local reference, own, cause = KEYS[3 * n - 1], KEYS[3 * n], KEYS[3 * n + 1]
  if redis.call('EXISTS', reference) == 0 then
    local id = redis.call('XADD', KEYS[1], '*', 'entry', ARGV[3 + n])
    redis.call('SET', reference, id, 'EX', life)
    for _, correlation in ipairs(own == cause and { own } or { own, cause }) do
      redis.call('RPUSH', correlation, id)
      redis.call('LTRIM', correlation, -tonumber(most), -1)
      redis.call('EXPIRE', correlation, life)
    end
  end
end
-- News are only faster than the poll: a user without a right to the channel loses no entry.
redis.pcall('PUBLISH', channel, '')
return redis.call('XLEN', KEYS[1])
`)

// KEYS: stream. ARGV: bound, most at once. Takes the oldest entries above the bound out of it and gives them.
const CUT = defineScript(`
local length = redis.call('XLEN', KEYS[1])
local over = math.min(length - tonumber(ARGV[1]), tonumber(ARGV[2]))
if over <= 0 then return {} end
local items = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', over)
redis.call('XTRIM', KEYS[1], 'MAXLEN', '=', length - #items)
return items
`)

// KEYS: of each entry as in APPEND. ARGV: their ids in the stream.
const FORGET = defineScript(`
for n, id in ipairs(ARGV) do
  redis.call('UNLINK', KEYS[3 * n - 2])
  redis.call('LREM', KEYS[3 * n - 1], 1, id)
  redis.call('LREM', KEYS[3 * n], 1, id)
end
`)

// KEYS: stream, correlation. Gives the texts.
const CORRELATED = defineScript(`
local texts = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  local found = redis.call('XRANGE', KEYS[1], id, id)[1]
  if found then texts[#texts + 1] = found[2][2] end
end
return texts
`)

/** A newer hub may have more of them: a word that is not known here is left out, not the entry with it. */
const word = (words: readonly string[]) => z.enum(words).optional().catch(undefined)

// Members that readers of the journal rely on.
const ENTRY = z.looseObject({
  reference: z.string(),
  time: z.string(),
  author: z.enum(['responder', 'hub']),
  code: z.number(),
  http_status: z.number(),
  method: z.string(),
  path: z.string(),
  request_id: z.string(),
  correlation_id: z.string(),
  duration_ms: z.number(),
  at: word(SIDES),
  reached: word(REACHED),
  recovery: word(RECOVERY_WORDS),
  interface: word(INTERFACES),
  mode: word(MODES),
})

/** The journal on a connection, which stays open when the journal is closed. */
export function createRedisJournal(redis: RedisConnection, options: RedisJournalOptions): JournalStore {
  const stream = redis.key('journal')
  const channel = redis.key('journal:changed')
  const referenceKey = (reference: string) => redis.key(`journal:reference:${reference}`)
  const correlationKey = (id: string) => redis.key(`journal:correlation:${id}`)
  const follower = createFollower(redis, { stream, channel, pollMs: options.pollMs ?? POLL_MS })

  function indexKeys(entry: JournalEntry): string[] {
    const [own, cause = own] = storiesOf(entry)
    return [referenceKey(entry.reference), correlationKey(own!), correlationKey(cause!)]
  }

  async function cut(): Promise<void> {
    for (let found = BLOCK; found === BLOCK; ) {
      const items = readItems(await redis.run(CUT, [stream], [options.maxEntries, BLOCK]))
      const known = items.flatMap(({ id, entry }) => (entry ? { id, keys: indexKeys(entry) } : []))
      found = items.length
      if (known.length === 0) continue
      const keys = known.flatMap((item) => item.keys)
      await redis.run(
        FORGET,
        keys,
        known.map((item) => item.id),
      )
    }
  }

  return {
    async append(entries) {
      const texts = entries.map((entry) => JSON.stringify(entry))
      const settings = [INDEX_LIFE_SECONDS, CORRELATED_MAX, channel]
      const length = await redis.run(APPEND, [stream, ...entries.flatMap(indexKeys)], [...settings, ...texts])
      // The entries are kept by now: what is not cut now is cut next time.
      if (Number(length) >= options.maxEntries + BEYOND_BOUND) await cut().catch(() => undefined)
    },
    async read({ limit, position }) {
      if (position !== undefined && !POSITION.test(position)) return { entries: [] }
      const found = await redis.call('XREVRANGE', [stream, position ?? '+', '-', 'COUNT', limit + 1])
      const items = readItems(found)
      const entries = items.slice(0, limit).flatMap((item) => item.entry ?? [])
      const next = items[limit]?.id
      return next === undefined ? { entries } : { entries, next }
    },
    async get(reference) {
      const id = await redis.call('GET', [referenceKey(reference)])
      if (typeof id !== 'string') return undefined
      return readItems(await redis.call('XRANGE', [stream, id, id]))[0]?.entry
    },
    async byCorrelation(correlationId) {
      const texts = await redis.run(CORRELATED, [stream, correlationKey(correlationId)], [])
      return Array.isArray(texts) ? texts.flatMap((text) => readEntry(text) ?? []) : []
    },
    watch: (listener) => follower.add(listener),
    async close() {
      follower.stop()
    },
  }
}

/** Reads what is new in the stream, whoever wrote it, once somebody listens. */
function createFollower(
  redis: RedisConnection,
  options: { readonly stream: string; readonly channel: string; readonly pollMs: number },
) {
  const { stream, channel, pollMs } = options
  const watchers = createWatchers()
  let position: string | undefined
  let reading: Promise<void> | undefined
  let missed = false
  let timer: NodeJS.Timeout | undefined
  let unsubscribe: (() => void) | undefined

  async function read(): Promise<void> {
    if (position === undefined) {
      const [newest] = readItems(await redis.call('XREVRANGE', [stream, '+', '-', 'COUNT', 1]))
      position = newest?.id ?? '0-0'
    }
    for (;;) {
      const items = readItems(await redis.call('XRANGE', [stream, `(${position}`, '+', 'COUNT', BLOCK]))
      position = items.at(-1)?.id ?? position
      watchers.tell(items.flatMap((item) => item.entry ?? []))
      if (items.length < BLOCK) return
    }
  }

  /** One reading at a time; news that come meanwhile lead to one more. */
  function look(): void {
    missed = reading !== undefined
    reading ??= read()
      .catch(() => undefined)
      .finally(() => {
        reading = undefined
        if (missed) look()
      })
  }

  return {
    add(listener: (entries: readonly JournalEntry[]) => void): () => void {
      if (!timer) {
        timer = setInterval(look, pollMs)
        timer.unref()
        unsubscribe = redis.subscribe(channel, look)
        look()
      }
      return watchers.add(listener)
    },
    stop() {
      clearInterval(timer)
      unsubscribe?.()
      watchers.clear()
    },
  }
}

interface StreamItem {
  readonly id: string
  /** Absent when what stands there is no entry. */
  readonly entry?: JournalEntry
}

/** `[[id, ['entry', text]], …]` as Redis answers. */
function readItems(answer: unknown): StreamItem[] {
  if (!Array.isArray(answer)) return []
  return (answer as [string, string[]][]).map(([id, [, text]]) => {
    const entry = readEntry(text)
    return entry ? { id, entry } : { id }
  })
}

function readEntry(text: unknown): JournalEntry | undefined {
  if (typeof text !== 'string') return undefined
  try {
    const parsed = ENTRY.safeParse(JSON.parse(text))
    return parsed.success ? (parsed.data as unknown as JournalEntry) : undefined
  } catch {
    return undefined
  }
}
