// A party on OCPI 2.1.1 that registers itself: flat credentials, raw tokens, endpoints without role, no routing headers.

import { flatRole, type FlatRole } from '../../src/modules/endpoints.ts'
import type { Host } from './guest.ts'
import { ok } from './envelopes.ts'
import { party, type Answer, type CallOptions, type Party } from './party.ts'
import { CREDENTIALS_PATH, DETAILS_PATH, endpointPath, type Script } from './party-server.ts'

const MODULES = ['locations', 'tariffs', 'tokens', 'sessions', 'cdrs', 'commands']

export interface OldGuest {
  readonly party: Party
  /** What the hub answered to its registration. */
  readonly registered: Answer
  /** What it shows the hub. */
  readonly token: string
  /** A request to the endpoint that the hub lists for the module, or to a URL the hub handed out. */
  calls(method: string, module: string, options?: CallOptions): Promise<Answer>
  /** Identifiers and URLs of the hub's version details. */
  readonly endpoints: readonly { readonly identifier: string; readonly url: string }[]
}

/** Has the operator prepare the party in its role and registers it; `tokens` = its list. The caller closes `party`. */
export async function registerOld(
  hub: Host,
  key: string,
  side: FlatRole,
  tokens: Script = { json: ok([]) },
): Promise<OldGuest> {
  const its = party(key, side, { version: '2.1.1' })
  const [country, id] = key.split('-')
  await its.listen()
  its.join(hub.ocpiUrl)
  its.answers('*', { json: ok() })
  its.answers('GET tokens', tokens)
  its.answers(DETAILS_PATH, () => ({
    json: ok({
      version: '2.1.1',
      endpoints: [
        { identifier: 'credentials', url: its.url() + CREDENTIALS_PATH },
        ...MODULES.map((module) => ({
          identifier: module,
          url: its.url() + endpointPath(flatRole(module, side), module),
        })),
      ],
    }),
  }))
  const roles = [{ country_code: country, party_id: id, role: side }]
  const prepared = await hub.admin('/platforms', { method: 'POST', json: { id: its.id, roles } })
  let { token } = prepared.json as { token: string }
  const sends = (method: string, path: string, options: CallOptions = {}) =>
    its.sends({
      ...options,
      method,
      path,
      from: null,
      headers: { Authorization: `Token ${token}`, ...options.headers },
    })
  const registered = await sends('POST', '/ocpi/2.1.1/credentials', {
    json: {
      token: its.tokens.outbound,
      url: its.versionsUrl(),
      business_details: { name: key },
      country_code: country,
      party_id: id,
    },
  })
  if (registered.json().status_code !== 1000) {
    throw new Error(`${key} was not registered: ${registered.body.toString()}`)
  }
  token = String(registered.json().data!.token)
  const details = await sends('GET', '/ocpi/2.1.1')
  const endpoints = details.json().data!.endpoints as OldGuest['endpoints']
  return {
    party: its,
    registered,
    token,
    endpoints,
    calls(method, module, options = {}) {
      if (module.includes('/')) return sends(method, module, options)
      const { url } = endpoints.find(({ identifier }) => identifier === module)!
      return sends(method, url + (options.path ?? ''), options)
    },
  }
}
