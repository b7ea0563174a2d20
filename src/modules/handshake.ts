// What both directions of the credentials handshake share: the hub's own credentials object, the lock that keeps
// two handshakes of one platform apart, and the platform as it stands after one.

import { Fault } from '../faults/fault.ts'
import type { PartyReport } from '../ocpi/client-info.ts'
import { type Credentials, readCredentials, writeCredentials } from '../ocpi/credentials.ts'
import type { Endpoint } from '../ocpi/endpoint.ts'
import { type PartyId, partyKey } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import {
  type ConnectionStatus,
  type InboundToken,
  isHub,
  type OutboundToken,
  type Platform,
} from '../registry/platform.ts'
import type { TokenHashes } from '../registry/keyring.ts'
import type { Registry } from '../registry/registry.ts'
import type { RoutingTable } from '../registry/routing-table.ts'
import type { Clock } from './clock.ts'
import { guessSide, sideOf, versionsUrl } from './endpoints.ts'
import type { OnHandshake } from './handshake-news.ts'
import type { EndpointParts } from './peer.ts'
import { mergeRoles, withStatus } from './platform-change.ts'
import { roleReader, toldFingerprint, toldParties, type Visible } from './reachable.ts'
import { behindAfter, withCredentialsList } from './reported.ts'

export interface HubIdentity extends PartyId {
  readonly name: string
  /** Without a trailing slash. */
  readonly publicUrl: string
  /** Versions offered. */
  readonly versions: readonly VersionNumber[]
}

export interface HandshakeParts extends EndpointParts {
  readonly hub: HubIdentity
  readonly registry: Registry
  readonly clock: Clock
  readonly visible: Visible
  /** How inbound tokens are kept. */
  readonly hashes: TokenHashes
  /** One lock for both directions. */
  readonly lock: HandshakeLock
  /** For each call to a peer. */
  readonly timeoutMs: number
  readonly onHandshake: OnHandshake
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
  const reachable = toldParties(registry.table(), platform, visible).map(({ role }) => role)
  const own = { token: as.token, url: versionsUrl(hub.publicUrl), hub, reachable }
  return writeCredentials(own, roleReader(platform, as.version))
}

/** What was told with `ownCredentials` at this moment, for the settlement. */
export function toldNow(
  { registry, visible }: Pick<HandshakeParts, 'registry' | 'visible'>,
  platform: Platform,
  version: VersionNumber,
): string | undefined {
  return toldFingerprint(toldParties(registry.table(), platform, visible), platform, version)
}

/** A peer's credentials: the parties it holds itself, and those that it says it reaches as a hub. */
export interface PeerCredentials extends Omit<Credentials, 'hub'> {
  readonly reported?: readonly PartyReport[]
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
): PeerCredentials {
  const reading = readCredentials(value, version)
  if (!reading.ok) throw invalid(reading.problem)
  const own = partyKey(parts.hub)
  const credentials = reading.value.hub ? ofHub(reading.value, reading.value.hub, own) : reading.value
  const { url, roles } = credentials
  if (url.replace(/\/$/, '') === versionsUrl(parts.hub.publicUrl)) throw invalid('url is that of the hub')
  requireFree(parts, platformId, roles)
  return credentials
}

/** Throws `party_taken` if one of these parties is the hub itself, or another live platform holds it in its role (T16). */
export function requireFree(
  { hub, registry }: Pick<HandshakeParts, 'hub' | 'registry'>,
  platformId: string,
  roles: readonly (PartyId & { readonly role?: string })[],
): void {
  const own = partyKey(hub)
  for (const { role, ...party } of roles) {
    const key = partyKey(party)
    if (key === own) throw new Fault('party_taken', { message: `${own} is the hub itself` })
    if (role !== undefined && isHeld(registry.table(), key, role, platformId)) {
      throw new Fault('party_taken', { message: `${key} is held by another platform as ${role}` })
    }
  }
}

/**
 * Since 2.3.0 a hub lists whom it reaches (R38): it holds nobody but itself, as HUB in the words of 2.2.1, and the
 * list is its report, which yields to whoever holds a party (T25).
 */
function ofHub({ token, url, roles }: Credentials, hub: PartyId, own: string): PeerCredentials {
  const itself = partyKey(hub)
  const { name } = roles.find((role) => partyKey(role) === itself) ?? {}
  const reached = roles.filter((role) => partyKey(role) !== itself && partyKey(role) !== own)
  return {
    token,
    url,
    roles: [{ ...hub, role: 'HUB', ...(name === undefined ? {} : { name }) }],
    reported: reached.map(({ countryCode, partyId, role = 'OTHER', name: its }) => ({
      countryCode,
      partyId,
      role,
      status: 'CONNECTED',
      ...(its === undefined ? {} : { name: its }),
    })),
  }
}

function invalid(problem: string): Fault {
  return new Fault('credentials_invalid', { message: `The credentials are not valid: ${problem}` })
}

function isHeld(table: RoutingTable, key: string, role: string, byOtherThan: string): boolean {
  return (table.parties.get(key) ?? []).some(
    (entry) =>
      entry.connection.platform.id !== byOtherThan &&
      entry.status !== 'SUSPENDED' &&
      // A hub's word holds nothing (T25), and the operator may have let the party move here (T16).
      !entry.behind &&
      entry.role.movingTo !== byOtherThan &&
      entry.role.role.toUpperCase() === role.toUpperCase(),
  )
}

/** What a finished handshake has settled. */
export interface Settlement {
  readonly version: VersionNumber
  readonly credentials: PeerCredentials
  readonly outbound: OutboundToken
  readonly endpoints: readonly Endpoint[]
  readonly inbound: readonly InboundToken[]
  /** Fingerprint of the parties that the hub's credentials told the peer (reachable.ts), if they did. */
  readonly told: string | undefined
}

/** The platform after a handshake: connected, unless an operator has suspended it. */
export function settle(current: Platform, settlement: Settlement, now: number): Platform {
  const { credentials, version, outbound, endpoints, inbound, told } = settlement
  const { behind: _, toldParties: _told, ...kept } = current
  const status: ConnectionStatus = isSuspended(current) ? 'SUSPENDED' : 'CONNECTED'
  const flatRole = sideOf(current) ?? guessSide(endpoints.map((endpoint) => endpoint.module))
  const settled: Platform = {
    ...kept,
    status,
    version,
    versionsUrl: credentials.url,
    inbound,
    outbound,
    endpoints,
    roles: mergeRoles(current, credentials.roles, { status, flatRole, now }),
    ...(told === undefined ? {} : { toldParties: told }),
    lastUpdated: new Date(now).toISOString(),
  }
  if (!isHub(settled)) return settled
  const hub = { ...settled, ...behindAfter(current, settled) }
  return credentials.reported ? withCredentialsList(hub, credentials.reported, now) : hub
}

/** By an operator: a platform that has unregistered is SUSPENDED too, but has no tokens. */
function isSuspended({ status, inbound }: Platform): boolean {
  return status === 'SUSPENDED' && inbound.length > 0
}

/** The inbound token that is kept under one of these hashes; it may be kept under another key by now. */
export function heldToken(platform: Platform, hashes: readonly string[]): InboundToken | undefined {
  return platform.inbound.find((one) => hashes.includes(one.hash))
}

/** Whether a handshake or the configuration gave the platform a token for all modules. */
export function isRegistered(platform: Platform): boolean {
  return platform.inbound.some((token) => token.purpose === 'credentials')
}

/** The platform after it has left: no tokens, no endpoints, its parties SUSPENDED for the others (R32, T23). */
export function unregistered(current: Platform, now: number): Platform {
  const { outbound: _, toldParties: _told, ...rest } = current
  const lastUpdated = new Date(now).toISOString()
  return { ...withStatus(rest, 'SUSPENDED', now), inbound: [], endpoints: [], lastUpdated }
}
