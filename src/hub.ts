// The composition root: everything is wired here and nowhere else; main.ts and the tests build the same hub.
// Start order = line order; close() runs it backwards.

import { hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import type { HubConfig } from './config/hub-config.ts'
import { toFilePlatform } from './config/file-platforms.ts'
import { Fault } from './faults/fault.ts'
import { createBroadcaster } from './forwarding/broadcast.ts'
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
import { createMemoryJournal } from './journal/memory.ts'
import { createMetrics, type Metrics } from './journal/metrics.ts'
import { createMemoryLinks } from './links/memory.ts'
import { createMemoryStore } from './registry/memory.ts'
import { createRegistry } from './registry/create-registry.ts'
import type { Registry } from './registry/registry.ts'
import { createOwners } from './routing/owners.ts'
import { compileRules } from './routing/rules.ts'

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
   * connections, requests and broadcasts under way finish within the forwarding deadline, then the stores close.
   */
  close(options?: { delayMs?: number }): Promise<void>
}

/** Version of the package, shown in metrics and at start. */
export const HUB_VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version

/** Builds a hub from a checked configuration and listens. Rejects when a port cannot be had. */
export async function createHub(config: HubConfig): Promise<Hub> {
  const secret = config.secretKey ?? randomBytes(32)
  const hashKey = deriveKey(secret, 'token hashes')
  const log = createLog(config.log)
  const metrics = createMetrics({ version: HUB_VERSION })
  const journal = createJournal({ store: createMemoryJournal(config.journal), log, metrics })
  const registry = await createRegistry(createMemoryStore(), {
    secretKeys: [secret],
    filePlatforms: config.platforms.map((platform) => toFilePlatform(platform, hashKey, new Date())),
    log,
  })
  const send = createSend(config.forwarding, config.network)
  const lifecycle: Lifecycle = { inFlight: 0, draining: false, refusing: false }
  const viaName = `ocpi-hub-${config.hub.countryCode}${config.hub.partyId}`
  const rules = compileRules(config.routes)
  const links = createMemoryLinks()
  const parts: ForwardingParts = {
    send,
    options: config.forwarding,
    hub: config.hub,
    viaName,
    translate: createTranslate({
      store: links,
      key: deriveKey(secret, 'links'),
      publicUrl: config.hub.publicUrl,
    }),
    journal,
    liveness: { heard: () => {}, failed: () => {} },
    unknownCode: countUnknownCodes(metrics, log),
  }
  const broadcast = createBroadcaster(parts)
  const conduct = createConduct({
    ...parts,
    links,
    broadcast,
    cursorKey: deriveKey(secret, 'cursors'),
    publicUrl: config.hub.publicUrl,
  })
  const adminToken = config.admin.token ?? randomBytes(24).toString('base64url')
  const none = (): never => {
    throw new Fault('url_unknown')
  }
  const ocpi = createOcpiServer(
    {
      hub: config.hub,
      registry,
      journal,
      lifecycle,
      conduct,
      viaName,
      rules: () => rules,
      owners: createOwners(),
      admit: createAdmit(hashKey),
      modules: { versions: none, details: none, credentials: none, hubclientinfo: none },
      readiness: () => ({ httpStatus: 200, body: { status: 'ready' } }),
    },
    {
      maxRequestBodyBytes: config.forwarding.maxRequestBodyBytes,
      inFlightMax: config.forwarding.inFlightMax,
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 20_000,
      ...(config.listen.ocpi.tls ? { tls: config.listen.ocpi.tls } : {}),
    },
  )
  await ocpi.listen({ host: config.listen.ocpi.host, port: config.listen.ocpi.port })
  return {
    ocpiUrl: urlOf(ocpi.server.address(), config.listen.ocpi.tls !== undefined),
    adminUrl: '',
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
      await pTimeout(finished, { milliseconds: config.forwarding.timeoutMs + 1_000, message: false })
      await send.close()
      await registry.close()
      await journal.close()
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

/** A key for one use, derived from the hub's secret (RFC 5869). */
function deriveKey(secret: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `ocpi-hub ${use}`, 32))
}

function urlOf(address: unknown, secure: boolean): string {
  const { address: host, port } = address as { address: string; port: number }
  const name = host.includes(':') ? `[${host}]` : host
  return `${secure ? 'https' : 'http'}://${name}:${port}`
}
