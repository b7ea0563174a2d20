// Faults found before anything is sent: who asks, what is asked, whom it is for. The responder sees nothing.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { expectFault, provokes } from '../support/expect-fault.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, startHub, type Scene } from '../support/hub.ts'
import { inTime } from '../support/in-time.ts'
import { party, type CallOptions, type Party } from '../support/party.ts'
import { NEVER } from '../support/party-server.ts'
import { rawRequest } from '../support/raw.ts'
import { waitFor } from '../support/wait.ts'

let scene: Scene<
  Record<'emsp' | 'cpo' | 'two' | 'offline' | 'planned' | 'suspended' | 'bare' | 'newer' | 'denied', Party>
>

beforeAll(async () => {
  scene = await stage(
    {
      emsp: party('NL-EMS', 'EMSP'),
      cpo: party('DE-CPO', 'CPO'),
      two: party('BE-ONE', 'EMSP', { also: [['BE-TWO', 'CPO']] }),
      offline: party('DE-OFF', 'CPO', { status: 'OFFLINE', at: await closedPort() }),
      planned: party('DE-PLA', 'CPO', { status: 'PLANNED' }),
      suspended: party('DE-SUS', 'CPO', { status: 'SUSPENDED' }),
      bare: party('DE-BAR', 'CPO', { modules: ['tariffs', 'cdrs'], interfaces: ['SENDER'] }),
      newer: party('DE-NEW', 'CPO', { version: '2.3.0' }),
      denied: party('XX-DEN', 'EMSP'),
    },
    {
      routes: [
        { from: ['XX-*'], to: ['DE-CPO'], module: ['cdrs'], action: 'deny' },
        { from: ['NL-EMS'], module: ['cdrs'], method: ['GET'], rate: { requests: 1, perMs: 60_000 } },
      ],
      forwarding: { timeoutMs: 10_000 },
      arrival: { maxRequestBodyBytes: 50_000 },
    },
  )
})
afterAll(() => scene.close())
afterEach(() => {
  for (const one of [scene.cpo, scene.planned, scene.suspended, scene.bare, scene.newer]) {
    expect(one.requests).toEqual([])
    one.forget()
  }
})

const puts = async (options: CallOptions) => ({
  hub: scene.hub,
  answer: await scene.emsp.puts('tokens', { path: '/NL/EMS/1', json: {}, ...options }),
})
const gets = async (options: CallOptions, module = 'locations') => ({
  hub: scene.hub,
  answer: await scene.emsp.gets(module, options),
})

describe('who asks', () => {
  provokes('token_missing', 'there is no Authorization header (R5)', () =>
    puts({ to: 'DE-CPO', headers: { Authorization: undefined } }),
  )
  provokes('token_unknown', 'nobody has this token (R5)', () =>
    puts({ to: 'DE-CPO', headers: { Authorization: 'Token bm9ib2R5' } }),
  )
  provokes('token_not_for_this', 'a registration token is used on a functional module (R6)', async () => {
    const made = await scene.hub.admin('/platforms', { method: 'POST', json: { id: 'newcomer' } })
    const { token } = made.json as { token: string }
    const authorization = `Token ${Buffer.from(token).toString('base64')}`
    return puts({ to: 'DE-CPO', headers: { Authorization: authorization } })
  })
})

describe('what is asked', () => {
  provokes('http_request_error', 'the request is no HTTP', async () => {
    const { answers } = await rawRequest(scene.hub.ocpiUrl, 'this is no HTTP\r\n\r\n')
    return { hub: scene.hub, answer: answers[0]! }
  })
  it.each([
    ['patch /ocpi/versions HTTP/1.1', 'The request does not begin with a method of HTTP in capital letters.'],
    ['GET /ocpi/2.2.1/sender/locations/LOC 1 HTTP/1.1', 'a blank in a URL must be encoded.'],
    ['GET /ocpi/2.2.1/sender/locations/L\xf6 HTTP/1.1', 'The URL has a character that must be encoded.'],
    ['PRI * HTTP/2.0', 'HTTP/2 is spoken where HTTP/1.1 is understood.'],
  ])('what no parser takes is told: %s', async (line, message) => {
    const rest = line.startsWith('PRI') ? '\r\nSM' : 'Host: hub'
    const bytes = `${line}\r\n${rest}\r\n\r\n`
    const { answers } = await rawRequest(scene.hub.ocpiUrl, bytes, { answers: 1 })
    expect(answers[0]!.json()).toMatchObject({ status_code: 2001, data: { fault: 'http_request_error' } })
    expect(answers[0]!.json().status_message).toContain(message)
  })
  provokes('http_request_error', 'a routing header holds a byte that is no ASCII', () =>
    puts({ to: 'DE-CPO', headers: { 'OCPI-to-party-id': 'CP\xff' } }),
  )
  for (const [path, why] of [
    ['//1', 'The path has two slashes in a row, or an id in it is empty.'],
    ['/..', 'The path has a segment of dots.'],
    ['/a%0Ab', 'The path has an encoded control character.'],
    ['/a%zz', 'The path has a % that encodes nothing in UTF-8.'],
    ['/a%e9', 'The path has a % that encodes nothing in UTF-8.'],
    ['/#NA', 'The request target has a fragment, or a character that must be encoded.'],
  ] as const) {
    provokes('http_request_error', `the path ends in ${path}, and why is told`, async () => {
      const answer = await scene.emsp.gets('locations', { to: 'DE-CPO', path })
      expect(answer.json().status_message).toBe(why)
      return { hub: scene.hub, answer }
    })
  }
  provokes('url_unknown', 'the hub has no such URL', async () => ({
    hub: scene.hub,
    answer: await scene.emsp.sends({ method: 'GET', path: '/ocpi/2.2.1/nowhere' }),
  }))
  provokes('method_unsupported', 'OPTIONS on a functional module (T32)', async () => {
    const answer = await scene.emsp.sends({
      method: 'OPTIONS',
      path: '/ocpi/2.2.1/sender/locations',
      to: 'DE-CPO',
    })
    expect(answer.headers.allow?.split(/, */)).toEqual(
      expect.arrayContaining(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    )
    return { hub: scene.hub, answer }
  })
  provokes('body_too_large', 'the body is larger than the hub takes, told beforehand', () =>
    puts({ to: 'DE-CPO', body: `"${'x'.repeat(50_000)}"` }),
  )
  provokes('body_too_large', 'the body is larger than the hub takes, in chunks', () =>
    puts({ to: 'DE-CPO', body: `"${'x'.repeat(50_000)}"`, headers: { 'Transfer-Encoding': 'chunked' } }),
  )
  for (const [what, body] of [
    ['text', 'no JSON'],
    ['JSON that is not closed', '{"a":1'],
    ['JSON with a comma too many', '{"a":1,}'],
    ['two values', '{} {}'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['compressed bytes', Buffer.from('1f8b0800', 'hex')],
  ] as const) {
    provokes('body_not_json', `the body is ${what} (R99)`, () => puts({ to: 'DE-CPO', body }))
  }
})

describe('whom it is for', () => {
  const broken: readonly (readonly [string, Record<string, string | undefined>])[] = [
    ['half a TO pair', { 'OCPI-to-party-id': undefined }],
    ['the other half of a TO pair', { 'OCPI-to-country-code': undefined }],
    ['half a FROM pair', { 'OCPI-from-party-id': undefined }],
    ['a country code of three letters', { 'OCPI-to-country-code': 'DEU' }],
    ['a party id of four letters', { 'OCPI-to-party-id': 'CPOX' }],
    ['an empty party id', { 'OCPI-to-party-id': '' }],
  ]
  for (const [what, headers] of broken) {
    provokes('party_header_broken', `${what} (T5)`, async () => ({
      ...(await puts({ to: 'DE-CPO', headers })),
      expected: { requester: 'NL-EMS' },
    }))
  }
  provokes('from_ambiguous', 'a platform of several parties leaves FROM out (T5)', async () => ({
    hub: scene.hub,
    answer: await scene.two.puts('tokens', { to: 'DE-CPO', from: null, path: '/NL/EMS/1', json: {} }),
  }))
  provokes('from_foreign', "FROM is somebody else's party (T5)", async () => ({
    ...(await puts({ to: 'DE-CPO', from: 'BE-ONE' })),
    // Answered to the party that it is, not to the one it claims to be.
    expected: { requester: 'NL-EMS' },
  }))
  provokes('hub_not_addressable', 'a command to the hub itself (T19)', async () => ({
    hub: scene.hub,
    answer: await scene.emsp.posts('commands', { to: 'hub', path: '/UNLOCK_CONNECTOR', json: {} }),
  }))
  provokes('hub_not_addressable', 'GET of a RECEIVER interface of the hub (R52, T19)', () =>
    gets({ to: 'hub', interface: 'RECEIVER', path: '/NL/EMS/LOC1' }),
  )
  provokes('broadcast_refused', 'a CDR for everybody (R57, T9)', async () => ({
    hub: scene.hub,
    answer: await scene.emsp.posts('cdrs', { to: 'hub', json: {} }),
  }))
  provokes('owner_mismatch', 'a broadcast of a foreign object (T24)', () =>
    puts({ to: 'hub', path: '/DE/CPO/1' }),
  )
  provokes('list_without_to', 'a list of nobody in particular (T18)', () => gets({}, 'sessions'))
  provokes('to_unresolved', 'no TO, and the content tells nobody (T18)', async () => ({
    hub: scene.hub,
    answer: await scene.emsp.posts('commands', { path: '/UNLOCK_CONNECTOR', json: {} }),
  }))
  provokes('to_unknown', 'TO is nobody (R46)', () => puts({ to: 'ZZ-TOP' }))
  provokes('to_denied', 'a route denies it', async () => ({
    hub: scene.hub,
    answer: await scene.denied.posts('cdrs', { to: 'DE-CPO', json: {} }),
  }))
  provokes('to_not_connected', 'TO is OFFLINE: at once, nothing is sent (T20)', () => puts({ to: 'DE-OFF' }))
  provokes('module_not_offered', 'TO has no such module (T6)', () => puts({ to: 'DE-BAR' }))
  provokes('module_not_offered', 'TO has no such interface (T6)', async () => ({
    hub: scene.hub,
    answer: await scene.emsp.puts('tariffs', { to: 'DE-BAR', path: '/NL/EMS/1', json: {} }),
  }))
  it('says which interface of a module there is, if there is only the other one', async () => {
    const answer = await scene.emsp.puts('tariffs', { to: 'DE-BAR', path: '/NL/EMS/1', json: {} })
    expect(answer.json().status_message).toBe(
      'DE-BAR does not offer tariffs/RECEIVER in OCPI 2.2.1, only tariffs/SENDER.',
    )
  })
  it('says on which interface lists are, to a client that knows modules but no interfaces', async () => {
    const path = '/ocpi/2.2.1/receiver/locations?limit=2'
    const answer = await scene.emsp.sends({ method: 'GET', path })
    await expectFault(scene.hub, answer, 'to_unresolved')
    expect(answer.json().status_message).toContain('A list is read on the SENDER interface')
  })
  provokes('version_not_shared', 'TO speaks another version (T6)', () => puts({ to: 'DE-NEW' }))
  provokes('proxy_loop_detected', 'the request has passed this hub before (T25)', async () => {
    scene.bare.answers('GET tariffs', NEVER)
    const gone = AbortSignal.timeout(1_000)
    const call = scene.emsp
      .gets('tariffs', { to: 'DE-BAR', path: '/T1', signal: gone })
      .catch(() => undefined)
    const { headers } = await waitFor(() => scene.bare.requests.find(({ module }) => module === 'tariffs'))
    await call
    scene.bare.forget()
    return puts({ to: 'DE-CPO', headers: { Via: headers.via } })
  })

  it('tells the status of a party that is not connected (T20)', async () => {
    for (const [to, status] of [
      ['DE-OFF', 'OFFLINE'],
      ['DE-PLA', 'PLANNED'],
      ['DE-SUS', 'SUSPENDED'],
    ] as const) {
      const { hub, answer } = await puts({ to })
      await expectFault(hub, answer, 'to_not_connected')
      expect(answer.json().data).toMatchObject({ connection_status: status })
      const { json } = await hub.admin(`/errors/${String(answer.json().data?.reference)}`)
      expect(json).toMatchObject({ to, responder: to.toLowerCase() })
      await inTime(500, async () => (await puts({ to })).answer.elapsedMs)
    }
  })
})

describe('limits', () => {
  provokes('rate_limited', 'more than the route allows', async () => {
    const first = await scene.emsp.gets('cdrs', { to: 'DE-BAR' })
    expect(first.json().status_code).toBe(1000)
    const answer = await scene.emsp.gets('cdrs', { to: 'DE-BAR' })
    expect(scene.bare.requests).toHaveLength(1)
    scene.bare.forget()
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    return { hub: scene.hub, answer }
  })
})

describe('an answer without any party', () => {
  it('is given though no platform is connected (R5)', async () => {
    const hub = await startHub()
    const stranger = party('NL-EMS', 'EMSP')
    stranger.join(hub.ocpiUrl)
    await expectFault(hub, await stranger.gets('locations', { to: 'DE-CPO' }), 'token_unknown')
    await hub.close()
  })
})
