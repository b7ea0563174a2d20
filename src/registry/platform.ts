// A platform is one connection: its tokens, version, endpoints and parties. Plain immutable data;
// a change makes a new object and goes through the registry's compare-and-set.

import type { DialectName } from '../dialects/dialect.ts'
import { CONNECTION_STATUSES, type ConnectionStatus } from '../ocpi/connection-status.ts'
import type { Endpoint } from '../ocpi/endpoint.ts'
import type { Role } from '../ocpi/role.ts'
import type { TokenForm } from '../ocpi/token.ts'
import type { VersionNumber } from '../ocpi/version.ts'

export type { ConnectionStatus, DialectName }

/** One party in one role. */
export interface PlatformRole {
  readonly countryCode: string
  readonly partyId: string
  readonly role: Role
  readonly name?: string
  /** The peer's business_details as it sent them. */
  readonly businessDetails?: unknown
  /** Taken out of the credentials: kept and reported as SUSPENDED (T23). */
  readonly withdrawn?: true
  /** RFC 3339: last real change of role or status (R91). */
  readonly lastUpdated: string
  /** RFC 3339: since when the party is known in this role (R71); absent for those of the configuration file. */
  readonly created?: string
  /** The platform this party may move to: there it may register, and from then on it counts there alone (T16). */
  readonly movingTo?: string
}

/** A party behind a platform that is a hub itself, as that hub reported it (T25). */
export interface ReportedRole extends PlatformRole {
  /** Its status there; a party reported as SUSPENDED is `withdrawn` too. */
  readonly reported: ConnectionStatus
}

export interface InboundToken {
  /** Keyed hash (ocpi/token.ts); the token itself is never kept. */
  readonly hash: string
  /** Id of the key of the hash; absent: the oldest that is known, from before it was kept. */
  readonly key?: string
  /** registration = CREDENTIALS_TOKEN_A: opens versions and credentials only (R6). */
  readonly purpose: 'registration' | 'credentials'
  /** Milliseconds since the epoch: end of the overlap after a rotation (T22). */
  readonly validUntil?: number
}

export interface OutboundToken {
  readonly token: string
  /** How it is written in the Authorization header. */
  readonly form: TokenForm
}

/** What names a connection. */
export const PLATFORM_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** Said about a text that is none. */
export const PLATFORM_ID_TEXT =
  'must be 1 to 64 letters, digits, dots, dashes or underscores, the first a letter or a digit'

export interface Platform {
  readonly id: string
  /** file = from the configuration; registered = made by the admin API or a handshake, kept in the store. */
  readonly source: 'file' | 'registered'
  /** 0 = not stored yet; grows with every stored change of this platform. */
  readonly revision: number
  readonly status: ConnectionStatus
  /** Absent until a handshake settled it. */
  readonly version?: VersionNumber
  readonly versionsUrl?: string
  /** Of those that have no end the newest stands last: there are several while it is not known which the peer took. */
  readonly inbound: readonly InboundToken[]
  readonly outbound?: OutboundToken
  readonly endpoints: readonly Endpoint[]
  /** The parties it registered itself: each may be here and nowhere else in this role (T16). */
  readonly roles: readonly PlatformRole[]
  /** What it reported as a hub: parties reached through it, unless they are connected elsewhere (T25). */
  readonly behind?: readonly ReportedRole[]
  /** Fingerprint of the parties that the hub's own credentials last told it (R38, T13); kept since 2.3.0 only. */
  readonly toldParties?: string
  /** The error format it answers with. */
  readonly errors: DialectName
  /** RFC 3339 of the last stored change. */
  readonly lastUpdated: string
}

/** Whether the platform is a hub: it says so by a role (R36), or by hub_party_id, which is kept as that role (R37). */
export function isHub({ roles }: Pick<Platform, 'roles'>): boolean {
  return roles.some((role) => role.role.toUpperCase() === 'HUB' && !role.withdrawn)
}

/** Whether the party was reported by a hub, which is no more than a word of that hub. */
export function isReported(role: PlatformRole): role is ReportedRole {
  return 'reported' in role
}

/**
 * Status of one role: that of its platform, but a withdrawn role is SUSPENDED (T23), and behind a hub the worse of the
 * two counts (T25).
 */
export function statusOf(platform: Pick<Platform, 'status'>, role: PlatformRole): ConnectionStatus {
  if (role.withdrawn) return 'SUSPENDED'
  if (!isReported(role)) return platform.status
  const [own, reported] = [platform.status, role.reported].map((status) =>
    CONNECTION_STATUSES.indexOf(status),
  )
  return CONNECTION_STATUSES[Math.max(own!, reported!)]!
}
