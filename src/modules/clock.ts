// Time as the modules see it, handed in so that tests can drive it and hubs that share a store can share a clock.

export interface Clock {
  /** Wall clock, milliseconds since the epoch: for what people and peers read. */
  now(): number
  /** Milliseconds that never jump: for silences and waits. */
  monotonic(): number
  /** Calls back after `delayMs`; gives the way to cancel. Does not keep the process alive. */
  after(delayMs: number, callback: () => void): () => void
}

/** This machine's clock, with another wall clock if one is given. */
export const clockOf = (now: Clock['now']): Clock => ({ ...systemClock, now })

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
