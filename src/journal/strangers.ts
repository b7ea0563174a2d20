// Entries of requests whose sender is not known: a burst of them is kept, and then only so many a minute, since whoever
// has no token must not push those of the partners out of a journal of limited length.

import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

/** Of the journal's length: what a burst may fill, and at least what comes back to it in a minute. */
const BURST_SHARE = 0.01
export const PER_MINUTE = 60
const MINUTE_MS = 60_000

export interface Strangers {
  /** Whether one more entry is kept; one that is not is counted. */
  admits(): boolean
  close(): void
}

/** For a journal of so many entries. */
export function createStrangers({
  maxEntries,
  log,
  metrics,
}: {
  readonly maxEntries: number
  readonly log: Pick<Log, 'warn'>
  readonly metrics: Pick<Metrics, 'counter'>
}): Strangers {
  const burstMax = Math.max(PER_MINUTE, maxEntries * BURST_SHARE)
  const unkept = metrics.counter(
    'ocpi_hub_journal_unkept_total',
    'Journal entries not kept: too many of requests whose sender is not known.',
  )
  let left = burstMax
  let refused = 0

  function tell(): void {
    if (refused > 0) {
      log.warn(
        { entries: refused },
        `journal entries were not kept: too many requests without a valid token, of which ${PER_MINUTE} a minute are kept`,
      )
    }
    refused = 0
  }

  const timer = setInterval(() => {
    tell()
    left = Math.min(burstMax, left + PER_MINUTE)
  }, MINUTE_MS).unref()

  return {
    admits() {
      if (left >= 1) {
        left--
        return true
      }
      refused++
      unkept.add([])
      return false
    },
    close() {
      clearInterval(timer)
      tell()
    },
  }
}
