// References name journal entries towards requesters and operators. ULIDs: 26 characters, sortable by time,
// 80 random bits, so that several hubs can write one journal.

import { randomFillSync } from 'node:crypto'
import { monotonicFactory } from 'ulid'

/** What a reference looks like: Crockford's Base32 without I, L, O and U. */
export const REFERENCE = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** A maker of references; those of one maker grow even within one millisecond and when the clock steps back. */
export function createReferences(): () => string {
  const next = monotonicFactory(randomFractions())
  return () => next()
}

const POOL_BYTES = 1024

/** Fractions of one random byte each. The library asks for them one by one, and asking the system so costs 0.15 ms. */
function randomFractions(): () => number {
  const pool = new Uint8Array(POOL_BYTES)
  let used = POOL_BYTES
  return () => {
    if (used === POOL_BYTES) {
      randomFillSync(pool)
      used = 0
    }
    return pool[used++]! / 256
  }
}
