// A platform on 2.3.0 that takes no HubClientInfo learns of new parties by PUT of credentials, and of nothing by it
// that it can learn otherwise (R38, T13).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

let scene: Scene<{ emsp: Party }>
const guests: Guest[] = []

beforeAll(async () => {
  scene = await stage({ emsp: party('NL-EMS', 'EMSP', { version: '2.3.0' }) })
})
afterAll(async () => {
  await scene.close()
  await Promise.all(guests.map(({ party: its }) => its.close()))
})

const isPut = ({ method, url }: { method: string; url: string }): boolean =>
  method === 'PUT' && url.endsWith('/credentials')

/** Registers on 2.3.0, and answers renewals as partners do: with a token of its own. */
async function settle(
  key: string,
  modules: readonly string[],
): Promise<{ guest: Guest; token: () => string }> {
  const guest = await invite(scene.hub, key, 'CPO', { version: '2.3.0', modules })
  guests.push(guest)
  const credentials = (token: string) => ({
    token,
    url: guest.party.versionsUrl(),
    roles: [
      { role: 'CPO', country_code: key.slice(0, 2), party_id: key.slice(3), business_details: { name: key } },
    ],
  })
  const path = '/ocpi/2.3.0/credentials'
  const answer = await guest.calls('POST', path, { json: credentials('hub.shows.first') })
  expect(answer.json().status_code).toBe(1000)
  let token = String(answer.json().data!.token)
  guest.party.answers('PUT /its/own/credentials', ({ body }) => {
    token = (JSON.parse(body.toString()) as { token: string }).token
    return { json: ok(credentials('hub.shows.second')) }
  })
  return { guest, token: () => token }
}

describe('a platform on 2.3.0 (T13)', () => {
  it('is sent the parties it reaches when one has come, and goes on with the new tokens', async () => {
    const { guest, token } = await settle('DE-OLD', ['locations', 'tokens'])
    const listening = await settle('DE-LST', ['locations', 'hubclientinfo'])
    guest.party.forget()
    const put = await waitFor(() => guest.party.requests.find(isPut), {
      limitMs: 10_000,
      what: 'a PUT of credentials',
    })
    const sent = JSON.parse(put.body.toString()) as { hub_party_id: string; roles: { party_id: string }[] }
    expect(sent.hub_party_id).toBe('NLHUB')
    expect(sent.roles.map(({ party_id: id }) => id).sort()).toEqual(['EMS', 'LST'])
    expect(put.headers.authorization).toBe(`Token ${Buffer.from('hub.shows.first').toString('base64')}`)
    expect(Object.keys(put.headers).filter((name) => name.startsWith('ocpi-'))).toEqual([])
    await waitFor(async () => {
      await scene.emsp.gets('locations', { to: 'DE-OLD' })
      return (
        guest.party.last().headers.authorization ===
        `Token ${Buffer.from('hub.shows.second').toString('base64')}`
      )
    })
    const answer = await guest.party.sends({
      method: 'GET',
      path: '/ocpi/2.3.0/credentials',
      from: null,
      headers: { Authorization: `Token ${Buffer.from(token()).toString('base64')}` },
    })
    expect(answer.json().status_code).toBe(1000)
    expect(listening.guest.party.requests.filter(isPut)).toEqual([])
  }, 20_000)
})
