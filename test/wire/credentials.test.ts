// The credentials handshake as a peer goes through it, and everything it can be refused for (R25-R33, T21, T22):
// the hub calls back before it answers, and what fails leaves everything as it was.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ok, says } from '../support/envelopes.ts'
import { expectFault, type Provoked, provokes, routingOf } from '../support/expect-fault.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type Party, type PartyOptions } from '../support/party.ts'
import { NEVER } from '../support/party-server.ts'
import { waitFor } from '../support/wait.ts'

let scene: Scene<{ emsp: Party; cpo: Party }>
let guests: Guest[] = []

/** A party that registers itself, and the token it shows at the moment. */
interface Guest {
  readonly party: Party
  token: string
  calls(method: string, path: string, json?: unknown): Promise<Answer>
  register(changes?: Record<string, unknown>, method?: string): Promise<Answer>
}

beforeAll(async () => {
  const cast = { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') }
  // One of the guests never answers.
  scene = await stage(cast, { liveness: { timeoutMs: 3_000 } })
})
afterAll(() => scene.close())
afterEach(async () => {
  await Promise.all(guests.map((guest) => guest.party.close()))
  guests = []
})

const CREDENTIALS = '/ocpi/2.2.1/credentials'
let guestCount = 0

/** A new platform with a registration token of the operator's. */
async function invite(options: PartyOptions = {}): Promise<Guest> {
  const number = String(++guestCount).padStart(2, '0')
  const its = party(`SE-G${number}`, 'EMSP', options)
  await its.listen()
  its.join(scene.hub.ocpiUrl)
  const { status, json } = await scene.hub.admin('/platforms', { method: 'POST', json: { id: its.id } })
  expect(status).toBeLessThan(300)
  const guest: Guest = {
    party: its,
    token: (json as { token: string }).token,
    calls: (method, path, body) =>
      its.sends({
        method,
        path,
        from: null,
        headers: { Authorization: `Token ${Buffer.from(guest.token).toString('base64')}` },
        ...(body === undefined ? {} : { json: body }),
      }),
    register: async (changes = {}, method = 'POST') => {
      const answer = await guest.calls(method, CREDENTIALS, { ...credentialsOf(its), ...changes })
      if (answer.json().status_code === 1000) guest.token = String(answer.json().data!.token)
      return answer
    },
  }
  guests.push(guest)
  return guest
}

function credentialsOf(its: Party): Record<string, unknown> {
  const [country, id] = its.key.split('-')
  return {
    token: its.tokens.outbound,
    url: its.versionsUrl(),
    roles: [{ role: 'EMSP', country_code: country, party_id: id, business_details: { name: 'Guest' } }],
  }
}

async function registered(): Promise<Guest> {
  const guest = await invite()
  const answer = await guest.register()
  expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
  return guest
}

const provoked = (answer: Answer): Provoked => ({ hub: scene.hub, answer, expected: { routed: false } })

describe('a registration (R27)', () => {
  it('calls back with the token it was given before it answers, and connects the party', async () => {
    const guest = await invite()
    const before = guest.token
    const answer = await guest.register()
    expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
    expect(guest.party.asked.map(({ url }) => url)).toEqual(['/its/own/versions', '/its/own/details'])
    for (const { headers } of guest.party.asked) {
      expect(headers.authorization).toBe(
        `Token ${Buffer.from(guest.party.tokens.outbound).toString('base64')}`,
      )
      expect(headers['x-request-id']).toMatch(/\S/)
      expect(headers['x-correlation-id']).toMatch(/\S/)
    }
    expect(guest.token).not.toBe(before)
    expect(guest.token).toMatch(/^[\x21-\x7e]{22,64}$/)
    expect(routingOf(answer)).toEqual({ to: undefined, from: undefined })
    const pushed = await scene.cpo.puts('tokens', { to: guest.party.key, path: '/DE/CPO/1', json: {} })
    expect(pushed.json().status_code).toBe(1000)
    expect(guest.party.last().interface).toBe('RECEIVER')
  })

  it('shows the reachable parties of 2.3.0 before the party has named its own (R38)', async () => {
    const guest = await invite()
    const answer = await guest.calls('GET', '/ocpi/2.3.0/credentials')
    expect(answer.json().data!.roles).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ country_code: 'NL', party_id: 'EMS', role: 'EMSP' }),
      ]),
    )
  })

  it('is read back with GET: the token it must use, the hub as HUB (R26, R36)', async () => {
    const guest = await registered()
    const { data } = (await guest.calls('GET', CREDENTIALS)).json()
    expect(data).toMatchObject({ token: guest.token, url: 'http://hub.example/ocpi/versions' })
    expect(data!.roles).toMatchObject([{ role: 'HUB', country_code: 'NL', party_id: 'HUB' }])
  })

  it('is changed with PUT: endpoints are read again and the token is new (R31)', async () => {
    const guest = await registered()
    const before = guest.token
    guest.party.forget()
    expect((await guest.register({}, 'PUT')).json().status_code).toBe(1000)
    expect(guest.party.asked.map(({ url }) => url)).toEqual(['/its/own/versions', '/its/own/details'])
    expect(guest.token).not.toBe(before)
    expect((await guest.calls('GET', CREDENTIALS)).httpStatus).toBe(200)
    // The first use of the new token ends the old one, as soon as that is stored (T22).
    guest.token = before
    await waitFor(async () => (await guest.calls('GET', CREDENTIALS)).httpStatus === 401)
    await expectFault(scene.hub, await guest.calls('GET', CREDENTIALS), 'token_unknown')
  })

  it('ends with DELETE: its token is dead and its parties are not connected (R32)', async () => {
    const guest = await registered()
    expect((await guest.calls('DELETE', CREDENTIALS)).json().status_code).toBe(1000)
    await expectFault(scene.hub, await guest.calls('GET', CREDENTIALS), 'token_unknown')
    const pushed = await scene.cpo.puts('tokens', { to: guest.party.key, path: '/DE/CPO/1', json: {} })
    await expectFault(scene.hub, pushed, 'to_not_connected')
    expect(pushed.json().data).toMatchObject({ connection_status: 'SUSPENDED' })
  })
})

describe('a registration is refused', () => {
  provokes('already_registered', 'with POST when it is registered (R28)', async () =>
    provoked(await (await registered()).register()),
  )
  provokes('not_registered', 'with PUT before POST (R31, T21)', async () =>
    provoked(await (await invite()).register({}, 'PUT')),
  )
  provokes('not_registered', 'with DELETE before POST (R32, T21)', async () =>
    provoked(await (await invite()).calls('DELETE', CREDENTIALS)),
  )
  provokes('method_unsupported', 'with PATCH (R33)', async () =>
    provoked(await (await invite()).calls('PATCH', CREDENTIALS, {})),
  )
  for (const [what, changes] of [
    ['no token', { token: undefined }],
    ['a token with blanks', { token: 'two words' }],
    ['a URL that is none', { url: 'nowhere' }],
    ['a URL of another scheme', { url: 'file:///etc/passwd' }],
    ['no roles', { roles: [] }],
    [
      'a party id of four letters',
      { roles: [{ role: 'CPO', country_code: 'SE', party_id: 'LONG', business_details: { name: 'x' } }] },
    ],
  ] as const) {
    provokes('credentials_invalid', `with ${what} (R34)`, async () =>
      provoked(await (await invite()).register(changes)),
    )
  }
  provokes('party_taken', 'with a party another platform holds in that role (T16)', async () => {
    const roles = [{ role: 'CPO', country_code: 'de', party_id: 'cpo', business_details: { name: 'x' } }]
    return provoked(await (await invite()).register({ roles }))
  })
  for (const [what, script] of [
    ['answers 500', { status: 500, body: 'oops' }],
    ['answers garbage', { body: '<html>' }],
    ['answers an error', { json: says(3000, 'No') }],
    ['breaks off', { cut: 'before' }],
    ['never answers', NEVER],
  ] as const) {
    provokes('callback_failed', `when its versions endpoint ${what} (R29)`, async () => {
      const guest = await invite()
      guest.party.answers('/its/own/versions', script)
      const answer = await guest.register()
      // Rolled back: the registration token still opens the door.
      guest.party.answers('/its/own/versions', {
        json: ok([{ version: '2.2.1', url: `${guest.party.url()}/its/own/details` }]),
      })
      expect((await guest.register()).json().status_code).toBe(1000)
      return provoked(answer)
    })
  }
  provokes('callback_failed', 'when nobody listens at its URL (R29)', async () =>
    provoked(await (await invite()).register({ url: `${await closedPort()}/versions` })),
  )
  provokes('callback_failed', 'when its URL is one the hub must not call', async () => {
    const answer = await (await invite()).register({ url: 'http://169.254.169.254/latest/meta-data' })
    expect(answer.body.toString()).not.toContain('169.254')
    return provoked(answer)
  })
  provokes('version_unsupported', 'when it does not offer the version it registers with (R30)', async () => {
    const guest = await invite()
    guest.party.answers('/its/own/versions', {
      json: ok([{ version: '2.1.1', url: `${guest.party.url()}/x` }]),
    })
    return provoked(await guest.register())
  })
  provokes('endpoints_missing', 'when it has no endpoint of use (R30)', async () => {
    const guest = await invite()
    guest.party.answers('/its/own/details', { json: ok({ version: '2.2.1', endpoints: [] }) })
    return provoked(await guest.register())
  })

  it('and nothing is known of its party', async () => {
    const guest = await invite()
    await guest.register({ url: `${await closedPort()}/versions` })
    const pushed = await scene.cpo.puts('tokens', { to: guest.party.key, path: '/DE/CPO/1', json: {} })
    await expectFault(scene.hub, pushed, 'to_unknown')
  })
})

describe('the hub registers itself at a peer (R25)', () => {
  async function peer(): Promise<Party> {
    const its = party(`SE-P${String(++guestCount).padStart(2, '0')}`, 'CPO')
    await its.listen()
    its.join(scene.hub.ocpiUrl)
    guests.push({ party: its } as Guest)
    return its
  }
  const connects = (its: Party) =>
    scene.hub.admin('/platforms', {
      method: 'POST',
      json: { id: its.id, versions_url: its.versionsUrl(), token: 'the-token-a-peer-gave' },
    })

  it('as Sender, and is connected', async () => {
    const its = await peer()
    its.answers('POST /its/own/credentials', { json: ok({ ...credentialsOf(its), token: 'hub-shows-this' }) })
    const { status } = await connects(its)
    expect(status).toBeLessThan(300)
    const posted = its.requests.find(({ url }) => url === '/its/own/credentials')!
    const sent = JSON.parse(posted.body.toString()) as { token: string; url: string; roles: unknown[] }
    expect(sent.url).toBe('http://hub.example/ocpi/versions')
    const answer = await scene.emsp.gets('locations', { to: its.key })
    expect(answer.json().status_code).toBe(1000)
    const shown = its.requests.find(({ module }) => module === 'locations')!
    expect(shown.headers.authorization).toBe(`Token ${Buffer.from('hub-shows-this').toString('base64')}`)
    const headers = { Authorization: `Token ${Buffer.from(sent.token).toString('base64')}` }
    expect((await its.gets('tokens', { to: 'NL-EMS', headers })).json().status_code).toBe(1000)
  })

  provokes('credentials_refused', 'the peer refuses', async () => {
    const its = await peer()
    its.answers('POST /its/own/credentials', { json: says(2001, 'Not you') })
    const { json } = await connects(its)
    return { problem: json as { fault: string } }
  })
})
