// Rates of routes as token buckets, decided in memory alone: a bucket is the time that the requests taken so far
// stand for (GCRA), which runs off by itself. Over a shared store the hubs tell each other some times a second what
// they took; no request waits for that, so until the news is there a cluster lets some requests more through.

export interface Rate {
  readonly requests: number
  readonly perMs: number
}

/** What was taken of a bucket since it was last told, and how much it holds at most; both in its milliseconds. */
export interface RateNews {
  readonly takenMs: number
  readonly perMs: number
}

/** Tells the others and gives what all hubs together hold, by the same keys, in milliseconds. */
export type RateExchange = (news: ReadonlyMap<string, RateNews>) => Promise<ReadonlyMap<string, number>>

export interface Rates {
  /** Takes one request; `undefined` = it is within the rate, otherwise the milliseconds until the next one is. */
  take(key: string, rate: Rate): number | undefined
  /** As `take`, but takes nothing. */
  look(key: string, rate: Rate): number | undefined
  close(): void
}

export interface RatesOptions {
  /** Absent = this hub counts alone. */
  readonly exchange?: RateExchange
  /** Milliseconds that never jump. */
  readonly now?: () => number
  readonly shareMs?: number
}

interface Bucket {
  /** How much it held at the instant `at`. */
  heldMs: number
  at: number
  /** Taken here since the others were told. */
  newsMs: number
  perMs: number
}

const SHARE_MS = 100
/** Buckets before the empty ones are swept out. */
const SWEEP_FROM = 10_000

export function createRates(options: RatesOptions = {}): Rates {
  const { exchange, now = () => performance.now(), shareMs = SHARE_MS } = options
  const buckets = new Map<string, Bucket>()
  const changed = new Set<string>()
  let sharing: NodeJS.Timeout | undefined
  let sweepAt = SWEEP_FROM
  let closed = false

  const heldNow = (bucket: Bucket, instant: number) => Math.max(0, bucket.heldMs - (instant - bucket.at))

  function bucketOf(key: string, perMs: number): Bucket {
    let bucket = buckets.get(key)
    if (!bucket) {
      if (buckets.size >= sweepAt) sweep()
      bucket = { heldMs: 0, at: now(), newsMs: 0, perMs }
      buckets.set(key, bucket)
    }
    return bucket
  }

  /** An empty bucket is like none. */
  function sweep(): void {
    const instant = now()
    for (const [key, bucket] of buckets) {
      if (bucket.newsMs === 0 && heldNow(bucket, instant) === 0) buckets.delete(key)
    }
    sweepAt = Math.max(SWEEP_FROM, buckets.size * 2)
  }

  async function share(give: RateExchange): Promise<void> {
    const sent = new Map<string, RateNews>()
    for (const key of changed) {
      const bucket = buckets.get(key)!
      sent.set(key, { takenMs: bucket.newsMs, perMs: bucket.perMs })
      bucket.newsMs = 0
    }
    changed.clear()
    try {
      const instant = now()
      for (const [key, heldMs] of await give(sent)) {
        const bucket = buckets.get(key)
        if (!bucket) continue
        const later = now()
        // What was taken here meanwhile is news of the next round; the time on the way has run off.
        const together = Math.max(0, heldMs - (later - instant)) + bucket.newsMs
        bucket.heldMs = Math.max(together, heldNow(bucket, later))
        bucket.at = later
      }
    } catch {
      // The store is away: each hub goes on with its own count, and what it could not tell has run off by then.
    }
  }

  function shareSoon(key: string): void {
    if (!exchange || closed) return
    changed.add(key)
    sharing ??= setTimeout(() => {
      void share(exchange).finally(() => {
        sharing = undefined
        const [next] = changed
        if (next !== undefined) shareSoon(next)
      })
    }, shareMs).unref()
  }

  function waitMs(bucket: Bucket | undefined, { requests, perMs }: Rate, instant: number): number {
    return bucket ? heldNow(bucket, instant) + perMs / requests - perMs : 0
  }

  // Sums of fractions: a hundred times 10 ms may come out a hair above a second.
  const isFree = (wait: number) => wait <= 1e-6

  return {
    take(key, rate) {
      const bucket = bucketOf(key, rate.perMs)
      const instant = now()
      const wait = waitMs(bucket, rate, instant)
      if (!isFree(wait)) return wait
      const takenMs = rate.perMs / rate.requests
      bucket.heldMs = heldNow(bucket, instant) + takenMs
      bucket.at = instant
      if (exchange) bucket.newsMs += takenMs
      shareSoon(key)
      return undefined
    },
    look(key, rate) {
      const wait = waitMs(buckets.get(key), rate, now())
      return isFree(wait) ? undefined : wait
    },
    close() {
      closed = true
      clearTimeout(sharing)
    },
  }
}
