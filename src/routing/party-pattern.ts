// Patterns of parties in routes: `*` anybody, `NL-*` a country, `*-CPO` an id, `DE-CPO` in any spelling one party.

import { type PartyKey, partyKey, readPartyText } from '../ocpi/party.ts'

/** What must be equal; `{}` means any party. */
export interface PartyPattern {
  readonly countryCode?: string
  readonly partyId?: string
}

/** Reads a pattern of a route; `undefined` when it is none. */
export function readPartyPattern(text: string): PartyPattern | undefined {
  const exact = readPartyText(text)
  if (exact) return exact
  const trimmed = text.trim().toUpperCase()
  if (trimmed === '*') return {}
  const [, countryCode, partyId] = /^([A-Z]{2}|\*)-([A-Z0-9]{3}|\*)$/.exec(trimmed) ?? []
  if (countryCode === undefined || partyId === undefined) return undefined
  return { ...(countryCode === '*' ? {} : { countryCode }), ...(partyId === '*' ? {} : { partyId }) }
}

/** Several patterns, any of which may match. */
export interface PartyMatcher {
  readonly any: boolean
  readonly keys: ReadonlySet<PartyKey>
  readonly countryCodes: ReadonlySet<string>
  readonly partyIds: ReadonlySet<string>
}

/** Prepares patterns for matching. Throws `RangeError` for a text that is none. */
export function toPartyMatcher(patterns: readonly string[]): PartyMatcher {
  const keys = new Set<PartyKey>()
  const countryCodes = new Set<string>()
  const partyIds = new Set<string>()
  let any = false
  for (const text of patterns) {
    const pattern = readPartyPattern(text)
    if (!pattern) throw new RangeError(`${JSON.stringify(text)} is no pattern of parties`)
    const { countryCode, partyId } = pattern
    if (countryCode !== undefined && partyId !== undefined) keys.add(partyKey({ countryCode, partyId }))
    else if (countryCode !== undefined) countryCodes.add(countryCode)
    else if (partyId !== undefined) partyIds.add(partyId)
    else any = true
  }
  return { any, keys, countryCodes, partyIds }
}

/** Whether one of the patterns means this party. */
export function matchesParty(matcher: PartyMatcher, key: PartyKey): boolean {
  if (matcher.any || matcher.keys.has(key)) return true
  // A key is country_code (2 characters), a dash, party_id.
  return (
    (matcher.countryCodes.size > 0 && matcher.countryCodes.has(key.slice(0, 2))) ||
    (matcher.partyIds.size > 0 && matcher.partyIds.has(key.slice(3)))
  )
}
