// Handshakes with peers as programs in the field are: what they refuse tokens with, and what their refusals say.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKit, faultOf, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

const TOKEN_A = 'registration-token-of-the-peer'

let kit: Kit
let peer: Peer

beforeEach(async () => {
  peer = await startPeer()
  peer.tokens.add(TOKEN_A)
  kit = await createKit()
})
afterEach(async () => {
  await kit.close()
  await peer.close()
})

const connect = () => kit.registration.connect({ id: 'acme', versionsUrl: peer.versionsUrl, token: TOKEN_A })
const posted = () => peer.requests.filter(({ method }) => method === 'POST')

describe('a peer whose versions are open to all', () => {
  it('is shown the token in the form that its details demand, also if they refuse with 403 (R4)', async () => {
    const raw = `Token ${TOKEN_A}`
    peer.script('GET /versions', { data: [{ version: '2.2.1', url: `${peer.url}/2.2.1` }] })
    peer.script('GET /2.2.1', ({ authorization }) =>
      authorization === raw ? undefined : { status: 403, code: 2000 },
    )
    expect((await connect()).outbound).toEqual({ token: 'peer-token-1', form: 'raw' })
    expect(posted().map(({ authorization }) => authorization)).toEqual([raw])
  })
})

describe('a peer that refuses the token in both forms', () => {
  it.each([401, 403])('is quoted with what it said first (HTTP %d)', async (status) => {
    const answers = [{ status, text: 'no' }, { status: 401, text: '' }, { text: '{}' }]
    peer.script('GET /versions', () => answers.shift())
    const { code, message, info } = await faultOf(connect())
    expect([code, message, info.detail]).toEqual([
      'token_rejected',
      `it answered HTTP ${status} without an OCPI envelope`,
      'no',
    ])
    expect(peer.requests).toHaveLength(2)
  })
})

describe('a peer that registers without a credentials endpoint', () => {
  it('is told that this is what it lacks (R30)', async () => {
    const { token } = await kit.registration.prepare({ id: 'acme' })
    const endpoints = [{ identifier: 'locations', role: 'SENDER', url: `${peer.url}/locations` }]
    peer.script('GET /2.2.1', { data: { version: '2.2.1', endpoints } })
    peer.tokens.add('token-b')
    const fault = await faultOf(
      kit.ask(token, 'POST', '/ocpi/2.2.1/credentials', peer.credentials('token-b')),
    )
    expect([fault.code, fault.message]).toEqual([
      'endpoints_missing',
      'The version details lack a credentials endpoint',
    ])
  })
})

describe('a refusal without an envelope', () => {
  it('tells the operator the member that a framework misses, but no token that it quotes', async () => {
    const loc = ['body', 'roles', 0, 'business_details', 'logo']
    peer.script('POST /credentials', ({ body }) => {
      const detail = [{ type: 'missing', loc, msg: 'Field required', input: body }]
      return { status: 422, text: JSON.stringify({ detail, seen: (body as { token: string }).token }) }
    })
    const { code, message, info } = await faultOf(connect())
    expect([code, message]).toEqual(['answer_not_ocpi', 'it answered HTTP 422 without an OCPI envelope'])
    expect(info.detail).toContain('"business_details", "logo" ], "msg": "Field required"')
    expect(info.detail).not.toContain((posted()[0]!.body as { token: string }).token)
  })

  it('tells the operator where a redirect leads, without what may be a secret', async () => {
    const location = 'https://elsewhere.example/credentials'
    const given = `${location.replace('//', '//user:pass@')}?state=secret`
    peer.script('POST /credentials', { status: 307, text: '', headers: { location: given } })
    expect((await faultOf(connect())).info.detail).toBe(`redirected to ${location}`)
  })
})
