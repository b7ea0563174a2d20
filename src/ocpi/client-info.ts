// A ClientInfo: one party in one role with its connection status, as HubClientInfo tells it (R85), and which role
// names a platform of some version can be told (R113, T14, T23). Pure.

import type { PartyId } from './party.ts'
import type { Role } from './role.ts'
import { VERSIONS, type VersionNumber } from './version.ts'

export interface ClientInfo extends PartyId {
  readonly role: Role
  /** ConnectionStatus of OCPI 2.2.1 §HubClientInfo. */
  readonly status: string
  /** RFC 3339: last change of role or status, never a heartbeat (R91). */
  readonly lastUpdated: string
}

/** What of a platform decides which role names it understands. */
export interface RoleReader {
  readonly version: VersionNumber
  /** It declared the role PTP or a `payments` endpoint itself (T14). */
  readonly knowsPtp: boolean
}

/**
 * The role as a platform is told it: a role that is not in its version's closed list becomes OTHER, so HUB for
 * 2.3.0 (T23, T25) and PTP for those who do not know it (T14).
 */
export function reportedRole(role: Role, reader: RoleReader): Role {
  const name = role.toUpperCase()
  if (name === 'PTP' && reader.knowsPtp) return name
  return VERSIONS[reader.version].roles.includes(name) ? name : 'OTHER'
}

/** The object as JSON members (OCPI 2.2.1 §mod_hub_client_info, ClientInfo). */
export function writeClientInfo(info: ClientInfo, reader: RoleReader): Record<string, string> {
  return {
    party_id: info.partyId,
    country_code: info.countryCode,
    role: reportedRole(info.role, reader),
    status: info.status,
    last_updated: info.lastUpdated,
  }
}
