// Runs work that holds up everything else so seldom that most of the time is left to requests.

// A twentieth of the time for rebuilding at most: with thousands of platforms every rebuild is felt by a request.
const REST_FACTOR = 20
// Changes that come in numbers share a rebuild, most of which costs the same for one and for ten.
const REST_MIN_MS = 20
// On a machine that is busy otherwise the time it took says little.
const REST_MAX_MS = 100

export interface Spread {
  /** Runs the work now or, when it ran just before, a little later, for all that ask until then. */
  readonly soon: () => Promise<void>
  /** Runs the work in any case. */
  readonly now: () => void
  /** Milliseconds until the work may run again. */
  readonly restMs: () => number
}

/**
 * Runs work that holds up everything else so that, however often it is asked for, most of the time is left to others:
 * it rests for some times as long as it took.
 */
export function spread(work: () => void): Spread {
  let waiting: (() => void)[] = []
  let restUntil = 0
  const restMs = (): number => Math.max(0, restUntil - performance.now())

  function now(): void {
    const begun = performance.now()
    work()
    const ended = performance.now()
    restUntil = ended + Math.min(REST_MAX_MS, Math.max(REST_MIN_MS, REST_FACTOR * (ended - begun)))
  }

  function run(): void {
    const done = waiting
    waiting = []
    now()
    goOn(done)
  }

  return {
    soon() {
      if (waiting.length === 0) {
        const waitMs = restMs()
        if (waitMs < 1) setImmediate(run)
        else setTimeout(run, waitMs)
      }
      return new Promise((resolve) => void waiting.push(resolve))
    },
    now,
    restMs,
  }
}

/** One after the other: what each does next, a whole answer to an operator maybe, is not to hold up requests at once. */
function goOn([first, ...others]: readonly (() => void)[]): void {
  first?.()
  if (others.length > 0) setImmediate(goOn, others)
}
