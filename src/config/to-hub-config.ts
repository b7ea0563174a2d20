// From the checked file to the configuration as the program uses it: names in camel case, empty secrets left out,
// everything frozen.

import { present, toRule } from '../routing/rule-schema.ts'
import type { HubConfig, ListenConfig, PlatformConfig } from './hub-config.ts'
import type { FileConfig } from './schema.ts'

/** Names and shapes of the program for a file that passed every check. Deep-frozen. */
export function toHubConfig(file: FileConfig): HubConfig {
  return deepFreeze<HubConfig>({
    hub: {
      countryCode: file.hub.country_code,
      partyId: file.hub.party_id,
      name: file.hub.name,
      publicUrl: file.hub.public_url,
      versions: file.hub.versions,
    },
    listen: { ocpi: toListen(file.listen.ocpi), admin: toListen(file.listen.admin) },
    arrival: {
      headersTimeoutMs: file.listen.ocpi.headers_timeout,
      requestTimeoutMs: file.listen.ocpi.request_timeout,
      maxRequestBodyBytes: file.forwarding.max_request_body,
      inFlightMax: file.limits.in_flight,
      heldRequestBytes: file.limits.held_requests,
    },
    admin: {
      ...(file.admin.token === '' ? {} : { token: file.admin.token }),
      tokens: file.admin.tokens.map((token) => ({ ...token, sha256: token.sha256.toLowerCase() })),
    },
    registry: {
      driver: file.registry.driver,
      path: file.registry.path,
      url: file.registry.url,
      keyPrefix: file.registry.key_prefix,
    },
    secretKeys: toKeys(file.secret_key),
    forwarding: {
      connectTimeoutMs: file.forwarding.connect_timeout,
      timeoutMs: file.forwarding.timeout,
      maxResponseBodyBytes: file.forwarding.max_response_body,
      heldAnswerBytes: file.limits.held_answer,
      connectionsMax: file.limits.connections_per_platform,
      pendingMax: file.limits.pending_per_platform,
    },
    liveness: {
      probeAfterMs: file.liveness.probe_after,
      timeoutMs: file.liveness.timeout,
      offlineAfter: file.liveness.offline_after,
    },
    network: { requireHttps: file.network.require_https, allow: file.network.allow },
    journal: { maxEntries: file.journal.max_entries },
    log: file.log,
    alerts: toAlerts(file.alerts),
    tracing: {
      ...(file.tracing.otlp_endpoint === '' ? {} : { otlpEndpoint: file.tracing.otlp_endpoint }),
      sample: file.tracing.sample,
    },
    shutdown: { delayMs: file.shutdown.delay, timeoutMs: file.shutdown.timeout },
    platforms: file.platforms.map(toPlatform),
    routes: file.routes.map(toRule),
    sandbox: file.sandbox,
  })
}

function toAlerts(alerts: FileConfig['alerts']): HubConfig['alerts'] {
  return {
    ...(alerts.webhook === '' ? {} : { webhook: alerts.webhook }),
    ...(alerts.authorization === '' ? {} : { authorization: alerts.authorization }),
    ...(alerts.dashboard === '' ? {} : { dashboard: alerts.dashboard }),
    windowMs: alerts.window,
    minRequests: alerts.min_requests,
    silenceMs: alerts.silence,
  }
}

function toKeys(texts: FileConfig['secret_key']): Buffer[] {
  const given = [texts].flat().filter((text) => text !== '')
  return given.map((text) => Buffer.from(text, 'base64'))
}

function toListen({ host, port, tls }: FileConfig['listen']['admin']): ListenConfig {
  if (!tls) return { host, port }
  return { host, port, tls: { cert: tls.cert, key: tls.key, ...present({ clientCa: tls.client_ca }) } }
}

function toPlatform(platform: FileConfig['platforms'][number]): PlatformConfig {
  const { inbound, outbound, form } = platform.tokens
  return {
    id: platform.id,
    version: platform.version,
    tokens: { inbound, ...present({ outbound, form }) },
    ...present({ versionsUrl: platform.versions_url, endpoints: platform.endpoints }),
    roles: platform.roles.map((role) => ({
      countryCode: role.country_code,
      partyId: role.party_id,
      role: role.role,
      ...present({ name: role.name }),
    })),
    status: platform.status,
    errors: platform.errors,
  }
}

function deepFreeze<T>(value: T): T {
  // A buffer cannot be frozen; it is a secret key, which nobody writes to.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value))
    return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
