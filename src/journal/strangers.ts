// Entries of requests whose sender is not known: kept only so many a minute, since whoever has no token must not push
// those of the partners out of a journal of limited length.

import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

export const STRANGERS_MAX = 60
const WINDOW_MS = 60_000

export interface Strangers {
  /** Whether one more entry is kept; one that is not is counted. */
  admits(): boolean
  close(): void
}

export function createStrangers({
  log,
  metrics,
}: {
  readonly log: Pick<Log, 'warn'>
  readonly metrics: Pick<Metrics, 'counter'>
}): Strangers {
  const unkept = metrics.counter(
    'ocpi_hub_journal_unkept_total',
    'Journal entries not kept: too many of requests whose sender is not known.',
  )
  let kept = 0
  let refused = 0
  let window: NodeJS.Timeout | undefined

  function end(): void {
    clearTimeout(window)
    window = undefined
    if (refused > 0) {
      log.warn(
        { entries: refused },
        `journal entries were not kept: more than ${STRANGERS_MAX} in a minute of requests without a valid token`,
      )
    }
    kept = 0
    refused = 0
  }

  return {
    admits() {
      window ??= setTimeout(end, WINDOW_MS).unref()
      if (kept < STRANGERS_MAX) {
        kept++
        return true
      }
      refused++
      unkept.add([])
      return false
    },
    close: end,
  }
}
