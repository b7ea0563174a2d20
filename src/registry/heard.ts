// When a platform was last heard from: a map that every request and answer writes, and on a cluster, some seconds
// later, the other hubs know. Not in the snapshot: it changes all the time and decides nothing.

export interface Heard {
  /** `at` in milliseconds since the epoch. */
  note(platformId: string, at: number): void
  /** Milliseconds since the epoch, or `undefined` when never. */
  last(platformId: string): number | undefined
  close(): Promise<void>
}

/** Gives the times of this hub to the others and takes theirs. Throws when that is not possible now. */
export type HeardExchange = (mine: ReadonlyMap<string, number>) => Promise<ReadonlyMap<string, number>>

/** A time that is further to come than this is of a clock that was wrong. */
export const CLOCKS_APART_MS = 60_000

const SHARE_MS = 5000

/** Without `exchange` the times are this hub's alone. */
export function createHeard(exchange?: HeardExchange, shareMs = SHARE_MS): Heard {
  const times = new Map<string, number>()
  let news = new Map<string, number>()
  let sharing: Promise<void> | undefined

  function keepLater(platformId: string, at: number): boolean {
    const isLater = at > (times.get(platformId) ?? 0)
    if (isLater) times.set(platformId, at)
    return isLater
  }

  async function share(give: HeardExchange): Promise<void> {
    const mine = news
    news = new Map()
    try {
      for (const [platformId, at] of await give(mine)) keepLater(platformId, at)
    } catch {
      // Told again next time, unless something newer is.
      for (const [platformId, at] of mine) if (!news.has(platformId)) news.set(platformId, at)
    }
  }

  function shareNow(): void {
    if (exchange) sharing ??= share(exchange).finally(() => (sharing = undefined))
  }

  const timer = exchange && setInterval(shareNow, shareMs).unref()
  return {
    note(platformId, at) {
      if ((times.get(platformId) ?? 0) > at + CLOCKS_APART_MS) times.delete(platformId)
      if (keepLater(platformId, at) && exchange) news.set(platformId, at)
    },
    last: (platformId) => times.get(platformId),
    async close() {
      clearInterval(timer)
      await sharing
    },
  }
}
