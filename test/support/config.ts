// The configuration of a hub under test: small limits, port 0, nothing kept on disk, loopback allowed.

import type { HubConfig } from '../../src/config/hub-config.ts'

/** Any part of the configuration; sections are merged one level deep, lists are replaced. */
export type ConfigOverrides = {
  readonly [Section in keyof HubConfig]?: HubConfig[Section] extends readonly unknown[] | string | boolean
    ? HubConfig[Section]
    : Partial<HubConfig[Section]>
}

/** Base of the URLs the hub hands out in tests: no real address, so nothing can come from a Host header. */
export const PUBLIC_URL = 'http://hub.example'

/** Token of the admin API of a hub under test. */
export const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789'

/** The hub's own party. */
export const HUB = 'NL-HUB'

/** From sending a request to the last byte of the answer, in tests that wait for it. Milliseconds. */
export const TIMEOUT_MS = 700

/** Deadlines of `forwarding` for tests that wait for them. */
export const SHORT = { connectTimeoutMs: 400, timeoutMs: TIMEOUT_MS } as const

/** Deadlines that nobody waits for: no busy machine makes a fault of them. Milliseconds. */
const UNFELT_MS = 15_000

/** A whole configuration for tests, with the given parts replaced. */
export function testConfig(overrides: ConfigOverrides = {}): HubConfig {
  const base: HubConfig = {
    hub: {
      countryCode: 'NL',
      partyId: 'HUB',
      name: 'Hub under test',
      publicUrl: PUBLIC_URL,
      versions: ['2.3.0', '2.2.1'],
    },
    listen: { ocpi: { host: '127.0.0.1', port: 0 }, admin: { host: '127.0.0.1', port: 0 } },
    arrival: {
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 20_000,
      maxRequestBodyBytes: 2 * 1024 * 1024,
      inFlightMax: 2000,
      heldRequestBytes: 128 * 1024 * 1024,
    },
    admin: { token: ADMIN_TOKEN, tokens: [] },
    registry: { driver: 'embedded', path: ':memory:', url: '', keyPrefix: 'ocpi-hub:' },
    secretKeys: [Buffer.alloc(32, 7)],
    forwarding: {
      connectTimeoutMs: UNFELT_MS,
      timeoutMs: UNFELT_MS,
      maxResponseBodyBytes: 8 * 1024 * 1024,
      heldAnswerBytes: 1024 * 1024,
      connectionsMax: 64,
      pendingMax: 128,
    },
    liveness: { probeAfterMs: 3_600_000, timeoutMs: UNFELT_MS, offlineAfter: 1000 },
    network: { requireHttps: false, allow: ['127.0.0.0/8', '::1/128'] },
    journal: { maxEntries: 10_000 },
    log: { level: 'silent', exchanges: 'errors' },
    alerts: { windowMs: 60_000, minRequests: 20, silenceMs: 1_800_000 },
    tracing: { sample: 0.1 },
    shutdown: { delayMs: 1, timeoutMs: TIMEOUT_MS + 1_000 },
    platforms: [],
    routes: [],
    sandbox: false,
  }
  return merge(base, overrides)
}

function merge(base: HubConfig, overrides: ConfigOverrides): HubConfig {
  const merged: Record<string, unknown> = { ...base }
  for (const [section, value] of Object.entries(overrides)) {
    const before = merged[section]
    merged[section] = isPlain(before) && isPlain(value) ? { ...before, ...value } : value
  }
  // Every section comes from one of two HubConfig-shaped objects.
  return merged as unknown as HubConfig
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
