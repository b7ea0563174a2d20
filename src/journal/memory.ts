// The journal in memory: a ring that forgets its oldest entries, and everything when the process ends.

import type { JournalEntry } from './journal-entry.ts'
import { type JournalStore, storiesOf } from './store.ts'
import { createWatchers } from './watchers.ts'

/** A journal of at most `maxEntries` entries. A position is the sequence number of the entry to go on with. */
export function createMemoryJournal(options: { readonly maxEntries: number }): JournalStore {
  const { maxEntries } = options
  const ring: JournalEntry[] = []
  const byReference = new Map<string, JournalEntry>()
  const watchers = createWatchers()
  // Sequence number of the next entry; entry n stands at n % maxEntries.
  let next = 0

  const oldest = () => Math.max(0, next - maxEntries)
  const at = (sequence: number) => ring[sequence % maxEntries]!

  function add(entry: JournalEntry): void {
    if (next >= maxEntries) byReference.delete(at(next).reference)
    ring[next % maxEntries] = entry
    byReference.set(entry.reference, entry)
    next++
  }

  return {
    async append(entries) {
      for (const entry of entries) add(entry)
      watchers.tell(entries)
    },
    async read({ limit, position }) {
      const entries: JournalEntry[] = []
      let sequence = position === undefined ? next - 1 : Math.min(Number(position), next - 1)
      while (sequence >= oldest() && entries.length < limit) entries.push(at(sequence--))
      return sequence >= oldest() ? { entries, next: String(sequence) } : { entries }
    },
    async get(reference) {
      return byReference.get(reference)
    },
    async byCorrelation(correlationId) {
      const entries: JournalEntry[] = []
      for (let sequence = oldest(); sequence < next; sequence++) {
        if (storiesOf(at(sequence)).includes(correlationId)) entries.push(at(sequence))
      }
      return entries
    },
    watch: (listener) => watchers.add(listener),
    async close() {
      watchers.clear()
    },
  }
}
