// Platforms on 2.3.0 learn whom they reach from the hub's credentials (R38). Those that take no HubClientInfo are sent
// new ones when that has changed (T13): gathered, seldom, off the way of requests and by one hub of a cluster, because
// each renewal replaces the tokens of both sides.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { toFault } from '../faults/fault.ts'
import type { Log } from '../journal/log.ts'
import { VERSIONS } from '../ocpi/version.ts'
import type { Platform } from '../registry/platform.ts'
import type { Connection, ConnectionChange, PartyEntry, RoutingTable } from '../registry/routing-table.ts'
import type { Lease } from '../registry/lease.ts'
import { credentialsUrl } from './endpoints.ts'
import { type HandshakeParts, isRegistered } from './handshake.ts'
import { isTold, partyEntries, toldFingerprint } from './reachable.ts'
import type { Visibility } from './visibility.ts'

export interface PartyRenewalParts extends Pick<HandshakeParts, 'registry' | 'clock' | 'visible'> {
  readonly lease: Pick<Lease, 'holds'>
  readonly log: Pick<Log, 'info' | 'warn'>
  /** Tells when routes hide or show parties; absent: what is visible never changes. */
  readonly visibility?: Pick<Visibility, 'watch'>
  /** PUT of new credentials (registration.ts); throws Faults. */
  readonly rotate: (id: string) => Promise<unknown>
}

export interface PartyRenewal {
  close(): void
}

/** Changes that come closer together than this make one renewal. */
const QUIET_MS = 5_000
/** However many come, the first is told after this. */
const GATHER_MAX_MS = 60_000
/** Between two renewals of one platform; doubled each time it fails. */
const AGAIN_MS = 5 * 60_000
const AGAIN_MAX_MS = 24 * 60 * 60_000
const AT_ONCE_MAX = 4

interface Tried {
  /** Monotonic. */
  readonly notBefore: number
  readonly failures: number
}

/** Watches the registry from now on; platforms that missed something while no hub ran are told first. */
export function createPartyRenewal(parts: PartyRenewalParts): PartyRenewal {
  const { registry, clock, lease, log } = parts
  const tried = new Map<string, Tried>()
  let cancel = (): void => undefined
  let gatheredSince: number | undefined
  let running = false
  let closed = false
  /** All that is told of a table, sorted out once for many platforms. */
  let listed: { readonly table: RoutingTable; readonly entries: readonly PartyEntry[] } | undefined

  function plan(delayMs: number): void {
    cancel()
    if (!closed) cancel = clock.after(delayMs, () => void look())
  }

  function changed(): void {
    const now = clock.monotonic()
    gatheredSince ??= now
    plan(Math.max(0, Math.min(QUIET_MS, gatheredSince + GATHER_MAX_MS - now)))
  }

  async function look(): Promise<void> {
    if (running || !lease.holds()) return plan(QUIET_MS)
    running = true
    gatheredSince = undefined
    let againAt = Infinity
    const queue = registry.table().connections.keys()
    const worker = async (): Promise<void> => {
      for (const id of queue) {
        if (closed) return
        againAt = Math.min(againAt, await tell(id))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE_MAX }, worker))
    running = false
    for (const id of tried.keys()) if (!registry.table().connections.has(id)) tried.delete(id)
    if (gatheredSince !== undefined) return changed()
    if (againAt < Infinity) plan(Math.max(QUIET_MS, againAt - clock.monotonic()))
  }

  function dueFingerprint(to: Platform): string | undefined {
    const table = registry.table()
    if (listed?.table !== table) listed = { table, entries: [...partyEntries(table).values()].filter(isTold) }
    const due = listed.entries.filter(
      (entry) => entry.connection.platform.id !== to.id && parts.visible(to, entry),
    )
    return toldFingerprint(due, to, to.version!)
  }

  /** Tells one platform if it has to be told; gives when it is to be looked at again. */
  async function tell(id: string): Promise<number> {
    const connection = registry.table().connections.get(id)
    if (!connection || !isToldByCredentials(connection)) return Infinity
    // One look goes over all parties: others have their turn between.
    await nextTurn()
    const { platform } = connection
    if (dueFingerprint(platform) === platform.toldParties) return Infinity
    const { notBefore = 0, failures = 0 } = tried.get(id) ?? {}
    if (clock.monotonic() < notBefore) return notBefore
    try {
      await parts.rotate(id)
      tried.set(id, { notBefore: clock.monotonic() + AGAIN_MS, failures: 0 })
      log.info({ platform: id }, 'it was told the parties it reaches, with new credentials')
      return Infinity
    } catch (thrown) {
      const { code } = toFault(thrown)
      // A handshake is under way, or has just told it.
      if (code === 'store_unavailable') return clock.monotonic() + QUIET_MS
      if (failures === 0)
        log.warn({ platform: id, fault: code }, 'it could not be told the parties it reaches')
      const next = clock.monotonic() + Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** failures)
      tried.set(id, { notBefore: next, failures: failures + 1 })
      return next
    }
  }

  const stop = registry.watch((_after, _before, changes) => {
    if (changes.some(isNews)) changed()
  })
  const stopLooking = parts.visibility?.watch(changed)
  plan(QUIET_MS)
  return {
    close() {
      closed = true
      cancel()
      stop()
      stopLooking?.()
    },
  }
}

/** Whether credentials are all it learns from: 2.3.0, registered by a handshake, no RECEIVER of HubClientInfo. */
function isToldByCredentials(connection: Connection): boolean {
  const { platform } = connection
  const { source, status, version, outbound, endpoints } = platform
  if (source === 'file' || status !== 'CONNECTED' || !version || !outbound || !isRegistered(platform))
    return false
  const { credentials, hubRole } = VERSIONS[version]
  if (credentials === 'flat' || hubRole) return false
  return !connection.endpoint('hubclientinfo', 'RECEIVER') && credentialsUrl(endpoints) !== undefined
}

/** Whether anybody may have come or gone who is told: OFFLINE parties are told like CONNECTED ones. */
function isNews({ old, now }: ConnectionChange): boolean {
  return !tellsAlike(old, now) || isToldNow(old, now)
}

/** A platform that is back has missed what happened meanwhile. */
function isToldNow(old: Connection | undefined, now: Connection | undefined): boolean {
  return now !== undefined && isToldByCredentials(now) && !(old && isToldByCredentials(old))
}

/** Whether the same is told of both, party by party. Asked at each change of a status, most of which tell nobody. */
function tellsAlike(old: Connection | undefined, now: Connection | undefined): boolean {
  if (old?.parties.size !== now?.parties.size) return false
  for (const [key, entries] of now?.parties ?? []) {
    const before = old!.parties.get(key)
    const isAlike = (entry: PartyEntry, index: number): boolean =>
      entry.role.role === before![index]!.role.role && isTold(entry) === isTold(before![index]!)
    if (before?.length !== entries.length || !entries.every(isAlike)) return false
  }
  return true
}
