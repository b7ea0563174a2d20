// A party that moves from one platform to another (T16). The operator says so beforehand; then it may register at its
// new platform although the old one still holds it, and from that moment counts there alone. Nothing is taken from the
// old platform before, so that the party stays reachable all the time.

import { Fault } from '../faults/fault.ts'
import type { Log } from '../journal/log.ts'
import { type PartyKey } from '../ocpi/party.ts'
import type { Platform, PlatformRole } from '../registry/platform.ts'
import type { Registry } from '../registry/registry.ts'
import type { PartyEntry } from '../registry/routing-table.ts'
import type { Lease } from '../registry/lease.ts'
import type { Clock } from './clock.ts'
import { changePlatform, roleKey, withdrawnRole } from './platform-change.ts'

export interface Move {
  readonly party: PartyKey
  readonly role: string
  /** Ids of platforms; `to` need not be there yet. */
  readonly from: string
  readonly to: string
}

export interface MoveOrder {
  readonly party: PartyKey
  readonly to: string
  /** In this role alone; absent: in all that its platform has it in. */
  readonly role?: string
}

export interface Moves {
  /** What may move and has not yet, by party. */
  list(): Move[]
  /**
   * Lets a party move; a mark it had before is replaced. Throws `to_unknown` when no platform holds the party,
   * `party_taken` when two do in different roles and none is named, `method_unsupported` for one of the configuration
   * file, `store_unavailable`.
   */
  allow(order: MoveOrder): Promise<Move[]>
  /** Takes the mark back; gives what was marked. Throws `party_taken` when the new platform claims it by now. */
  cancel(order: Pick<MoveOrder, 'party' | 'role'>): Promise<Move[]>
  close(): void
}

export interface MovesParts {
  readonly registry: Registry
  readonly clock: Clock
  readonly lease: Pick<Lease, 'holds'>
  readonly log: Pick<Log, 'info' | 'warn'>
  /** A party has moved. */
  readonly onMoved: (move: Move) => void
}

const LOOK_AGAIN_MS = 10_000

/** Watches for parties that have moved: their old platform gives them up for good, by the word of one hub of a cluster. */
export function createMoves(parts: MovesParts): Moves {
  const { registry, clock, lease, log } = parts
  let cancelLook = (): void => undefined

  async function finish(id: string): Promise<void> {
    const connection = registry.table().connections.get(id)
    const gone = new Set([...(connection?.yielded ?? [])].filter(isMoving).map(roleKey))
    if (gone.size === 0) return
    const stored = await changePlatform(registry, id, (current) => withdrawn(current, gone, clock.now()))
    if (!stored) return
    for (const role of connection?.yielded ?? []) {
      if (isMoving(role)) parts.onMoved(toMove(id, role))
    }
  }

  function look(ids: Iterable<string>): void {
    if (!lease.holds()) return
    for (const id of ids) {
      finish(id).catch((cause: unknown) =>
        log.warn({ err: cause, platform: id }, 'a move could not be finished'),
      )
    }
  }

  const stop = registry.watch((after, _before, changes) => {
    if (after.contested.size === 0) return
    look(changes.flatMap(({ now }) => (now && now.yielded.size > 0 ? [now.platform.id] : [])))
  })
  // What a hub has left undone that held the lease before, or a store that was away.
  function lookAgain(): void {
    cancelLook = clock.after(LOOK_AGAIN_MS, lookAgain)
    if (registry.table().contested.size > 0) look(registry.table().connections.keys())
  }
  lookAgain()
  return {
    list: () =>
      [...registry.table().connections.values()]
        .flatMap(({ platform }) => platform.roles.filter(isMoving).map((role) => toMove(platform.id, role)))
        .sort((one, other) => (textOf(one) < textOf(other) ? -1 : 1)),
    allow: (order) => allow(parts, order),
    cancel: ({ party, role }) => cancel(parts, party, role),
    close() {
      cancelLook()
      stop()
    },
  }
}

async function allow({ registry, clock }: MovesParts, { party, to, role }: MoveOrder): Promise<Move[]> {
  const holder = holderOf(registry, { party, to, ...(role === undefined ? {} : { role }) })
  const moving = (one: PlatformRole): boolean => isNamed(one, party, role) && !one.withdrawn
  const stored = await changePlatform(registry, holder.id, (current) => ({
    ...current,
    roles: current.roles.map((one) => (moving(one) ? { ...one, movingTo: to } : one)),
    lastUpdated: new Date(clock.now()).toISOString(),
  }))
  if (!stored) throw new Fault('to_unknown', { message: `${party} is held by no platform any more` })
  return stored.roles.filter(moving).map((one) => toMove(stored.id, one))
}

/** The one platform that holds the party itself. */
function holderOf(registry: Registry, { party, to, role }: MoveOrder): Platform {
  const isHolding = ({ behind, status, role: held }: PartyEntry): boolean =>
    !behind && status !== 'SUSPENDED' && isNamed(held, party, role)
  const entries = (registry.table().parties.get(party) ?? []).filter(isHolding)
  const platforms = [...new Set(entries.map(({ connection }) => connection.platform))]
  const [holder, other] = platforms.filter(({ id }) => id !== to)
  const what = role === undefined ? party : `${party} as ${role}`
  if (!holder) {
    const message = platforms.length > 0 ? `${what} is at ${to} already` : `No platform holds ${what}`
    throw new Fault('to_unknown', { message })
  }
  if (other) {
    throw new Fault('party_taken', {
      message: `${party} is held by ${holder.id} and ${other.id} in different roles; name the role`,
    })
  }
  if (holder.source === 'file') {
    throw new Fault('method_unsupported', {
      message: `${holder.id} stands in the hub's configuration file; its parties are changed there`,
    })
  }
  return holder
}

async function cancel({ registry, clock }: MovesParts, party: PartyKey, role?: string): Promise<Move[]> {
  const cancelled: Move[] = []
  const marked = (one: PlatformRole): boolean => isMoving(one) && isNamed(one, party, role)
  for (const { platform } of registry.table().connections.values()) {
    if (!platform.roles.some(marked)) continue
    await changePlatform(registry, platform.id, (current) =>
      current.roles.some(marked)
        ? {
            ...current,
            roles: current.roles.map((one) => (marked(one) ? unmarked(one) : one)),
            lastUpdated: new Date(clock.now()).toISOString(),
          }
        : undefined,
    )
    cancelled.push(...platform.roles.filter(marked).map((one) => toMove(platform.id, one)))
  }
  return cancelled
}

function unmarked(role: PlatformRole): PlatformRole {
  const { movingTo: _, ...kept } = role
  return kept
}

function withdrawn(platform: Platform, gone: ReadonlySet<string>, now: number): Platform | undefined {
  const isGone = (role: PlatformRole): boolean => isMoving(role) && gone.has(roleKey(role))
  if (!platform.roles.some(isGone)) return undefined
  const lastUpdated = new Date(now).toISOString()
  const roles = platform.roles.map((role) => (isGone(role) ? withdrawnRole(role, lastUpdated) : role))
  return { ...platform, roles, lastUpdated }
}

function isMoving(role: PlatformRole): boolean {
  return role.movingTo !== undefined && !role.withdrawn
}

function isNamed(one: PlatformRole, party: PartyKey, role: string | undefined): boolean {
  const [key, name] = roleKey(one).split(' ')
  return key === party && (role === undefined || name === role.toUpperCase())
}

function toMove(from: string, role: PlatformRole): Move {
  const [party = ''] = roleKey(role).split(' ')
  return { party, role: role.role, from, to: role.movingTo! }
}

function textOf({ party, role, from }: Move): string {
  return `${party} ${role} ${from}`
}
