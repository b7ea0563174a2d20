// The effective configuration in the file's own keys and units, defaults included, secrets masked: what `check`
// prints. Read back, it gives the same configuration but for the masks.

import { stringify } from 'yaml'
import { maskRedisUrl } from '../journal/redis-url.ts'
import { toFileRoute } from '../routing/rule-schema.ts'
import type { HubConfig, ListenConfig, PlatformConfig } from './hub-config.ts'
import { durationText, sizeText } from './units.ts'

/** What stands in place of a secret. */
export const MASK = '********'

/** The configuration as data with the file's keys, secrets masked; what has no value is left out. */
export function toFileData(config: HubConfig): object {
  const { hub, listen, arrival, admin, registry, forwarding, liveness, network, alerts } = config
  return {
    hub: {
      country_code: hub.countryCode,
      party_id: hub.partyId,
      name: hub.name,
      public_url: hub.publicUrl,
      versions: hub.versions,
    },
    listen: {
      ocpi: {
        ...listenData(listen.ocpi),
        headers_timeout: durationText(arrival.headersTimeoutMs),
        request_timeout: durationText(arrival.requestTimeoutMs),
      },
      admin: listenData(listen.admin),
    },
    admin: {
      token: admin.token === undefined ? '' : MASK,
      tokens: admin.tokens.map(({ name, role }) => ({ name, role, sha256: MASK })),
    },
    registry: {
      driver: registry.driver,
      path: registry.path,
      url: maskRedisUrl(registry.url, MASK),
      key_prefix: registry.keyPrefix,
    },
    secret_key: secretData(config.secretKeys),
    forwarding: {
      connect_timeout: durationText(forwarding.connectTimeoutMs),
      timeout: durationText(forwarding.timeoutMs),
      max_request_body: sizeText(arrival.maxRequestBodyBytes),
      max_response_body: sizeText(forwarding.maxResponseBodyBytes),
    },
    limits: limitsData(config),
    liveness: {
      probe_after: durationText(liveness.probeAfterMs),
      timeout: durationText(liveness.timeoutMs),
      offline_after: liveness.offlineAfter,
    },
    network: { require_https: network.requireHttps, allow: network.allow },
    journal: { max_entries: config.journal.maxEntries },
    log: config.log,
    alerts: alertsData(alerts),
    tracing: { otlp_endpoint: config.tracing.otlpEndpoint ?? '', sample: config.tracing.sample },
    shutdown: {
      delay: durationText(config.shutdown.delayMs),
      timeout: durationText(config.shutdown.timeoutMs),
    },
    platforms: config.platforms.map(platformData),
    routes: config.routes.map(toFileRoute),
    sandbox: config.sandbox,
  }
}

/** The same as YAML. */
export function describeConfig(config: HubConfig): string {
  return stringify(toFileData(config), { lineWidth: 0, aliasDuplicateObjects: false })
}

function limitsData({ arrival, forwarding }: HubConfig): object {
  return {
    in_flight: arrival.inFlightMax,
    connections_per_platform: forwarding.connectionsMax,
    pending_per_platform: forwarding.pendingMax,
    held_answer: sizeText(forwarding.heldAnswerBytes),
    held_requests: sizeText(arrival.heldRequestBytes),
  }
}

function alertsData(alerts: HubConfig['alerts']): object {
  const { webhook, authorization, dashboard = '' } = alerts
  return {
    // What is behind the host is often what lets somebody in.
    webhook: webhook === undefined ? '' : `${new URL(webhook).origin}/${MASK}`,
    authorization: authorization === undefined ? '' : MASK,
    dashboard,
    window: durationText(alerts.windowMs),
    min_requests: alerts.minRequests,
    silence: durationText(alerts.silenceMs),
  }
}

function secretData({ length }: HubConfig['secretKeys']): string | string[] {
  if (length === 0) return ''
  return length === 1 ? MASK : Array<string>(length).fill(MASK)
}

function listenData({ host, port, tls }: ListenConfig): object {
  return { host, port, tls: tls && { cert: tls.cert, key: tls.key, client_ca: tls.clientCa } }
}

function platformData(platform: PlatformConfig): object {
  const { outbound, form } = platform.tokens
  return {
    id: platform.id,
    version: platform.version,
    tokens: { inbound: MASK, outbound: outbound === undefined ? undefined : MASK, form },
    versions_url: platform.versionsUrl,
    endpoints: platform.endpoints,
    roles: platform.roles.map((role) => ({
      country_code: role.countryCode,
      party_id: role.partyId,
      role: role.role,
      name: role.name,
    })),
    status: platform.status,
    errors: platform.errors,
  }
}
