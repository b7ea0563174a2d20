// Which parties of a platform do not count, because they are elsewhere: what a hub only reported yields to whoever has
// the party itself (T25), what may move yields to where it has moved to (T16). Pure; every hub of a cluster comes to
// the same result, whatever came first.

import { type PartyKey, partyKey } from '../ocpi/party.ts'
import { isReported, type Platform, type PlatformRole, statusOf } from './platform.ts'

export interface Yielding {
  /** Roles that do not count, by the id of their platform. */
  readonly yielded: ReadonlyMap<string, ReadonlySet<PlatformRole>>
  /** Parties of more than one platform of which one may have to yield: a change of either may change the other. */
  readonly contested: ReadonlySet<PartyKey>
}

export interface Holding {
  readonly platform: Platform
  readonly role: PlatformRole
}

const NOTHING: Yielding = { yielded: new Map(), contested: new Set() }

/** Whether the role may have to yield to another platform. */
export function isYieldable(role: PlatformRole): boolean {
  return isReported(role) || (role.movingTo !== undefined && !role.withdrawn)
}

/** Of `platforms`, in their order, the roles that do not count. */
export function findYielding(platforms: readonly Platform[]): Yielding {
  const keys = new Set<PartyKey>()
  for (const platform of platforms) {
    for (const role of platform.behind ?? []) keys.add(partyKey(role))
    for (const role of platform.roles) if (isYieldable(role)) keys.add(partyKey(role))
  }
  if (keys.size === 0) return NOTHING
  const yielded = new Map<string, Set<PlatformRole>>()
  const contested = new Set<PartyKey>()
  for (const [key, holdings] of holdingsOf(platforms, keys)) {
    const [first] = holdings
    if (holdings.every(({ platform }) => platform === first!.platform)) continue
    contested.add(key)
    for (const { platform, role } of losersOf(holdings)) {
      const roles = yielded.get(platform.id)
      if (roles) roles.add(role)
      else yielded.set(platform.id, new Set([role]))
    }
  }
  return { yielded, contested }
}

function holdingsOf(platforms: readonly Platform[], keys: ReadonlySet<PartyKey>): Map<PartyKey, Holding[]> {
  const found = new Map<PartyKey, Holding[]>()
  for (const platform of platforms) {
    for (const role of [...platform.roles, ...(platform.behind ?? [])]) {
      const key = partyKey(role)
      if (!keys.has(key)) continue
      const holdings = found.get(key)
      if (holdings) holdings.push({ platform, role })
      else found.set(key, [{ platform, role }])
    }
  }
  return found
}

/** Of all that have one party, those that do not count. */
function losersOf(holdings: readonly Holding[]): Holding[] {
  const own = holdings.filter(({ role }) => !isReported(role))
  const moved = own.filter((holding) => hasMoved(holding, own))
  const present = own.filter((holding) => isHeld(holding) && !moved.includes(holding))
  const reported = holdings.filter(({ role }) => isReported(role))
  // Whoever has the party itself, in whatever role: a hub must not speak for it in another one.
  const keeper = present.length > 0 ? present[0] : firstOf(reported)
  if (!keeper) return moved
  const isKept = ({ platform }: Holding): boolean =>
    present.length > 0 ? present.some((one) => one.platform === platform) : platform === keeper.platform
  return [...moved, ...reported.filter((holding) => !isKept(holding))]
}

function hasMoved({ platform, role }: Holding, own: readonly Holding[]): boolean {
  if (role.movingTo === undefined || role.withdrawn) return false
  return own.some(
    (other) =>
      other.platform.id === role.movingTo &&
      other.platform !== platform &&
      other.role.role.toUpperCase() === role.role.toUpperCase() &&
      isConnected(other),
  )
}

/**
 * Whether the platform has the party itself, so that no hub speaks for it: also before it is connected and while it is
 * suspended, for no hub is to undo the word of the operator. Who has left, or given the party up, has it no more.
 */
export function isHeld({ platform, role }: Holding): boolean {
  if (statusOf(platform, role) !== 'SUSPENDED') return true
  return !role.withdrawn && (platform.source === 'file' || platform.inbound.length > 0)
}

/** A party moves to where it is connected. */
function isConnected({ platform, role }: Holding): boolean {
  const status = statusOf(platform, role)
  return status === 'CONNECTED' || status === 'OFFLINE'
}

/** Of several hubs that report a party the one that did so first keeps it. */
function firstOf(reported: readonly Holding[]): Holding | undefined {
  const live = reported.filter(({ platform, role }) => statusOf(platform, role) !== 'SUSPENDED')
  const [first, ...others] = live
  return others.reduce(
    (best, other) => ((other.role.created ?? '') < (best!.role.created ?? '') ? other : best),
    first,
  )
}
