// Who owns which object, learned from the pushes and lists that pass: lets an open routing request be delivered by a
// token uid, an auth_id, a location id or a session id (R63, hub-requirements §3 B). Bounded, in memory, a hint only.

import { readMembers } from '../ocpi/json-members.ts'
import type { ModuleRow } from '../ocpi/module.ts'
import { isPartyId, partyKey, type PartyKey } from '../ocpi/party.ts'
import { VERSIONS, type VersionNumber } from '../ocpi/version.ts'
import type { Message } from './message.ts'

/** customer = the eMSP whose token a session is for; its ids come from `sessionOf`. */
export type OwnedKind = 'token' | 'contract' | 'location' | 'session' | 'customer'

export interface Owners {
  /** Notes the owner of a client-owned object that its owner pushes, and whose token a session is for. */
  learn(message: Message, from: PartyKey): void
  /** Notes the owner of what stands in a list of its own. */
  learnList(list: Listed, owner: PartyKey): void
  /** The only owner there is; ids are compared case-folded (R109). */
  of(kind: OwnedKind, id: string): PartyKey | undefined
}

/** Objects of a list on a SENDER interface. */
export interface Listed {
  readonly row: ModuleRow
  readonly version: VersionNumber
  readonly objects: readonly unknown[]
}

const KIND_OF: Readonly<Record<string, OwnedKind>> = {
  tokens: 'token',
  locations: 'location',
  sessions: 'session',
}

// OCPI 2.1.1 CiString(36); ids of today are no longer.
const ID_LENGTH_MAX = 64

/** An empty index of at most `max` objects; the ones not pushed for longest are forgotten first. */
export function createOwners(max = 500_000): Owners {
  /** `false` = several parties have an object of this id, and none of them may be guessed. */
  const owners = new Map<string, PartyKey | false>()

  function note(kind: OwnedKind, id: unknown, owner: PartyKey): void {
    if (typeof id !== 'string' || id.length > ID_LENGTH_MAX) return
    const key = keyOf(kind, id)
    const before = owners.get(key)
    owners.delete(key)
    owners.set(key, before === undefined || before === owner ? owner : false)
    if (owners.size > max) owners.delete(owners.keys().next().value!)
  }

  function of(kind: OwnedKind, id: string): PartyKey | undefined {
    return owners.get(keyOf(kind, id)) || undefined
  }

  /** A later PATCH without TO headers may not name the token again. */
  function learnCustomer(message: Message, session: string): void {
    if (message.head.toCountry !== undefined || message.head.toParty !== undefined) return
    const customer = customerOf(message, of)
    if (customer !== undefined) note('customer', session, customer)
  }

  return {
    of,
    learn(message, from) {
      const { row, version, body } = message
      const kind = KIND_OF[row.id]
      if (kind === undefined || message.interface !== 'RECEIVER') return
      if (message.method !== 'PUT' && message.method !== 'PATCH') return
      const [, country, party, id] = message.rest.split('/', 4)
      if (!country || !party || !id || partyKey({ countryCode: country, partyId: party }) !== from) return
      note(kind, idOf(id), from)
      if (kind === 'session') learnCustomer(message, sessionOf(from, idOf(id)))
      // Sessions and CDRs before 2.2 name the token's contract only (auth_id).
      if (kind === 'token' && body && !VERSIONS[version].routed)
        note('contract', readMembers(body, ['auth_id']).auth_id, from)
    },
    learnList({ row, version, objects }, owner) {
      const kind = KIND_OF[row.id]
      if (kind === undefined) return
      for (const object of objects) {
        const members = asMembers(object)
        note(kind, kind === 'token' ? members.uid : members.id, owner)
        if (kind === 'token' && !VERSIONS[version].routed) note('contract', members.auth_id, owner)
      }
    },
  }
}

/** Id of a session among those of all CPOs, for `customer`. */
export function sessionOf(owner: PartyKey, id: string): string {
  return `${owner} ${id}`
}

/** The id that a segment of a raw path stands for; as it is when its encoding is broken. */
export function idOf(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** The eMSP whose token a session or CDR names: `cdr_token` since 2.2, `auth_id` before (R63). */
function customerOf({ body }: Message, of: Owners['of']): PartyKey | undefined {
  if (!body) return undefined
  const { cdr_token: token, auth_id: contract } = readMembers(body, ['cdr_token', 'auth_id'])
  const { country_code: countryCode, party_id: partyId } = asMembers(token)
  if (typeof countryCode === 'string' && typeof partyId === 'string') {
    const party = { countryCode, partyId }
    return isPartyId(party) ? partyKey(party) : undefined
  }
  return typeof contract === 'string' ? of('contract', contract) : undefined
}

function keyOf(kind: OwnedKind, id: string): string {
  return `${kind} ${id.toUpperCase()}`
}

function asMembers(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
