// Bytes that no client should send: what two servers could read differently is refused with an envelope, the
// connection is closed, and nothing of it reaches a responder (RFC 9112 §11.2, RFC 3986 §6.2.2).

import { METHODS } from 'node:http'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { expectFault, expectPublicOnly } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { rawRequest } from '../support/raw.ts'
import { soaked } from '../support/soak.ts'

/** Requests that are changed at random, and how many of them come at the same time. */
const MUTATIONS = soaked(10_000, 50_000)
const TOGETHER = 25

let scene: Scene<{ emsp: Party; cpo: Party }>

beforeAll(async () => {
  scene = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
  scene.cpo.answers('*', { json: ok([]) })
})
afterAll(() => scene.close())
afterEach(() => scene.cpo.forget())

interface Shape {
  readonly method?: string
  readonly target?: string
  readonly version?: string
  /** Lines instead of the usual ones, by their name in small letters. */
  readonly lines?: Readonly<Record<string, string | undefined>>
  /** Lines put behind the usual ones, each with its line end. */
  readonly more?: string
  readonly body?: string
}

const TARGET = '/ocpi/2.2.1/receiver/tokens/NL/EMS/1'

/** A whole good request as text, with some of it replaced. */
function request(shape: Shape = {}): string {
  const usual: Record<string, string | undefined> = {
    host: 'Host: hub.example',
    authorization: `Authorization: ${scene.emsp.authorization()}`,
    'ocpi-from-country-code': 'OCPI-from-country-code: NL',
    'ocpi-from-party-id': 'OCPI-from-party-id: EMS',
    'ocpi-to-country-code': 'OCPI-to-country-code: DE',
    'ocpi-to-party-id': 'OCPI-to-party-id: CPO',
    ...shape.lines,
  }
  const lines = Object.values(usual).filter((line) => line !== undefined)
  const body = shape.body ?? ''
  return `${shape.method ?? 'GET'} ${shape.target ?? TARGET} ${shape.version ?? 'HTTP/1.1'}\r\n${lines.join('\r\n')}\r\n${shape.more ?? ''}\r\n${body}`
}

const post = (more: string, body: string): Shape => ({
  method: 'POST',
  target: '/ocpi/2.2.1/receiver/cdrs',
  more,
  body,
})
const CHUNKED = 'Transfer-Encoding: chunked\r\n'
const chunks = (data = '{}') => `${data.length.toString(16)}\r\n${data}\r\n0\r\n\r\n`

/** Framing no two servers agree on: refused, closed, and what follows on the connection is never read. */
const SMUGGLING: readonly (readonly [what: string, shape: Shape])[] = [
  ['Content-Length before Transfer-Encoding', post(`Content-Length: 2\r\n${CHUNKED}`, chunks())],
  ['Transfer-Encoding before Content-Length', post(`${CHUNKED}Content-Length: 2\r\n`, chunks())],
  ['an unknown Transfer-Encoding', post('Transfer-Encoding: xchunked\r\n', chunks())],
  ['chunked not last', post('Transfer-Encoding: chunked, identity\r\n', chunks())],
  ['Transfer-Encoding behind a tab and a letter', post('Transfer-Encoding:\x0bchunked\r\n', chunks())],
  ['a folded Transfer-Encoding', post('Transfer-Encoding:\r\n chunked\r\n', chunks())],
  ['a folded header', post('X-A: 1\r\n 2\r\nContent-Length: 2\r\n', '{}')],
  ['Content-Length +2', post('Content-Length: +2\r\n', '{}')],
  ['Content-Length -1', post('Content-Length: -1\r\n', '{}')],
  ['Content-Length 0x2', post('Content-Length: 0x2\r\n', '{}')],
  ['Content-Length 2, 2', post('Content-Length: 2, 2\r\n', '{}')],
  ['Content-Length beyond 64 bits', post('Content-Length: 18446744073709551618\r\n', '{}')],
  ['an empty Content-Length', post('Content-Length:\r\n', '{}')],
  ['two equal Content-Lengths', post('Content-Length: 2\r\nContent-Length: 2\r\n', '{}')],
  ['two different Content-Lengths', post('Content-Length: 2\r\nContent-Length: 20\r\n', '{}')],
  ['a chunk size that is no number', post(CHUNKED, 'zz\r\n{}\r\n0\r\n\r\n')],
  ['a negative chunk size', post(CHUNKED, '-2\r\n{}\r\n0\r\n\r\n')],
  ['a chunk size of 17 digits', post(CHUNKED, '10000000000000002\r\n{}\r\n0\r\n\r\n')],
  ['a chunk longer than told', post(CHUNKED, '1\r\n{}\r\n0\r\n\r\n')],
  ['chunks that end in a line feed', post(CHUNKED, '2\n{}\n0\n\n')],
  ['a blank before the colon', { more: 'X-A : 1\r\n' }],
  ['Content-Length with a blank before the colon', post('Content-Length : 2\r\n', '{}')],
  ['a header without colon', { more: 'Nonsense\r\n' }],
  ['a header without name', { more: ': 1\r\n' }],
  ['a NUL in a header', { more: 'X-A: 1\x002\r\n' }],
  ['a carriage return in a header', { more: 'X-A: 1\r2\r\n' }],
  ['a control in a header name', { more: 'X\x01A: 1\r\n' }],
  ['a byte that is no letter in a header name', { more: 'X\xe9A: 1\r\n' }],
]

/** Requests that are one clear message, but not one this hub takes; each with the HTTP status it gets. */
const REFUSED: readonly (readonly [what: string, shape: Shape, status: number])[] = [
  ['OCPI-to-party-id twice', { more: 'ocpi-to-party-id: CPO\r\n' }, 400],
  ['OCPI-to-country-code twice', { more: 'OCPI-to-country-code: XX\r\n' }, 400],
  ['OCPI-from-party-id twice', { more: 'OCPI-FROM-PARTY-ID: EMS\r\n' }, 400],
  ['OCPI-from-country-code twice', { more: 'OCPI-from-country-code: NL\r\n' }, 400],
  ['Authorization twice', { more: 'Authorization: Token x\r\n' }, 400],
  ['X-Request-ID twice', { more: 'X-Request-ID: 1\r\nX-Request-ID: 2\r\n' }, 400],
  ['two Host headers', { more: 'Host: evil.example\r\n' }, 400],
  ['no Host header', { lines: { host: undefined } }, 400],
  ['a high byte in a routing header', { lines: { 'ocpi-to-party-id': 'OCPI-to-party-id: CP\xff' } }, 400],
  ['a URL with scheme and host', { target: `http://evil.example${TARGET}` }, 400],
  ['the URL of this very hub', { target: `http://hub.example${TARGET}` }, 400],
  ['a URL that begins with two slashes', { target: '//evil.example/ocpi/2.2.1/sender/locations' }, 400],
  ['two slashes inside the path', { target: '/ocpi/2.2.1/sender//locations' }, 400],
  ['two slashes inside an id', { target: '/ocpi/2.2.1/sender/locations//x' }, 400],
  ['dots', { target: '/ocpi/2.2.1/sender/locations/../../admin' }, 400],
  ['a single dot', { target: '/ocpi/2.2.1/sender/locations/./x' }, 400],
  ['dots at the end', { target: '/ocpi/2.2.1/sender/locations/..' }, 400],
  ['encoded dots', { target: '/ocpi/2.2.1/sender/locations/%2e%2E/x' }, 400],
  ['half encoded dots', { target: '/ocpi/2.2.1/sender/locations/.%2e/x' }, 400],
  ['dots between encoded slashes', { target: '/ocpi/2.2.1/sender/locations/x%5C..%2Fcredentials' }, 400],
  ['dots encoded twice', { target: '/ocpi/2.2.1/sender/locations/%252e%252e%252fcredentials' }, 400],
  ['dots with a parameter', { target: '/ocpi/2.2.1/sender/locations/..;/..;x=1/credentials' }, 400],
  ['a backslash', { target: '/ocpi/2.2.1/sender/locations/..\\x' }, 400],
  ['a backslash for a slash', { target: '/\\evil.example/ocpi' }, 400],
  ['an encoded NUL', { target: '/ocpi/2.2.1/sender/locations/a%00b' }, 400],
  ['an encoded line end', { target: '/ocpi/2.2.1/sender/locations/a%0d%0aX:b' }, 400],
  ['a percent sign that encodes nothing', { target: '/ocpi/2.2.1/sender/locations/%zz' }, 400],
  ['a fragment', { target: '/ocpi/2.2.1/sender/locations#x' }, 400],
  ['a high byte in the path', { target: '/ocpi/2.2.1/sender/locations/\xe9' }, 400],
  ['a blank in the path', { target: '/ocpi/2.2.1/sender/loca tions' }, 400],
  ['a URL of 17 KB', { target: `/ocpi/2.2.1/sender/locations/${'x'.repeat(17_000)}` }, 431],
  ['a header of 17 KB', { more: `X-A: ${'x'.repeat(17_000)}\r\n` }, 431],
  ['1,500 small headers', { more: Array.from({ length: 1_500 }, (_, i) => `a${i}:\r\n`).join('') }, 431],
  ['110 headers', { more: Array.from({ length: 110 }, (_, i) => `X-${i}: 1\r\n`).join('') }, 431],
  ['HTTP/0.9', { version: '' }, 400],
  ['HTTP/1.2', { version: 'HTTP/1.2' }, 400],
  ['HTTP/2.0', { version: 'HTTP/2.0' }, 400],
  ['a version that is none', { version: 'HTCPCP/1.0' }, 400],
  ['a method no server knows', { method: 'BREW' }, 400],
  ['a method in small letters', { method: 'get' }, 400],
]

describe('framing that two servers read differently', () => {
  for (const [what, shape] of SMUGGLING) {
    it(`is refused, and the connection with it: ${what}`, async () => {
      const { hub, cpo } = scene
      const second = request({ target: '/ocpi/2.2.1/sender/locations/SMUGGLED' })
      const { answers, closed } = await rawRequest(hub.ocpiUrl, request(shape) + second)
      expect(answers).toHaveLength(1)
      expect(answers[0]!.httpStatus).toBe(400)
      await expectFault(hub, answers[0]!, 'http_request_error')
      expect(answers[0]!.headers.date).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
      expect(closed).toBe(true)
      expect(cpo.requests).toEqual([])
    })
  }
})

describe('a request that is not plain', () => {
  for (const [what, shape, status] of REFUSED) {
    it(`is refused with HTTP ${status}: ${what.slice(0, 60)}`, async () => {
      const { hub, cpo } = scene
      const { answers } = await rawRequest(hub.ocpiUrl, request(shape), { answers: 1 })
      expect(answers[0]!.httpStatus).toBe(status)
      expect(answers[0]!.json()).toMatchObject({ status_code: 2001, data: { fault: 'http_request_error' } })
      expectPublicOnly(hub, answers[0]!)
      expect(cpo.requests).toEqual([])
    })
  }

  const foreign = ['TRACE', 'OPTIONS', 'HEAD', 'PROPFIND', 'PURGE', 'QUERY']
  for (const method of foreign.filter((name) => METHODS.includes(name))) {
    it(`is refused with HTTP 405 and Allow: ${method} (T32)`, async () => {
      const asked = request({ method, more: 'Connection: close\r\n' })
      const { answers, bytes } = await rawRequest(scene.hub.ocpiUrl, asked)
      expect(bytes.toString('latin1')).toMatch(/^HTTP\/1\.1 405 /)
      expect(bytes.toString('latin1')).toMatch(/\r\nAllow: GET, POST, PUT, PATCH, DELETE\r\n/i)
      if (method !== 'HEAD') expect(answers[0]!.json().data).toMatchObject({ fault: 'method_unsupported' })
      expect(scene.cpo.requests).toEqual([])
    })
  }

  for (const [what, shape] of [
    ['CONNECT', { method: 'CONNECT', target: 'evil.example:443' }],
    ['OPTIONS *', { method: 'OPTIONS', target: '*' }],
    ['the HTTP/2 preface', undefined],
  ] as const) {
    it(`gets no tunnel and no answer of success: ${what}`, async () => {
      const bytes = shape ? request(shape) : 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
      const received = await rawRequest(scene.hub.ocpiUrl, bytes, { limitMs: 1_000, answers: 1 })
      expect(received.bytes.toString('latin1')).not.toMatch(/^HTTP\/1\.1 [123]/)
      expect(scene.cpo.requests).toEqual([])
    })
  }
})

describe('a request that is odd but clear', () => {
  const good: readonly (readonly [what: string, shape: Shape])[] = [
    ['lower-case names and tabs around values', { lines: { host: 'host:\thub.example\t' } }],
    [
      'an offer to upgrade',
      { more: 'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAAA\r\n' },
    ],
    ['HTTP/1.0', { version: 'HTTP/1.0' }],
    [
      'trailers that claim to be somebody',
      post(CHUNKED, '2\r\n{}\r\n0\r\nAuthorization: Token x\r\nOCPI-to-party-id: XXX\r\n\r\n'),
    ],
    ['chunk extensions', post(CHUNKED, '2;a=b\r\n{}\r\n0\r\n\r\n')],
    ['a foreign Host', { lines: { host: 'Host: evil.example:1' } }],
  ]
  for (const [what, shape] of good) {
    it(`is taken: ${what}`, async () => {
      const { answers } = await rawRequest(scene.hub.ocpiUrl, request(shape), { answers: 1 })
      expect([answers[0]!.httpStatus, answers[0]!.json().status_code]).toEqual([200, 1000])
      expect(scene.cpo.requests).toHaveLength(1)
      expect(scene.cpo.last().headers).toMatchObject({
        'ocpi-to-party-id': 'CPO',
        'ocpi-from-party-id': 'EMS',
      })
    })
  }

  it('is answered in order when several come at once', async () => {
    const ids = ['A', 'B', 'C']
    const bytes = ids.map((id) => request({ more: `X-Request-ID: ${id}\r\n` })).join('')
    const { answers } = await rawRequest(scene.hub.ocpiUrl, bytes, { answers: 3 })
    expect(answers.map((answer) => answer.headers['x-request-id'])).toEqual(ids)
  })

  it('is taken byte by byte', async () => {
    const { answers } = await rawRequest(scene.hub.ocpiUrl, request().split(''), { answers: 1 })
    expect(answers[0]!.json().status_code).toBe(1000)
  })
})

describe('any bytes at all', () => {
  const characters = '\r\n|\n|\r|\0| |\t|:|0|,|/|..|%2e|%0d%0a|\xff|chunked'.split('|')
  const lines = [
    'Content-Length: 5\r\n',
    CHUNKED,
    'Host: x\r\n',
    'OCPI-to-party-id: ZZZ\r\n',
    'GET / HTTP/1.1\r\n\r\n',
  ]
  const piece = fc.constantFrom(...characters, ...lines)

  it(
    'never crash the hub, and a responder sees only whole requests of the true sender',
    async () => {
      const { hub, cpo, emsp } = scene
      const good = request(post('Content-Length: 2\r\n', '{}')) + request()
      const mutation = fc.record({
        at: fc.nat(good.length),
        drop: fc.nat(12),
        put: fc.oneof(piece, fc.string({ maxLength: 4 })),
      })
      const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 })
      await fc.assert(
        fc.asyncProperty(fc.array(mutations, { minLength: TOGETHER, maxLength: TOGETHER }), async (many) => {
          const received = await Promise.all(
            many.map((some) => rawRequest(hub.ocpiUrl, mutated(good, some), { limitMs: 120, answers: 2 })),
          )
          for (const answer of received.flatMap(({ answers }) => answers)) {
            expect(() => answer.json()).not.toThrow()
          }
        }),
        { numRuns: MUTATIONS / TOGETHER },
      )
      for (const received of cpo.requests) {
        // What was framed anew by the hub is what the hub has read: JSON, or nothing.
        if (received.body.length > 0) expect(() => JSON.parse(received.body.toString())).not.toThrow()
        expect(received.url).toMatch(/^\/its\/own\/(data|inbox)\/[^/]+/)
        expect(received.headers['ocpi-from-party-id']).toBe('EMS')
        expect(received.headers.authorization).toBe(
          `Token ${Buffer.from(cpo.tokens.outbound).toString('base64')}`,
        )
      }
      expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    },
    MUTATIONS * 20,
  )
})

function mutated(good: string, mutations: readonly { at: number; drop: number; put: string }[]): string {
  return mutations.reduce(
    (bytes, { at, drop, put }) => bytes.slice(0, at) + put + bytes.slice(at + drop),
    good,
  )
}
