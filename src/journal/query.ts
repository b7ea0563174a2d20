// Search, summary and cursors over the journal, built on the store's port alone so that every adapter answers
// alike. A scan goes through the journal in chunks and lets the event loop breathe between them.

import { createHash } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { isSuccess } from './entry.ts'
import type { JournalEntry } from './journal-entry.ts'
import type { JournalStore } from './store.ts'

/** Members of an entry that must equal the value given. */
export const FILTER_FIELDS = [
  'from',
  'to',
  'code',
  'fault',
  'at',
  'author',
  'module',
  'mode',
  'correlation_id',
  'request_id',
  'requester',
  'responder',
  'responder_code',
] as const
export type FilterField = (typeof FILTER_FIELDS)[number]

export interface JournalFilter {
  /** Compared without regard to case, as text. */
  readonly fields?: Readonly<Partial<Record<FilterField, string>>>
  /** Milliseconds since the epoch: arrived at or after, arrived before. */
  readonly since?: number
  readonly until?: number
  /** Successes that were kept for a correlation's time line as well; left out when absent. */
  readonly successes?: boolean
}

export interface JournalResult {
  readonly items: readonly JournalEntry[]
  /** Absent on the last page. */
  readonly nextCursor?: string
}

/** What a summary may be made by. */
export const SUMMARY_FIELDS = [
  'from',
  'to',
  'code',
  'fault',
  'at',
  'module',
  'requester',
  'responder',
] as const
export type SummaryField = (typeof SUMMARY_FIELDS)[number]

export interface SummaryGroup {
  /** Value of each field the summary was made by; `null` where the entries have none. */
  readonly values: Readonly<Partial<Record<SummaryField, string | number | null>>>
  readonly count: number
  /** RFC 3339 of the newest entry, and its reference. */
  readonly latest: string
  readonly reference: string
}

export interface Summary {
  /** Most frequent first. */
  readonly groups: readonly SummaryGroup[]
  /** Entries counted, those of groups that were cut off included. */
  readonly total: number
}

const CHUNK_ENTRIES = 500
/** How far the order of the journal may differ from that of the ends of exchanges: clocks of several hubs. */
const DISORDER_MS = 5 * 60_000
const GROUPS_MAX = 1000

/**
 * Entries that match, newest first, from `cursor` on. `undefined` when the cursor is not one that this query gave.
 * Throws `Fault` `store_unavailable`.
 */
export async function searchJournal(
  store: JournalStore,
  filter: JournalFilter,
  page: { readonly limit: number; readonly cursor?: string },
): Promise<JournalResult | undefined> {
  const start = page.cursor === undefined ? {} : readCursor(page.cursor, filter)
  if (!start) return undefined
  const matches = toPredicate(filter)
  const items: JournalEntry[] = []
  // The entry a cursor stands behind is met again in its chunk; all up to and with it were given before. If it is
  // gone, everything older is gone as well, because the journal drops the oldest first.
  let skipTo = start.reference
  let last: Place | undefined
  for await (const chunk of chunks(store, start.position, filter.since)) {
    for (const entry of chunk.entries) {
      if (skipTo !== undefined) {
        if (entry.reference === skipTo) skipTo = undefined
      } else if (matches(entry)) {
        if (items.length === page.limit) return { items, nextCursor: writeCursor(last!, filter) }
        items.push(entry)
        last = { position: chunk.position, reference: entry.reference }
      }
    }
  }
  return { items }
}

/** Counts the entries that match by the values of `by`. Throws `Fault` `store_unavailable`. */
export async function summarizeJournal(
  store: JournalStore,
  filter: JournalFilter,
  by: readonly SummaryField[],
): Promise<Summary> {
  const matches = toPredicate(filter)
  const groups = new Map<string, { first: JournalEntry; count: number }>()
  let total = 0
  for await (const chunk of chunks(store, undefined, filter.since)) {
    for (const entry of chunk.entries) {
      if (!matches(entry)) continue
      total++
      const key = JSON.stringify(by.map((field) => entry[field] ?? null))
      const group = groups.get(key)
      if (group) group.count++
      else groups.set(key, { first: entry, count: 1 })
    }
  }
  const sorted = [...groups.values()].sort((one, other) => other.count - one.count)
  return { total, groups: sorted.slice(0, GROUPS_MAX).map(({ first, count }) => toGroup(first, count, by)) }
}

/** Whether an entry is among those a filter asks for. */
export function toPredicate(filter: JournalFilter): (entry: JournalEntry) => boolean {
  const wanted = FILTER_FIELDS.flatMap((field) => {
    const value = filter.fields?.[field]
    return value === undefined ? [] : [[field, value.toLowerCase()] as const]
  })
  const { since = -Infinity, until = Infinity, successes = false } = filter
  const bounded = since !== -Infinity || until !== Infinity
  return (entry) => {
    if (!successes && isSuccess(entry.code)) return false
    for (const [field, value] of wanted) {
      const actual = entry[field]
      if (actual === undefined || String(actual).toLowerCase() !== value) return false
    }
    if (!bounded) return true
    const arrived = Date.parse(entry.time)
    return arrived >= since && arrived < until
  }
}

function toGroup(first: JournalEntry, count: number, by: readonly SummaryField[]): SummaryGroup {
  const values = Object.fromEntries(by.map((field) => [field, first[field] ?? null]))
  return { values, count, latest: first.time, reference: first.reference }
}

interface Chunk {
  readonly entries: readonly JournalEntry[]
  readonly position: string | undefined
}

/** The journal from `from` on, newest first, until nothing more can have arrived at `since` or later. */
async function* chunks(
  store: JournalStore,
  from: string | undefined,
  since = -Infinity,
): AsyncGenerator<Chunk> {
  let position = from
  for (;;) {
    const page = await store.read({ limit: CHUNK_ENTRIES, ...(position === undefined ? {} : { position }) })
    yield { entries: page.entries, position }
    if (page.next === undefined || isBefore(page.entries, since)) return
    position = page.next
    await breathe()
  }
}

// Entries are appended when their exchange has ended. A whole chunk, because a single clock may have gone wrong.
function isBefore(entries: readonly JournalEntry[], since: number): boolean {
  if (since === -Infinity || entries.length === 0) return false
  return entries.every(({ time, duration_ms: ms }) => Date.parse(time) + ms + DISORDER_MS < since)
}

/** Where a page ended: the chunk (absent = the newest) and the entry in it. */
interface Place {
  readonly position?: string | undefined
  readonly reference?: string
}

function writeCursor(place: Place, filter: JournalFilter): string {
  const members = [place.position ?? null, place.reference ?? null]
  return Buffer.from(JSON.stringify([...members, checksum(members, filter)])).toString('base64url')
}

function readCursor(cursor: string, filter: JournalFilter): Place | undefined {
  try {
    const [position, reference, sum] = JSON.parse(
      Buffer.from(cursor, 'base64url').toString('utf8'),
    ) as unknown[]
    if (sum !== checksum([position, reference], filter)) return undefined
    if (typeof reference !== 'string') return undefined
    return { reference, ...(typeof position === 'string' ? { position } : {}) }
  } catch {
    return undefined
  }
}

// Ties a cursor to its query and shows that it was copied whole. It guards against mistakes; those who may ask at
// all may see every entry. Times are left out: "since 15 minutes ago" moves on between two pages.
function checksum(members: readonly unknown[], filter: JournalFilter): string {
  return createHash('sha256')
    .update(JSON.stringify([members, filter.fields ?? {}, filter.successes ?? false]))
    .digest('base64url')
    .slice(0, 12)
}
