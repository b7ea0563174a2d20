// What both directions of the credentials handshake share: the hub's own credentials object, the lock that keeps
// two handshakes of one platform apart, and the platform as it stands after one.

import { Fault } from '../faults/fault.ts'
import { type Credentials, readCredentials, writeCredentials } from '../ocpi/credentials.ts'
import type { Endpoint } from '../ocpi/endpoint.ts'
import { type PartyId, partyKey } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import type { ConnectionStatus, InboundToken, OutboundToken, Platform } from '../registry/platform.ts'
import type { Registry } from '../registry/registry.ts'
import type { RoutingTable } from '../registry/routing-table.ts'
import type { Clock } from './clock.ts'
import { guessSide, sideOf, versionsUrl } from './endpoints.ts'
import type { Call } from './peer.ts'
import { mergeRoles } from './platform-change.ts'
import { roleReader, type Visible, visibleParties } from './reachable.ts'

export interface HubIdentity extends PartyId {
  readonly name: string
  /** Without a trailing slash. */
  readonly publicUrl: string
  /** Versions offered. */
  readonly versions: readonly VersionNumber[]
}

export interface HandshakeParts {
  readonly hub: HubIdentity
  readonly registry: Registry
  readonly call: Call
  readonly clock: Clock
  readonly visible: Visible
  /** Look-up key of an inbound token (ocpi/token.ts hashToken with the hub's key). */
  readonly hash: (token: string) => string
  /** One lock for both directions. */
  readonly lock: HandshakeLock
  /** For each call to a peer. */
  readonly timeoutMs: number
  /** How long an old token lives beside the new one, unless the new one is used before; 0 possible (T22). */
  readonly overlapMs: number
}

/** Runs one handshake of a platform at a time in this process; a second one is refused at once (`store_unavailable`). */
export type HandshakeLock = <Result>(platformId: string, work: () => Promise<Result>) => Promise<Result>

export function createHandshakeLock(): HandshakeLock {
  const busy = new Set<string>()
  return async (platformId, work) => {
    if (busy.has(platformId)) throw overtaken()
    busy.add(platformId)
    try {
      return await work()
    } finally {
      busy.delete(platformId)
    }
  }
}

/** The answer to the one of two handshakes that came second. */
export function overtaken(): Fault {
  return new Fault('store_unavailable', {
    message: 'Another credentials exchange with this platform is under way or has just finished',
  })
}

/** The hub's credentials object for a platform, in the shape of `version`, with the token it must use (R36-R38, T13). */
export function ownCredentials(
  parts: Pick<HandshakeParts, 'hub' | 'registry' | 'visible'>,
  platform: Platform,
  as: { readonly version: VersionNumber; readonly token: string },
): Record<string, unknown> {
  const { hub, registry, visible } = parts
  const reachable = visibleParties(registry.table(), platform, visible)
    .filter(({ status }) => status === 'CONNECTED' || status === 'OFFLINE')
    .map(({ role }) => role)
  const own = { token: as.token, url: versionsUrl(hub.publicUrl), hub, reachable }
  return writeCredentials(own, roleReader(platform, as.version))
}

/**
 * Reads a peer's credentials object and checks what only a hub can: that they are not the hub's own, and that
 * no other live platform holds a party in the same role (T16). Throws `credentials_invalid`, `party_taken`.
 */
export function readPeerCredentials(
  parts: Pick<HandshakeParts, 'hub' | 'registry'>,
  platformId: string,
  value: unknown,
  version: VersionNumber,
): Credentials {
  const reading = readCredentials(value, version)
  if (!reading.ok) throw invalid(reading.problem)
  const { url, roles } = reading.value
  if (url.replace(/\/$/, '') === versionsUrl(parts.hub.publicUrl)) throw invalid('url is that of the hub')
  const own = partyKey(parts.hub)
  for (const role of roles) {
    const key = partyKey(role)
    if (key === own) throw new Fault('party_taken', { message: `${own} is the hub itself` })
    if (role.role !== undefined && isHeld(parts.registry.table(), key, role.role, platformId)) {
      throw new Fault('party_taken', { message: `${key} is held by another platform as ${role.role}` })
    }
  }
  return reading.value
}

function invalid(problem: string): Fault {
  return new Fault('credentials_invalid', { message: `The credentials are not valid: ${problem}` })
}

function isHeld(table: RoutingTable, key: string, role: string, byOtherThan: string): boolean {
  return (table.parties.get(key) ?? []).some(
    (entry) =>
      entry.connection.platform.id !== byOtherThan &&
      entry.status !== 'SUSPENDED' &&
      entry.role.role.toUpperCase() === role,
  )
}

/** What a finished handshake has settled. */
export interface Settlement {
  readonly version: VersionNumber
  readonly credentials: Credentials
  readonly outbound: OutboundToken
  readonly endpoints: readonly Endpoint[]
  readonly inbound: readonly InboundToken[]
}

/** The platform after a handshake: connected, unless an operator has suspended it. */
export function settle(current: Platform, settlement: Settlement, now: number): Platform {
  const { credentials, version, outbound, endpoints, inbound } = settlement
  const status: ConnectionStatus = isSuspended(current) ? 'SUSPENDED' : 'CONNECTED'
  const flatRole = sideOf(current) ?? guessSide(endpoints.map((endpoint) => endpoint.module))
  return {
    ...current,
    status,
    version,
    versionsUrl: credentials.url,
    inbound,
    outbound,
    endpoints,
    roles: mergeRoles(current, credentials.roles, { status, flatRole, now }),
    lastUpdated: new Date(now).toISOString(),
  }
}

/** By an operator: a platform that has unregistered is SUSPENDED too, but has no tokens. */
function isSuspended(platform: Platform): boolean {
  return platform.status === 'SUSPENDED' && isRegistered(platform)
}

/** Whether a handshake or the configuration gave the platform a token for all modules. */
export function isRegistered(platform: Platform): boolean {
  return platform.inbound.some((token) => token.purpose === 'credentials')
}

/** The platform after it has left: no tokens, no endpoints, its parties SUSPENDED for the others (R32, T23). */
export function unregistered(current: Platform, now: number): Platform {
  const lastUpdated = new Date(now).toISOString()
  const { outbound: _, ...rest } = current
  return {
    ...rest,
    status: 'SUSPENDED',
    inbound: [],
    endpoints: [],
    roles: current.roles.map((role) =>
      role.withdrawn || current.status === 'SUSPENDED' ? role : { ...role, lastUpdated },
    ),
    lastUpdated,
  }
}
