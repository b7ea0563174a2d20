// GET, PUT and DELETE on the credentials module, against peers that are real HTTP servers.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKit, faultOf, type Kit } from './kit.ts'
import { type Peer, type PeerOptions, startPeer } from './peer.ts'

const CREDENTIALS = '/ocpi/2.2.1/credentials'

let kit: Kit
let peer: Peer
let tokenA: string

async function begin(
  options: PeerOptions = {},
  roles?: Parameters<Kit['registration']['prepare']>[0]['roles'],
) {
  peer = await startPeer(options)
  peer.tokens.add('token-b')
  kit = await createKit()
  tokenA = (await kit.registration.prepare({ id: 'acme', ...(roles ? { roles } : {}) })).token
}

/** Registers with `token-b` and gives the token of the answer. */
async function register(path = CREDENTIALS): Promise<string> {
  const answer = await kit.ask(tokenA, 'POST', path, peer.credentials('token-b'))
  return (answer.data as { token: string }).token
}

afterEach(async () => {
  await kit.close()
  await peer.close()
})

describe('GET credentials', () => {
  it('repeats the token it was asked with (R26)', async () => {
    await begin()
    expect(await kit.ask(tokenA, 'GET', CREDENTIALS)).toMatchObject({ data: { token: tokenA } })
    const tokenC = await register()
    expect(await kit.ask(tokenC, 'GET', CREDENTIALS)).toMatchObject({ data: { token: tokenC } })
  })

  it('lists the parties of others in 2.3.0, but neither its own nor those never connected (R38, T13)', async () => {
    await begin({ version: '2.3.0' })
    const tokenC = await register('/ocpi/2.3.0/credentials')
    await kit.registration.prepare({
      id: 'planned',
      roles: [{ countryCode: 'BE', partyId: 'NEW', role: 'CPO' }],
    })
    const rolesNow = async () => {
      const answer = await kit.ask(tokenC, 'GET', '/ocpi/2.3.0/credentials')
      return (answer.data as { roles: { role: string; party_id: string }[] }).roles.map(
        ({ role, party_id }) => `${party_id} ${role}`,
      )
    }
    expect(await rolesNow()).toEqual(['HUB OTHER'])
    const emsp = await startPeer({ roles: [{ role: 'EMSP', country_code: 'NL', party_id: 'EMS' }] })
    emsp.tokens.add('token-b2')
    const other = await kit.registration.prepare({ id: 'emsp' })
    await kit.ask(other.token, 'POST', CREDENTIALS, emsp.credentials('token-b2'))
    expect(await rolesNow()).toEqual(['EMS EMSP'])
    await emsp.close()
  })
})

describe('PUT credentials', () => {
  let tokenC: string
  beforeEach(async () => {
    await begin()
    tokenC = await register()
    peer.requests.length = 0
    peer.tokens.clear()
    peer.tokens.add('token-b2')
  })

  async function put(token = tokenC): Promise<string> {
    const answer = await kit.ask(token, 'PUT', CREDENTIALS, peer.credentials('token-b2'))
    return (answer.data as { token: string }).token
  }

  it('reads versions and details anew with the new token and gives a new one (R31, T22)', async () => {
    peer.script('GET /2.2.1', {
      data: {
        version: '2.2.1',
        endpoints: ['credentials', 'tokens'].map((identifier) => ({
          identifier,
          role: 'SENDER',
          url: `${peer.url}/new/${identifier}`,
        })),
      },
    })
    const next = await put()
    expect(next).not.toBe(tokenC)
    expect(peer.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /versions',
      'GET /2.2.1',
    ])
    expect(kit.platform('acme')).toMatchObject({
      outbound: { token: 'token-b2' },
      endpoints: [{ url: `${peer.url}/new/credentials` }, { url: `${peer.url}/new/tokens` }],
    })
    await expect(kit.ask(next, 'GET', CREDENTIALS)).resolves.toMatchObject({ data: { token: next } })
  })

  it('lets the old token live until the new one is used (T22)', async () => {
    const next = await put()
    await expect(kit.ask(tokenC, 'GET', '/ocpi/versions')).resolves.toBeDefined()
    const connection = kit.registry.table().connections.get('acme')!
    const fresh = connection.platform.inbound.find((one) => one.hash === kit.parts.hashes.make(next).hash)!
    kit.registration.tokenUsed(connection, fresh, '/ocpi/versions')
    await expect.poll(() => kit.platform('acme').inbound.length).toBe(1)
    expect((await faultOf(kit.ask(tokenC, 'GET', '/ocpi/versions'))).code).toBe('token_unknown')
    await expect(kit.ask(next, 'GET', '/ocpi/versions')).resolves.toBeDefined()
  })

  it('lets the old token live no longer than the overlap (T22)', async () => {
    await put()
    kit.clock.advance(59_999)
    await expect(kit.ask(tokenC, 'GET', '/ocpi/versions')).resolves.toBeDefined()
    kit.clock.advance(1)
    expect((await faultOf(kit.ask(tokenC, 'GET', '/ocpi/versions'))).code).toBe('token_unknown')
  })

  it('can be repeated with the old token when its answer was lost (T22)', async () => {
    const lost = await put()
    const next = await put()
    expect((await faultOf(kit.ask(lost, 'GET', '/ocpi/versions'))).code).toBe('token_unknown')
    await expect(kit.ask(next, 'GET', '/ocpi/versions')).resolves.toBeDefined()
  })

  it('changes nothing when the call-back fails (R29)', async () => {
    peer.script('GET /2.2.1', { status: 503, text: '' })
    const before = kit.platform('acme')
    expect((await faultOf(put())).code).toBe('callback_failed')
    expect(kit.platform('acme')).toEqual(before)
  })

  it('moves the platform to the version of the endpoint (R31)', async () => {
    const endpoints = ['credentials', 'tokens'].map((identifier) => ({
      identifier,
      role: 'SENDER',
      url: `${peer.url}/${identifier}`,
    }))
    peer.script('GET /versions', { data: [{ version: '2.3.0', url: `${peer.url}/2.3.0` }] })
    peer.script('GET /2.3.0', { data: { version: '2.3.0', endpoints } })
    await kit.ask(tokenC, 'PUT', '/ocpi/2.3.0/credentials', peer.credentials('token-b2'))
    expect(kit.platform('acme').version).toBe('2.3.0')
  })

  it('withdraws a role that is gone and dates only what changed (R91, T23)', async () => {
    const before = kit.platform('acme').roles[0]!
    kit.clock.advance(5_000)
    const roles = [
      { role: 'CPO', country_code: 'DE', party_id: 'CPO' },
      { role: 'EMSP', country_code: 'DE', party_id: 'CPO' },
    ]
    await kit.ask(tokenC, 'PUT', CREDENTIALS, { ...peer.credentials('token-b2'), roles })
    const [cpo, emsp] = kit.platform('acme').roles
    expect([cpo?.lastUpdated, emsp?.role]).toEqual([before.lastUpdated, 'EMSP'])
    kit.clock.advance(5_000)
    await kit.ask(tokenC, 'PUT', CREDENTIALS, { ...peer.credentials('token-b2'), roles: roles.slice(1) })
    const gone = kit.platform('acme').roles.find((role) => role.role === 'CPO')!
    expect([gone.withdrawn, gone.lastUpdated]).toEqual([true, new Date(kit.clock.now()).toISOString()])
  })

  it('leaves a platform suspended that an operator has suspended', async () => {
    await kit.registration.suspend('acme')
    await put()
    expect(kit.platform('acme').status).toBe('SUSPENDED')
  })

  it('is refused with 405 for a platform that is not registered (R31, T21)', async () => {
    const { token } = await kit.registration.prepare({ id: 'new' })
    for (const method of ['PUT', 'DELETE']) {
      const fault = await faultOf(kit.ask(token, method, CREDENTIALS, peer.credentials('x')))
      expect([fault.code, fault.row.http, fault.info.headers]).toEqual([
        'not_registered',
        405,
        { Allow: 'GET, POST' },
      ])
    }
  })

  it('lets at most one of two at once win', async () => {
    const both = await Promise.allSettled([put(), put()])
    const won = both.filter((one) => one.status === 'fulfilled')
    expect(won).toHaveLength(1)
    await expect(kit.ask(won[0]!.value, 'GET', '/ocpi/versions')).resolves.toBeDefined()
  })
})

describe('DELETE credentials', () => {
  it('kills the token and suspends the parties (R32, T23)', async () => {
    await begin()
    const tokenC = await register()
    kit.clock.advance(1_000)
    expect(await kit.ask(tokenC, 'DELETE', CREDENTIALS)).toEqual({})
    expect((await faultOf(kit.ask(tokenC, 'GET', '/ocpi/versions'))).code).toBe('token_unknown')
    const { status, outbound, endpoints, roles } = kit.platform('acme')
    expect([status, outbound, endpoints]).toEqual(['SUSPENDED', undefined, []])
    expect(roles[0]?.lastUpdated).toBe(new Date(kit.clock.now()).toISOString())
  })

  it('can be followed by a new registration of the same platform, also elsewhere (T16)', async () => {
    await begin()
    await kit.ask(await register(), 'DELETE', CREDENTIALS)
    const again = await kit.registration.prepare({ id: 'acme' })
    await kit.ask(again.token, 'POST', CREDENTIALS, peer.credentials('token-b'))
    expect(kit.platform('acme').status).toBe('CONNECTED')
    await kit.registration.remove('acme')
    const elsewhere = await kit.registration.prepare({ id: 'elsewhere' })
    await kit.ask(elsewhere.token, 'POST', CREDENTIALS, peer.credentials('token-b'))
    expect(kit.platform('elsewhere').status).toBe('CONNECTED')
  })
})

describe('other methods on credentials', () => {
  it('are 405 with the methods there are (R33)', async () => {
    await begin()
    const fault = await faultOf(kit.ask(tokenA, 'PATCH', CREDENTIALS, {}))
    expect([fault.code, fault.info.headers]).toEqual([
      'method_unsupported',
      { Allow: 'GET, POST, PUT, DELETE' },
    ])
    expect((await faultOf(kit.ask(tokenA, 'GET', `${CREDENTIALS}/more`))).code).toBe('url_unknown')
  })
})
