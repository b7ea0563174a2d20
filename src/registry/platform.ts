// A platform is one connection: its tokens, version, endpoints and parties. Plain immutable data;
// a change makes a new object and goes through the registry's compare-and-set.

import type { DialectName } from '../dialects/dialect.ts'
import type { Endpoint } from '../ocpi/endpoint.ts'
import type { Role } from '../ocpi/role.ts'
import type { TokenForm } from '../ocpi/token.ts'
import type { VersionNumber } from '../ocpi/version.ts'

export type { DialectName }

/** OCPI 2.2.1 ConnectionStatus (R85). */
export type ConnectionStatus = 'CONNECTED' | 'OFFLINE' | 'PLANNED' | 'SUSPENDED'

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
}

export interface InboundToken {
  /** Keyed hash (ocpi/token.ts); the token itself is never kept. */
  readonly hash: string
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
  readonly inbound: readonly InboundToken[]
  readonly outbound?: OutboundToken
  readonly endpoints: readonly Endpoint[]
  readonly roles: readonly PlatformRole[]
  /** The error format it answers with. */
  readonly errors: DialectName
  /** RFC 3339 of the last stored change. */
  readonly lastUpdated: string
}
