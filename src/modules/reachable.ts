// Which parties a platform is told of, in HubClientInfo and in the hub's credentials, and how (R38, R86, R87, T13).

import { createHash } from 'node:crypto'
import { type ClientInfo, reportedRole, type RoleReader } from '../ocpi/client-info.ts'
import { CONNECTION_STATUSES } from '../ocpi/connection-status.ts'
import { moduleKey } from '../ocpi/module.ts'
import type { PartyKey } from '../ocpi/party.ts'
import { VERSIONS, type VersionNumber } from '../ocpi/version.ts'
import type { Platform } from '../registry/platform.ts'
import type { PartyEntry, RoutingTable } from '../registry/routing-table.ts'

/** Whether a platform may know of a party at all (T38). */
export type Visible = (from: Platform, party: PartyEntry) => boolean

/**
 * Each party in each role once, keyed `NL-CPO CPO`, in the order of the keys; of these parties only, when they are
 * given.
 */
export function partyEntries(
  table: RoutingTable,
  parties: Iterable<PartyKey> = table.parties.keys(),
): Map<string, PartyEntry> {
  const found: [string, PartyEntry][] = []
  for (const key of parties) {
    const byRole = new Map<string, PartyEntry>()
    for (const entry of table.parties.get(key) ?? []) {
      const role = entry.role.role.toUpperCase()
      const other = byRole.get(role)
      // Of two platforms with one party in one role at most one is not SUSPENDED (T16); that one counts.
      if (!other || standing(entry) < standing(other)) byRole.set(role, entry)
    }
    for (const [role, entry] of byRole) found.push([`${key} ${role}`, entry])
  }
  return new Map(found.sort(([one], [other]) => (one < other ? -1 : 1)))
}

function standing({ status }: PartyEntry): number {
  return CONNECTION_STATUSES.indexOf(status)
}

/** The parties a platform is told of: all it may see but its own, those known for longest first (R71). */
export function visibleParties(table: RoutingTable, from: Platform, visible: Visible): PartyEntry[] {
  return oldestFirst(table).filter(
    (entry) => entry.connection.platform.id !== from.id && visible(from, entry),
  )
}

// Who reads a list page by page has it put in order once.
const ordered = new WeakMap<RoutingTable, readonly PartyEntry[]>()

function oldestFirst(table: RoutingTable): readonly PartyEntry[] {
  let entries = ordered.get(table)
  if (!entries) {
    const dated = [...partyEntries(table).values()].map((entry) => [knownSince(entry, table), entry] as const)
    // Parties of one instant stay in the order of their keys.
    entries = dated.sort(([one], [other]) => compareTexts(one, other)).map(([, entry]) => entry)
    ordered.set(table, entries)
  }
  return entries
}

/** A party that has moved is as old as where it was first. Those of the file come before all, on every hub alike. */
function knownSince({ key, role }: PartyEntry, table: RoutingTable): string {
  const name = role.role.toUpperCase()
  const dates = (table.parties.get(key) ?? [])
    .filter((entry) => entry.role.role.toUpperCase() === name)
    .map(
      ({ role: { created, lastUpdated }, connection: { platform } }) =>
        created ?? (platform.source === 'file' ? '' : lastUpdated),
    )
  return dates.reduce((first, date) => (date < first ? date : first))
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** The parties that the hub's credentials tell a platform since 2.3.0 (R38, T13). */
export function toldParties(table: RoutingTable, to: Platform, visible: Visible): PartyEntry[] {
  return visibleParties(table, to, visible).filter(isTold)
}

/** Whether credentials tell a party at all: one that was never connected or has left cannot be reached. */
export function isTold({ status }: PartyEntry): boolean {
  return status === 'CONNECTED' || status === 'OFFLINE'
}

/**
 * What tells later whether a platform was told all this: a digest of the parties and roles that the hub's credentials
 * tell it in `version`; `undefined` where they tell none.
 */
export function toldFingerprint(
  told: readonly Pick<PartyEntry, 'key' | 'role'>[],
  to: Platform,
  version: VersionNumber,
): string | undefined {
  const { credentials, hubRole } = VERSIONS[version]
  if (credentials === 'flat' || hubRole) return undefined
  const reader = roleReader(to, version)
  const names = told.map(({ key, role }) => `${key} ${reportedRole(role.role, reader)}`)
  return createHash('sha256')
    .update([...new Set(names)].sort().join('\n'))
    .digest('base64url')
}

/** A party in one role as ClientInfo. */
export function toClientInfo({ role, status }: Pick<PartyEntry, 'role' | 'status'>): ClientInfo {
  const { countryCode, partyId, lastUpdated } = role
  return { countryCode, partyId, role: role.role, status, lastUpdated }
}

/** How a platform reads role names in `version` (T14). */
export function roleReader(platform: Platform, version: VersionNumber): RoleReader {
  const knowsPtp =
    platform.roles.some((role) => role.role === 'PTP') ||
    platform.endpoints.some((endpoint) => moduleKey(endpoint.module) === 'payments')
  return { version, knowsPtp }
}
