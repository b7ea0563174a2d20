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
  learn(): Promise<void>
  /** What is known is wrong. */
  forget(): void
  stop(): void
}

const LEARN_EVERY_MS = 5_000
const TRUSTED_MS = 3 * LEARN_EVERY_MS

/** `ask` gives Redis's time in milliseconds since the epoch. */
export function createServerClock(ask: () => Promise<number>): ServerClock {
  let known: { readonly theirs: number; readonly ours: number } | undefined
  let latest: typeof known

  async function learn(): Promise<void> {
    const theirs = await ask()
    // Ours is later than the instant of theirs, by the way back: so theirs is taken for earlier than it is.
    known = latest = { theirs, ours: performance.now() }
  }

  const timer = setInterval(() => void learn().catch(() => undefined), LEARN_EVERY_MS).unref()
  return {
    async timeAt(at) {
      if (!known || performance.now() - known.ours > TRUSTED_MS) await learn()
      return known!.theirs + at - known!.ours
    },
    now: () => (latest ? Math.round(latest.theirs + performance.now() - latest.ours) : Date.now()),
    learn,
    forget: () => (known = undefined),
    stop: () => clearInterval(timer),
  }
}
