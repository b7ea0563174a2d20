// The composition root: everything is wired here and nowhere else; main.ts and the tests build the same hub.
// Start order = line order; close() runs it backwards.

import type { Server } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import { readiness } from './admin/health.ts'
import type { Operations, ReloadOutcome } from './admin/operations.ts'
import { createAdminServer } from './admin/server.ts'
import { type Base, HUB_VERSION, openBase } from './base.ts'
import { closeModules, createModules, type Modules } from './connections.ts'
import type { HubConfig } from './config/hub-config.ts'
import type { ConfigResult } from './config/load.ts'
import { createBroadcaster } from './forwarding/broadcast.ts'
import { createConduct } from './forwarding/conduct.ts'
import { countUnknownCodes } from './forwarding/dialect-answer.ts'
import type { ForwardingParts } from './forwarding/direct.ts'
import { createTranslate } from './forwarding/translate.ts'
import { createAdmit } from './http/admit.ts'
import { createGuesses } from './http/guesses.ts'
import { createServedCertificates, type ServedCertificates } from './http/served-certificates.ts'
import { boundConnections } from './http/open-connections.ts'
import { createOcpiServer } from './http/server.ts'
import { renewTls } from './http/tls.ts'
import { tellTlsRefusals } from './http/tls-refusals.ts'
import type { Journal } from './journal/journal.ts'
import type { Log } from './journal/log.ts'
import { systemClock } from './modules/clock.ts'
import { createCredentials } from './modules/credentials.ts'
import { createHubClientInfo } from './modules/hub-client-info.ts'
import { createReportReceiver } from './modules/report-receiver.ts'
import { createTokenRenewal } from './modules/token-renewal.ts'
import { createVersions } from './modules/versions.ts'
import { partyKey } from './ocpi/party.ts'
import type { Registry } from './registry/registry.ts'
import { openOperations } from './operations.ts'
import { createWhose } from './routing/contracts.ts'

export interface Hub {
  readonly ocpiUrl: string
  readonly adminUrl: string
  /** `admin.token`, or one made for this run, which is random; absent while `admin.tokens` alone let in. */
  readonly adminToken?: string
  readonly adminTokenIsRandom: boolean
  readonly log: Log
  readonly registry: Registry
  readonly journal: Journal
  /** Reads the configuration file again, all or nothing; `who` is for the audit trail. Never rejects. */
  reload(who: string): Promise<ReloadOutcome>
  /**
   * Shuts down in stages: readiness 503 and `Connection: close` for `delayMs` (0 when absent), then no new
   * connections, requests and broadcasts under way finish within `shutdown.timeoutMs`, then the stores close.
   */
  close(options?: { delayMs?: number }): Promise<void>
}

export interface HubOptions {
  /** Reads the configuration file again; without it there is nothing to reload. */
  readonly load?: () => Promise<ConfigResult>
}

/** What was cut off has nothing to wait for any more; its entry is a matter of milliseconds. */
const CUT_OFF_MS = 1_000
/** What closing takes at most after `shutdown.timeoutMs`, the stores left out. */
export const CUT_OFFS_MS = 2 * CUT_OFF_MS

/** Builds a hub from a checked configuration and listens. Rejects when a port or a store cannot be had. */
export async function createHub(config: HubConfig, { load }: HubOptions = {}): Promise<Hub> {
  const base = await openBase(config)
  const modules = createModules(base)
  const operations = await openOperations(base, { ...modules, ...(load ? { load } : {}) })
  const { ocpi, broadcast } = createOcpiSide(base, modules, operations)
  const admin = await createAdminSide(base, operations)
  const { registry, lifecycle } = base
  const servers = { ocpi: ocpi.server, admin: admin.server }
  tellTlsRefusals(servers, base)
  boundConnections(ocpi.server, base)
  const certificates = watchCertificates(base)
  base.observers.alerts?.begin({
    registry,
    lease: base.stores.lease,
    certificates: {
      listeners: () => certificates.ends(),
      receivers: () => base.send.certificates.ends(),
    },
  })
  base.live.watch(() => {
    renewCertificates(config, servers)
    certificates.read()
  })
  // Nobody else writes into a store of this process, so nothing has to wait for an operator.
  if (!base.stores.registry.shared) await sealAnew(base)
  const stopRetaining = registry.watch((table, _before, changes) => {
    if (changes.some(({ now }) => !now)) base.send.retain((id) => table.connections.has(id))
  })

  async function close({ delayMs = 0 } = {}): Promise<void> {
    lifecycle.draining = true
    if (delayMs > 0) await pause(delayMs)
    lifecycle.refusing = true
    const finished = Promise.all([ocpi.close(), broadcast.idle()])
    await pTimeout(finished, { milliseconds: config.shutdown.timeoutMs, message: false })
    const end = performance.now() + CUT_OFFS_MS
    const cutOff = (work: Promise<unknown>, most = CUT_OFF_MS) => {
      const milliseconds = Math.max(1, Math.min(most, end - performance.now()))
      return pTimeout(work, { milliseconds, message: false })
    }
    // Whoever is still at a handshake is not waited for.
    await cutOff(admin.close())
    stopRetaining()
    closeModules(modules)
    broadcast.stop()
    await base.send.close()
    // What was cut off is journalled, counted and traced like everything else.
    await cutOff(finished)
    ocpi.server.closeAllConnections()
    // Collectors that hang get what is left.
    await cutOff(base.observers.close(), CUT_OFFS_MS)
    base.rates.close()
    base.routes.close()
    base.missed.close()
    operations.close()
    await registry.close()
    await base.stores.links.close()
    await base.journal.close()
    await base.stores.close()
  }

  try {
    await ocpi.listen({ host: config.listen.ocpi.host, port: config.listen.ocpi.port })
    await admin.listen({ host: config.listen.admin.host, port: config.listen.admin.port })
  } catch (error) {
    await close()
    throw error
  }
  const adminToken = config.admin.token ?? base.live.madeUpToken
  return {
    ocpiUrl: urlOf(ocpi.server.address(), config.listen.ocpi.tls !== undefined),
    adminUrl: urlOf(admin.server.address(), config.listen.admin.tls !== undefined),
    ...(adminToken === undefined ? {} : { adminToken }),
    adminTokenIsRandom: base.live.madeUpToken !== undefined,
    log: base.log,
    registry,
    journal: base.journal,
    reload: (who) => operations.reload(who),
    close,
  }
}

/** A newer key is in use from the start on; what cannot be written now is written at the next start. */
async function sealAnew({ registry, keyring, log }: Base): Promise<void> {
  if (keyring.ids.length < 2) return
  const { resealed } = await registry.reseal().catch(() => ({ resealed: 0 }))
  if (resealed > 0) log.info({ platforms: resealed }, 'tokens were sealed with the newest secret_key')
}

function createOcpiSide(
  base: Base,
  { handshake, registration, stillAlive }: Modules,
  { views, captures }: Operations,
) {
  const { config, registry, journal, lifecycle, stores, key, keyring } = base
  const renewToken = createTokenRenewal({ registry, keyring, clock: systemClock })
  const wrongTokens = createGuesses(base.log, 'credentials tokens')
  const isRead = () => registry.health().loaded
  const forwarding: ForwardingParts = {
    send: base.send,
    options: base.live.forwarding,
    hub: config.hub,
    viaName: base.viaName,
    translate: createTranslate({
      store: stores.links,
      key: key('links'),
      publicUrl: config.hub.publicUrl,
      allowsUrl: base.send.guard.allowsUrl,
      versions: config.hub.versions,
    }),
    journal,
    liveness: stillAlive,
    limits: base.limits,
    missed: base.missed.missed,
    unknownCode: countUnknownCodes(base.metrics, base.log),
    watchLeg: (answer, watched) => captures.watchLeg(answer, watched),
  }
  const broadcast = createBroadcaster(forwarding)
  const ocpi = createOcpiServer(
    {
      hub: config.hub,
      hubKey: partyKey(config.hub),
      registry,
      journal,
      lifecycle,
      takingMs: config.arrival.requestTimeoutMs,
      conduct: captures.watch(
        createConduct({ ...forwarding, ...listParts(base), links: stores.links, broadcast }),
      ),
      viaName: forwarding.viaName,
      rules: () => base.routes.rules(),
      owners: base.owners,
      isRead,
      admit: createAdmit(keyring.keys('token hashes'), wrongTokens, stores.now, isRead),
      modules: ownModules(handshake),
      tracing: base.observers.tracing,
      onHeard({ admitted, exchange }) {
        const { connection, token, value } = admitted!
        stillAlive.requested(connection.platform.id)
        registration.tokenUsed(connection, token, exchange.path)
        renewToken(connection.platform, token, value)
      },
      readiness: () => readiness({ registry, isDraining: () => lifecycle.draining }),
      view: (rest) => views.answer(rest),
    },
    {
      arrival: base.live.arrival,
      ...(config.listen.ocpi.tls ? { tls: config.listen.ocpi.tls } : {}),
    },
  )
  return { ocpi, broadcast }
}

/** The modules that the hub answers itself. */
function ownModules(handshake: Modules['handshake']) {
  return {
    ...createVersions(handshake.hub),
    credentials: createCredentials(handshake),
    hubclientinfo: createHubClientInfo(handshake),
    'hubclientinfo-receiver': createReportReceiver(handshake),
  }
}

/** What GET ALL needs. */
function listParts({ config, keyring, owners, registry }: Base) {
  return {
    cursorKeys: keyring.keys('cursors'),
    publicUrl: config.hub.publicUrl,
    owners,
    whose: createWhose(owners, () => registry.table()),
  }
}

function createAdminSide(base: Base, operations: Operations) {
  const { config, registry, journal, metrics, traffic, log, lifecycle, stores, keyring } = base
  return createAdminServer(
    {
      version: HUB_VERSION,
      instance: base.instance,
      registry,
      journal,
      metrics,
      traffic,
      log,
      operations,
      isDraining: () => lifecycle.draining,
      inFlight: () => lifecycle.inFlight,
      lastHeard: (id) => stores.heard.last(id),
      certificateEnd: base.send.certificates.endOf,
      hashToken: (token) => keyring.tokens.make(token).hash,
    },
    {
      tokens: () => base.live.adminTokens(),
      ...(config.listen.admin.tls ? { tls: config.listen.admin.tls } : {}),
    },
  )
}

/** When what the listeners show and judge clients by ends: told now, and again whenever it is read. */
function watchCertificates({ config, log, metrics }: Base): ServedCertificates {
  const { ocpi, admin } = config.listen
  const certificates = createServedCertificates({ ocpi, admin }, log)
  certificates.read()
  metrics.listenerGauge(
    'ocpi_hub_listener_certificate_expiry_timestamp_seconds',
    'When the TLS certificate that the listener serves ends, or the CA it judges clients by, in seconds since the epoch.',
    () => certificates.ends().map(([listener, end]) => [listener, end / 1000] as const),
  )
  return certificates
}

/** New connections get the certificates as the files hold them now. */
function renewCertificates({ listen }: HubConfig, servers: Record<'ocpi' | 'admin', Server>): void {
  if (listen.ocpi.tls) renewTls(servers.ocpi, listen.ocpi.tls)
  if (listen.admin.tls) renewTls(servers.admin, listen.admin.tls)
}

function urlOf(address: unknown, secure: boolean): string {
  const { address: host, port } = address as { address: string; port: number }
  const name = host.includes(':') ? `[${host}]` : host
  return `${secure ? 'https' : 'http'}://${name}:${port}`
}
