// Redis's clock as seen from here: for commands that must do nothing after an instant, because one that waits in a
// buffer while Redis hangs is read in full when it goes on; and for instants that hubs whose own clocks may disagree
// give each other.

export interface ServerClock {
  /**
   * What Redis's clock shows at the instant `at` of `performance.now()`, or a little earlier, never later unless its
   * clock was set back since it was asked. Asks when that was too long ago.
   */
  timeAt(at: number): Promise<number>
  /**
   * What it shows now, milliseconds since the epoch, as it was when it was last asked, however long ago; this machine's
   * own clock until it was asked for the first time. Never waits.
   */
  readonly now: () => number
  /** Asks now. */
  learn(): Promise<unknown>
  /** What is known is wrong. */
  forget(): void
  stop(): void
}

const LEARN_EVERY_MS = 5_000
const TRUSTED_MS = 3 * LEARN_EVERY_MS

/** The same instant by both clocks. */
interface Reading {
  readonly theirs: number
  readonly ours: number
}

/** `ask` gives Redis's time in milliseconds since the epoch. */
export function createServerClock(ask: () => Promise<number>): ServerClock {
  let known: Reading | undefined
  let latest: Reading | undefined

  async function learn(): Promise<Reading> {
    const theirs = await ask()
    // Ours is later than the instant of theirs, by the way back: so theirs is taken for earlier than it is.
    const reading = { theirs, ours: performance.now() }
    known = latest = reading
    return reading
  }

  const timer = setInterval(() => void learn().catch(() => undefined), LEARN_EVERY_MS).unref()
  return {
    async timeAt(at) {
      // What has just been learned counts, even if it is forgotten again by now.
      const { theirs, ours } = known && performance.now() - known.ours <= TRUSTED_MS ? known : await learn()
      return theirs + at - ours
    },
    now: () => (latest ? Math.round(latest.theirs + performance.now() - latest.ours) : Date.now()),
    learn,
    forget: () => (known = undefined),
    stop: () => clearInterval(timer),
  }
}
