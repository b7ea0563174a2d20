// The journal on the hub's own disk, in three sub-databases: entries by a growing number, and the numbers by
// reference and by correlation id. Ordered by number, never by the clock, and bounded by dropping the oldest.

import type { Database } from 'lmdb'
import { Fault } from '../faults/fault.ts'
import type { Environment } from './environment.ts'
import type { JournalEntry } from './journal-entry.ts'
import { oneByOne } from './one-by-one.ts'
import { type JournalStore, storiesOf } from './store.ts'
import { createWatchers } from './watchers.ts'

/** What one append may drop beyond its own size: after a restart with a smaller bound, the rest goes bit by bit. */
const EXTRA_DROPS = 500

/** A journal of at most `maxEntries` entries in the environment, which stays open when the journal is closed. */
export function createEmbeddedJournal(
  environment: Environment,
  options: { readonly maxEntries: number },
): JournalStore {
  const entries = environment.openDatabase<JournalEntry, number>({ name: 'journal' })
  const references = environment.openDatabase<number>({ name: 'journal-references' })
  const correlations = environment.openDatabase<true, [id: string, number: number]>({
    name: 'journal-correlations',
  })
  const watchers = createWatchers()
  let { next, oldest } = load(environment, entries)

  function drop(number: number): void {
    const entry = entries.get(number)
    void entries.remove(number)
    if (!entry) return
    void references.remove(entry.reference)
    for (const id of storiesOf(entry)) void correlations.remove([id, number])
  }

  function add(entry: JournalEntry, number: number): void {
    void entries.put(number, entry)
    void references.put(entry.reference, number)
    for (const id of storiesOf(entry)) void correlations.put([id, number], true)
  }

  const alone = oneByOne()

  async function append(added: readonly JournalEntry[]): Promise<void> {
    // Never more than fit: what is dropped must have been committed, or it could not be read.
    const kept = added.slice(-options.maxEntries)
    const newest = next + kept.length
    const oldestKept = Math.max(
      oldest,
      Math.min(newest - options.maxEntries, oldest + added.length + EXTRA_DROPS),
    )
    try {
      await environment.write(() => {
        kept.forEach((entry, index) => add(entry, next + index))
        for (let number = oldest; number < oldestKept; number++) drop(number)
      })
    } catch (cause) {
      throw new Fault('store_unavailable', { detail: 'the journal cannot be written', cause })
    }
    next = newest
    oldest = oldestKept
    watchers.tell(added)
  }

  return {
    append: (added) => alone(() => append(added)),
    async read({ limit, position }) {
      return reading(() => {
        const start = position === undefined ? next - 1 : Number(position)
        const found = [...entries.getRange({ start, reverse: true, limit: limit + 1 })]
        const page = found.slice(0, limit).map(({ value }) => value)
        const rest = found[limit]
        return rest ? { entries: page, next: String(rest.key) } : { entries: page }
      })
    },
    async get(reference) {
      return reading(() => {
        const number = references.get(reference)
        return number === undefined ? undefined : entries.get(number)
      })
    },
    async byCorrelation(correlationId) {
      return reading(() => {
        const keys = correlations.getKeys({ start: [correlationId, 0], end: [correlationId, Infinity] })
        return [...keys].flatMap(([, number]) => entries.get(number) ?? [])
      })
    },
    watch: (listener) => watchers.add(listener),
    async close() {
      watchers.clear()
    },
  }
}

function load(environment: Environment, entries: Database<JournalEntry, number>) {
  try {
    return numbersOf(entries)
  } catch (error) {
    throw environment.explained(error)
  }
}

/** The number of the next entry and of the oldest one kept; equal in an empty journal. */
function numbersOf(entries: Database<JournalEntry, number>): { next: number; oldest: number } {
  const [newest] = entries.getKeys({ reverse: true, limit: 1 })
  const [oldest] = entries.getKeys({ limit: 1 })
  const next = (newest ?? 0) + 1
  return { next, oldest: oldest ?? next }
}

function reading<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (cause) {
    throw new Fault('store_unavailable', { detail: 'the journal cannot be read', cause })
  }
}
