// Parties behind a platform that is a hub: what it reports of them, by HubClientInfo or in its credentials, becomes a
// bounded list of that platform and nothing else (T25). Pure.

import type { PartyReport } from '../ocpi/client-info.ts'
import { moduleKey } from '../ocpi/module.ts'
import { partyKey, type PartyKey } from '../ocpi/party.ts'
import { type Platform, type ReportedRole, statusOf } from '../registry/platform.ts'
import type { RoutingTable } from '../registry/routing-table.ts'
import { isHeld } from '../registry/yielding.ts'
import { redated, roleKey } from './platform-change.ts'

/** What the hub keeps of one other hub, so that the record of a platform stays small enough to be written at once. */
export const BEHIND_MAX = 3_000

const NAME_CHARACTERS_MAX = 60

type Behind = readonly ReportedRole[]

/** The platform with these reports beside what it has reported before; how many did not fit. */
export function withReports(
  platform: Platform,
  reports: readonly PartyReport[],
  now: number,
): { readonly platform: Platform; readonly refused: readonly PartyReport[] } {
  const known = byKey(platform.behind)
  const refused: PartyReport[] = []
  for (const report of reports) {
    const key = roleKey(report)
    const old = known.get(key)
    if (old || known.size < BEHIND_MAX || forgetOne(known))
      known.set(key, toReported(platform, report, old, now))
    else refused.push(report)
  }
  return { platform: withBehind(platform, [...known.values()], now), refused }
}

/**
 * The platform after a whole list of the other hub, which makes all older word invalid (R86). What was reported
 * since `before`, the state when the list was asked for, is newer than the list and stands.
 */
export function withList(
  platform: Platform,
  list: readonly PartyReport[],
  before: Behind,
  now: number,
): Platform {
  const known = byKey(platform.behind)
  const seen = byKey(before)
  const isNewer = (key: string): boolean => !isSame(known.get(key), seen.get(key))
  const listed = new Map(list.map((report) => [roleKey(report), report]))
  const next: ReportedRole[] = []
  for (const [key, role] of known) {
    const report = listed.get(key)
    if (isNewer(key)) next.push(role)
    else if (report) next.push(toReported(platform, report, role, now))
  }
  for (const [key, report] of listed) {
    if (known.has(key) || isNewer(key)) continue
    if (next.length < BEHIND_MAX) next.push(toReported(platform, report, undefined, now))
  }
  return withBehind(platform, next, now)
}

/**
 * The platform after its credentials have listed whom it reaches (R38). They know no statuses: if the hub has a list
 * that does, they only add to it.
 */
export function withCredentialsList(
  platform: Platform,
  listed: readonly PartyReport[],
  now: number,
): Platform {
  const known = byKey(platform.behind)
  const added = listed.filter((report) => {
    const old = known.get(roleKey(report))
    return !old || old.withdrawn
  })
  const after = withReports(platform, added, now).platform
  const hasList = platform.endpoints.some(
    ({ module, role }) => moduleKey(module) === 'hubclientinfo' && role === 'SENDER',
  )
  if (hasList) return after
  const keys = new Set(listed.map(roleKey))
  return withBehind(
    after,
    (after.behind ?? []).filter((role) => keys.has(roleKey(role))),
    now,
  )
}

/** The platform without what it has reported of a party. */
export function withoutReports(platform: Platform, key: PartyKey, now: number): Platform {
  const behind = (platform.behind ?? []).filter((role) => partyKey(role) !== key)
  return withBehind(platform, behind, now)
}

/** Its list after its own status has changed: dates move with the status (R91). */
export function behindAfter(before: Platform, after: Platform): Partial<Pick<Platform, 'behind'>> {
  return before.behind ? { behind: redated(before.behind, before, after) } : {}
}

/** Whether another platform than `id` has the party itself: then no hub need tell of it, nor may it. */
export function isHeldHere(table: RoutingTable, key: PartyKey, id: string): boolean {
  return (table.parties.get(key) ?? []).some(
    ({ behind, role, connection: { platform } }) =>
      !behind && platform.id !== id && isHeld({ platform, role }),
  )
}

function byKey(behind: Behind = []): Map<string, ReportedRole> {
  return new Map(behind.map((role) => [roleKey(role), role]))
}

/** The same object as before when nothing is new, so that nothing is written. */
function withBehind(platform: Platform, behind: Behind, now: number): Platform {
  const { behind: before = [], ...rest } = platform
  if (behind.length === before.length && behind.every((role, index) => role === before[index]))
    return platform
  const lastUpdated = new Date(now).toISOString()
  return behind.length === 0 ? { ...rest, lastUpdated } : { ...rest, behind, lastUpdated }
}

function toReported(
  platform: Platform,
  { countryCode, partyId, role, status, name: given }: PartyReport,
  old: ReportedRole | undefined,
  now: number,
): ReportedRole {
  const name = given?.slice(0, NAME_CHARACTERS_MAX) ?? old?.name
  if (old?.reported === status && old.name === name) return old
  const date = new Date(now).toISOString()
  const next = {
    countryCode,
    partyId,
    role,
    ...(name === undefined ? {} : { name }),
    reported: status,
    lastUpdated: date,
    // A party that has left and comes again is new: another hub may have it by now.
    created: old && !old.withdrawn ? (old.created ?? date) : date,
  }
  const full: ReportedRole = status === 'SUSPENDED' ? { ...next, withdrawn: true } : next
  const isSameStatus = old !== undefined && statusOf(platform, old) === statusOf(platform, full)
  return isSameStatus ? { ...full, lastUpdated: old.lastUpdated } : full
}

/** Makes room: who has left longest ago need not be remembered. */
function forgetOne(known: Map<string, ReportedRole>): boolean {
  for (const [key, role] of known) {
    if (role.withdrawn) return known.delete(key)
  }
  return false
}

function isSame(one: ReportedRole | undefined, other: ReportedRole | undefined): boolean {
  return (
    one?.reported === other?.reported &&
    one?.created === other?.created &&
    one?.lastUpdated === other?.lastUpdated
  )
}
