// What a hub stands on: its log, metrics, stores, journal, registry and outbound connections, opened in this order.

import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { countParties } from './admin/parties.ts'
import { createTraffic, type Traffic } from './admin/traffic.ts'
import { toFilePlatform } from './config/file-platforms.ts'
import type { HubConfig } from './config/hub-config.ts'
import { createLimits, type Limits } from './forwarding/limits.ts'
import { type MissedLedger, openMissedLedger } from './forwarding/missed-ledger.ts'
import { createRates, type Rates } from './forwarding/rate.ts'
import { createSend, type Send } from './forwarding/send.ts'
import type { Lifecycle } from './http/visit.ts'
import { type Audit, createAudit } from './journal/audit.ts'
import { createJournal, type Journal } from './journal/journal.ts'
import { createLog, type Log } from './journal/log.ts'
import { createMetrics, type Metrics } from './journal/metrics.ts'
import { createLive, type Live } from './live.ts'
import { openObservers, type Observers } from './observers.ts'
import { createRegistry } from './registry/create-registry.ts'
import { type Keyring, toKeyring } from './registry/keyring.ts'
import type { Platform } from './registry/platform.ts'
import type { Registry } from './registry/registry.ts'
import { createOwners, type Owners } from './routing/owners.ts'
import { openRouteBook, type RouteBook } from './routing/route-book.ts'
import { openStores, type Stores } from './stores.ts'

/** Version of the package, shown in metrics and at start. */
export const HUB_VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version

const AUDIT_ENTRIES_MAX = 10_000

/** What everything else stands on. */
export interface Base {
  /** As the hub was started with; what a reload may change is in `live`. */
  readonly config: HubConfig
  readonly live: Live
  readonly filePlatforms: readonly Platform[]
  readonly log: Log
  readonly metrics: Metrics
  readonly traffic: Traffic
  readonly observers: Observers
  readonly stores: Stores
  readonly journal: Journal
  readonly audit: Audit
  readonly registry: Registry
  readonly send: Send
  readonly rates: Rates
  readonly limits: Limits
  readonly missed: MissedLedger
  readonly lifecycle: Lifecycle
  readonly routes: RouteBook
  readonly owners: Owners
  /** This hub's name in Via. */
  readonly viaName: string
  /** This process among the hubs of an operator. */
  readonly instance: string
  readonly keyring: Keyring
  /** A key for one use, derived from the hub's secret (RFC 5869). */
  readonly key: (use: string) => Buffer
}

/** Opens everything. Rejects when a store cannot be had. */
export async function openBase(config: HubConfig): Promise<Base> {
  const log = createLog(config.log)
  const metrics = createMetrics({ version: HUB_VERSION })
  const stores = await openStores(config)
  const keyring = toKeyring(stores.secrets)
  const traffic = createTraffic()
  const instance = `${hostname()}:${process.pid}`
  const observers = await openObservers(config, { log, metrics, traffic, version: HUB_VERSION, instance })
  const journal = createJournal({
    store: stores.journal,
    maxEntries: config.journal.maxEntries,
    log,
    metrics: observers.metrics,
  })
  const filePlatforms = config.platforms.map((platform) =>
    toFilePlatform(platform, keyring.tokens, new Date()),
  )
  const registry = await createRegistry(stores.registry, {
    secretKeys: keyring,
    filePlatforms,
    log,
  }).catch(async (error: unknown) => {
    await stores.close()
    throw error
  })
  const lifecycle: Lifecycle = { inFlight: 0, heldBytes: 0, draining: false, refusing: false }
  const live = createLive(config)
  const send = createSend(live.forwarding, config.network)
  observe(metrics, { registry, lifecycle, send })
  const routes = await openRouteBook(stores.settings, { fileRules: config.routes, log })
  const rates = createRates(stores.rates ? { exchange: stores.rates } : {})
  return {
    config,
    live,
    filePlatforms,
    log,
    metrics,
    traffic,
    observers,
    stores,
    journal,
    audit: createAudit({ trail: stores.trail({ name: 'audit', max: AUDIT_ENTRIES_MAX }), log }),
    registry,
    send,
    rates,
    limits: createLimits(rates),
    missed: await openMissedLedger({ journal, settings: stores.settings, log }),
    lifecycle,
    routes,
    owners: createOwners(),
    viaName: `ocpi-hub-${config.hub.countryCode}${config.hub.partyId}`,
    instance,
    keyring,
    key: (use) => keyring.keys(use)[0]!,
  }
}

/** What is read off the hub whenever the metrics are asked for. */
function observe(
  metrics: Metrics,
  { registry, lifecycle, send }: Pick<Base, 'registry' | 'lifecycle' | 'send'>,
): void {
  metrics.observe({
    parties: () => countParties(registry.table()),
    inFlight: () => lifecycle.inFlight,
    heldBytes: () => lifecycle.heldBytes,
    registry: () => registry.health(),
  })
  metrics.gauge(
    'ocpi_hub_registry_shrunk',
    'Whether the registry came back much smaller and waits for an operator: 1 or 0.',
    () => (registry.health().alarm === 'registry_shrunk' ? 1 : 0),
  )
  metrics.responderGauge(
    'ocpi_hub_certificate_expiry_seconds',
    'Time until the TLS certificate of the platform ends; negative: it has ended.',
    () => send.certificates.ends().map(([id, end]) => [id, (end - Date.now()) / 1000] as const),
  )
}
