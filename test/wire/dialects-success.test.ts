// Successes of platforms that do not answer in OCPI are wrapped by bytes; an OCPI envelope is relayed byte for byte
// whatever the platform's error format is and whatever HTTP status it came with.

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DialectName } from '../../src/registry/platform.ts'
import { askFor, type DialectScene, MODULE, stageDialects } from '../support/dialects.ts'
import { ok } from '../support/envelopes.ts'
import { expectFault, routingOf } from '../support/expect-fault.ts'
import { listOf } from '../support/lists.ts'
import type { ScriptedAnswer } from '../support/party-server.ts'
import { FIXTURES } from '../unit/dialects/fixture.ts'

const MiB = 1024 * 1024
const TIMESTAMP = /,"status_code":1000,"timestamp":"[\d-]{10}T[\d:.]{12}Z"\}$/

let scene: DialectScene
beforeAll(async () => {
  scene = await stageDialects({ forwarding: { timeoutMs: 10_000, maxResponseBodyBytes: 24 * MiB } })
})
afterAll(() => scene.close())

const names: readonly DialectName[] = FIXTURES.map(({ name }) => name)

describe.each(names)('%s', (name) => {
  const ask = (answer: ScriptedAnswer) => askFor(scene, scene[name], answer)

  /** The bytes in `data` of a wrapped success. */
  async function wrapped(answer: ScriptedAnswer): Promise<string> {
    const got = await ask(answer)
    const text = got.body.toString()
    expect([got.httpStatus, text.slice(0, 8)]).toEqual([200, '{"data":'])
    expect(text).toMatch(TIMESTAMP)
    expect(got.headers['content-type']).toBe('application/json')
    expect(got.headers).not.toHaveProperty('content-encoding')
    return text.slice(8).replace(TIMESTAMP, '')
  }

  it('wraps JSON as it came: numbers, key order, equal keys and blanks', async () => {
    for (const body of [
      '{"z":1.10,"a":12345678901234567890,"z":1e400,"__proto__":{"x":1}, "u":"\\u0041\\ud800"}',
      ' [ 1.0 ,\n-0 ] ',
      'null',
      'true',
      '"status_code"',
      '[]',
      '{"status_code":"none"}',
      '{"data":{"status_code":2001}}',
    ]) {
      expect(await wrapped({ body })).toBe(body)
    }
  })

  it('relays it from the responder, under 200 for every 2xx', async () => {
    for (const status of [200, 201, 202, 203, 206, 299]) {
      const answer = await ask({ status, json: { a: 1 } })
      expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
      expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: scene[name].key })
    }
  })

  it('answers an empty body without data', async () => {
    for (const answer of [{ status: 200, body: '' }, { status: 202, body: ' \r\n' }, { status: 204 }]) {
      const got = await ask(answer)
      expect([got.httpStatus, got.json().status_code]).toEqual([200, 1000])
      expect(Object.keys(got.json())).toEqual(['status_code', 'timestamp'])
    }
  })

  it('wraps what any method is answered', async () => {
    scene[name].answers(MODULE, { status: 201, body: '{"id": 7.0}' })
    for (const call of [scene.emsp.posts, scene.emsp.puts, scene.emsp.patches, scene.emsp.deletes]) {
      const answer = await call(MODULE, { to: scene[name].key, interface: 'SENDER', path: '/o', json: {} })
      expect(answer.body.toString()).toContain('{"data":{"id": 7.0},"status_code":1000')
    }
  })

  it('wraps compressed JSON without its coding', async () => {
    const body = '{"amount": 1.10}'
    for (const [coding, packed] of [
      ['gzip', gzipSync(body)],
      ['deflate', deflateSync(body)],
      ['br', brotliCompressSync(body)],
    ] as const) {
      expect(await wrapped({ body: packed, headers: { 'Content-Encoding': coding } })).toBe(body)
    }
  })

  it('wraps what would be relayed while it arrives, held until it is known to be whole', async () => {
    const body = `[${'{"amount":1.10,"note":"é"},'.repeat(90_000)}0.0]`
    expect(Buffer.byteLength(body)).toBeGreaterThan(2 * MiB)
    expect((await wrapped({ body })) === body).toBe(true)
    const answer = await ask({ body: body.slice(0, -1) })
    await expectFault(scene.hub, answer, 'answer_not_ocpi')
  })

  it('leaves what is not JSON to the ordinary fault table', async () => {
    for (const body of [
      '<html>',
      '{',
      '{"a":1}}',
      "{'a':1}",
      'undefined',
      '\ufeff<',
      Buffer.from([0xff, 0xfe]),
    ]) {
      await expectFault(scene.hub, await ask({ body }), 'answer_not_ocpi')
    }
    const notGzip = { body: '{}', headers: { 'Content-Encoding': 'gzip' } }
    await expectFault(scene.hub, await ask(notGzip), 'answer_not_ocpi')
    const unknown = { body: '{}', headers: { 'Content-Encoding': 'zstd' } }
    await expectFault(scene.hub, await ask(unknown), 'answer_not_ocpi')
  })

  it('answers 4xxx for a success larger than the hub takes, compressed or not', async () => {
    const large = ' '.repeat(25 * MiB)
    await expectFault(scene.hub, await ask({ body: large }), 'http_response_body_size')
    const bomb = { body: gzipSync(large), headers: { 'Content-Encoding': 'gzip' } }
    await expectFault(scene.hub, await ask(bomb), 'answer_not_ocpi')
  })

  it('keeps nothing of the service in a header', async () => {
    const headers = {
      'X-Total-Count': '7',
      Link: '<http://10.0.0.1/>; rel="next"',
      'X-Request-Id': 'x',
      ETag: 'e',
    }
    const answer = await ask({ json: {}, headers })
    for (const header of ['x-total-count', 'link', 'etag']) expect(answer.headers).not.toHaveProperty(header)
    expect(answer.headers['x-request-id']).toBe(answer.sent.requestId)
  })
})

describe('a list of all owners', () => {
  it('takes in the wrapped list of a service, and names the one that failed by a code of its own', async () => {
    scene.ocpi.answers('locations', listOf([{ id: 'L1' }]))
    scene.ivxp.answers('locations', { body: '[{"id":"L2","price":1.10}]' })
    scene.proof.answers('locations', { body: '[]' })
    scene.opencharge.answers('locations', { status: 410, json: { error: { code: 'TRANSACTION_EXPIRED' } } })
    const answer = await scene.emsp.gets('locations', { to: 'hub' })
    expect(answer.body.toString()).toContain('{"id":"L2","price":1.10}')
    expect(answer.json()).toMatchObject({
      status_code: 1000,
      status_message: expect.stringContaining('NL-OPE') as string,
    })
    const entry = await scene.hub.newest({ correlation_id: answer.sent.correlationId, mode: 'get-all' })
    expect(entry).toMatchObject({ code: 2000, responder_code: 'TRANSACTION_EXPIRED', to: 'NL-OPE' })
  })
})

describe.each(['ocpi', ...names] as const)('an OCPI envelope of a platform with errors: %s', (name) => {
  const ask = (answer: ScriptedAnswer) => askFor(scene, scene[name], answer)

  it('is relayed byte for byte under every HTTP status, 401 aside (T2)', async () => {
    const body =
      ' {"data":{"error":"ORDER_NOT_FOUND","code":"not_found","message":"m","a":1.10},\n"status_code":2003 ,"timestamp":"x"} '
    for (const status of [200, 201, 400, 402, 403, 404, 405, 408, 409, 410, 429, 500, 502, 503, 504]) {
      const answer = await ask({ status, body })
      const relayed = status < 300 || status === 404 || status === 405 ? status : 200
      expect([answer.httpStatus, answer.body.toString()]).toEqual([relayed, body])
      const entry = await scene.hub.newest({ request_id: answer.sent.requestId })
      expect(entry).toMatchObject({ author: 'responder', code: 2003, responder_http_status: status })
      expect(entry).not.toHaveProperty('responder_code')
    }
  })

  it('is relayed with data that is absent, null or text for debugging (R107)', async () => {
    for (const data of [
      '',
      '"data":null,',
      '"data":"stack trace of somebody",',
      '"data":[],',
      '"data":{"at":7},',
    ]) {
      for (const code of [2001, 3000]) {
        const body = `{${data}"status_code":${code},"status_message":"no","timestamp":"2026-01-01T00:00:00Z"}`
        const answer = await ask({ status: 500, body })
        expect([answer.httpStatus, answer.body.toString()]).toEqual([200, body])
      }
    }
  })

  it('is relayed compressed as it came', async () => {
    const body = gzipSync(JSON.stringify(ok({ a: 1 })))
    const answer = await ask({ body, headers: { 'Content-Encoding': 'gzip' } })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(answer.body.equals(body)).toBe(true)
  })

  it('is relayed when it is large', async () => {
    const body = Buffer.from(JSON.stringify(ok('x'.repeat(3 * MiB))))
    const answer = await ask({ body })
    expect([answer.httpStatus, answer.body.equals(body)]).toEqual([200, true])
  })
})
