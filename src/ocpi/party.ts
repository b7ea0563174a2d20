// A party is country_code + party_id, written in many spellings and compared case-folded (R108).
// This file is the only place that knows the spellings; everybody else compares `PartyKey`s.

/** A party as registered: `countryCode` CiString(2), `partyId` CiString(3), spelling kept (T33). */
export interface PartyId {
  readonly countryCode: string
  readonly partyId: string
}

/** Case-folded identity of a party, e.g. `NL-CPO`: the key of every map and the text shown to people. */
export type PartyKey = string

/** `{nl, cpo}` -> `NL-CPO`. Total: gives a key for any strings, legal or not. */
export function partyKey(party: PartyId): PartyKey {
  return `${party.countryCode}-${party.partyId}`.toUpperCase()
}

// OCPI 2.2.1 §types CiString(2) and CiString(3): printable ASCII; no blanks, because a header value is trimmed.
/** What is said of values that are none. */
export const PARTY_ID_FORM = 'country_code and party_id must be printable ASCII without blanks, and not ..'

// Both are segments of paths that others are sent, where `..` would lead out of the module.
const COUNTRY_CODE = /^(?!\.\.)[\x21-\x7e]{2}$/
const PARTY_ID = /^[\x21-\x7e]{3}$/

/** Whether both values have the form OCPI gives them: two and three printable ASCII characters, not `..`. */
export function isPartyId(party: PartyId): boolean {
  return COUNTRY_CODE.test(party.countryCode) && PARTY_ID.test(party.partyId)
}

/** Reads `DE-CPO`, `de-cpo`, `DE*CPO` and the concatenated `DECPO`; gives `undefined` for anything else. */
export function readPartyText(text: string): PartyId | undefined {
  const match = /^([A-Za-z]{2})[-*]?([A-Za-z0-9]{3})$/.exec(text.trim())
  if (!match) return undefined
  return { countryCode: match[1]!.toUpperCase(), partyId: match[2]!.toUpperCase() }
}
