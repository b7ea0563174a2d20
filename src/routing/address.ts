// FROM and TO of a request: read from the routing headers, checked against the platform that sent it (T5).

import { Fault } from '../faults/fault.ts'
import { isPartyId, type PartyId, type PartyKey, partyKey } from '../ocpi/party.ts'
import type { Connection } from '../registry/routing-table.ts'
import { misnamed, type RequestHead } from './head.ts'

export interface Address {
  readonly from: PartyId
  readonly fromKey: PartyKey
  /** Absent = open routing request. */
  readonly to: PartyKey | undefined
}

/**
 * Reads both pairs of routing headers. FROM in the spelling registered (T33), and one of the sender's own
 * parties; left out it is inferred when the platform has only one.
 * Throws `party_header_broken`, `from_ambiguous`, `from_foreign`.
 */
export function readAddress(head: RequestHead, sender: Connection): Address {
  const to = readTo(head)
  const from = readClaimedFrom(head, sender) ?? soleParty(sender, head)
  return { from, fromKey: partyKey(from), to }
}

/** TO; absent = no TO headers. Throws `party_header_broken`. */
export function readTo(head: RequestHead): PartyKey | undefined {
  const to = readPair(head.toCountry, head.toParty, 'OCPI-to')
  return to && partyKey(to)
}

/** FROM as registered, if it is claimed. Throws `party_header_broken`, `from_foreign`. */
export function readClaimedFrom(head: RequestHead, sender: Connection): PartyId | undefined {
  const claimed = readPair(head.fromCountry, head.fromParty, 'OCPI-from')
  return claimed && ownParty(claimed, sender)
}

/** The sender's party as registered. */
function ownParty(claimed: PartyId, sender: Connection): PartyId {
  const key = partyKey(claimed)
  const entry = sender.parties.get(key)?.find(({ role }) => !role.withdrawn)
  if (!entry)
    throw new Fault('from_foreign', {
      message: `${key} is not a party of the platform that sent the request`,
    })
  return entry.role
}

function soleParty(sender: Connection, head: RequestHead): PartyId {
  if (!sender.soleParty) throw new Fault('from_ambiguous', misnamed(head))
  return sender.soleParty
}

function readPair(country: string | undefined, party: string | undefined, name: string): PartyId | undefined {
  if (country === undefined && party === undefined) return undefined
  if (country === undefined || party === undefined) {
    const missing = country === undefined ? 'country-code' : 'party-id'
    throw new Fault('party_header_broken', { message: `${name}-${missing} is missing` })
  }
  const pair = { countryCode: country.trim(), partyId: party.trim() }
  if (!isPartyId(pair)) {
    throw new Fault('party_header_broken', {
      message: `${name}-country-code takes 2 characters and ${name}-party-id takes 3`,
    })
  }
  return pair
}
