// What an operator may change of a registered platform: what the peer does not say itself, or says wrongly. Tokens,
// endpoints and parties come from the handshake; the status has calls of its own.

import { z } from 'zod'
import { DIALECT_NAMES } from '../dialects/dialect.ts'
import { Fault } from '../faults/fault.ts'
import { partyKey } from '../ocpi/party.ts'
import { TOKEN_FORMS } from '../ocpi/token.ts'
import type { Platform, PlatformRole } from '../registry/platform.ts'
import { versionsUrl } from './platform-order.ts'
import { problemError } from './problem.ts'

const NAME_CHARS_MAX = 200

export const patchBody = z
  .strictObject({
    errors: z.enum(DIALECT_NAMES).optional().meta({ description: 'The error format it answers with' }),
    token_form: z
      .enum(TOKEN_FORMS)
      .optional()
      .meta({ description: 'How the hub writes its token in the Authorization header' }),
    versions_url: versionsUrl.optional().meta({ description: 'What a probe asks' }),
    names: z
      .array(
        z.strictObject({
          country_code: z.string(),
          party_id: z.string(),
          role: z.string().optional().meta({ description: 'Left out: in all its roles' }),
          name: z.string().min(1).max(NAME_CHARS_MAX),
        }),
      )
      .max(5_000)
      .optional()
      .meta({ description: 'Names of its parties, for people' }),
  })
  .refine((body) => Object.keys(body).length > 0, { error: 'must change something' })

export type Change = z.output<typeof patchBody>

/**
 * The platform with the change. Throws `Fault` `method_unsupported` for one of the configuration file,
 * `not_registered` for a token form without a token, and a 422 problem for a party it does not have.
 */
export function changedPlatform(platform: Platform, change: Change): Platform {
  if (platform.source === 'file') {
    throw new Fault('method_unsupported', {
      message: `${platform.id} stands in the hub's configuration file; it is changed there`,
    })
  }
  const { errors, token_form: form, versions_url: url, names } = change
  const { outbound } = platform
  if (form !== undefined && !outbound) throw new Fault('not_registered')
  return {
    ...platform,
    ...(errors === undefined ? {} : { errors }),
    ...(form === undefined || !outbound ? {} : { outbound: { ...outbound, form } }),
    ...(url === undefined ? {} : { versionsUrl: url }),
    ...(names === undefined ? {} : { roles: renamed(platform.roles, names) }),
    lastUpdated: new Date().toISOString(),
  }
}

/** A name is not told to other parties with a date, so the date of the role stands (R91). */
function renamed(
  roles: readonly PlatformRole[],
  names: NonNullable<Change['names']>,
): readonly PlatformRole[] {
  let result = roles
  for (const { country_code: countryCode, party_id: partyId, role, name } of names) {
    const key = partyKey({ countryCode, partyId })
    const isMeant = (one: PlatformRole) =>
      partyKey(one) === key && (role === undefined || one.role.toUpperCase() === role.toUpperCase())
    if (!result.some(isMeant)) {
      throw problemError(422, `The platform has no party ${key}${role === undefined ? '' : ` as ${role}`}.`)
    }
    result = result.map((one) => (isMeant(one) ? { ...one, name } : one))
  }
  return result
}
