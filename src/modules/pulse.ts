// What the watch over the platforms knows of one of them: signs of life, failures in a row, when it is asked next.

/** Instants are monotonic milliseconds. */
export interface Pulse {
  /** The last sign of life, or the start. */
  heardAt: number
  failures: number
  refusals: number
  /** Likely causes of the refusals in a row that the operator was told. */
  readonly causesTold: Set<string>
  /** Answers since the last refusal: one of them is the refusal's own. */
  answers: number
  /** Next probe while it is OFFLINE or suspected. */
  probeAt: number
  /** Probes in a row that failed. */
  attempts: number
  probing: boolean
  /** A change of its status under way: settled when it is stored or was given up. */
  changing: Promise<void> | undefined
}

/** Of a platform that nothing is known of at the instant `now`. */
export function newPulse(now: number): Pulse {
  return {
    heardAt: now,
    failures: 0,
    refusals: 0,
    causesTold: new Set(),
    answers: 0,
    probeAt: Infinity,
    attempts: 0,
    probing: false,
    changing: undefined,
  }
}
