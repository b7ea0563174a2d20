// The composition root: everything is wired here and nowhere else; main.ts and the tests build the same hub.
// Start order = line order; close() runs it backwards.

import { hash as digest, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import { readiness } from './admin/health.ts'
import { createAdminServer } from './admin/server.ts'
import { toFilePlatform } from './config/file-platforms.ts'
import type { HubConfig } from './config/hub-config.ts'
import { createBroadcaster } from './forwarding/broadcast.ts'
import { createCall } from './forwarding/call.ts'
import { createConduct } from './forwarding/conduct.ts'
import type { UnknownCode } from './forwarding/dialect-answer.ts'
import type { ForwardingParts } from './forwarding/direct.ts'
import { createSend } from './forwarding/send.ts'
import { createTranslate } from './forwarding/translate.ts'
import { createAdmit } from './http/admit.ts'
import { createOcpiServer } from './http/server.ts'
import type { Lifecycle } from './http/visit.ts'
import { createJournal, type Journal } from './journal/journal.ts'
import { createLog, type Log } from './journal/log.ts'
import { createMetrics, type Metrics } from './journal/metrics.ts'
import { createClientInfoPush } from './modules/client-info-push.ts'
import { systemClock } from './modules/clock.ts'
import { createCredentials } from './modules/credentials.ts'
import { createHandshakeLock, type HandshakeParts } from './modules/handshake.ts'
import { createHubClientInfo } from './modules/hub-client-info.ts'
import { createRegistration } from './modules/registration.ts'
import { createVersions } from './modules/versions.ts'
import { partyKey } from './ocpi/party.ts'
import { hashToken } from './ocpi/token.ts'
import { createRegistry } from './registry/create-registry.ts'
import type { Registry } from './registry/registry.ts'
import type { RoutingTable } from './registry/routing-table.ts'
import { createOwners } from './routing/owners.ts'
import { compileRules, isDenied } from './routing/rules.ts'
import { openStores } from './stores.ts'

export interface Hub {
  readonly ocpiUrl: string
  readonly adminUrl: string
  readonly adminToken: string
  /** Nobody configured one: made for this run. */
  readonly adminTokenIsRandom: boolean
  readonly log: Log
  readonly registry: Registry
  readonly journal: Journal
  /**
   * Shuts down in stages: readiness 503 and `Connection: close` for `delayMs` (0 when absent), then no new
   * connections, requests and broadcasts under way finish within `shutdown.timeoutMs`, then the stores close.
   */
  close(options?: { delayMs?: number }): Promise<void>
}

/** Version of the package, shown in metrics and at start. */
export const HUB_VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version

/** How long an old token lives beside the new one (T22). */
const TOKEN_OVERLAP_MS = 60_000

/** Builds a hub from a checked configuration and listens. Rejects when a port or a store cannot be had. */
export async function createHub(config: HubConfig): Promise<Hub> {
  const log = createLog(config.log)
  const metrics = createMetrics({ version: HUB_VERSION })
  const stores = await openStores(config)
  const hashKey = deriveKey(stores.secret, 'token hashes')
  const hash = (token: string): string => hashToken(token, hashKey)
  const journal = createJournal({ store: stores.journal, log, metrics })
  const registry = await createRegistry(stores.registry, {
    secretKeys: [stores.secret],
    filePlatforms: config.platforms.map((platform) => toFilePlatform(platform, hashKey, new Date())),
    log,
  })
  const lifecycle: Lifecycle = { inFlight: 0, draining: false, refusing: false }
  const rules = compileRules(config.routes)
  const send = createSend(config.forwarding, config.network)
  const call = createCall(send)

  const handshake: HandshakeParts = {
    hub: config.hub,
    registry,
    call,
    clock: systemClock,
    visible: (from, party) => !from.roles.every((role) => isDenied(rules, partyKey(role), party.key)),
    hash,
    lock: createHandshakeLock(),
    timeoutMs: config.liveness.timeoutMs,
    overlapMs: TOKEN_OVERLAP_MS,
  }
  const registration = createRegistration(handshake)
  const clientInfoPush = createClientInfoPush({ ...handshake, lease: { holds: () => true }, log })

  const forwarding: ForwardingParts = {
    send,
    options: config.forwarding,
    hub: config.hub,
    viaName: `ocpi-hub-${config.hub.countryCode}${config.hub.partyId}`,
    translate: createTranslate({
      store: stores.links,
      key: deriveKey(stores.secret, 'links'),
      publicUrl: config.hub.publicUrl,
    }),
    journal,
    liveness: { heard: () => {}, failed: () => {} },
    unknownCode: countUnknownCodes(metrics, log),
  }
  const broadcast = createBroadcaster(forwarding)
  const ocpi = createOcpiServer(
    {
      hub: config.hub,
      registry,
      journal,
      lifecycle,
      conduct: createConduct({
        ...forwarding,
        links: stores.links,
        broadcast,
        cursorKey: deriveKey(stores.secret, 'cursors'),
        publicUrl: config.hub.publicUrl,
      }),
      viaName: forwarding.viaName,
      rules: () => rules,
      owners: createOwners(),
      admit: createAdmit(hashKey),
      modules: {
        ...createVersions(config.hub),
        credentials: createCredentials(handshake),
        hubclientinfo: createHubClientInfo(handshake),
      },
      onHeard: ({ admitted }) => registration.tokenUsed(admitted!.connection, admitted!.token),
      readiness: () => readiness({ registry, isDraining: () => lifecycle.draining }),
    },
    {
      maxRequestBodyBytes: config.forwarding.maxRequestBodyBytes,
      inFlightMax: config.forwarding.inFlightMax,
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 20_000,
      ...(config.listen.ocpi.tls ? { tls: config.listen.ocpi.tls } : {}),
    },
  )
  const adminToken = config.admin.token ?? randomBytes(24).toString('base64url')
  const admin = await createAdminServer(
    {
      version: HUB_VERSION,
      registry,
      journal,
      metrics,
      log,
      isDraining: () => lifecycle.draining,
      inFlight: () => lifecycle.inFlight,
      lastHeard: () => undefined,
      hashToken: hash,
    },
    {
      tokens: () => [
        { name: 'admin', role: 'operate', sha256: digest('sha256', adminToken, 'hex') },
        ...config.admin.tokens,
      ],
      ...(config.listen.admin.tls ? { tls: config.listen.admin.tls } : {}),
    },
  )
  metrics.observe({
    parties: () => countByStatus(registry.table()),
    inFlight: () => lifecycle.inFlight,
    registry: () => registry.health(),
  })
  const stopRetaining = registry.watch((table) => send.retain((id) => table.connections.has(id)))
  await ocpi.listen({ host: config.listen.ocpi.host, port: config.listen.ocpi.port })
  await admin.listen({ host: config.listen.admin.host, port: config.listen.admin.port })

  return {
    ocpiUrl: urlOf(ocpi.server.address(), config.listen.ocpi.tls !== undefined),
    adminUrl: urlOf(admin.server.address(), config.listen.admin.tls !== undefined),
    adminToken,
    adminTokenIsRandom: config.admin.token === undefined,
    log,
    registry,
    journal,
    async close({ delayMs = 0 } = {}) {
      lifecycle.draining = true
      if (delayMs > 0) await pause(delayMs)
      lifecycle.refusing = true
      const finished = Promise.all([ocpi.close(), broadcast.idle()])
      await pTimeout(finished, { milliseconds: config.shutdown.timeoutMs, message: false })
      await admin.close()
      stopRetaining()
      clientInfoPush.close()
      await send.close()
      await registry.close()
      await stores.links.close()
      await journal.close()
      await stores.close()
    },
  }
}
/** Counts the codes a dialect's table lacks and logs each once; the set of codes is bounded. */
function countUnknownCodes(metrics: Metrics, log: Log): UnknownCode {
  const counter = metrics.counter(
    'ocpi_hub_dialect_unknown_total',
    'Errors in a known dialect whose code its table lacks.',
    ['dialect'],
  )
  const seen = new Set<string>()
  return (dialect, code) => {
    counter.add([dialect])
    const key = `${dialect} ${code}`
    if (seen.has(key) || seen.size >= 1_000) return
    seen.add(key)
    log.warn({ dialect, responder_code: code }, 'a code that the table of its dialect lacks')
  }
}

/** Number of parties by the status they stand in. */
function countByStatus(table: RoutingTable): Map<string, number> {
  const counts = new Map<string, number>([
    ['CONNECTED', 0],
    ['OFFLINE', 0],
    ['PLANNED', 0],
    ['SUSPENDED', 0],
  ])
  for (const entries of table.parties.values()) {
    for (const { status } of entries) counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  return counts
}

/** A key for one use, derived from the hub's secret (RFC 5869). */
function deriveKey(secret: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `ocpi-hub ${use}`, 32))
}

function urlOf(address: unknown, secure: boolean): string {
  const { address: host, port } = address as { address: string; port: number }
  const name = host.includes(':') ? `[${host}]` : host
  return `${secure ? 'https' : 'http'}://${name}:${port}`
}
