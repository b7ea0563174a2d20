// Platforms that are hubs: after each handshake, when they come back and now and then, the hub reads their version
// details again, because what a hub offers depends on who it takes the asker for, and their list of parties (T25).
// What they push in between comes in by report-receiver.ts. One hub of a cluster does it for all.

import { toFault } from '../faults/fault.ts'
import type { Log } from '../journal/log.ts'
import type { PartyReport } from '../ocpi/client-info.ts'
import { partyKey } from '../ocpi/party.ts'
import { isHub, type Platform } from '../registry/platform.ts'
import type { Connection } from '../registry/routing-table.ts'
import type { Lease } from '../registry/lease.ts'
import { type HandshakeParts, isRegistered } from './handshake.ts'
import { askClientInfos } from './peer-list.ts'
import { changePlatform } from './platform-change.ts'
import { refreshFrom } from './refresh.ts'
import { BEHIND_MAX, isHeldHere, withList, withReports } from './reported.ts'

export interface PeerHubsOptions {
  readonly lease: Pick<Lease, 'holds'>
  readonly log: Pick<Log, 'warn'>
}

export interface PeerHubs {
  close(): void
}

/** The other side has to store its half of the handshake first. */
const FIRST_MS = 1_000
/** What changed while the two read each other's endpoints was pushed to nobody. */
const SECOND_MS = 5_000
const REFRESH_MS = 10 * 60_000
const AGAIN_FIRST_MS = 500
const LEASE_LOOK_MS = 2_000
/** One that has not finished its half of the handshake is no news yet. */
const FAILURES_TOLD = 3

interface Watched {
  /** Token and URLs it was read with: others mean another handshake. */
  mark: string
  rounds: number
  failures: number
  running: boolean
  cancel: () => void
}

/** Watches the registry from now on. */
export function createPeerHubs(parts: HandshakeParts, { lease, log }: PeerHubsOptions): PeerHubs {
  const { registry, clock } = parts
  const watched = new Map<string, Watched>()
  let closed = false

  function look(now: Connection, isBack: boolean): void {
    const { platform } = now
    const known = watched.get(platform.id)
    if (!isReadable(platform)) return forget(platform.id)
    const mark = markOf(now)
    if (known?.mark === mark && !isBack) return
    const state = known ?? { mark, rounds: 0, failures: 0, running: false, cancel: () => undefined }
    Object.assign(state, { mark, rounds: 0, failures: 0 })
    watched.set(platform.id, state)
    plan(platform.id, state, FIRST_MS)
  }

  function forget(id: string): void {
    watched.get(id)?.cancel()
    watched.delete(id)
  }

  function plan(id: string, state: Watched, delayMs: number): void {
    state.cancel()
    state.cancel = clock.after(delayMs, () => void run(id, state))
  }

  async function run(id: string, state: Watched): Promise<void> {
    if (closed || watched.get(id) !== state) return
    if (!lease.holds()) return plan(id, state, LEASE_LOOK_MS)
    // Comes again by itself when it has finished.
    if (state.running) return
    state.running = true
    const { mark } = state
    let delayMs = REFRESH_MS
    try {
      await readHub(parts, id, log)
      state.failures = 0
      if (state.rounds++ === 0) delayMs = SECOND_MS
    } catch (thrown) {
      const { code, message } = toFault(thrown)
      delayMs = Math.min(REFRESH_MS, AGAIN_FIRST_MS * 2 ** state.failures++)
      if (state.failures === FAILURES_TOLD) {
        log.warn({ platform: id, fault: code }, `its parties are not known: ${message}`)
      }
    }
    state.running = false
    if (closed || watched.get(id) !== state) return
    plan(id, state, state.mark === mark ? delayMs : FIRST_MS)
  }

  for (const connection of registry.table().connections.values()) look(connection, false)
  const stop = registry.watch((_after, _before, changes) => {
    for (const { old, now } of changes) {
      if (now) look(now, old !== undefined && old.platform.status !== 'CONNECTED')
      else if (old) forget(old.platform.id)
    }
  })
  return {
    close() {
      closed = true
      stop()
      for (const { cancel } of watched.values()) cancel()
    },
  }
}

function isReadable(platform: Platform): boolean {
  return isHub(platform) && platform.status === 'CONNECTED' && !!platform.outbound && isRegistered(platform)
}

function markOf(connection: Connection): string {
  const { outbound, versionsUrl } = connection.platform
  const list = connection.endpoint('hubclientinfo', 'SENDER')?.endpoint.url
  return [outbound?.token, versionsUrl, list].join(' ')
}

/** Reads one hub. Throws Faults of the transport and of what it answered. */
async function readHub(parts: HandshakeParts, id: string, log: PeerHubsOptions['log']): Promise<void> {
  const { registry, call, clock, timeoutMs } = parts
  await readEndpointsAgain(parts, id)
  const connection = registry.table().connections.get(id)
  const endpoint = connection?.endpoint('hubclientinfo', 'SENDER')
  if (!connection || !endpoint || !isReadable(connection.platform)) return
  const { outbound, behind: before = [] } = connection.platform
  const peer = { platformId: id, token: outbound!, timeoutMs }
  const list = await askClientInfos(call, peer, endpoint.target, BEHIND_MAX)
  if (!list.complete)
    log.warn({ platform: id, read: list.reports.length }, 'its list of parties was not read whole')
  await changePlatform(registry, id, (current) => {
    if (!isReadable(current)) return undefined
    const reports = list.reports.filter((report) => isToBeKept(parts, current, report))
    const now = clock.now()
    const next = list.complete
      ? withList(current, reports, before, now)
      : withReports(current, reports, now).platform
    return next === current ? undefined : next
  })
}

/** Not hubs, not the hub itself or whoever has a platform here. */
function isToBeKept({ hub, registry }: HandshakeParts, platform: Platform, report: PartyReport): boolean {
  const key = partyKey(report)
  if (report.role === 'HUB' || key === partyKey(hub)) return false
  if (platform.roles.some((role) => partyKey(role) === key)) return false
  return !isHeldHere(registry.table(), key, platform.id)
}

/** A hub that does not take ClientInfos may do so now that it knows with whom it speaks. */
async function readEndpointsAgain(parts: HandshakeParts, id: string): Promise<void> {
  const connection = parts.registry.table().connections.get(id)
  if (!connection || connection.platform.source === 'file') return
  if (connection.endpoint('hubclientinfo', 'RECEIVER')) return
  // Whatever is wrong with its versions, its list may be well.
  await refreshFrom(parts, id).catch(() => undefined)
}
