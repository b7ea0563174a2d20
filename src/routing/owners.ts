// Who owns which object, learned from the pushes that pass: lets an open routing request be delivered by a token
// uid, an auth_id, a location id or a session id (R63, hub-requirements §3 B). Bounded, in memory, a hint only.

import { partyKey, type PartyKey } from '../ocpi/party.ts'
import { VERSIONS } from '../ocpi/version.ts'
import type { Message } from './message.ts'

export type OwnedKind = 'token' | 'contract' | 'location' | 'session'

export interface Owners {
  /** Notes the owner of a client-owned object that its owner pushes. */
  learn(message: Message, from: PartyKey): void
  /** The owner last seen; ids are compared case-folded (R109). */
  of(kind: OwnedKind, id: string): PartyKey | undefined
}

const KIND_OF: Readonly<Record<string, OwnedKind>> = {
  tokens: 'token',
  locations: 'location',
  sessions: 'session',
}

/** An empty index of at most `max` objects; the ones not pushed for longest are forgotten first. */
export function createOwners(max = 200_000): Owners {
  const owners = new Map<string, PartyKey>()

  function note(kind: OwnedKind, id: string, owner: PartyKey): void {
    const key = `${kind} ${id.toUpperCase()}`
    owners.delete(key)
    owners.set(key, owner)
    if (owners.size > max) owners.delete(owners.keys().next().value!)
  }

  return {
    learn(message, from) {
      const kind = KIND_OF[message.row.id]
      if (kind === undefined || message.interface !== 'RECEIVER') return
      if (message.method !== 'PUT' && message.method !== 'PATCH') return
      const [, country, party, id] = message.rest.split('/', 4)
      if (!country || !party || !id || partyKey({ countryCode: country, partyId: party }) !== from) return
      note(kind, id, from)
      // Sessions and CDRs before 2.2 name the token's contract only (auth_id).
      if (kind === 'token' && message.body && !VERSIONS[message.version].routed) {
        const { auth_id: contract } = readBody(message.body)
        if (typeof contract === 'string' && contract.length <= 36) note('contract', contract, from)
      }
    },
    of: (kind, id) => owners.get(`${kind} ${id.toUpperCase()}`),
  }
}

/** A JSON body's members; empty for anything but an object. The body was checked to be JSON. */
export function readBody(body: Buffer): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(body.toString('utf8').replace(/^\ufeff/, ''))
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
