// Those who want to hear of new journal entries. One that throws does not keep the others from hearing.

import type { JournalEntry } from './journal-entry.ts'

type Listener = (entries: readonly JournalEntry[]) => void

export interface Watchers {
  /** Gives the way to stop. */
  add(listener: Listener): () => void
  tell(entries: readonly JournalEntry[]): void
  clear(): void
}

export function createWatchers(): Watchers {
  const listeners = new Set<Listener>()
  return {
    add(listener) {
      // Wrapped, so that one function may listen twice and stop once.
      const own: Listener = (entries) => listener(entries)
      listeners.add(own)
      return () => listeners.delete(own)
    },
    tell(entries) {
      if (entries.length === 0) return
      for (const listener of listeners) {
        try {
          listener(entries)
        } catch {
          listeners.delete(listener)
        }
      }
    },
    clear: () => listeners.clear(),
  }
}
