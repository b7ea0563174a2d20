// In which order the addresses of a name are tried: one that took no connection lately comes last, so that not every
// connection waits for it anew.

import type { LookupAddress } from 'node:dns'

export interface AddressOrder {
  /** No connection came of an attempt at this address. */
  noteFailure(address: string): void
  noteSuccess(address: string): void
  /** Those without a recent failure as they are, then the others, the longest ago first. */
  sort(addresses: readonly LookupAddress[]): LookupAddress[]
}

const REMEMBERED_MS = 300_000
const REMEMBERED_MAX = 1_000

/** Builds an order that knows of no failure yet. `now` in milliseconds. */
export function createAddressOrder(now: () => number = () => performance.now()): AddressOrder {
  const failedAt = new Map<string, number>()

  /** 0 = not lately. */
  function lately(address: string): number {
    const at = failedAt.get(address)
    return at !== undefined && now() - at <= REMEMBERED_MS ? at : 0
  }

  return {
    noteFailure(address) {
      // Set anew, so that the one that failed longest ago goes first.
      failedAt.delete(address)
      if (failedAt.size >= REMEMBERED_MAX) failedAt.delete(failedAt.keys().next().value!)
      failedAt.set(address, now())
    },
    noteSuccess: (address) => void failedAt.delete(address),
    sort: (addresses) =>
      failedAt.size === 0 || addresses.length < 2
        ? [...addresses]
        : addresses.toSorted((one, other) => lately(one.address) - lately(other.address)),
  }
}
