// Whom an open routing request is meant for, told from its content: the owner in the path, the owner in the
// body, the `cdr_token` of a session or CDR, in this order (R63, T18). A party of the sender itself is no answer.

import { type PartyId, isPartyId, partyKey } from '../ocpi/party.ts'
import type { Message } from './message.ts'
import type { Wanted } from './targets.ts'

/** The party named, or `undefined` if the content names none but the sender's own. */
export function readOpenReceiver(message: Message, wanted: Wanted): PartyId | undefined {
  const named = [pathOwner(message), ...bodyParties(message)]
  return named.find((party) => party !== undefined && !wanted.sender.parties.has(partyKey(party)))
}

function pathOwner(message: Message): PartyId | undefined {
  if (!message.row.clientOwned || message.interface !== 'RECEIVER') return undefined
  const match = /^\/([^/]+)\/([^/]+)(?:\/|$)/.exec(message.rest)
  return match ? toParty(match[1], match[2]) : undefined
}

function bodyParties(message: Message): (PartyId | undefined)[] {
  if (!message.body) return []
  const body = asRecord(JSON.parse(message.body.toString('utf8').replace(/^\ufeff/, '')))
  const token = asRecord(body.cdr_token)
  return [toParty(body.country_code, body.party_id), toParty(token.country_code, token.party_id)]
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function toParty(countryCode: unknown, partyId: unknown): PartyId | undefined {
  if (typeof countryCode !== 'string' || typeof partyId !== 'string') return undefined
  const party = { countryCode, partyId }
  return isPartyId(party) ? party : undefined
}
