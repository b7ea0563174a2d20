// News that one hub tells for all: the holder of the lease at once or, if nobody holds it then, the hub that takes it
// next. What changes hands in the middle may be told twice, and is never left out.

import type { Lease } from './lease.ts'

export interface ToldOnce {
  /** Calls `tell` now, later, or never, because another hub does. */
  tell(tell: () => void): void
  close(): void
}

/** Longer than nobody holds a lease. */
const RECENT_MS = 15_000
const RECENT_MAX = 2_000

/** `afterwards` is called when something may have been told, for all of it together. */
export function createToldOnce(
  lease: Pick<Lease, 'holds' | 'onTaken'>,
  afterwards: () => void = () => undefined,
): ToldOnce {
  // What was left to the holder of the lease: if there was none, this hub tells it when it is the next one.
  const recent: { readonly at: number; readonly tell: () => void }[] = []

  lease.onTaken((vacantSince) => {
    for (const { at, tell } of recent.splice(0)) if (at >= vacantSince) tell()
    afterwards()
  })

  return {
    tell(tell) {
      if (lease.holds()) {
        tell()
        return afterwards()
      }
      const at = performance.now()
      recent.push({ at, tell })
      while (recent.length > RECENT_MAX || recent[0]!.at < at - RECENT_MS) recent.shift()
    },
    close() {
      recent.length = 0
    },
  }
}
