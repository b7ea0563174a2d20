// The credentials object in both of its shapes, flat up to 2.1.1 and with roles since 2.2 (R34): read from a peer,
// whose every byte may be hostile, and written for the hub itself (R36-R38, T13). Pure.

import { z } from 'zod'
import { reportedRole, type RoleReader } from './client-info.ts'
import { readTarget } from './endpoint.ts'
import { isPartyId, PARTY_ID_FORM, type PartyId, partyKey } from './party.ts'
import type { Role } from './role.ts'
import { VERSIONS, type VersionNumber } from './version.ts'

export interface CredentialsRole extends PartyId {
  /** Absent in the flat shape, which has no roles (hub-requirements §3). */
  readonly role?: Role
  readonly name?: string
  /** business_details as the peer sent them. */
  readonly businessDetails?: unknown
}

export interface Credentials {
  /** Plain text, never encoded in this object (R3). */
  readonly token: string
  /** The peer's versions URL. */
  readonly url: string
  readonly roles: readonly CredentialsRole[]
  /** It is a hub with this party of its own, and its roles are what it reaches (R37, R38). */
  readonly hub?: PartyId
}

export type Reading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: string }

const ROLES_MAX = 5000
const URL_CHARACTERS_MAX = 2048
const NAME_CHARACTERS_MAX = 200
const DETAILS_CHARACTERS_MAX = 4096

const TOKEN = z
  .string('must be a string')
  // OCPI says 64 characters; longer ones are met in the field.
  .regex(/^[\x21-\x7e]{1,256}$/, 'must be 1 to 256 visible ASCII characters without blanks')
const VERSIONS_URL = z
  .string('must be a string')
  .max(URL_CHARACTERS_MAX, 'is too long')
  .refine((url) => readTarget(url) !== undefined, 'must be an absolute http or https URL without user info')
const PARTY_MEMBERS = {
  country_code: z.string('must be a string of 2 characters').length(2, 'must have 2 characters'),
  party_id: z.string('must be a string of 3 characters').length(3, 'must have 3 characters'),
  business_details: z.unknown().optional(),
}
const ROLE = z.object(
  {
    role: z.string('must be a string').regex(/^[\x21-\x7e]{1,32}$/, 'must be a role of OCPI'),
    ...PARTY_MEMBERS,
  },
  'must be an object',
)
const FLAT = z.object({ token: TOKEN, url: VERSIONS_URL, ...PARTY_MEMBERS }, 'must be an object')
const WITH_ROLES = z.object(
  {
    token: TOKEN,
    url: VERSIONS_URL,
    roles: z.array(ROLE, 'must be a list').min(1, 'must not be empty').max(ROLES_MAX, 'is too long'),
  },
  'must be an object',
)
const WITH_HUB = WITH_ROLES.extend({
  hub_party_id: z
    .string('must be a string of 5 characters')
    .regex(/^[\x21-\x7e]{5}$/, 'must have 5 printable ASCII characters: a country code and a party id')
    .nullish(),
})

/**
 * Reads a parsed JSON value as the credentials object of `version`. Unknown members are ignored (R95), unknown roles
 * kept as they came (T14); a party twice in one role is refused (R35). `problem` names the member that is wrong.
 */
export function readCredentials(value: unknown, version: VersionNumber): Reading<Credentials> {
  const { credentials: shape, hubRole } = VERSIONS[version]
  const schema = shape === 'flat' ? FLAT : hubRole ? WITH_ROLES : WITH_HUB
  const parsed = schema.safeParse(value)
  if (!parsed.success) return { ok: false, problem: firstProblem(parsed.error) }
  const { token, url } = parsed.data
  const given = 'roles' in parsed.data ? parsed.data.roles : [parsed.data]
  const roles = given.map(toRole)
  const seen = new Set<string>()
  for (const role of roles) {
    if (!isPartyId(role)) {
      return {
        ok: false,
        problem: PARTY_ID_FORM,
      }
    }
    const key = `${partyKey(role)} ${role.role?.toUpperCase() ?? ''}`
    if (seen.has(key)) return { ok: false, problem: `roles has ${key.replace(' ', ' as ')} twice` }
    seen.add(key)
  }
  const { hub_party_id: id } = parsed.data as { hub_party_id?: string | null }
  const hub = id && { countryCode: id.slice(0, 2), partyId: id.slice(2) }
  return { ok: true, value: { token, url, roles, ...(hub ? { hub } : {}) } }
}

function toRole(given: z.infer<z.ZodObject<typeof PARTY_MEMBERS>> & { role?: string }): CredentialsRole {
  const { country_code: countryCode, party_id: partyId, business_details: details } = given
  const isKept = typeof details === 'object' && details !== null && !Array.isArray(details)
  const name = isKept && 'name' in details && typeof details.name === 'string' ? details.name : undefined
  return {
    countryCode,
    partyId,
    ...(given.role === undefined ? {} : { role: given.role.toUpperCase() }),
    ...(name === undefined ? {} : { name: name.slice(0, NAME_CHARACTERS_MAX) }),
    ...(isKept && isShort(details) ? { businessDetails: details } : {}),
  }
}

function isShort(details: object): boolean {
  try {
    return JSON.stringify(details).length <= DETAILS_CHARACTERS_MAX
  } catch {
    // Nested deeper than the stack.
    return false
  }
}

function firstProblem(error: z.ZodError): string {
  const issue = error.issues[0]!
  const path = issue.path.join('.')
  return path === '' ? `the credentials object ${issue.message}` : `${path} ${issue.message}`
}

/** What the hub's own credentials object is made of. */
export interface OwnCredentials {
  /** Token the reader must use towards the hub. */
  readonly token: string
  /** The hub's versions URL. */
  readonly url: string
  readonly hub: PartyId & { readonly name: string }
  /** Parties the reader reaches through the hub: listed since 2.3.0 only (R36, R38). */
  readonly reachable: readonly CredentialsRole[]
}

/** The hub's credentials object as JSON members, in the shape of the reader's version. */
export function writeCredentials(own: OwnCredentials, reader: RoleReader): Record<string, unknown> {
  const { token, url, hub } = own
  const row = VERSIONS[reader.version]
  const itself = {
    business_details: { name: hub.name },
    party_id: hub.partyId,
    country_code: hub.countryCode,
  }
  if (row.credentials === 'flat') return { token, url, ...itself }
  if (row.hubRole) return { token, url, roles: [{ role: 'HUB', ...itself }] }
  const roles = new Map<string, unknown>()
  for (const party of own.reachable) {
    const role = reportedRole(party.role ?? 'OTHER', reader)
    // Two roles may be told as one (R35: unique in the list).
    const key = `${partyKey(party)} ${role}`
    if (!roles.has(key)) roles.set(key, writeRole(party, role))
  }
  const { countryCode, partyId } = hub
  return {
    token,
    url,
    hub_party_id: countryCode + partyId,
    // The list may not be empty, and HUB is no role of this version (T13).
    roles: roles.size > 0 ? [...roles.values()] : [{ role: 'OTHER', ...itself }],
  }
}

function writeRole(party: CredentialsRole, role: Role): Record<string, unknown> {
  return {
    role,
    business_details: party.businessDetails ?? { name: party.name ?? partyKey(party) },
    party_id: party.partyId,
    country_code: party.countryCode,
  }
}
