// Connections made and changed over the admin API: in both directions, with entity tags, and problems that
// name the fault.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import { ok } from '../support/envelopes.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { startPeer, type Peer } from '../unit/modules/peer.ts'

let scene: Scene<{ emsp: Party; cpo: Party }>
const peers: Peer[] = []
let peerCount = 0

beforeAll(async () => {
  scene = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
})
afterAll(() => scene.close())
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close()
})

async function newPeer(role: string): Promise<{ peer: Peer; key: string; id: string; token: string }> {
  const number = String(++peerCount).padStart(2, '0')
  const peer = await startPeer({ roles: [{ role, country_code: 'BE', party_id: `P${number}` }] })
  peers.push(peer)
  const token = `token-of-peer-${number}`
  peer.tokens.add(token)
  return { peer, key: `BE-P${number}`, id: `peer-${number}`, token }
}

const call = (text: string, init?: Parameters<typeof operate>[2]) => operate(scene.hub, text, init)

async function connected(role = 'CPO') {
  const made = await newPeer(role)
  const { id, token, peer } = made
  const answer = await call('POST /platforms', { json: { id, versions_url: peer.versionsUrl, token } })
  expect(answer.status, answer.text).toBe(201)
  return { ...made, answer }
}

describe('preparing a connection', () => {
  it('gives the token to hand over, once, and makes the parties PLANNED (R25)', async () => {
    const roles = [{ country_code: 'FR', party_id: 'PLN', role: 'CPO', name: 'Planned SA' }]
    const answer = await call('POST /platforms', { json: { id: 'planned', roles } })
    expect(answer.status).toBe(201)
    expect(answer.json).toEqual({
      id: 'planned',
      token: expect.stringMatching(/^[\w-]{43}$/),
      versions_url: 'http://hub.example/ocpi/versions',
    })
    expect(answer.headers.get('location')).toBe('/api/v1/platforms/planned')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const shown = await call('GET /platforms/planned')
    expect(shown.json).toMatchObject({ status: 'PLANNED', roles: [{ party_id: 'PLN', status: 'PLANNED' }] })
    expect(shown.text).not.toContain(answer.json.token)
    const refused = await scene.emsp.gets('locations', { to: 'FR-PLN' })
    expect(refused.json()).toMatchObject({ status_code: 4003, data: { connection_status: 'PLANNED' } })
  })

  it('is refused for a party that another platform holds, for the hub itself, and for a platform of the file', async () => {
    const role = (country: string, id: string) => [{ country_code: country, party_id: id, role: 'CPO' }]
    const cases = [
      { json: { id: 'thief', roles: role('DE', 'CPO') }, fault: 'party_taken' },
      { json: { id: 'thief', roles: role('NL', 'HUB') }, fault: 'party_taken' },
      { json: { id: 'de-cpo' }, fault: 'already_registered' },
    ]
    for (const { json, fault } of cases) {
      const answer = await call('POST /platforms', { json })
      expect(answer.status, answer.text).toBe(409)
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
      expect(answer.json).toMatchObject({ fault, recovery: expect.any(String), advice: expect.any(String) })
    }
  })

  const ROLE = { country_code: 'ES', party_id: 'BBB', role: 'CPO' }
  it.each([
    [{}, 'id'],
    [{ id: '../x' }, 'id'],
    [{ id: 'x', version: '9.9' }, 'version'],
    [{ id: 'x', roles: [{ country_code: 'DEU', party_id: 'CPO', role: 'CPO' }] }, 'roles.0'],
    [{ id: 'x', roles: [{ country_code: 'DE', party_id: 'CPO', role: 'KING' }] }, 'roles.0.role'],
    [{ id: 'x', roles: [ROLE, { ...ROLE, country_code: 'es', party_id: 'bbb' }] }, 'roles.1'],
    [{ id: 'x', versions_url: 'https://peer.example/versions' }, 'token'],
    [{ id: 'x', token: 'abc' }, 'versions_url'],
    [{ id: 'x', versions_url: 'ftp://peer.example', token: 'abc' }, 'versions_url'],
    [{ id: 'x', surprise: 1 }, 'surprise'],
  ])('is refused as 400 for %j', async (json, parameter) => {
    const answer = await call('POST /platforms', { json })
    expect(answer.status).toBe(400)
    expect(answer.json.errors.map((error: { parameter: string }) => error.parameter)).toContain(parameter)
  })
})

describe('registering the hub at a peer', () => {
  it('connects the platform; its parties are routed to at once (R30)', async () => {
    const { peer, key, id, answer } = await connected()
    expect(answer.json).toMatchObject({ id, source: 'registered', status: 'CONNECTED', version: '2.2.1' })
    expect(answer.headers.get('etag')).toBe((await call(`GET /platforms/${id}`)).headers.get('etag'))
    peer.script('GET /locations/LOC1', { data: { id: 'LOC1' } })
    const got = await scene.emsp.gets('locations', { to: key, path: '/LOC1' })
    expect(got.json(), got.body.toString()).toMatchObject({ status_code: 1000 })
  })

  it('says what the peer did wrong, and leaves nothing behind', async () => {
    const { peer, id } = await newPeer('CPO')
    const wrongToken = await call('POST /platforms', {
      json: { id, versions_url: peer.versionsUrl, token: 'not-the-token' },
    })
    expect([wrongToken.status, wrongToken.json.fault]).toEqual([422, 'token_rejected'])
    const dead = await call('POST /platforms', {
      json: { id, versions_url: `${await closedPort()}/versions`, token: 'x' },
    })
    expect([dead.status, dead.json.fault]).toEqual([502, 'connection_refused'])
    expect(dead.json.advice).toMatch(/Start the service/)
    expect((await call(`GET /platforms/${id}`)).status).toBe(404)
  })
})

describe('changing a platform', () => {
  it('takes the error format, the form of the token, the versions URL and names', async () => {
    const { id, key } = await connected()
    const [country, partyId] = key.split('-')
    const answer = await call(`PATCH /platforms/${id}`, {
      json: {
        errors: 'proof',
        token_form: 'raw',
        versions_url: 'http://peer.example/v',
        names: [{ country_code: country, party_id: partyId, name: 'Renamed' }],
      },
    })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json).toMatchObject({
      errors: 'proof',
      versions_url: 'http://peer.example/v',
      roles: [{ name: 'Renamed' }],
    })
    expect(scene.hub.registry.table().connections.get(id)!.platform.outbound!.form).toBe('raw')
  })

  it('is refused when it was changed since it was read (RFC 9110 §13.1.1)', async () => {
    const { id, answer } = await connected()
    const etag = answer.headers.get('etag')!
    const first = await call(`PATCH /platforms/${id}`, {
      json: { errors: 'ivxp' },
      headers: { 'if-match': etag },
    })
    expect(first.status).toBe(200)
    const changes = [`PATCH /platforms/${id}`, `DELETE /platforms/${id}`, `POST /platforms/${id}/suspend`]
    for (const change of changes) {
      const json = change.startsWith('PATCH') ? { errors: 'ocpi' } : undefined
      const late = await call(change, { headers: { 'if-match': etag }, ...(json ? { json } : {}) })
      expect(late.status, change).toBe(412)
    }
    const fresh = first.headers.get('etag')!
    const again = await call(`POST /platforms/${id}/suspend`, {
      headers: { 'if-match': `"other", ${fresh}` },
    })
    expect(again.status).toBe(200)
  })

  it('is refused for nothing, an unknown party, a URL the hub must not call, a platform of the file, and for none', async () => {
    const { id } = await connected()
    expect((await call(`PATCH /platforms/${id}`, { json: {} })).status).toBe(400)
    const names = [{ country_code: 'XX', party_id: 'XXX', name: 'Nobody' }]
    expect((await call(`PATCH /platforms/${id}`, { json: { names } })).status).toBe(422)
    const barred = await call(`PATCH /platforms/${id}`, {
      json: { versions_url: 'http://10.0.0.1/versions' },
    })
    expect([barred.status, barred.json.fault]).toEqual([422, 'destination_ip_prohibited'])
    const file = await call('PATCH /platforms/de-cpo', { json: { errors: 'proof' } })
    expect([file.status, file.json.fault]).toEqual([409, 'method_unsupported'])
    expect((await call('PATCH /platforms/nobody', { json: { errors: 'proof' } })).status).toBe(404)
  })
})

describe('suspend, resume, rotate, probe, remove', () => {
  it('suspended parties are answered 4003 until they are resumed, also those of the file', async () => {
    for (const id of [(await connected()).id, 'de-cpo']) {
      const suspended = await call(`POST /platforms/${id}/suspend`)
      expect([suspended.status, suspended.json.status]).toEqual([200, 'SUSPENDED'])
      const key = `${suspended.json.roles[0].country_code}-${suspended.json.roles[0].party_id}`
      expect((await scene.emsp.gets('locations', { to: key })).json()).toMatchObject({
        status_code: 4003,
        data: { connection_status: 'SUSPENDED' },
      })
      expect((await call(`POST /platforms/${id}/suspend`)).status).toBe(200)
      const resumed = await call(`POST /platforms/${id}/resume`)
      expect([resumed.status, resumed.json.status]).toEqual([200, 'CONNECTED'])
    }
    scene.cpo.answers('locations', { json: ok([]) })
    expect((await scene.emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
  })

  it('a platform that was only prepared is PLANNED again when it is resumed', async () => {
    await call('POST /platforms', { json: { id: 'not-yet' } })
    expect((await call('POST /platforms/not-yet/suspend')).json.status).toBe('SUSPENDED')
    const answer = await call('POST /platforms/not-yet/resume')
    expect([answer.status, answer.json.status]).toEqual([200, 'PLANNED'])
  })

  it('rotating renews both tokens (R39)', async () => {
    const { id } = await connected()
    const before = (await call(`GET /platforms/${id}`)).json.tokens
    const answer = await call(`POST /platforms/${id}/rotate`)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json.tokens.outbound).not.toEqual(before.outbound)
    expect(answer.json.tokens.inbound[0].fingerprint).not.toBe(before.inbound[0].fingerprint)
    const file = await call('POST /platforms/de-cpo/rotate')
    expect([file.status, file.json.fault]).toEqual([409, 'method_unsupported'])
  })

  it('a probe says whether the platform is there, and what to do if not', async () => {
    const { id, peer } = await connected()
    expect((await call(`POST /platforms/${id}/probe`)).json).toMatchObject({
      id,
      ok: true,
      http_status: 200,
      status: 'CONNECTED',
    })
    await peer.close()
    peers.splice(peers.indexOf(peer), 1)
    expect((await call(`POST /platforms/${id}/probe`)).json).toMatchObject({
      ok: false,
      fault: 'connection_refused',
      advice: expect.any(String),
    })
    expect((await call('POST /platforms/nobody/probe')).status).toBe(404)
  })

  it('a removed platform is told, forgotten, and unknown to all', async () => {
    const { id, key, peer } = await connected()
    const answer = await call(`DELETE /platforms/${id}`)
    expect([answer.status, answer.json]).toEqual([200, { id, peer_told: true }])
    expect(peer.requests.at(-1)).toMatchObject({ method: 'DELETE' })
    expect((await call(`GET /platforms/${id}`)).status).toBe(404)
    expect((await scene.emsp.gets('locations', { to: key })).json().status_code).toBe(4001)
    expect((await call(`DELETE /platforms/${id}`)).status).toBe(404)
    expect((await call('DELETE /platforms/de-cpo')).json).toMatchObject({ fault: 'method_unsupported' })
  })
})
