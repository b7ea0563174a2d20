// Registrations the operator begins, against peers that are real HTTP servers.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { platform } from '../../support/platforms.ts'
import { createKit, faultOf, type Kit, PUBLIC_URL } from './kit.ts'
import { type Peer, type PeerOptions, startPeer } from './peer.ts'

const TOKEN_A = 'registration-token-of-the-peer'

let kit: Kit
let peer: Peer

async function begin(options: PeerOptions = {}) {
  peer = await startPeer(options)
  peer.tokens.add(TOKEN_A)
  kit = await createKit()
}

const connect = () => kit.registration.connect({ id: 'acme', versionsUrl: peer.versionsUrl, token: TOKEN_A })
const asked = () => peer.requests.map(({ method, path }) => `${method} ${path}`)
const tokenShown = (method: string) =>
  (peer.requests.findLast((request) => request.method === method)!.body as { token: string }).token

beforeEach(() => begin())
afterEach(async () => {
  await kit.close()
  await peer.close()
})

describe('a prepared platform', () => {
  it('is PLANNED with its parties and opens versions and credentials only (R6, T23)', async () => {
    const roles = [{ countryCode: 'DE', partyId: 'CPO', role: 'CPO', name: 'Planned Ltd' }]
    const { token } = await kit.registration.prepare({ id: 'new', roles, version: '2.1.1' })
    expect(kit.platform('new')).toMatchObject({ status: 'PLANNED', version: '2.1.1', roles })
    await expect(kit.ask(token, 'GET', '/ocpi/versions')).resolves.toBeDefined()
    expect((await faultOf(kit.ask(token, 'GET', '/ocpi/2.2.1/hubclientinfo'))).code).toBe(
      'token_not_for_this',
    )
  })

  it('can be prepared again: the token before is dead', async () => {
    const first = await kit.registration.prepare({ id: 'new' })
    const second = await kit.registration.prepare({ id: 'new' })
    expect((await faultOf(kit.ask(first.token, 'GET', '/ocpi/versions'))).code).toBe('token_unknown')
    await expect(kit.ask(second.token, 'GET', '/ocpi/versions')).resolves.toBeDefined()
  })

  it('is refused for an id that is registered, a party that is taken, and the party of the hub (T16)', async () => {
    await connect()
    expect((await faultOf(kit.registration.prepare({ id: 'acme' }))).code).toBe('already_registered')
    const taken = { id: 'new', roles: [{ countryCode: 'de', partyId: 'cpo', role: 'CPO' }] }
    expect((await faultOf(kit.registration.prepare(taken))).code).toBe('party_taken')
    const own = { id: 'new', roles: [{ countryCode: 'NL', partyId: 'HUB', role: 'CPO' }] }
    expect((await faultOf(kit.registration.prepare(own))).code).toBe('party_taken')
  })
})

describe('a party that may move to another platform (T16)', () => {
  it('is prepared there and nowhere else', async () => {
    const moving = { countryCode: 'SE', partyId: 'MOV', role: 'CPO', movingTo: 'next' }
    await kit.registry.put(
      platform('old', { roles: [{ ...moving, lastUpdated: '2026-01-01T00:00:00.000Z' }] }),
    )
    const roles = [{ countryCode: 'SE', partyId: 'MOV', role: 'cpo' }]
    expect((await faultOf(kit.registration.prepare({ id: 'third', roles }))).code).toBe('party_taken')
    expect((await kit.registration.prepare({ id: 'next', roles })).platform.status).toBe('PLANNED')
  })
})

describe('registering the hub at a peer', () => {
  it('takes the newest mutual version, posts its credentials and keeps the answer (R25)', async () => {
    const stored = await connect()
    expect(asked()).toEqual(['GET /versions', 'GET /2.2.1', 'POST /credentials'])
    const posted = peer.requests[2]!.body as { token: string }
    expect(posted).toMatchObject({
      url: `${PUBLIC_URL}/ocpi/versions`,
      roles: [{ role: 'HUB', party_id: 'HUB' }],
    })
    expect(stored).toMatchObject({
      status: 'CONNECTED',
      version: '2.2.1',
      versionsUrl: peer.versionsUrl,
      outbound: { token: 'peer-token-1', form: 'base64' },
      roles: [{ partyId: 'CPO', role: 'CPO' }],
    })
    await expect(kit.ask(posted.token, 'GET', '/ocpi/2.2.1/hubclientinfo')).resolves.toBeDefined()
  })

  it('lets the peer call back with the token in the posted credentials before it answers (R27)', async () => {
    const seen: unknown[] = []
    peer.script('POST /credentials', async (request) => {
      const { token } = request.body as { token: string }
      for (const path of ['/ocpi/versions', '/ocpi/2.2.1'])
        seen.push((await kit.ask(token, 'GET', path)).data)
      seen.push((await faultOf(kit.ask(token, 'GET', '/ocpi/2.2.1/hubclientinfo'))).code)
      peer.tokens.add('token-c')
      return { data: peer.credentials('token-c') }
    })
    await connect()
    expect(seen).toEqual([
      expect.any(Array),
      expect.objectContaining({ version: '2.2.1' }),
      'token_not_for_this',
    ])
  })

  it('learns that the peer wants raw tokens (R4)', async () => {
    await peer.close()
    await begin({ tokenForm: 'raw' })
    expect((await connect()).outbound).toEqual({ token: 'peer-token-1', form: 'raw' })
  })

  it('posts nothing and leaves nothing behind when there is no mutual version (R30)', async () => {
    peer.script('GET /versions', { data: [{ version: '2.0', url: `${peer.url}/2.0` }] })
    const fault = await faultOf(connect())
    expect([fault.code, fault.message]).toEqual([
      'version_unsupported',
      'acme offers 2.0, the hub 2.3.0, 2.2.1, 2.1.1',
    ])
    expect(kit.registry.table().connections.has('acme')).toBe(false)
  })

  it('takes the version that was ordered, and none in its place', async () => {
    const both = ['2.3.0', '2.2.1'].map((version) => ({ version, url: `${peer.url}/2.2.1` }))
    peer.script('GET /versions', { data: both })
    const order = { id: 'acme', versionsUrl: peer.versionsUrl, token: TOKEN_A }
    const fault = await faultOf(kit.registration.connect({ ...order, version: '2.1.1' }))
    expect([fault.code, fault.message]).toEqual([
      'version_unsupported',
      'acme offers 2.3.0, 2.2.1, the hub 2.3.0, 2.2.1, 2.1.1; 2.1.1 was ordered',
    ])
    expect((await kit.registration.connect({ ...order, version: '2.2.1' })).version).toBe('2.2.1')
  })

  it('takes an older version when the URL of the newest is unusable, and says so when there is none', async () => {
    const broken = { version: '2.3.0', url: '2.3.0' }
    peer.script('GET /versions', { data: [broken] })
    const fault = await faultOf(connect())
    expect([fault.code, fault.message]).toEqual([
      'answer_not_ocpi',
      'its list of versions gives 2.3.0 a URL that is not an absolute http or https one',
    ])
    peer.script('GET /versions', { data: [broken, { version: '2.2.1', url: `${peer.url}/2.2.1` }] })
    expect((await connect()).version).toBe('2.2.1')
  })

  it('posts nothing when the peer lacks endpoints (R30)', async () => {
    peer.script('GET /2.2.1', { data: { version: '2.2.1', endpoints: [] } })
    expect((await faultOf(connect())).code).toBe('endpoints_missing')
    expect(asked()).not.toContain('POST /credentials')
  })

  it.each([
    ['it refuses in OCPI', 'credentials_refused', { code: 3001 }],
    ['it is registered already', 'method_rejected', { status: 405, text: '' }],
    ['its answer holds no credentials', 'credentials_invalid', { data: { token: 5 } }],
    ['it fails', 'answer_not_ocpi', { status: 500, text: '<html>' }],
    ['it never answers', 'http_response_timeout', { hangs: true as const }],
  ])('goes back to what was before when %s', async (_what, code, script) => {
    peer.script('POST /credentials', script)
    expect((await faultOf(connect())).code).toBe(code)
    expect(kit.registry.table().connections.has('acme')).toBe(false)
    expect((await faultOf(kit.ask(tokenShown('POST'), 'GET', '/ocpi/versions'))).code).toBe('token_unknown')
  })

  it('tells the peer with DELETE when its party is taken (T16)', async () => {
    const other = platform('other', {
      roles: [{ countryCode: 'DE', partyId: 'CPO', role: 'CPO', lastUpdated: '2026-01-01T00:00:00Z' }],
    })
    await kit.registry.put(other)
    expect((await faultOf(connect())).code).toBe('party_taken')
    expect(asked()).toEqual(['GET /versions', 'GET /2.2.1', 'POST /credentials', 'DELETE /credentials'])
    expect(kit.registry.table().connections.has('acme')).toBe(false)
  })

  it('restores a platform that was prepared before', async () => {
    const { token } = await kit.registration.prepare({ id: 'acme' })
    peer.script('POST /credentials', { code: 3000 })
    expect((await faultOf(connect())).code).toBe('credentials_refused')
    expect(kit.platform('acme').status).toBe('PLANNED')
    await expect(kit.ask(token, 'GET', '/ocpi/versions')).resolves.toBeDefined()
  })

  it('is done once when two begin at once', async () => {
    const both = await Promise.allSettled([connect(), connect()])
    expect(both.map((one) => one.status)).toEqual(['fulfilled', 'rejected'])
    expect(asked().filter((one) => one === 'POST /credentials')).toHaveLength(1)
  })

  it('refuses the registration of the peer that comes at the same time', async () => {
    let refused: Promise<unknown> | undefined
    peer.script('POST /credentials', async (request) => {
      const { token } = request.body as { token: string }
      refused = faultOf(kit.ask(token, 'POST', '/ocpi/2.2.1/credentials', peer.credentials('other')))
      await refused
      peer.tokens.add('token-c')
      return { data: peer.credentials('token-c') }
    })
    await connect()
    expect(await refused).toMatchObject({ code: 'store_unavailable' })
    expect(kit.platform('acme')).toMatchObject({ status: 'CONNECTED', outbound: { token: 'token-c' } })
  })
})

describe('renewing the tokens', () => {
  it('shows the peer a new token with PUT and takes its new one; the old lives for the overlap (R39, T22)', async () => {
    await connect()
    const old = tokenShown('POST')
    const stored = await kit.registration.rotate('acme')
    const fresh = tokenShown('PUT')
    expect(stored.outbound).toEqual({ token: 'peer-token-2', form: 'base64' })
    for (const token of [old, fresh])
      await expect(kit.ask(token, 'GET', '/ocpi/versions')).resolves.toBeDefined()
    kit.clock.advance(60_000)
    expect((await faultOf(kit.ask(old, 'GET', '/ocpi/versions'))).code).toBe('token_unknown')
    await expect(kit.ask(fresh, 'GET', '/ocpi/versions')).resolves.toBeDefined()
  })

  it('changes nothing when the peer refuses', async () => {
    await connect()
    const before = kit.platform('acme')
    peer.script('PUT /credentials', { code: 3000 })
    expect((await faultOf(kit.registration.rotate('acme'))).code).toBe('credentials_refused')
    expect(kit.platform('acme')).toEqual({ ...before, revision: expect.any(Number) as number })
  })

  it('accepts both tokens when the answer is lost: the peer may have taken the new one', async () => {
    await connect()
    peer.script('PUT /credentials', { hangs: true })
    expect((await faultOf(kit.registration.rotate('acme'))).code).toBe('http_response_timeout')
    kit.clock.advance(3_600_000)
    for (const method of ['POST', 'PUT']) {
      await expect(kit.ask(tokenShown(method), 'GET', '/ocpi/versions')).resolves.toBeDefined()
    }
    peer.script('PUT /credentials', () => undefined)
    await kit.registration.rotate('acme')
    kit.clock.advance(60_000)
    expect((await faultOf(kit.ask(tokenShown('POST'), 'GET', '/ocpi/versions'))).code).toBe('token_unknown')
    await expect(kit.ask(tokenShown('PUT'), 'GET', '/ocpi/versions')).resolves.toBeDefined()
  })

  describe('whose answer was lost', () => {
    const LOCATIONS = '/ocpi/2.2.1/receiver/locations/DE/CPO/L1'
    const uses = (token: string, path = LOCATIONS): void => {
      const connection = kit.registry.table().connections.get('acme')!
      const { hash } = kit.parts.hashes.make(token)
      const used = connection.platform.inbound.find((one) => one.hash === hash)!
      kit.registration.tokenUsed(connection, used, path)
    }
    const isGood = async (token: string) =>
      kit.ask(token, 'GET', '/ocpi/versions').then(
        () => true,
        () => false,
      )

    /** The tokens of the registration and of two renewals that both lost their answer. */
    async function losses(): Promise<[string, string, string]> {
      await connect()
      peer.script('PUT /credentials', { status: 504, text: '' })
      await faultOf(kit.registration.rotate('acme'))
      const second = tokenShown('PUT')
      await faultOf(kit.registration.rotate('acme'))
      return [tokenShown('POST'), second, tokenShown('PUT')]
    }

    it('end the old tokens when the newest is used, and only then (T22)', async () => {
      const [first, second, third] = await losses()
      uses(first)
      kit.clock.advance(3_600_000)
      expect(await Promise.all([first, second, third].map(isGood))).toEqual([true, true, true])
      uses(third)
      await expect.poll(() => kit.platform('acme').inbound.length).toBe(1)
      expect(await Promise.all([first, second, third].map(isGood))).toEqual([false, false, true])
    })

    it('end what is older than the token that is used, for the peer may not know the newest', async () => {
      const [first, second, third] = await losses()
      uses(second)
      await expect.poll(() => kit.platform('acme').inbound.length).toBe(2)
      expect(await Promise.all([first, second, third].map(isGood))).toEqual([false, true, true])
    })

    it('end nothing by a call-back of the peer, which may still refuse the token', async () => {
      const [first, , third] = await losses()
      for (const path of ['/ocpi/versions', '/ocpi/2.2.1']) uses(third, path)
      uses(first)
      await kit.registration.suspend('acme')
      expect(kit.platform('acme').inbound).toHaveLength(3)
    })
  })

  it('is for registered platforms only', async () => {
    await kit.registration.prepare({ id: 'new' })
    for (const id of ['new', 'nobody']) {
      expect((await faultOf(kit.registration.rotate(id))).code).toBe('not_registered')
    }
  })
})
