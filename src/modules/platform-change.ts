// Changes of a platform: read, change, compare-and-set, and once more when somebody else was faster. Keeps the dates
// of its roles honest: they move when role or status really changed, and only then (R91, T23).

import { Fault } from '../faults/fault.ts'
import type { CredentialsRole } from '../ocpi/credentials.ts'
import { partyKey } from '../ocpi/party.ts'
import { withMembers } from '../ocpi/with-members.ts'
import { type ConnectionStatus, type Platform, type PlatformRole, statusOf } from '../registry/platform.ts'
import type { PutResult, Registry } from '../registry/registry.ts'

const ATTEMPTS_MAX = 10
// A hub that lost a race learns of the winner's change by then, also over Redis.
const NEWS_WAIT_MS = 300

/**
 * Changes the platform `id` with `change`, which gets its current state, perhaps several times, and gives the new one
 * or `undefined` to leave it. Gives what was stored, or `undefined` if there is no such platform or nothing to change.
 * Throws `party_taken`, `store_unavailable` and whatever `change` throws.
 */
export async function changePlatform(
  registry: Registry,
  id: string,
  change: (current: Platform) => Platform | undefined,
): Promise<Platform | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const current = registry.table().connections.get(id)?.platform
    const next = current && change(current)
    if (!next) return undefined
    const stored = settled(await registry.put(next))
    if (stored) return stored
    await news(registry, current)
  }
  throw new Fault('store_unavailable', { detail: `platform ${id} is changed by others all the time` })
}

/** The stored platform, `undefined` for a lost race. Throws `party_taken`; a token clash cannot be told to anybody. */
export function settled(result: PutResult): Platform | undefined {
  if (result.ok) return result.platform
  if (result.conflict === 'stale') return undefined
  if (result.conflict === 'token')
    throw new Fault('hub_failure', { detail: 'a credentials token came twice' })
  throw new Fault('party_taken', {
    message: `${result.party ?? 'A party'} is held by another platform in the same role`,
    detail: `held by platform ${result.holder ?? '?'}`,
  })
}

/** Waits until the platform is not the one that was seen, or a little while. */
async function news(registry: Registry, seen: Platform): Promise<void> {
  const isNew = () => registry.table().connections.get(seen.id)?.platform.revision !== seen.revision
  if (isNew()) return
  await new Promise<void>((resolve) => {
    const stop = registry.watch(() => {
      if (isNew()) done()
    })
    const timer = setTimeout(done, NEWS_WAIT_MS)
    function done(): void {
      clearTimeout(timer)
      stop()
      resolve()
    }
  })
}

/** What two hubs may differ by in what they take for the time of their store. Milliseconds. */
const CLOCKS_APART_MS = 2_000

/**
 * The platform in another status, its client infos dated `now` (milliseconds), and never before the change that it had
 * before (R91); the same object when it has it already.
 */
export function withStatus(platform: Platform, status: ConnectionStatus, now: number): Platform {
  if (platform.status === status) return platform
  const before = Date.parse(platform.lastUpdated)
  const at = before >= now && before - now <= CLOCKS_APART_MS ? before + 1 : now
  const next = { ...platform, status, lastUpdated: new Date(at).toISOString() }
  return {
    ...next,
    roles: redated(platform.roles, platform, next),
    ...(platform.behind ? { behind: redated(platform.behind, platform, next) } : {}),
  }
}

/** Roles dated anew where their status is another one on the platform as it is after (R91). */
export function redated<Role extends PlatformRole>(
  roles: readonly Role[],
  before: Pick<Platform, 'status'>,
  { status, lastUpdated }: Pick<Platform, 'status' | 'lastUpdated'>,
): Role[] {
  return roles.map((role) =>
    statusOf(before, role) === statusOf({ status }, role)
      ? role
      : (withMembers<PlatformRole>(role, { lastUpdated }) as Role),
  )
}

/**
 * The roles of a platform after its credentials were read anew. What is told of a role changes its date; a role that
 * is gone stays as withdrawn, so that others learn of it (T23). Flat credentials name no role: the party keeps the one
 * the operator prepared, else it gets `flatRole`.
 */
export function mergeRoles(
  before: Platform,
  given: readonly CredentialsRole[],
  update: { readonly status: ConnectionStatus; readonly flatRole: string; readonly now: number },
): PlatformRole[] {
  const lastUpdated = new Date(update.now).toISOString()
  const known = new Map(before.roles.map((role) => [roleKey(role), role]))
  const roles = given.map((one): PlatformRole => {
    const { countryCode, partyId, name, businessDetails } = one
    const prepared = before.roles.find((role) => !role.withdrawn && partyKey(role) === partyKey(one))
    const role = one.role ?? prepared?.role ?? update.flatRole
    const old = known.get(roleKey({ countryCode, partyId, role }))
    const isSame = old && !old.withdrawn && before.status === update.status
    return {
      countryCode,
      partyId,
      role,
      ...(name === undefined ? {} : { name }),
      ...(businessDetails === undefined ? {} : { businessDetails }),
      lastUpdated: isSame ? old.lastUpdated : lastUpdated,
      created: old ? (old.created ?? old.lastUpdated) : lastUpdated,
      ...(old?.movingTo === undefined || old.withdrawn ? {} : { movingTo: old.movingTo }),
    }
  })
  const kept = new Set(roles.map(roleKey))
  const gone = before.roles
    .filter((role) => !kept.has(roleKey(role)))
    .map((role) => (role.withdrawn ? role : withdrawnRole(role, lastUpdated)))
  return [...roles, ...gone]
}

/** The role after its platform has given it up, on this date. */
export function withdrawnRole(role: PlatformRole, lastUpdated: string): PlatformRole {
  const { movingTo: _, ...kept } = role
  return { ...kept, withdrawn: true, lastUpdated }
}

/** `NL-CPO CPO`: a party in one role. */
export function roleKey(role: Pick<PlatformRole, 'countryCode' | 'partyId' | 'role'>): string {
  return `${partyKey(role)} ${role.role.toUpperCase()}`
}
