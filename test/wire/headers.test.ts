// Headers of a direct exchange, both ways: whose token, which ids, which parties, and what never passes.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { says } from '../support/envelopes.ts'
import { expectPublicOnly, routingOf } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'

let scene: Scene<{ emsp: Party; cpo: Party; rawCpo: Party; two: Party }>

beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    rawCpo: party('FR-RAW', 'CPO', { form: 'raw' }),
    two: party('BE-ONE', 'EMSP', { also: [['BE-TWO', 'CPO']] }),
  })
})
afterAll(() => scene.close())
beforeEach(() => scene.cpo.forget())

describe('the responder sees the hub', () => {
  it('gets its own token in Base64, never the token of the requester (R2, R3, R10)', async () => {
    const { emsp, cpo } = scene
    await emsp.gets('locations', { to: 'DE-CPO' })
    const expected = `Token ${Buffer.from(cpo.tokens.outbound).toString('base64')}`
    expect(cpo.last().headers.authorization).toBe(expected)
    const everything = JSON.stringify(cpo.last().headerList)
    expect(everything).not.toContain(emsp.tokens.inbound)
    expect(everything).not.toContain(Buffer.from(emsp.tokens.inbound).toString('base64'))
  })

  it('gets its token raw if it wants that (R4)', async () => {
    await scene.emsp.gets('locations', { to: 'FR-RAW' })
    expect(scene.rawCpo.last().headers.authorization).toBe(`Token ${scene.rawCpo.tokens.outbound}`)
  })

  it('gets a request id of its own and the same correlation id (R66)', async () => {
    const { emsp, cpo } = scene
    const answers = [
      await emsp.gets('locations', { to: 'DE-CPO' }),
      await emsp.gets('locations', { to: 'DE-CPO' }),
    ]
    const ids = cpo.requests.map((request) => request.headers['x-request-id'])
    expect(new Set([...ids, ...answers.map(({ sent }) => sent.requestId)]).size).toBe(4)
    expect(cpo.requests.map((request) => request.headers['x-correlation-id'])).toEqual(
      answers.map(({ sent }) => sent.correlationId),
    )
  })

  it('is called at its own host, whatever the Host header of the requester', async () => {
    const { emsp, cpo } = scene
    await emsp.gets('locations', { to: 'DE-CPO', headers: { Host: 'evil.example' } })
    expect(cpo.last().headers.host).toBe(new URL(cpo.url()).host)
  })

  it('gets no header that speaks of one hop or of the person behind the requester', async () => {
    const { emsp, cpo } = scene
    const private_ = {
      Cookie: 'session=secret',
      'Proxy-Authorization': 'Basic c2VjcmV0',
      'Keep-Alive': 'timeout=5',
      TE: 'trailers',
      Upgrade: 'websocket',
      Forwarded: 'for=10.0.0.1',
      'X-Forwarded-For': '10.0.0.1',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Prefix': '/inside',
      'X-Real-IP': '10.0.0.1',
      'X-Custom-Of-Hop': 'yes',
      Connection: 'close, X-Custom-Of-Hop',
      Expect: undefined,
    }
    await emsp.gets('locations', { to: 'DE-CPO', headers: private_ })
    const names = Object.keys(cpo.last().headers)
    for (const name of Object.keys(private_)) {
      if (name !== 'Connection') expect(names).not.toContain(name.toLowerCase())
    }
    expect(cpo.last().headers.connection ?? 'keep-alive').toBe('keep-alive')
  })

  it('gets no header that would lead past the URL and the method the hub has routed (R23)', async () => {
    const { emsp, cpo } = scene
    const overrides = {
      'X-Original-URL': '/ocpi/2.2.1/credentials',
      'X-Rewrite-URL': '/ocpi/2.2.1/credentials',
      'X-HTTP-Method-Override': 'DELETE',
      'X-Method-Override': 'DELETE',
      'X-Host': 'evil.example',
      Proxy: 'http://evil.example',
      'CF-Connecting-IP': '2001:db8::1',
      'X-Client-IP': '10.0.0.1',
      'X-Custom-Client': 'kept',
    }
    await emsp.gets('locations', { to: 'DE-CPO', headers: overrides })
    const names = Object.keys(cpo.last().headers)
    const passed = Object.keys(overrides).filter((name) => names.includes(name.toLowerCase()))
    expect(passed).toEqual(['X-Custom-Client'])
  })

  it('gets no name that servers which write - and _ alike take for one of the hub (R44, T5)', async () => {
    const { emsp, cpo } = scene
    const lookalikes = {
      OCPI_from_party_id: 'XXX',
      'OCPI.from.country.code': 'XX',
      X_Request_ID: 'mine',
      Content_Length: '0',
      X_Forwarded_For: '10.0.0.1',
      my_own_header: 'kept',
    }
    await emsp.gets('locations', { to: 'DE-CPO', headers: lookalikes })
    const names = Object.keys(cpo.last().headers)
    const passed = Object.keys(lookalikes).filter((name) => names.includes(name.toLowerCase()))
    expect(passed).toEqual(['my_own_header'])
  })

  it('is not asked for a part, or for what has changed: no answer to that has an envelope', async () => {
    const { emsp, cpo } = scene
    const headers = {
      Range: 'bytes=0-9',
      'If-Range': '"a"',
      'If-Match': '"a"',
      'If-None-Match': '"a"',
      'If-Modified-Since': 'Sun, 01 Mar 2026 12:00:00 GMT',
      'If-Unmodified-Since': 'Sun, 01 Mar 2026 12:00:00 GMT',
    }
    await emsp.gets('locations', { to: 'DE-CPO', headers })
    const names = Object.keys(cpo.last().headers)
    for (const name of Object.keys(headers)) expect(names).not.toContain(name.toLowerCase())
  })

  it('gets a request also when its sender expects what the hub does not know (RFC 9110 §10.1.1)', async () => {
    const { emsp, cpo } = scene
    const answer = await emsp.gets('locations', { to: 'DE-CPO', headers: { Expect: 'the-unexpected' } })
    expect(answer.json().status_code).toBe(1000)
    expect(cpo.last().headers).not.toHaveProperty('expect')
  })

  it('gets the routing headers even if Connection lists them (RFC 9110 §7.6.1)', async () => {
    const { emsp, cpo } = scene
    await emsp.gets('locations', {
      to: 'DE-CPO',
      headers: { Connection: 'close, OCPI-to-party-id, Authorization' },
    })
    expect(routingOf(cpo.last())).toEqual({ to: 'DE-CPO', from: 'NL-EMS' })
    expect(cpo.last().headers.authorization).toMatch(/^Token /)
  })

  it('gets each routing header, id and token once', async () => {
    await scene.emsp.gets('locations', { to: 'DE-CPO' })
    const names = scene.cpo.last().headerList.map(([name]) => name.toLowerCase())
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('parties are found in any spelling', () => {
  it('takes header names in any case (R41)', async () => {
    const headers = {
      'OCPI-to-country-code': undefined,
      'OCPI-to-party-id': undefined,
    }
    const moreHeaders = [
      ['ocpi-TO-country-CODE', 'DE'],
      ['OCPI-TO-PARTY-ID', 'CPO'],
    ] as const
    const answer = await scene.emsp.gets('locations', { to: 'DE-CPO', headers, moreHeaders })
    expect(answer.json().status_code).toBe(1000)
  })

  it('takes values in any case and forwards them as registered (R108, T33)', async () => {
    const answer = await scene.emsp.gets('locations', { to: 'de-cpo', from: 'nl-ems' })
    expect(answer.json().status_code).toBe(1000)
    expect(scene.cpo.last().headers).toMatchObject({
      'ocpi-to-country-code': 'DE',
      'ocpi-to-party-id': 'CPO',
      'ocpi-from-country-code': 'NL',
      'ocpi-from-party-id': 'EMS',
    })
  })

  it('infers FROM when the platform has one party (T5)', async () => {
    const answer = await scene.emsp.gets('locations', { to: 'DE-CPO', from: null })
    expect(answer.json().status_code).toBe(1000)
    expect(routingOf(scene.cpo.last()).from).toBe('NL-EMS')
    expect(routingOf(answer).to).toBe('NL-EMS')
  })

  it('infers FROM for an error as well (T5, R44)', async () => {
    const answer = await scene.emsp.gets('locations', { to: 'DE-NON', from: null })
    expect(answer.json().status_code).toBe(4001)
    expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: 'NL-HUB' })
    const entry = await scene.hub.entry(String(answer.json().data!.reference))
    expect(entry).toMatchObject({ from: 'NL-EMS', to: 'DE-NON', fault: 'to_unknown' })
  })

  it('lets a platform with several parties speak for each of them (R8, R40)', async () => {
    for (const from of ['BE-ONE', 'BE-TWO']) {
      await scene.two.gets('locations', { to: 'DE-CPO', from })
      expect(routingOf(scene.cpo.last()).from).toBe(from)
    }
  })
})

describe('the requester sees the answer of the responder', () => {
  it('gets its own ids back, even if the responder repeats others (R65, T31)', async () => {
    const { emsp, cpo } = scene
    cpo.answers('locations/IDS', {
      headers: { 'X-Request-ID': 'wrong', 'X-Correlation-ID': 'wrong' },
      json: says(1000),
    })
    const answer = await emsp.gets('locations', { to: 'DE-CPO', path: '/IDS' })
    expect(answer.headers['x-request-id']).toBe(answer.sent.requestId)
    expect(answer.headers['x-correlation-id']).toBe(answer.sent.correlationId)
  })

  it('gets ids the hub made when it sent none (R67)', async () => {
    const headers = { 'X-Request-ID': undefined, 'X-Correlation-ID': undefined }
    const answer = await scene.emsp.gets('locations', { to: 'DE-CPO', headers })
    expect(answer.headers['x-request-id']).toMatch(/^\S{8,}$/)
    expect(answer.headers['x-correlation-id']).toBe(scene.cpo.last().headers['x-correlation-id'])
  })

  it('gets short ids back as they are (R67)', async () => {
    const headers = { 'X-Request-ID': '1', 'X-Correlation-ID': 'c:2' }
    const answer = await scene.emsp.gets('locations', { to: 'DE-CPO', headers })
    expect(answer.headers).toMatchObject({ 'x-request-id': '1', 'x-correlation-id': 'c:2' })
    expect(scene.cpo.last().headers['x-correlation-id']).toBe('c:2')
  })

  it('gets routing headers turned round, whatever the responder wrote (R44, R51, T10)', async () => {
    const { emsp, cpo } = scene
    const wrong = { 'OCPI-to-country-code': 'XX', 'OCPI-to-party-id': 'YYY', 'OCPI-from-party-id': 'ZZZ' }
    for (const status of [200, 201, 404]) {
      cpo.answers('locations/WRONG', { status, headers: wrong, json: says(1000) })
      const answer = await emsp.gets('locations', { to: 'DE-CPO', path: '/WRONG' })
      expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
    }
  })

  it('gets the paging and waiting headers (R69)', async () => {
    const { emsp, cpo } = scene
    const headers = { 'X-Total-Count': '1234', 'X-Limit': '50', 'Retry-After': '7' }
    cpo.answers('GET tariffs', { headers, json: says(1000, undefined, []) })
    const answer = await emsp.gets('tariffs', { to: 'DE-CPO' })
    expect(answer.headers).toMatchObject({ 'x-total-count': '1234', 'x-limit': '50', 'retry-after': '7' })
  })

  it('gets what tells how the answer is read, whatever Connection lists (RFC 9110 §7.6.1)', async () => {
    const { emsp, cpo } = scene
    const headers = {
      'Content-Encoding': 'identity',
      Link: `<${cpo.url()}/next>; rel="next"`,
      Connection: 'Content-Type, Content-Encoding, Link',
    }
    cpo.answers('GET locations', { headers, json: says(1000, undefined, []) })
    const answer = await emsp.gets('locations', { to: 'DE-CPO' })
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'content-encoding': 'identity',
    })
    expect(answer.headers.link).toContain('rel="next"')
  })

  it('gets nothing of what the responder runs on, nor its cookies (hop-by-hop)', async () => {
    const { emsp, cpo } = scene
    const headers = {
      Server: 'Secret/1.0',
      'X-Powered-By': 'Secret',
      'Set-Cookie': ['a=1', 'b=2'],
      Via: '1.1 secret-proxy',
      'X-Hop': 'yes',
      'X-Second-Hop': 'yes',
      Connection: ['X-Hop', 'X-Second-Hop'],
      'Proxy-Authenticate': 'Basic',
      'WWW-Authenticate': 'Basic realm=secret',
      'Keep-Alive': 'timeout=99',
      'X-Backend-Server': new URL(cpo.url()).host,
    }
    cpo.answers('locations/LEAK', { headers, json: says(1000) })
    const answer = await emsp.gets('locations', { to: 'DE-CPO', path: '/LEAK' })
    expect(answer.json().status_code).toBe(1000)
    for (const name of Object.keys(headers)) {
      if (!/^(connection|keep-alive|via)$/i.test(name))
        expect(answer.headers).not.toHaveProperty(name.toLowerCase())
    }
    expectPublicOnly(scene.hub, answer)
  })
})
