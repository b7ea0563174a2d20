// POST on the credentials module, against peers that are real HTTP servers.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKit, faultOf, type Kit, PUBLIC_URL } from './kit.ts'
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

describe('POST credentials', () => {
  beforeEach(() => begin())

  it('calls back with token B before it answers, and connects the platform (R27)', async () => {
    const answer = await kit.ask(tokenA, 'POST', CREDENTIALS, peer.credentials('token-b'))
    expect(peer.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /versions',
      'GET /2.2.1',
    ])
    const data = answer.data as { token: string }
    expect(data).toEqual({
      token: data.token,
      url: `${PUBLIC_URL}/ocpi/versions`,
      roles: [
        { role: 'HUB', business_details: { name: 'Example Hub' }, party_id: 'HUB', country_code: 'NL' },
      ],
    })
    expect(data.token).toMatch(/^[\x21-\x7e]{22,64}$/)
    expect(kit.platform('acme')).toMatchObject({
      status: 'CONNECTED',
      version: '2.2.1',
      versionsUrl: peer.versionsUrl,
      outbound: { token: 'token-b', form: 'base64' },
      endpoints: [
        { module: 'credentials', role: 'SENDER', url: `${peer.url}/credentials` },
        { module: 'locations', role: 'SENDER', url: `${peer.url}/locations/` },
        { module: 'hubclientinfo', role: 'RECEIVER', url: `${peer.url}/hubclientinfo/` },
      ],
      roles: [{ countryCode: 'DE', partyId: 'CPO', role: 'CPO', name: 'Peer Ltd' }],
    })
  })

  it('shows token B in Base64 and without routing headers (R3, R23, R24)', async () => {
    await register()
    for (const { authorization, headers } of peer.requests) {
      expect(authorization).toBe(`Token ${Buffer.from('token-b').toString('base64')}`)
      expect(Object.keys(headers).filter((name) => name.startsWith('ocpi-'))).toEqual([])
      expect(headers['x-request-id']).toMatch(/\S/)
      expect(headers['x-correlation-id']).toMatch(/\S/)
    }
  })

  it('kills token A and makes token C work everywhere (R6, R7)', async () => {
    expect((await faultOf(kit.ask(tokenA, 'GET', '/ocpi/2.2.1/hubclientinfo'))).code).toBe(
      'token_not_for_this',
    )
    const tokenC = await register()
    expect((await faultOf(kit.ask(tokenA, 'GET', '/ocpi/versions'))).code).toBe('token_unknown')
    expect((await faultOf(kit.ask(tokenA, 'POST', CREDENTIALS, peer.credentials('token-b')))).code).toBe(
      'token_unknown',
    )
    await expect(kit.ask(tokenC, 'GET', '/ocpi/2.2.1/hubclientinfo')).resolves.toMatchObject({ data: [] })
  })

  it('is refused with 405 when the platform is registered (R28)', async () => {
    const tokenC = await register()
    const fault = await faultOf(kit.ask(tokenC, 'POST', CREDENTIALS, peer.credentials('token-b')))
    expect([fault.code, fault.row.http, fault.info.headers]).toEqual([
      'already_registered',
      405,
      { Allow: 'GET, PUT, DELETE' },
    ])
  })

  it.each([
    ['an HTTP error', { status: 500, text: 'oops' }],
    ['something that is not JSON', { text: '<html>' }],
    ['JSON that is no envelope', { text: '[]' }],
    ['an error code', { code: 3000 }],
    ['no list', { data: { versions: [] } }],
    ['no answer', { hangs: true as const }],
    ['a refusal of token B', { status: 401, code: 2000 }],
  ])('answers 3001 and leaves everything as it was when the versions are %s (R29)', async (_what, script) => {
    const before = kit.platform('acme')
    peer.script('GET /versions', script)
    const fault = await faultOf(kit.ask(tokenA, 'POST', CREDENTIALS, peer.credentials('token-b')))
    expect([fault.code, fault.row.ocpi, fault.row.http]).toEqual(['callback_failed', 3001, 200])
    expect(fault.message).not.toContain(peer.url)
    expect(kit.platform('acme')).toEqual(before)
    await expect(kit.ask(tokenA, 'GET', '/ocpi/versions')).resolves.toMatchObject({
      data: expect.anything() as unknown,
    })
  })

  it('answers 3001 when nobody listens at the versions URL, and succeeds on the next try (R29)', async () => {
    const credentials = { ...peer.credentials('token-b'), url: 'http://127.0.0.1:1/versions' }
    const fault = await faultOf(kit.ask(tokenA, 'POST', CREDENTIALS, credentials))
    expect([fault.code, fault.info.detail]).toEqual([
      'callback_failed',
      expect.stringContaining('connection_refused'),
    ])
    await expect(register()).resolves.toMatch(/\S/)
  })

  it('answers 3001 for an address that must not be called', async () => {
    const credentials = { ...peer.credentials('token-b'), url: 'http://169.254.169.254/versions' }
    expect((await faultOf(kit.ask(tokenA, 'POST', CREDENTIALS, credentials))).code).toBe('callback_failed')
  })

  it('answers 3001 for an endpoint that must not be called, and names its module alone', async () => {
    const endpoints = [
      { identifier: 'credentials', role: 'SENDER', url: `${peer.url}/credentials` },
      { identifier: 'locations', role: 'SENDER', url: 'http://10.11.12.13/locations' },
    ]
    peer.script('GET /2.2.1', { data: { version: '2.2.1', endpoints } })
    const fault = await faultOf(kit.ask(tokenA, 'POST', CREDENTIALS, peer.credentials('token-b')))
    expect([fault.code, fault.row.ocpi]).toEqual(['callback_failed', 3001])
    expect(fault.message).toContain(
      'its URL of locations has a scheme or an address that the hub must not call',
    )
    expect(fault.message).not.toContain('10.11')
    expect(fault.info.detail).toBe('destination_ip_prohibited: http://10.11.12.13/locations')
    expect(kit.platform('acme').outbound).toBeUndefined()
  })

  it('answers 3001 for a version whose URL in the list is relative', async () => {
    peer.script('GET /versions', { data: [{ version: '2.2.1', url: '/2.2.1' }] })
    const fault = await faultOf(kit.ask(tokenA, 'POST', CREDENTIALS, peer.credentials('token-b')))
    expect([fault.code, fault.row.ocpi]).toEqual(['callback_failed', 3001])
    expect(fault.message).toContain(
      'its list of versions gives 2.2.1 a URL that is not an absolute http or https one',
    )
  })

  it('answers 3002 when the version list lacks the version posted to (R30)', async () => {
    const fault = await faultOf(
      kit.ask(tokenA, 'POST', '/ocpi/2.3.0/credentials', peer.credentials('token-b')),
    )
    expect([fault.code, fault.row.ocpi]).toEqual(['version_unsupported', 3002])
  })

  it.each([
    ['empty', []],
    ['without credentials', [{ identifier: 'locations', role: 'SENDER', url: 'http://127.0.0.1:1/l' }]],
    [
      'without any functional module',
      [{ identifier: 'credentials', role: 'SENDER', url: 'http://127.0.0.1:1/c' }],
    ],
    ['rubbish', [null, { identifier: 'credentials' }, { identifier: 'locations', role: 'BOTH', url: 'x' }]],
  ])('answers 3003 when the endpoint list is %s (R30)', async (_what, endpoints) => {
    peer.script('GET /2.2.1', { data: { version: '2.2.1', endpoints } })
    const fault = await faultOf(kit.ask(tokenA, 'POST', CREDENTIALS, peer.credentials('token-b')))
    expect([fault.code, fault.row.ocpi]).toEqual(['endpoints_missing', 3003])
    expect(kit.platform('acme').outbound).toBeUndefined()
  })

  it('names what is wrong with the credentials and calls nobody', async () => {
    const fault = await faultOf(
      kit.ask(tokenA, 'POST', CREDENTIALS, { ...peer.credentials('token-b'), roles: [] }),
    )
    expect([fault.code, fault.message]).toEqual([
      'credentials_invalid',
      'The credentials are not valid: roles must not be empty',
    ])
    expect((await faultOf(kit.ask(tokenA, 'POST', CREDENTIALS))).code).toBe('credentials_invalid')
    expect(peer.requests).toEqual([])
  })

  it("refuses the hub's own URL and the hub's own party", async () => {
    const loop = { ...peer.credentials('token-b'), url: `${PUBLIC_URL}/ocpi/versions/` }
    expect((await faultOf(kit.ask(tokenA, 'POST', CREDENTIALS, loop))).code).toBe('credentials_invalid')
    const own = {
      ...peer.credentials('token-b'),
      roles: [{ role: 'CPO', country_code: 'nl', party_id: 'hub' }],
    }
    expect((await faultOf(kit.ask(tokenA, 'POST', CREDENTIALS, own))).code).toBe('party_taken')
  })

  it('refuses a party that another platform has in the same role, not in another one (T16)', async () => {
    await register()
    const other = await kit.registration.prepare({ id: 'other' })
    const same = await faultOf(kit.ask(other.token, 'POST', CREDENTIALS, peer.credentials('token-b')))
    expect([same.code, same.row.ocpi, same.row.http]).toEqual(['party_taken', 2001, 200])
    const roles = [{ role: 'EMSP', country_code: 'DE', party_id: 'CPO' }]
    const asEmsp = { ...peer.credentials('token-b'), roles }
    await expect(kit.ask(other.token, 'POST', CREDENTIALS, asEmsp)).resolves.toMatchObject({
      data: { url: expect.any(String) as string },
    })
  })

  it('lets one of two at once win, and the winner’s token work', async () => {
    const both = await Promise.allSettled([register(), register()])
    const won = both.filter((one) => one.status === 'fulfilled')
    expect(won).toHaveLength(1)
    await expect(kit.ask(won[0]!.value, 'GET', '/ocpi/versions')).resolves.toBeDefined()
  })

  it('lets one of two platforms that claim a party at once win (T16)', async () => {
    const other = await kit.registration.prepare({ id: 'other' })
    const both = await Promise.allSettled([
      register(),
      kit.ask(other.token, 'POST', CREDENTIALS, peer.credentials('token-b')),
    ])
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
    const rejected = both.find((one) => one.status === 'rejected')
    expect(rejected).toMatchObject({ reason: { code: 'party_taken' } })
  })
})

describe('the form of the token towards the peer', () => {
  it('is tried the other way after a 401 and what worked is kept (R4)', async () => {
    await begin({ tokenForm: 'raw' })
    await register()
    expect(peer.requests.map(({ authorization }) => authorization)).toEqual([
      `Token ${Buffer.from('token-b').toString('base64')}`,
      'Token token-b',
      'Token token-b',
    ])
    expect(kit.platform('acme').outbound).toEqual({ token: 'token-b', form: 'raw' })
  })

  it('is raw for 2.1.1 (R4)', async () => {
    await begin({ version: '2.1.1', modules: ['locations', 'tokens', 'commands'] })
    await register('/ocpi/2.1.1/credentials')
    expect(peer.requests[0]?.authorization).toBe('Token token-b')
  })
})

describe('a platform on 2.1.1', () => {
  it('keeps the role the operator prepared and gets endpoints of that side (R34, R15)', async () => {
    await begin({ version: '2.1.1', modules: ['locations', 'tokens', 'commands'] }, [
      { countryCode: 'DE', partyId: 'CPO', role: 'NSP' },
    ])
    await register('/ocpi/2.1.1/credentials')
    const { roles, endpoints } = kit.platform('acme')
    expect(roles.map(({ role, withdrawn }) => [role, withdrawn])).toEqual([['NSP', undefined]])
    expect(endpoints.map(({ module, role }) => `${module} ${role}`)).toEqual([
      'credentials SENDER',
      'locations RECEIVER',
      'tokens SENDER',
      'commands SENDER',
    ])
  })

  it('is a CPO when nothing was prepared and it takes commands', async () => {
    await begin({ version: '2.1.1', modules: ['locations', 'tokens', 'commands'] })
    await register('/ocpi/2.1.1/credentials')
    const { roles, endpoints } = kit.platform('acme')
    expect(roles.map(({ role }) => role)).toEqual(['CPO'])
    expect(endpoints.map(({ module, role }) => `${module} ${role}`)).toContain('locations SENDER')
  })
})
