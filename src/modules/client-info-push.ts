// Tells connected platforms of every party that came, went or changed its status: PUT to their HubClientInfo
// endpoint (R83, T23). Off the way of requests, bounded, never repeated: who misses one reads the list.

import { toFault } from '../faults/fault.ts'
import type { FaultCode } from '../faults/table.ts'
import type { Log } from '../journal/log.ts'
import type { ClientInfo } from '../ocpi/client-info.ts'
import { writeClientInfo } from '../ocpi/client-info.ts'
import { joinPath } from '../ocpi/endpoint.ts'
import {
  type Connection,
  type ConnectionChange,
  changesOf,
  type PartyEntry,
} from '../registry/routing-table.ts'
import type { HandshakeParts } from './handshake.ts'
import { askPeer } from './peer.ts'
import { partyEntries, roleReader, toClientInfo } from './reachable.ts'

/** Of several hubs on one registry one speaks for all. */
export interface Lease {
  holds(): boolean
}

export interface PushParts
  extends Pick<HandshakeParts, 'registry' | 'call' | 'clock' | 'visible' | 'timeoutMs'> {
  readonly lease: Lease
  readonly log: Pick<Log, 'debug' | 'warn'>
  /** Told what a push showed of a platform. */
  readonly onFailure?: (platformId: string, fault: FaultCode) => void
  readonly concurrencyMax?: number
  readonly queueMax?: number
}

export interface ClientInfoPush {
  /** Pushes that wait or are under way. */
  pending(): number
  /** Resolves when nothing waits. */
  idle(): Promise<void>
  close(): void
}

interface Change {
  /** `NL-CPO CPO` */
  readonly key: string
  readonly info: ClientInfo
  /** As it was last seen: who may be told of it. */
  readonly entry: PartyEntry
}

const CONCURRENCY_MAX = 8
const QUEUE_MAX = 100_000

/** Watches the registry from now on. */
export function createClientInfoPush(parts: PushParts): ClientInfoPush {
  const {
    registry,
    lease,
    clock,
    visible,
    log,
    concurrencyMax = CONCURRENCY_MAX,
    queueMax = QUEUE_MAX,
  } = parts
  // Per platform the newest news of each party, so that a slow one gets the last word and not a backlog.
  const waiting = new Map<string, Map<string, ClientInfo>>()
  const active = new Set<string>()
  const idleWaiters: (() => void)[] = []
  let queued = 0

  const audience = new Map<string, Connection>()
  for (const connection of registry.table().connections.values()) follow({ now: connection })

  const stop = registry.watch((after, before) => {
    const changed = changesOf(after, before)
    for (const change of changed) follow(change)
    if (!lease.holds()) return
    const parties = new Set(
      changed.flatMap(({ old, now }) => [...(old?.parties.keys() ?? []), ...(now?.parties.keys() ?? [])]),
    )
    const changes = changesBetween(partyEntries(before, parties), partyEntries(after, parties), clock.now())
    for (const change of changes) enqueue(change)
    work()
  })

  function follow({ old, now }: ConnectionChange): void {
    if (old) audience.delete(old.platform.id)
    if (now && wantsNews(now)) audience.set(now.platform.id, now)
  }

  function enqueue({ key, info, entry }: Change): void {
    for (const [id, connection] of audience) {
      if (id === entry.connection.platform.id) continue
      if (!visible(connection.platform, entry)) continue
      const news = waiting.get(id) ?? new Map<string, ClientInfo>()
      if (!news.has(key)) {
        if (queued >= queueMax) {
          log.warn({ platform: id, party: key }, 'too many client infos wait; this one is not pushed')
          continue
        }
        queued++
      }
      // At the end, so that the two roles of a party arrive in the order they changed in.
      news.delete(key)
      news.set(key, info)
      waiting.set(id, news)
    }
  }

  function work(): void {
    for (const id of waiting.keys()) {
      if (active.size >= concurrencyMax) return
      if (active.has(id)) continue
      active.add(id)
      void deliver(id).finally(() => {
        active.delete(id)
        work()
        if (waiting.size === 0 && active.size === 0) for (const done of idleWaiters.splice(0)) done()
      })
    }
  }

  /** Sends a platform its news one after the other: two roles of one party share a URL (T23). */
  async function deliver(id: string): Promise<void> {
    for (let news = waiting.get(id); news; news = waiting.get(id)) {
      const [next] = news
      if (!next) {
        waiting.delete(id)
        return
      }
      news.delete(next[0])
      queued--
      const connection = registry.table().connections.get(id)
      if (connection && wantsNews(connection)) await push(parts, connection, next[1])
    }
  }

  return {
    pending: () => queued + active.size,
    idle: () =>
      waiting.size === 0 && active.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => idleWaiters.push(resolve)),
    close() {
      stop()
      waiting.clear()
      queued = 0
    },
  }
}

/** Whether a platform takes ClientInfos now (T23). */
function wantsNews(connection: Connection): boolean {
  const { platform } = connection
  return (
    platform.status === 'CONNECTED' &&
    platform.outbound !== undefined &&
    platform.version !== undefined &&
    connection.endpoint('hubclientinfo', 'RECEIVER') !== undefined
  )
}

/** Parties that are new, in another status, or gone: those are told as SUSPENDED (R83). */
function changesBetween(
  before: ReadonlyMap<string, PartyEntry>,
  after: ReadonlyMap<string, PartyEntry>,
  now: number,
): Change[] {
  const changes: Change[] = []
  for (const [key, entry] of after) {
    if (before.get(key)?.status !== entry.status) changes.push({ key, entry, info: toClientInfo(entry) })
  }
  for (const [key, entry] of before) {
    if (after.has(key) || entry.status === 'SUSPENDED') continue
    const info = { ...toClientInfo(entry), status: 'SUSPENDED', lastUpdated: new Date(now).toISOString() }
    changes.push({ key, entry, info })
  }
  return changes
}

/** One PUT. A failure is told to liveness and forgotten. */
async function push(parts: PushParts, connection: Connection, info: ClientInfo): Promise<void> {
  const { platform } = connection
  const { target } = connection.endpoint('hubclientinfo', 'RECEIVER')!
  const rest = `/${encodeURIComponent(info.countryCode)}/${encodeURIComponent(info.partyId)}`
  const url = target.origin + joinPath(target, rest, '')
  const json = writeClientInfo(info, roleReader(platform, platform.version!))
  const peer = { platformId: platform.id, token: platform.outbound!, timeoutMs: parts.timeoutMs }
  try {
    await askPeer(parts.call, peer, { method: 'PUT', url, json })
  } catch (thrown) {
    const { code } = toFault(thrown)
    parts.log.debug({ platform: platform.id, fault: code }, 'a client info was not taken')
    parts.onFailure?.(platform.id, code)
  }
}
