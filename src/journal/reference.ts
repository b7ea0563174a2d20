// References name journal entries towards requesters and operators. ULIDs: 26 characters, sortable by time,
// 80 random bits, so that several hubs can write one journal.

import { monotonicFactory } from 'ulid'

/** What a reference looks like: Crockford's Base32 without I, L, O and U. */
export const REFERENCE = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** A maker of references; those of one maker grow even within one millisecond and when the clock steps back. */
export function createReferences(): () => string {
  const next = monotonicFactory()
  return () => next()
}
