// Tells connected platforms of every party that came, went, changed its status, or is hidden or shown by the operator's
// routes: PUT to their HubClientInfo endpoint (R83, R87, T23, T38). Off the way of requests, bounded, not repeated to
// who misses one: it reads the list.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { toFault } from '../faults/fault.ts'
import type { FaultCode } from '../faults/table.ts'
import type { Log } from '../journal/log.ts'
import type { ClientInfo } from '../ocpi/client-info.ts'
import { writeClientInfo } from '../ocpi/client-info.ts'
import { joinPath } from '../ocpi/endpoint.ts'
import type { Lease } from '../registry/lease.ts'
import type { Connection, ConnectionChange } from '../registry/routing-table.ts'
import { createToldOnce } from '../registry/told-once.ts'
import type { HandshakeParts } from './handshake.ts'
import { changedParties, type PartyNews, shownParties } from './party-news.ts'
import { askPeer } from './peer.ts'
import { partyEntries, roleReader, type Visible } from './reachable.ts'
import type { Visibility } from './visibility.ts'

export interface PushParts
  extends Pick<HandshakeParts, 'registry' | 'call' | 'clock' | 'visible' | 'timeoutMs'> {
  /** Tells when routes hide or show parties; absent: what is visible never changes. */
  readonly visibility?: Pick<Visibility, 'watch'>
  /** Of several hubs on one registry one speaks for all. */
  readonly lease: Pick<Lease, 'holds' | 'onTaken'>
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
  let closed = false
  // One look after the other at who sees whom, and how many are left.
  let looked: Promise<void> = Promise.resolve()
  let looks = 0
  const once = createToldOnce(lease, work)
  let isRead = registry.health().loaded

  const audience = new Map<string, Connection>()
  for (const connection of registry.table().connections.values()) follow({ now: connection })

  const stop = registry.watch((after, before, changes) => {
    for (const change of changes) follow(change)
    // What is read for the first time is no news.
    if (!isRead) return void (isRead = registry.health().loaded)
    if (audience.size === 0) return
    const parties = new Set(
      changes.flatMap(({ old, now }) => [...(old?.parties.keys() ?? []), ...(now?.parties.keys() ?? [])]),
    )
    const news = changedParties(partyEntries(before, parties), partyEntries(after, parties), clock.now())
    once.tell(() => {
      for (const one of news) tellAll(one)
    })
  })

  const stopLooking = parts.visibility?.watch((after, before) => {
    once.tell(() => {
      looks++
      looked = looked
        .then(() => lookAgain({ before, after }))
        .finally(() => {
          looks--
          rest()
        })
    })
  })

  /** Tells each platform whom a change of the routes has hidden from it or shown to it; others have their turn between. */
  async function lookAgain(sight: { readonly before: Visible; readonly after: Visible }): Promise<void> {
    let table = registry.table()
    let entries = partyEntries(table)
    // As it is now: who comes later has read the list.
    for (const id of Array.from(audience.keys())) {
      await nextTurn()
      const to = audience.get(id)
      if (closed) return
      if (!to) continue
      if (table !== registry.table()) {
        table = registry.table()
        entries = partyEntries(table)
      }
      for (const one of shownParties(to.platform, entries, sight, clock.now())) enqueue(id, one)
      work()
    }
  }

  function follow({ old, now }: ConnectionChange): void {
    if (old) audience.delete(old.platform.id)
    if (now && wantsNews(now)) audience.set(now.platform.id, now)
  }

  function tellAll(news: PartyNews): void {
    const { entry } = news
    for (const [id, connection] of audience) {
      if (id === entry.connection.platform.id) continue
      if (visible(connection.platform, entry)) enqueue(id, news)
    }
  }

  function enqueue(id: string, { key, info }: PartyNews): void {
    const news = waiting.get(id) ?? new Map<string, ClientInfo>()
    if (!news.has(key)) {
      if (queued >= queueMax) {
        log.warn({ platform: id, party: key }, 'too many client infos wait; this one is not pushed')
        return
      }
      queued++
    }
    // At the end, so that the two roles of a party arrive in the order they changed in.
    news.delete(key)
    news.set(key, info)
    waiting.set(id, news)
  }

  function work(): void {
    for (const id of waiting.keys()) {
      if (active.size >= concurrencyMax) return
      if (active.has(id)) continue
      active.add(id)
      void deliver(id).finally(() => {
        active.delete(id)
        work()
        rest()
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
      // Another hub may have told what is newer by now.
      if (!lease.holds()) return giveUp()
      news.delete(next[0])
      queued--
      const connection = registry.table().connections.get(id)
      if (connection && wantsNews(connection)) await push(parts, connection, next[1])
    }
  }

  function giveUp(): void {
    log.warn(
      { left_out: queued },
      'another hub may push client infos by now; those that waited are not pushed',
    )
    waiting.clear()
    queued = 0
  }

  const isIdle = () => waiting.size === 0 && active.size === 0 && looks === 0

  function rest(): void {
    if (isIdle()) for (const done of idleWaiters.splice(0)) done()
  }

  return {
    pending: () => queued + active.size,
    idle: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))),
    close() {
      closed = true
      stop()
      stopLooking?.()
      once.close()
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
