// The missed pushes of a running hub: read from the journal in the background, followed from there on, and what was
// pulled since is kept, so that neither a restart nor another hub counts it again.

import { z } from 'zod'
import type { Journal } from '../journal/journal.ts'
import type { Log } from '../journal/log.ts'
import { type LiveSetting, openLiveSetting } from '../registry/live-setting.ts'
import type { Settings } from '../registry/settings.ts'
import { createMissed, type Missed } from './missed.ts'

export interface MissedLedger {
  readonly missed: Missed
  /** Resolves when the journal was read, or could not be. */
  readonly ready: Promise<void>
  close(): void
}

export interface LedgerParts {
  readonly journal: Pick<Journal, 'query' | 'watch'>
  readonly settings: Settings
  readonly log: Pick<Log, 'warn'>
}

/** Pair (missed.ts) -> everything before this instant was pulled. */
const PULLED = z.record(z.string(), z.number())
type Pulled = Readonly<Record<string, number>>

const PAGE = 1_000
const RETRY_MS = 5_000
const WRITES_MAX = 5
/** Older pulls are forgotten: a journal that goes back further is rare, and only counts too much then. */
const PULLED_LIFE_MS = 90 * 86_400_000
const PULLED_MAX = 5_000

/** Resolves at once; the numbers grow until the journal was read. */
export async function openMissedLedger({ journal, settings, log }: LedgerParts): Promise<MissedLedger> {
  const pulled = await openLiveSetting<Pulled>(settings, {
    name: 'pulled',
    read: (json) => PULLED.safeParse(json).data,
    log,
  })
  const missed = createMissed({ onCleared: keeperOf(pulled) })
  missed.forget(pulled.value() ?? {})
  const unfollow = pulled.watch(() => missed.forget(pulled.value() ?? {}))
  // What comes while the journal is read would be met there again.
  let seen: Set<string> | undefined = new Set()
  const unwatch = journal.watch((entries) => {
    for (const { reference } of entries) seen?.add(reference)
    missed.add(entries)
  })
  let closed = false
  let retry: NodeJS.Timeout | undefined

  // Kept over a failure: what was read already must not be counted again.
  let cursor: string | undefined

  async function readAll(): Promise<void> {
    do {
      const page = await journal.query({}, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
      missed.add((page?.items ?? []).filter(({ reference }) => !seen?.has(reference)))
      cursor = page?.nextCursor
    } while (cursor !== undefined && !closed)
    seen = undefined
  }

  async function readUntilDone(): Promise<void> {
    while (!closed) {
      try {
        return await readAll()
      } catch {
        // The store is away, which others tell; the journal can be read when it is back.
        await new Promise<void>((resolve) => (retry = setTimeout(resolve, RETRY_MS).unref()))
      }
    }
  }

  return {
    missed,
    ready: readUntilDone(),
    close() {
      closed = true
      clearTimeout(retry)
      unwatch()
      unfollow()
      pulled.close()
    },
  }
}

/**
 * Writes what was pulled, one write at a time with all that came meanwhile, until no other hub is faster. A store that
 * is away costs only that it is counted again.
 */
function keeperOf(pulled: LiveSetting<Pulled>): (pair: string, until: number) => void {
  let unwritten: Record<string, number> = {}
  let writing = false

  async function write(): Promise<void> {
    writing = true
    try {
      let attempt = 0
      while (attempt < WRITES_MAX && Object.keys(unwritten).length > 0) {
        const batch = unwritten
        unwritten = {}
        const written = await pulled.write(bounded({ ...pulled.value(), ...batch }), pulled.version())
        if (written === undefined) unwritten = { ...batch, ...unwritten }
        attempt = written === undefined ? attempt + 1 : 0
      }
    } catch {
      // The store is away, which others tell.
    } finally {
      unwritten = {}
      writing = false
    }
  }

  return (pair, until) => {
    unwritten[pair] = until
    if (!writing) void write()
  }
}

function bounded(pulled: Pulled): Pulled {
  const oldest = Date.now() - PULLED_LIFE_MS
  const kept = Object.entries(pulled).filter(([, until]) => until > oldest)
  return Object.fromEntries(kept.sort(([, one], [, other]) => other - one).slice(0, PULLED_MAX))
}
