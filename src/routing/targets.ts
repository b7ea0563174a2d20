// Who can be meant: the platform of an addressed party, the receivers of a broadcast push, the owners of a
// GET ALL, the candidates of an open routing request. Pure look-ups in the routing table.

import type { InterfaceRole, ModuleRow } from '../ocpi/module.ts'
import type { PartyKey } from '../ocpi/party.ts'
import { isOpposite, type Role, takesBroadcasts } from '../ocpi/role.ts'
import { sharesMessages, type VersionNumber } from '../ocpi/version.ts'
import type { PlatformRole } from '../registry/platform.ts'
import type { Connection, PartyEntry, RoutedEndpoint, RoutingTable } from '../registry/routing-table.ts'

/** One party and the endpoint a request to it goes to. */
export interface Destination {
  readonly party: PartyEntry
  readonly endpoint: RoutedEndpoint
}

/** What is asked for, as far as it narrows down who may answer. */
export interface Wanted {
  readonly sender: Connection
  readonly from: PartyKey
  readonly row: ModuleRow
  readonly module: string
  readonly interface: InterfaceRole
  readonly version: VersionNumber
}

function senderRoles({ sender, from }: Wanted): PlatformRole[] {
  return (sender.parties.get(from) ?? []).flatMap(({ role }) => (role.withdrawn ? [] : role))
}

/** The role a party acts in when it pushes to, or asks for, this module (T8). */
export function actingRole(wanted: Wanted): Role {
  const roles = senderRoles(wanted)
  const { pusherRole } = wanted.row
  const acting =
    roles.find((role) => role.role === pusherRole) ?? roles.find((role) => role.role !== 'OTHER') ?? roles[0]
  return acting?.role ?? 'OTHER'
}

/**
 * Of the platforms that hold an addressed party, the one to route to (T15, T16): one that offers the endpoint,
 * in the role opposite to the sender's, connected before not connected. Never empty-handed: `entries` is not empty.
 */
export function choosePlatform(entries: readonly PartyEntry[], wanted: Wanted): PartyEntry {
  if (entries.length === 1) return entries[0]!
  const acting = actingRole(wanted)
  const rank = (entry: PartyEntry): number =>
    (entry.connection.endpoint(wanted.module, wanted.interface) ? 0 : 4) +
    (isOpposite(acting, entry.role.role) ? 0 : 2) +
    (entry.status === 'CONNECTED' ? 0 : 1)
  // Where the party has left there is nothing to be had, whatever endpoints are left.
  const live = entries.filter(({ status }) => status !== 'SUSPENDED')
  const standing = live.length > 0 ? live : entries
  return standing.reduce((best, entry) => (rank(entry) < rank(best) ? entry : best))
}

/** Every connected party, once, that can be sent this message and passes `suits`; in the order of their keys. */
function reachable(
  table: RoutingTable,
  wanted: Wanted,
  suits: (entry: PartyEntry) => boolean,
): Destination[] {
  const destinations: Destination[] = []
  for (const [, entries] of table.parties) {
    for (const party of entries) {
      const { platform } = party.connection
      // The sender's own platform has the data already (T29).
      if (party.connection === wanted.sender || party.status !== 'CONNECTED' || !suits(party)) continue
      if (!platform.version || !sharesMessages(platform.version, wanted.version)) continue
      const endpoint = party.connection.endpoint(wanted.module, wanted.interface)
      if (!endpoint) continue
      destinations.push({ party, endpoint })
      break
    }
  }
  return destinations.sort((a, b) => (a.party.key < b.party.key ? -1 : 1))
}

/** Receivers of a broadcast push: the opposite roles, never a hub (R53, T8, T25, T29). */
export function broadcastTargets(table: RoutingTable, wanted: Wanted): Destination[] {
  const acting = actingRole(wanted)
  return reachable(
    table,
    wanted,
    ({ role: { role } }) => isOpposite(acting, role) && takesBroadcasts(role, wanted.row.id),
  )
}

/** Owners whose lists make up a GET ALL (R64): parties in the role that owns such objects. */
export function listOwners(table: RoutingTable, wanted: Wanted): Destination[] {
  const owner = wanted.row.pusherRole
  return reachable(
    table,
    wanted,
    (entry) => entry.role.role !== 'HUB' && (!owner || ownsLike(entry.role.role, owner)),
  )
}

/** Parties an open routing request may be meant for (R61-R63): those of the role opposite to the sender's. */
export function openCandidates(table: RoutingTable, wanted: Wanted): Destination[] {
  const roles = senderRoles(wanted)
  return reachable(table, wanted, (entry) => roles.some(({ role }) => isOpposite(role, entry.role.role)))
}

// NAP publishes locations and tariffs like a CPO; NSP holds tokens like an eMSP (T8).
function ownsLike(role: Role, owner: Role): boolean {
  if (role === owner || role === 'OTHER') return true
  return owner === 'CPO' ? role === 'NAP' : owner === 'EMSP' ? role === 'NSP' : false
}
