// The port behind the journal: an append-only, bounded list of entries, newest first when read.
// Search, summary and time lines are built on these calls alone, so that every adapter answers alike.

import type { JournalEntry } from './journal-entry.ts'

export interface JournalPage {
  readonly entries: readonly JournalEntry[]
  /** Position to go on from, opaque; absent at the oldest entry. */
  readonly next?: string
}

export interface JournalStore {
  /**
   * Keeps the entries, oldest first, and drops the oldest past the bound. After a rejection it may be called again with
   * the same ones: they are kept once.
   */
  append(entries: readonly JournalEntry[]): Promise<void>
  /** Up to `limit` entries newest first, from `position` on. Throws `Fault` `store_unavailable`. */
  read(options: { limit: number; position?: string }): Promise<JournalPage>
  get(reference: string): Promise<JournalEntry | undefined>
  /** All entries of one X-Correlation-ID, oldest first, with those on hub URLs that its exchange handed out. */
  byCorrelation(correlationId: string): Promise<readonly JournalEntry[]>
  /** Called with entries that anyone appended (this process or, on Redis, another hub). Gives the way to stop. */
  watch(listener: (entries: readonly JournalEntry[]) => void): () => void
  close(): Promise<void>
}

/** Correlation ids under which an entry is told: its own, and that of the exchange that caused it. */
export function storiesOf(entry: JournalEntry): readonly string[] {
  const { correlation_id: own, caused_by: cause } = entry
  return cause === undefined || cause === own ? [own] : [own, cause]
}
