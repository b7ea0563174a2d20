// Whom an open routing request is meant for, told from its content (R63, T18): the owner in the path, the owner in
// the body, the `cdr_token` of a session or CDR; or, as a hint, an object whose owner has pushed it before.

import { readMembers } from '../ocpi/json-members.ts'
import { isPartyId, partyKey, type PartyId, type PartyKey } from '../ocpi/party.ts'
import type { Message } from './message.ts'
import { idOf, type OwnedKind, type Owners, sessionOf } from './owners.ts'
import type { Wanted } from './targets.ts'

/** The party named, or `undefined` if the content names none but the sender's own. */
export function readOpenReceiver(message: Message, wanted: Wanted): PartyId | undefined {
  const named = [pathOwner(message), ...bodyParties(message)]
  return named.find((party) => party !== undefined && !wanted.sender.parties.has(partyKey(party)))
}

/**
 * The owner of the token, contract, location or session that the request is about, or the eMSP a session is for, if it
 * was ever pushed or listed.
 */
export function readKnownOwner(message: Message, wanted: Wanted, owners: Owners): PartyKey | undefined {
  for (const [kind, id] of objectsOf(message, wanted.from)) {
    const owner = typeof id === 'string' ? owners.of(kind, id) : undefined
    if (owner !== undefined && !wanted.sender.parties.has(owner)) return owner
  }
  return undefined
}

function objectsOf(message: Message, from: PartyKey): [OwnedKind, unknown][] {
  const { row, rest, interface: side } = message
  const [, first = '', , third = ''] = rest.split('/', 4).map(idOf)
  if (side === 'SENDER') {
    if (row.id === 'tokens') return [['token', first]]
    if (row.id === 'locations') return [['location', first]]
    if (row.id === 'sessions') return [['session', first]]
    if (row.id === 'chargingprofiles') return [['customer', sessionOf(from, first)]]
  }
  if (row.id === 'chargingprofiles') return [['session', first]]
  const body = message.body ? readMembers(message.body, ['session_id', 'location_id', 'auth_id']) : {}
  if (row.id === 'commands')
    return [
      ['session', body.session_id],
      ['location', body.location_id],
    ]
  if (row.id === 'cdrs') return [['contract', body.auth_id]]
  if (row.id === 'sessions')
    return [
      ['contract', body.auth_id],
      ['customer', sessionOf(from, third)],
    ]
  return []
}

/** Whether the object in the body is said to be of somebody else; a PATCH may name one half of its owner, or none. */
export function namesAnother({ body }: Message, owner: PartyId): boolean {
  if (!body) return false
  const { country_code: country = owner.countryCode, party_id: party = owner.partyId } = readMembers(body, [
    'country_code',
    'party_id',
  ])
  if (typeof country !== 'string' || typeof party !== 'string') return false
  return partyKey({ countryCode: country, partyId: party }) !== partyKey(owner)
}

function pathOwner(message: Message): PartyId | undefined {
  if (!message.row.clientOwned || message.interface !== 'RECEIVER') return undefined
  const [, country, party] = message.rest.split('/', 3)
  return toParty(country, party)
}

function bodyParties(message: Message): (PartyId | undefined)[] {
  if (!message.body) return []
  const body = readMembers(message.body, ['country_code', 'party_id', 'cdr_token'])
  const token = (typeof body.cdr_token === 'object' && body.cdr_token) || {}
  const { country_code: country, party_id: party } = token as Record<string, unknown>
  return [toParty(body.country_code, body.party_id), toParty(country, party)]
}

function toParty(countryCode: unknown, partyId: unknown): PartyId | undefined {
  if (typeof countryCode !== 'string' || typeof partyId !== 'string') return undefined
  const party = { countryCode, partyId }
  return isPartyId(party) ? party : undefined
}
