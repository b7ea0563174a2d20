// The body of `POST /api/v1/platforms`: a connection to prepare, or a peer to register at.

import { z } from 'zod'
import { DIALECT_NAMES } from '../dialects/dialect.ts'
import { readTarget } from '../ocpi/endpoint.ts'
import { isPartyId } from '../ocpi/party.ts'
import { ROLES } from '../ocpi/role.ts'
import { OFFERABLE_VERSIONS } from '../ocpi/version.ts'
import { roleKey } from '../modules/platform-change.ts'
import type { PreparedPlatform } from '../modules/registration.ts'
import { PLATFORM_ID, PLATFORM_ID_TEXT } from '../registry/platform.ts'

const NAME_CHARS_MAX = 200
const ROLES_MAX = 5_000

/** A party in one role, as operators write it. */
export const partyRole = z
  .strictObject({
    country_code: z.string(),
    party_id: z.string(),
    role: z.enum(ROLES),
    name: z.string().min(1).max(NAME_CHARS_MAX).optional(),
  })
  .refine(({ country_code: countryCode, party_id: partyId }) => isPartyId({ countryCode, partyId }), {
    error: 'must have a country_code of 2 and a party_id of 3 printable characters',
  })

/** An absolute http(s) URL that the hub can call. */
export const versionsUrl = z
  .string()
  .max(2048)
  .refine((url) => readTarget(url) !== undefined, {
    error: 'must be an absolute http or https URL without user name',
  })

export const orderBody = z
  .strictObject({
    id: z
      .string()
      .regex(PLATFORM_ID, PLATFORM_ID_TEXT)
      .meta({ description: 'Name of the connection, chosen here' }),
    roles: z
      .array(partyRole)
      .max(ROLES_MAX)
      .superRefine(refuseTwice)
      .optional()
      .meta({ description: 'Parties expected behind it, told to others as PLANNED' }),
    version: z.enum(OFFERABLE_VERSIONS).optional().meta({
      description:
        'With versions_url the version to connect on, the newest of both when left out; else what is known beforehand, which the handshake settles',
    }),
    errors: z
      .enum(DIALECT_NAMES)
      .optional()
      .meta({ description: 'The error format it answers with; ocpi when left out' }),
    versions_url: versionsUrl.optional().meta({ description: 'Of the peer to register at' }),
    token: z
      .string()
      .regex(/^[\x21-\x7e]{1,256}$/, 'must be 1 to 256 visible ASCII characters')
      .optional()
      .meta({ description: 'CREDENTIALS_TOKEN_A that the peer gave; together with versions_url' }),
  })
  .superRefine(({ versions_url: url, token }, context) => {
    if ((url === undefined) === (token === undefined)) return
    const missing = url === undefined ? 'versions_url' : 'token'
    context.addIssue({
      code: 'custom',
      path: [missing],
      message: 'is missing: it goes together with the other',
    })
  })

/** A party may stand in it once in each role, however it is written. */
function refuseTwice(roles: readonly z.output<typeof partyRole>[], context: z.RefinementCtx): void {
  const seen = new Set<string>()
  for (const [index, role] of roles.entries()) {
    const key = roleKey(toRole(role))
    if (seen.has(key)) {
      const message = `is ${key.replace(' ', ' as ')} again; leave it out`
      context.addIssue({ code: 'custom', path: [index], message })
    }
    seen.add(key)
  }
}

export interface Order extends PreparedPlatform {
  /** Where the hub is to register itself. */
  readonly peer?: { readonly versionsUrl: string; readonly token: string }
}

export function toOrder(body: z.output<typeof orderBody>): Order {
  const { id, roles, version, errors, versions_url: url, token } = body
  return {
    id,
    ...(roles === undefined ? {} : { roles: roles.map(toRole) }),
    ...(version === undefined ? {} : { version }),
    ...(errors === undefined ? {} : { errors }),
    ...(url === undefined || token === undefined ? {} : { peer: { versionsUrl: url, token } }),
  }
}

function toRole({ country_code: countryCode, party_id: partyId, role, name }: z.output<typeof partyRole>) {
  return { countryCode, partyId, role, ...(name === undefined ? {} : { name }) }
}
