// The composition root: everything is wired here and nowhere else; main.ts and the tests build the same hub.
// Start order = line order; close() runs it backwards.

import type { Server } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import { readiness } from './admin/health.ts'
import type { Operations, ReloadOutcome } from './admin/operations.ts'
import { createAdminServer } from './admin/server.ts'
import { type Base, HUB_VERSION, openBase } from './base.ts'
import type { HubConfig } from './config/hub-config.ts'
import type { ConfigResult } from './config/load.ts'
import { createBroadcaster } from './forwarding/broadcast.ts'
import { createCall } from './forwarding/call.ts'
import { createConduct } from './forwarding/conduct.ts'
import { countUnknownCodes } from './forwarding/dialect-answer.ts'
import type { ForwardingParts } from './forwarding/direct.ts'
import { createTranslate } from './forwarding/translate.ts'
import { createAdmit } from './http/admit.ts'
import { createOcpiServer } from './http/server.ts'
import { renewTls } from './http/tls.ts'
import type { Journal } from './journal/journal.ts'
import type { Log } from './journal/log.ts'
import { createClientInfoPush, type ClientInfoPush } from './modules/client-info-push.ts'
import { systemClock } from './modules/clock.ts'
import { createCredentials } from './modules/credentials.ts'
import { createDiscovery, type Discovery } from './modules/discovery.ts'
import { createHandshakeLock, type HandshakeParts } from './modules/handshake.ts'
import { createHubClientInfo } from './modules/hub-client-info.ts'
import { createRegistration, type Registration } from './modules/registration.ts'
import { createStillAlive, type StillAlive } from './modules/still-alive.ts'
import { createVersions } from './modules/versions.ts'
import { partyKey } from './ocpi/party.ts'
import type { Platform } from './registry/platform.ts'
import type { Registry } from './registry/registry.ts'
import type { PartyEntry } from './registry/routing-table.ts'
import { openOperations } from './operations.ts'
import { type CompiledRules, isDenied } from './routing/rules.ts'

export interface Hub {
  readonly ocpiUrl: string
  readonly adminUrl: string
  readonly adminToken: string
  /** Nobody configured one: made for this run. */
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

/** How long an old token lives beside the new one (T22). */
const TOKEN_OVERLAP_MS = 60_000

/** The modules that know the platforms: handshakes, client infos, liveness. */
interface Modules {
  readonly handshake: HandshakeParts
  readonly registration: Registration
  readonly clientInfoPush: ClientInfoPush
  readonly stillAlive: StillAlive
  readonly discovery: Discovery
}

export interface HubOptions {
  /** Reads the configuration file again; without it there is nothing to reload. */
  readonly load?: () => Promise<ConfigResult>
}

/** Builds a hub from a checked configuration and listens. Rejects when a port or a store cannot be had. */
export async function createHub(config: HubConfig, { load }: HubOptions = {}): Promise<Hub> {
  const base = await openBase(config)
  const modules = createModules(base)
  base.observers.alerts?.begin({ registry: base.registry, lease: base.stores.lease })
  const operations = await openOperations(base, { ...modules, ...(load ? { load } : {}) })
  const { ocpi, broadcast } = createOcpiSide(base, modules, operations)
  const admin = await createAdminSide(base, modules, operations)
  const { registry, lifecycle } = base
  base.live.watch(() => renewCertificates(config, { ocpi: ocpi.server, admin: admin.server }))
  const stopRetaining = registry.watch((table) => base.send.retain((id) => table.connections.has(id)))

  async function close({ delayMs = 0 } = {}): Promise<void> {
    lifecycle.draining = true
    if (delayMs > 0) await pause(delayMs)
    lifecycle.refusing = true
    const finished = Promise.all([ocpi.close(), broadcast.idle()])
    await pTimeout(finished, { milliseconds: config.shutdown.timeoutMs, message: false })
    await admin.close()
    stopRetaining()
    modules.discovery.close()
    modules.stillAlive.close()
    modules.clientInfoPush.close()
    await base.observers.close()
    await base.send.close()
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
  return {
    ocpiUrl: urlOf(ocpi.server.address(), config.listen.ocpi.tls !== undefined),
    adminUrl: urlOf(admin.server.address(), config.listen.admin.tls !== undefined),
    adminToken: base.adminToken,
    adminTokenIsRandom: config.admin.token === undefined,
    log: base.log,
    registry,
    journal: base.journal,
    reload: (who) => operations.reload(who),
    close,
  }
}

function createModules({
  config,
  live,
  registry,
  send,
  stores,
  log,
  routes,
  hash,
  observers,
}: Base): Modules {
  const handshake: HandshakeParts = {
    hub: config.hub,
    registry,
    call: createCall(send),
    clock: systemClock,
    visible: (from, party) => isVisible(from, party, routes.rules()),
    hash,
    lock: createHandshakeLock(),
    timeoutMs: config.liveness.timeoutMs,
    overlapMs: TOKEN_OVERLAP_MS,
  }
  const stillAlive = createStillAlive(
    {
      ...handshake,
      lease: stores.lease,
      log,
      alarm(kind, platform, detail) {
        log.error({ alarm: kind, platform, detail }, 'an operator must act')
        observers.alerts?.tokenRejected(platform, detail)
      },
      onAlive: ({ id }) => observers.alerts?.accepted(id),
    },
    live.liveness,
  )
  return {
    handshake,
    registration: createRegistration(handshake),
    clientInfoPush: createClientInfoPush({
      ...handshake,
      lease: stores.lease,
      log,
      onFailure: (id, fault) => stillAlive.failed(id, fault),
    }),
    stillAlive,
    discovery: createDiscovery({ ...handshake, log }),
  }
}

/** A platform sees a party if any of its own parties may reach it (R87, T38); one that has not named them, as anybody. */
function isVisible(from: Platform, party: PartyEntry, rules: CompiledRules): boolean {
  const own = from.roles.length > 0 ? from.roles.map((role) => partyKey(role)) : ['']
  return !own.every((key) => isDenied(rules, key, party.key))
}

function createOcpiSide(
  base: Base,
  { handshake, registration, stillAlive }: Modules,
  { views, captures }: Operations,
) {
  const { config, registry, journal, lifecycle, stores, key } = base
  const forwarding: ForwardingParts = {
    send: base.send,
    options: base.live.forwarding,
    hub: config.hub,
    viaName: base.viaName,
    translate: createTranslate({ store: stores.links, key: key('links'), publicUrl: config.hub.publicUrl }),
    journal,
    liveness: stillAlive,
    limits: base.limits,
    missed: base.missed.missed,
    unknownCode: countUnknownCodes(base.metrics, base.log),
  }
  const broadcast = createBroadcaster(forwarding)
  const ocpi = createOcpiServer(
    {
      hub: config.hub,
      hubKey: partyKey(config.hub),
      registry,
      journal,
      lifecycle,
      conduct: captures.watch(
        createConduct({
          ...forwarding,
          links: stores.links,
          broadcast,
          cursorKey: key('cursors'),
          publicUrl: config.hub.publicUrl,
        }),
      ),
      viaName: forwarding.viaName,
      rules: () => base.routes.rules(),
      owners: base.owners,
      admit: createAdmit(key('token hashes')),
      modules: {
        ...createVersions(config.hub),
        credentials: createCredentials(handshake),
        hubclientinfo: createHubClientInfo(handshake),
      },
      tracing: base.observers.tracing,
      onHeard({ admitted, exchange }) {
        const { connection, token } = admitted!
        stillAlive.requested(connection.platform.id)
        stores.heard.note(connection.platform.id, exchange.startedAt)
        registration.tokenUsed(connection, token)
      },
      readiness: () => readiness({ registry, isDraining: () => lifecycle.draining }),
      view: (rest) => views.answer(rest),
    },
    {
      maxRequestBodyBytes: config.forwarding.maxRequestBodyBytes,
      get inFlightMax() {
        return base.live.forwarding.inFlightMax
      },
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 20_000,
      ...(config.listen.ocpi.tls ? { tls: config.listen.ocpi.tls } : {}),
    },
  )
  return { ocpi, broadcast }
}

function createAdminSide(base: Base, modules: Modules, operations: Operations) {
  const { config, registry, journal, metrics, traffic, log, lifecycle, stores, hash } = base
  return createAdminServer(
    {
      version: HUB_VERSION,
      registry,
      journal,
      metrics,
      traffic,
      log,
      operations,
      isDraining: () => lifecycle.draining,
      inFlight: () => lifecycle.inFlight,
      lastHeard: (id) => modules.stillAlive.lastHeardAt(id) ?? stores.heard.last(id),
      certificateEnd: base.send.certificates.endOf,
      hashToken: hash,
    },
    {
      tokens: () => base.live.adminTokens(),
      ...(config.listen.admin.tls ? { tls: config.listen.admin.tls } : {}),
    },
  )
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
