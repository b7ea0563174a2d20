// A lease is held by one hub of a cluster at a time: what is to be done once for all (probes, pushes of client
// info) is done by its holder. A hub that stands alone always holds it.

export interface Lease {
  /** Whether this hub may act. Ask right before acting: a lease that could not be renewed is over by itself. */
  holds(): boolean
  /**
   * Calls back whenever this hub has taken it, with the instant by `performance.now()` from which on nobody may have
   * acted; the former holder may have for a renewal longer.
   */
  onTaken(listener: (vacantSince: number) => void): void
  /** Grows each time the lease is taken: work that carries a lower number comes from a former holder. */
  readonly fence: number
  /** Gives the lease up, so that another hub need not wait for its end. */
  close(): Promise<void>
}

/** The lease of a hub without others. */
export function createSoleLease(): Lease {
  return { holds: () => true, onTaken: () => undefined, fence: 1, close: async () => undefined }
}
