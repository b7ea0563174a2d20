// A party that registers itself over HTTP, as partners do: it gets a token of the operator's, goes through the
// credentials handshake, and uses what it was given from then on.

import { party, type Answer, type Party, type PartyOptions } from './party.ts'

/** What a guest needs of a hub, in this process or another. */
export interface Host {
  readonly ocpiUrl: string
  admin(path: string, init?: { method?: string; json?: unknown }): Promise<{ status: number; json: unknown }>
}

export interface Guest {
  readonly party: Party
  /** What it shows the hub. */
  token(): string
  /** What the hub may show it: one token, or two while it is not known whether the hub took the newer one. */
  outbound(): readonly string[]
  /** Any request with its present token; without FROM headers unless `from` is given. */
  calls(
    method: string,
    path: string,
    options?: { json?: unknown; from?: string; to?: string },
  ): Promise<Answer>
  /** POST of its credentials; PUT renews both tokens. Rejects when the hub does not answer 1000. */
  register(method?: 'POST' | 'PUT'): Promise<void>
  /** Tells it to use another hub, or a load balancer. */
  join(ocpiUrl: string): void
}

const CREDENTIALS = '/ocpi/2.2.1/credentials'

/** Makes a party `SE-A01` with its server and has the operator of `hub` prepare it. The caller closes the party. */
export async function invite(
  hub: Host,
  key: string,
  role: string,
  options: PartyOptions = {},
): Promise<Guest> {
  const its = party(key, role, options)
  await its.listen()
  its.join(hub.ocpiUrl)
  const prepared = await hub.admin('/platforms', { method: 'POST', json: { id: its.id } })
  if (prepared.status !== 201) throw new Error(`${its.id} was not prepared: ${JSON.stringify(prepared)}`)
  let token = (prepared.json as { token: string }).token
  let outbound: readonly string[] = []
  let renewals = 0

  const calls: Guest['calls'] = (method, path, { json, from, to } = {}) =>
    its.sends({
      method,
      path,
      from: from ?? null,
      ...(to === undefined ? {} : { to }),
      ...(json === undefined ? {} : { json }),
      headers: { Authorization: `Token ${Buffer.from(token).toString('base64')}` },
    })

  return {
    party: its,
    token: () => token,
    outbound: () => outbound,
    calls,
    async register(method = 'POST') {
      const [country, id] = key.split('-')
      const fresh = `hub.shows.${its.id}.${++renewals}`
      outbound = [...outbound, fresh]
      const answer = await calls(method, CREDENTIALS, {
        json: {
          token: fresh,
          url: its.versionsUrl(),
          roles: [{ role, country_code: country, party_id: id, business_details: { name: key } }],
        },
      })
      const { status_code: code, data } = answer.json()
      if (code !== 1000) throw new Error(`${key} was not registered: ${answer.body.toString()}`)
      token = String(data!.token)
      outbound = [fresh]
    },
    join: (ocpiUrl) => its.join(ocpiUrl),
  }
}
