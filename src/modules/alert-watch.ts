// Watches the hub for what operators are to be told: rates of faults, connections that go and come back, tokens that
// are refused, the registry, certificates. Of several hubs each speaks of what it sees itself: its own traffic, refusals
// of the token it met, its own certificates, whether it reaches the store of the registry (which cannot be the holder of
// a lease kept in that very store). What all hubs see alike is said by the lease holder alone: platforms OFFLINE, a
// registry that shrank, certificates of receivers, of which the holder asks for itself whom it has not heard of.

import type { Exchange } from '../journal/exchange.ts'
import { partyKey } from '../ocpi/party.ts'
import type { Platform } from '../registry/platform.ts'
import type { Registry, RegistryHealth } from '../registry/registry.ts'
import type { Connection, ConnectionChange, RoutingTable } from '../registry/routing-table.ts'
import {
  type Alert,
  type AlertName,
  causesOf,
  createAlerts,
  type Occasion,
  percent,
  spanText,
} from './alerts.ts'
import { type CertificateSources, lookAtCertificates } from './certificate-alerts.ts'
import type { Lease } from '../registry/lease.ts'
import type { Clock } from './clock.ts'
import { createFaultRates, type RateChange } from './fault-rates.ts'

export interface AlertWatchOptions {
  readonly windowMs: number
  readonly minRequests: number
  readonly silenceMs: number
  readonly dashboard?: string
}

export interface AlertWatchParts {
  readonly clock: Clock
  readonly emit: (alert: Alert) => void
}

/** What is watched besides exchanges; it comes later, because it stands on more. */
export interface AlertSources {
  readonly registry: Pick<Registry, 'table' | 'watch' | 'health'>
  readonly lease: Pick<Lease, 'holds'>
  readonly certificates: CertificateSources
}

export interface AlertWatch {
  /** Told of every exchange that has ended; well below a microsecond. */
  record(exchange: Exchange): void
  /** Starts to watch the registry and to judge. */
  begin(sources: AlertSources): void
  /** The platform refuses the hub's token; `detail` names the likely cause. */
  tokenRejected(platformId: string, detail: string): void
  /** It accepted a request of the hub. */
  accepted(platformId: string): void
  close(): void
}

/** As in config/prometheus/alerts.yml. */
const STALE_SECONDS = 30
const LOOK_EVERY_MS = 5_000
const PARTIES_MAX = 3
/** Seen alike by all hubs. */
const SHARED: ReadonlySet<AlertName> = new Set(['offline', 'registry_shrunk', 'receiver_certificate_ends'])
/** Within it some hub holds the lease, whoever held it before: until then nobody else is taken to have told. */
const LEASE_SETTLES_MS = 15_000
/** About one platform, which may leave. */
const OF_PLATFORMS = ['fault_rate', 'offline', 'token_rejected', 'receiver_certificate_ends'] as const

export function createAlertWatch(
  { clock, emit }: AlertWatchParts,
  { windowMs, minRequests, silenceMs, dashboard }: AlertWatchOptions,
): AlertWatch {
  const rates = createFaultRates({ minRequests })
  const refusing = new Set<string>()
  /** When the store of the registry answered and was found not to be well for the first time, monotonic. */
  let unwellAt: number | undefined
  const cancels: (() => void)[] = []
  let sources: AlertSources | undefined
  let begunAt = 0
  let closed = false

  const alerts = createAlerts({
    clock,
    silenceMs,
    emit(alert) {
      if (!SHARED.has(alert.alert) || sources?.lease.holds() === true) emit(alert)
    },
    ...(dashboard === undefined ? {} : { dashboard }),
  })

  const nameOf = (platformId: string) =>
    describePlatform(platformId, sources?.registry.table().connections.get(platformId))

  function every(milliseconds: number, work: () => void): void {
    if (closed) return
    const index = cancels.length
    const again = (): void => {
      work()
      cancels[index] = clock.after(milliseconds, again)
    }
    cancels.push(clock.after(milliseconds, again))
  }

  function judge(): void {
    for (const change of rates.judge()) {
      const name = nameOf(change.responder)
      if (change.status === 'firing') alerts.fire('fault_rate', change.responder, rateOccasion(change, name))
      else alerts.resolve('fault_rate', change.responder, `${name} works again: ${rateText(change)}.`)
    }
  }

  function offline(platformId: string): Occasion {
    const recent = rates.recent(platformId)
    const [top] = recent
    return {
      severity: 'warning',
      message: `${nameOf(platformId)} is OFFLINE: the hub does not reach it, and answers 4003 for it.`,
      causes: causesOf(recent),
      ...(top ? { fault: top[0] } : {}),
    }
  }

  function look(after: RoutingTable, _before: RoutingTable, changes: readonly ConnectionChange[]): void {
    for (const { old, now } of changes) {
      if (!now) forget(old!.platform.id)
      else if (now.platform.status !== old?.platform.status) lookAtStatus(now.platform)
    }
    if (changes.some(({ now }) => !now)) rates.retain((id) => after.connections.has(id))
  }

  function lookAtStatus({ id, status }: Platform): void {
    if (status === 'OFFLINE') alerts.fire('offline', id, offline(id))
    else alerts.resolve('offline', id, `${nameOf(id)} is ${status}.`)
  }

  function forget(id: string): void {
    refusing.delete(id)
    for (const alert of OF_PLATFORMS) alerts.resolve(alert, id, `${id} is no longer connected to the hub.`)
  }

  function accepted(id: string): void {
    if (refusing.delete(id))
      alerts.resolve('token_rejected', id, `${nameOf(id)} takes the hub's token again.`)
  }

  function lookAtRegistry(): void {
    const health = sources!.registry.health()
    if (health.loaded && health.stalenessSeconds > STALE_SECONDS) {
      alerts.fire('registry_stale', 'registry', staleOccasion(health))
    } else alerts.resolve('registry_stale', 'registry', 'The hub reaches the store of the registry again.')
    lookAtWrites(health)
    if (health.alarm === 'registry_shrunk') alerts.fire('registry_shrunk', 'registry', SHRUNK)
    else
      alerts.resolve('registry_shrunk', 'registry', 'The registry is whole again, or its loss was accepted.')
  }

  function lookAround(): void {
    const { registry, lease, certificates } = sources!
    const isSettled = lease.holds() || clock.monotonic() - begunAt > LEASE_SETTLES_MS
    const { connections } = registry.table()
    // Whoever is only examined, or has just left, is nobody's receiver.
    const receivers = () => (isSettled ? certificates.receivers().filter(([id]) => connections.has(id)) : [])
    lookAtRegistry()
    lookAtCertificates({ ...certificates, receivers }, clock.now(), nameOf, alerts)
    alerts.tick()
  }

  /** A store that goes away is not well for as long before it is stale: only one that answers gets beyond that. */
  function lookAtWrites(health: RegistryHealth): void {
    if (health.up) {
      unwellAt = undefined
      alerts.resolve('registry_read_only', 'registry', 'The store of the registry takes writes again.')
    } else if (health.loaded && health.stalenessSeconds <= STALE_SECONDS) {
      unwellAt ??= clock.monotonic()
      if (clock.monotonic() - unwellAt > STALE_SECONDS * 1000)
        alerts.fire('registry_read_only', 'registry', readOnlyOccasion(health))
    } else unwellAt = undefined
  }

  return {
    record(exchange) {
      rates.record(exchange)
      if (refusing.size > 0 && exchange.author === 'responder') accepted(exchange.responder ?? '')
    },
    begin(given) {
      sources = given
      begunAt = clock.monotonic()
      for (const [id, { platform }] of given.registry.table().connections) {
        if (platform.status === 'OFFLINE')
          alerts.assume('offline', id, offline(id), Date.parse(platform.lastUpdated))
      }
      cancels.push(given.registry.watch(look))
      every(windowMs, judge)
      every(Math.min(LOOK_EVERY_MS, windowMs), lookAround)
    },
    tokenRejected(id, detail) {
      refusing.add(id)
      alerts.fire('token_rejected', id, {
        severity: 'critical',
        message: `${nameOf(id)} refuses the hub's token: nothing reaches it.`,
        causes: [sentence(detail), 'Agree on new credentials with its operator: rotate, or register anew.'],
        fault: 'token_rejected',
      })
    },
    accepted,
    close() {
      closed = true
      for (const cancel of cancels.splice(0)) cancel()
    },
  }
}

/** `acme (DE-CPO, DE-ABC)`: the platform and whose it is. */
function describePlatform(id: string, connection: Connection | undefined): string {
  const parties = [...new Set((connection?.platform.roles ?? []).map((role) => partyKey(role)))]
  if (parties.length === 0) return id
  const more = parties.length > PARTIES_MAX ? ` and ${parties.length - PARTIES_MAX} more` : ''
  return `${id} (${parties.slice(0, PARTIES_MAX).join(', ')}${more})`
}

function rateOccasion(change: RateChange, name: string): Occasion {
  const [top] = change.byFault
  return {
    severity: change.rate >= 0.5 ? 'critical' : 'warning',
    message: `Requests to ${name} fail: ${rateText(change)}.`,
    causes: causesOf(change.byFault),
    ...(top ? { fault: top[0] } : {}),
  }
}

function rateText({ requests, rate, usual }: RateChange): string {
  return `${percent(rate)} of ${requests} requests, usually ${percent(usual)}`
}

function staleOccasion({ stalenessSeconds, reason }: RegistryHealth): Occasion {
  return {
    severity: 'warning',
    message: `The store of the registry has not answered for ${spanText(stalenessSeconds * 1000)}: routing goes on from memory, registrations fail.`,
    causes: [
      ...(reason === undefined ? [] : [sentence(reason)]),
      'Bring Redis, or the disk, back; nothing else is needed.',
    ],
  }
}

function readOnlyOccasion({ reason }: RegistryHealth): Occasion {
  return {
    severity: 'warning',
    message:
      'The store of the registry takes no writes: routing goes on, registrations, changes and new links fail.',
    causes: [
      ...(reason === undefined ? [] : [sentence(reason)]),
      'Give Redis, or the disk, room for writes, or point the hub at the Redis that is the master; nothing else is needed.',
    ],
  }
}

const SHRUNK: Occasion = {
  severity: 'critical',
  message: 'The registry came back with far fewer platforms; the hubs keep the last good one in memory.',
  causes: [
    'The store was emptied, restored from an old backup, or is another one.',
    'Before any hub restarts: "ocpi-hub registry restore" writes it back, "ocpi-hub registry confirm" accepts the loss.',
  ],
}

/** Words of a store come with and without their full stop. */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.?$/, '.')
}
