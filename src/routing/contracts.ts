// Whose sessions and CDRs are whose before OCPI 2.2: there the owner is not told who asks, and lists what is of all
// eMSPs behind the hub, so the hub itself keeps one from seeing what is of another (hub-requirements §3 B).

import { partyKey, type PartyKey } from '../ocpi/party.ts'
import { isOpposite } from '../ocpi/role.ts'
import { sharesMessages, type VersionNumber } from '../ocpi/version.ts'
import type { RoutingTable } from '../registry/routing-table.ts'
import type { Owners } from './owners.ts'

/** own = the asking party's; foreign = another's; unknown = nobody has pushed or listed a token of this contract. */
export type Whose = 'own' | 'foreign' | 'unknown'

/** Tells whose the objects of a list are that `from` asks for in `version`. */
export type WhoseObject = (from: PartyKey, version: VersionNumber) => (object: unknown) => Whose

/** By the `auth_id` of the object; what nobody is known to own is of the only party it can be of. */
export function createWhose(owners: Pick<Owners, 'of'>, table: () => RoutingTable): WhoseObject {
  return (from, version) => {
    let alone: boolean | undefined
    return (object) => {
      const contract = (object as { auth_id?: unknown } | null)?.auth_id
      const owner = typeof contract === 'string' ? owners.of('contract', contract) : undefined
      if (owner !== undefined) return owner === from ? 'own' : 'foreign'
      alone ??= isAlone(from, version, table())
      return alone ? 'own' : 'unknown'
    }
  }
}

/** Whether no other platform of the version has a party that sessions can be for, whatever its status. */
function isAlone(from: PartyKey, version: VersionNumber, { connections }: RoutingTable): boolean {
  for (const { platform } of connections.values()) {
    if (!platform.version || !sharesMessages(platform.version, version)) continue
    if (platform.roles.some((role) => isOpposite('CPO', role.role) && partyKey(role) !== from)) return false
  }
  return true
}
