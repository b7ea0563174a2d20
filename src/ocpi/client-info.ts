// A ClientInfo: one party in one role with its connection status, as HubClientInfo tells it (R85), and which role
// names a platform of some version can be told (R113, T14, T23). Pure.

import { z } from 'zod'
import { CONNECTION_STATUSES, type ConnectionStatus } from './connection-status.ts'
import { readInstant } from './page.ts'
import { isPartyId, PARTY_ID_FORM, type PartyId } from './party.ts'
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

/** What another hub says of a party (T25). */
export interface PartyReport extends PartyId {
  readonly role: Role
  readonly status: ConnectionStatus
  readonly name?: string
}

export type ReportReading =
  | { readonly ok: true; readonly report: PartyReport }
  /** `problem` names the member. */
  | { readonly ok: false; readonly problem: string }

const CLIENT_INFO = z.object(
  {
    country_code: z.string('must be a string of 2 characters').length(2, 'must have 2 characters'),
    party_id: z.string('must be a string of 3 characters').length(3, 'must have 3 characters'),
    role: z.string('must be a string').regex(/^[\x21-\x7e]{1,32}$/, 'must be a role of OCPI'),
    status: z.enum(CONNECTION_STATUSES, `must be one of ${CONNECTION_STATUSES.join(', ')}`),
    // The example of the specification lacks it (R84), and so do those who copied it.
    last_updated: z
      .string('must be a DateTime')
      .refine((text) => readInstant(text) !== undefined, 'must be a DateTime')
      .nullish(),
  },
  'must be an object',
)

/** Reads a ClientInfo object of another hub (R83-R85). Its date is that of the other hub's clock and goes no further. */
export function readClientInfo(value: unknown): ReportReading {
  const parsed = CLIENT_INFO.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    return { ok: false, problem: `${issue.path.join('.') || 'the ClientInfo'} ${issue.message}` }
  }
  const { country_code: countryCode, party_id: partyId, role, status } = parsed.data
  if (!isPartyId({ countryCode, partyId })) {
    return {
      ok: false,
      problem: PARTY_ID_FORM,
    }
  }
  return { ok: true, report: { countryCode, partyId, role: role.toUpperCase(), status } }
}
