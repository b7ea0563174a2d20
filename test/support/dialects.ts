// Parties that answer errors in each format, and one that calls them: `const { emsp, ivxp } = await stageDialects()`.

import { DIALECT_NAMES } from '../../src/dialects/dialect.ts'
import type { DialectName } from '../../src/registry/platform.ts'
import type { ConfigOverrides } from './config.ts'
import { stage, type Scene } from './hub.ts'
import { party, type Answer, type Party, type PartyOptions } from './party.ts'
import type { Script } from './party-server.ts'

/** A module of a service's own: nothing of OCPI is known of it. */
export const MODULE = 'settlement'

export type DialectScene = Scene<Record<'emsp' | DialectName, Party>>

/** A hub with NL-EMS on 2.2.1 and one responder per format, named by it. */
export async function stageDialects(
  overrides: ConfigOverrides = {},
  options: PartyOptions = {},
): Promise<DialectScene> {
  const responders = DIALECT_NAMES.map((errors) => {
    const key = `NL-${errors.slice(0, 3).toUpperCase()}`
    return [errors, party(key, 'OTHER', { modules: [MODULE, 'locations'], errors, ...options })] as const
  })
  const cast = Object.fromEntries(responders) as Record<DialectName, Party>
  return stage({ emsp: party('NL-EMS', 'EMSP', options), ...cast }, overrides)
}

/** Has the responder give this answer to the next request and asks it. */
export function askFor(
  { emsp }: Pick<DialectScene, 'emsp'>,
  responder: Party,
  answer: Script,
  path = '/objects/1',
): Promise<Answer> {
  responder.answers(MODULE, answer)
  return emsp.gets(MODULE, { to: responder.key, path })
}
