// The journal: takes the record of every exchange at its end, counts it, logs it, and keeps what was not a success.
// Keeping never holds up a request: entries wait in a bounded buffer and are appended together a moment later, or
// when a store that was away for less than a minute is back.

import { setTimeout as pause } from 'node:timers/promises'
import { isSuccess, isUnlisted, toEntry } from './entry.ts'
import type { Exchange } from './exchange.ts'
import type { JournalEntry } from './journal-entry.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import {
  searchJournal,
  summarizeJournal,
  type JournalFilter,
  type JournalResult,
  type Summary,
  type SummaryField,
} from './query.ts'
import { createReferences, REFERENCE } from './reference.ts'
import type { JournalStore } from './store.ts'
import { createStrangers } from './strangers.ts'
import { plainId } from './text.ts'

export interface Journal {
  /** For `Exchange.reference`, as soon as an answer is to name it. */
  newReference(): string
  /** Call once, at the very end of every exchange. Never throws and never waits. */
  record(exchange: Exchange): void
  get(reference: string): Promise<JournalEntry | undefined>
  /** Newest first; `undefined` when the cursor does not belong to this query. Throws `Fault` `store_unavailable`. */
  query(
    filter: JournalFilter,
    page: { readonly limit: number; readonly cursor?: string },
  ): Promise<JournalResult | undefined>
  /** Throws `Fault` `store_unavailable`. */
  summary(filter: JournalFilter, by: readonly SummaryField[]): Promise<Summary>
  /** All kept entries of one X-Correlation-ID, oldest first. */
  correlation(correlationId: string): Promise<readonly JournalEntry[]>
  /** Called with new entries, those of other hubs on the same store included. Gives the way to stop. */
  watch(listener: (entries: readonly JournalEntry[]) => void): () => void
  /** Writes what is waiting and closes the store. */
  close(): Promise<void>
}

export interface JournalParts {
  readonly store: JournalStore
  /** What the store holds at most. */
  readonly maxEntries: number
  readonly log: Log
  readonly metrics: Metrics
  /** How long a store may fail before entries are given up. */
  readonly patienceMs?: number
}

/** Entries that may wait for the store; more are dropped and counted. */
const WAITING_MAX = 10_000
/** Entries of one append: small enough that preparing them does not hold up requests. */
const BATCH_ENTRIES_MAX = 500
/** Pause before a run of appends, in milliseconds: what a crash costs, besides what the store takes. */
const BATCH_PAUSE_MS = 10
/** Long enough for a store to start again or to fail over; entries that come much too late stand where nobody looks. */
const PATIENCE_MS = 60_000
/** Pause before a store that has failed is tried again. */
const AGAIN_MS = 250
/** How long a reader waits for entries on their way to the store. */
const SETTLE_MS = 250

/** Connects log, metrics and store. */
export function createJournal(parts: JournalParts): Journal {
  const { store, maxEntries, log, metrics } = parts
  const newReference = createReferences()
  const strangers = createStrangers({ maxEntries, log, metrics })
  const writer = createWriter(parts)
  return {
    newReference,
    record(exchange) {
      const end = performance.now()
      metrics.record(exchange, end)
      const success = isSuccess(exchange.code)
      const kept = !success || exchange.keep === true || isUnlisted(exchange)
      const logged = log.wants(success)
      if (!kept && !logged) return
      const entry = toEntry(exchange, exchange.reference ?? newReference(), end)
      if (logged) log.exchange(entry, exchange)
      if (kept && (exchange.requester !== undefined || strangers.admits())) writer.add(entry)
    },
    async get(reference) {
      return REFERENCE.test(reference) ? (writer.find(reference) ?? store.get(reference)) : undefined
    },
    async query(filter, page) {
      await writer.settle()
      return searchJournal(store, filter, page)
    },
    async summary(filter, by) {
      await writer.settle()
      return summarizeJournal(store, filter, by)
    },
    async correlation(correlationId) {
      await writer.settle()
      // Entries hold ids as plainId writes them.
      return store.byCorrelation(plainId(correlationId))
    },
    watch: (listener) => store.watch(listener),
    async close() {
      strangers.close()
      await writer.drain()
      await store.close()
    },
  }
}

interface Writer {
  add(entry: JournalEntry): void
  /** An entry that has not reached the store yet. */
  find(reference: string): JournalEntry | undefined
  /** Waits, but not long, until what was added is in the store. */
  settle(): Promise<void>
  drain(): Promise<void>
}

function createWriter({ store, log, metrics, patienceMs = PATIENCE_MS }: JournalParts): Writer {
  const dropped = metrics.counter(
    'ocpi_hub_journal_dropped_total',
    'Journal entries lost: store failing or too slow.',
  )
  const waiting: JournalEntry[] = []
  let writing: readonly JournalEntry[] = []
  let running: Promise<void> | undefined
  let failingSince: number | undefined
  let losing = false
  let closing = false

  function add(entry: JournalEntry): void {
    if (waiting.length >= WAITING_MAX) {
      dropped.add([])
      return
    }
    waiting.push(entry)
    running ??= run()
  }

  async function run(): Promise<void> {
    await pause(BATCH_PAUSE_MS)
    while (waiting.length > 0) {
      writing = waiting.splice(0, BATCH_ENTRIES_MAX)
      while (!(await append(writing))) await pause(AGAIN_MS)
      writing = []
    }
    running = undefined
  }

  /** Whether the entries are done with: kept, or lost. */
  async function append(entries: readonly JournalEntry[]): Promise<boolean> {
    try {
      await store.append(entries)
      if (failingSince !== undefined) log.info({}, 'the journal is being kept again')
      failingSince = undefined
      losing = false
      return true
    } catch (err) {
      const now = performance.now()
      // Once per outage: a line for each batch would bury the reason.
      if (failingSince === undefined)
        log.warn({ err, entries: entries.length }, 'the journal cannot be kept; entries wait')
      failingSince ??= now
      if (!closing && now - failingSince < patienceMs) return false
      dropped.add([], entries.length)
      if (!losing) log.error({ err, entries: entries.length }, 'the journal cannot be kept; entries are lost')
      losing = true
      return true
    }
  }

  return {
    add,
    find: (reference) => [...waiting, ...writing].find((entry) => entry.reference === reference),
    settle: async () => {
      if (running) await Promise.race([running, pause(SETTLE_MS, undefined, { ref: false })])
    },
    drain: async () => {
      closing = true
      while (running) await running
    },
  }
}
