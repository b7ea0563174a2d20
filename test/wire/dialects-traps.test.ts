// Where the formats mislead: statuses that look like a gateway's, bodies left out, codes nobody knows, shapes that are
// somebody else's.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { FaultCode } from '../../src/faults/table.ts'
import { askFor, type DialectScene, stageDialects } from '../support/dialects.ts'
import { metricOf } from '../support/hub.ts'
import { expectFault } from '../support/expect-fault.ts'
import type { Answer } from '../support/party.ts'
import type { ScriptedAnswer } from '../support/party-server.ts'
import { FIXTURES, FOREIGN_TO_ALL, type DialectFixture } from '../unit/dialects/fixture.ts'

let scene: DialectScene
beforeAll(async () => {
  scene = await stageDialects()
})
afterAll(() => scene.close())

type Name = DialectFixture['name']
const ask = (name: Name, answer: ScriptedAnswer): Promise<Answer> => askFor(scene, scene[name], answer)

async function expectCode(name: Name, answer: ScriptedAnswer, code: number): Promise<Answer> {
  const got = await ask(name, answer)
  expect([got.httpStatus, got.json().status_code]).toEqual([200, code])
  return got
}

// What an answer that is no envelope and not of the dialect becomes, by its HTTP status (T2-T4).
const ORDINARY: readonly (readonly [number, FaultCode])[] = [
  [400, 'answer_not_ocpi'],
  [401, 'token_rejected'],
  [404, 'object_unknown'],
  [405, 'method_rejected'],
  [408, 'responder_timeout'],
  [418, 'answer_not_ocpi'],
  [429, 'responder_busy'],
  [500, 'answer_not_ocpi'],
  [502, 'responder_unavailable'],
  [503, 'responder_unavailable'],
  [504, 'responder_timeout'],
]

describe('ivxp', () => {
  it('408 PAYMENT_TIMEOUT is no gateway timeout: 2000, correct', async () => {
    const json = { error: 'PAYMENT_TIMEOUT', message: 'too late' }
    const answer = await expectCode('ivxp', { status: 408, json }, 2000)
    expect(answer.json().data).toMatchObject({ category: 'payment', recovery: 'correct', http_status: 408 })
    await expectFault(scene.hub, await ask('ivxp', { status: 408, body: 'x' }), 'responder_timeout')
  })

  it('503 SERVICE_UNAVAILABLE is no gateway in front: 3000, wait, its seconds in Retry-After and data', async () => {
    const json = { error: 'SERVICE_UNAVAILABLE', message: 'later', details: { retry_after_seconds: 90 } }
    const answer = await expectCode('ivxp', { status: 503, json, headers: { 'Retry-After': '5' } }, 3000)
    expect(answer.headers['retry-after']).toBe('90')
    expect(answer.json().data).toMatchObject({
      retry_after_seconds: 90,
      recovery: 'wait',
      category: 'server',
    })
    await expectFault(scene.hub, await ask('ivxp', { status: 503, body: '' }), 'responder_unavailable')
  })

  it('seconds to wait that are none reach no header', async () => {
    for (const seconds of [-1, 86_401, 1.5, '30', '30\r\nX-Evil: 1', null, [30], { a: 30 }, 1e300, true]) {
      const details = { retry_after_seconds: seconds }
      const json = { error: 'SERVICE_UNAVAILABLE', message: 'm', details }
      const answer = await expectCode('ivxp', { status: 503, json }, 3000)
      expect(answer.headers).not.toHaveProperty('retry-after')
      expect(answer.headers).not.toHaveProperty('x-evil')
      expect(answer.json().data).not.toHaveProperty('retry_after_seconds')
      expect(answer.json().data?.details).toEqual(details)
    }
  })

  it("401 SIGNATURE_INVALID is the signature in the order, not the hub's token", async () => {
    const json = { error: 'SIGNATURE_INVALID', message: 'm' }
    await expectCode('ivxp', { status: 401, json }, 2001)
    await expectFault(scene.hub, await ask('ivxp', { status: 401, body: '' }), 'token_rejected')
  })
})

describe('opencharge', () => {
  it('403 declines the connection with an empty body, any code, or its own', async () => {
    const error = (code: string) => JSON.stringify({ error: { code } })
    for (const body of ['', ' \n', error('CONNECTION_REFUSED'), error('GO_AWAY')]) {
      const answer = await ask('opencharge', { status: 403, body })
      const entry = await expectFault(scene.hub, answer, 'connection_declined')
      expect(entry.responder_code).toBe(body.includes('GO_AWAY') ? 'GO_AWAY' : 'CONNECTION_REFUSED')
      expect(answer.json()).toMatchObject({
        status_code: 4003,
        data: { at: 'responder', recovery: 'ask_responder', http_status: 403 },
      })
    }
  })

  it("403 of something else in front of it is the ordinary table's, and so is 403 of other dialects", async () => {
    const html = { status: 403, body: '<h1>Forbidden</h1>' }
    await expectFault(scene.hub, await ask('opencharge', html), 'token_rejected')
    for (const name of ['ivxp', 'proof'] as const) {
      await expectFault(scene.hub, await ask(name, { status: 403, body: '' }), 'token_rejected')
    }
  })

  it('a code decides against its HTTP status', async () => {
    const json = { error: { code: 'UNKNOWN_OCID', message: 'm' } }
    await expectFault(scene.hub, await ask('opencharge', { status: 403, json }), 'token_rejected')
    const gone = { error: { code: 'TXID_NOT_FOUND', message: 'm' } }
    expect((await ask('opencharge', { status: 500, json: gone })).httpStatus).toBe(404)
  })

  it('429 passes Retry-After on in seconds, a date too, and nothing that is neither', async () => {
    const busy = async (retryAfter: string) => {
      const headers = { 'Retry-After': retryAfter }
      const json = { error: { code: 'RATE_LIMITED', message: 'slow down' } }
      const answer = await ask('opencharge', { status: 429, json, headers })
      await expectFault(scene.hub, answer, 'responder_busy')
      return [answer.headers['retry-after'], answer.json().data?.retry_after_seconds]
    }
    expect(await busy('120')).toEqual(['120', 120])
    const [header, seconds] = await busy(new Date(Date.now() + 60_000).toUTCString())
    expect(header).toBe(String(seconds))
    expect(Number(seconds)).toBeGreaterThan(50)
    for (const none of ['soon', '-1', '1.5', '99999999', '5, 5']) {
      expect(await busy(none)).toEqual([undefined, undefined])
    }
  })
})

describe('proof', () => {
  const error = (slug: string, code: string) => ({ error: slug, code, message: 'm' })

  it('tells 401, the token, from 403, the address', async () => {
    const token = await ask('proof', { status: 401, json: error('unauthorised', 'invalid_token') })
    const origin = await ask('proof', { status: 403, json: error('forbidden', 'forbidden_origin') })
    expect((await expectFault(scene.hub, token, 'token_rejected')).detail).toMatch(/expired/)
    expect((await expectFault(scene.hub, origin, 'token_rejected')).detail).toMatch(/allow-list/)
  })

  it('reads slug and code in any case, and both together', async () => {
    const upper = error('UPSTREAM_ERROR', 'Provider_Error')
    const answer = await expectCode('proof', { status: 502, json: upper }, 3000)
    expect(answer.json().data).toMatchObject({
      error: 'UPSTREAM_ERROR',
      code: 'Provider_Error',
      advice: 'retry with the same body',
    })
    const entry = await scene.hub.newest({ request_id: answer.sent.requestId })
    expect(entry.responder_code).toBe('provider_error')
    const mixed = await expectCode(
      'proof',
      { status: 502, json: error('upstream_error', 'missing_param') },
      3000,
    )
    expect(mixed.json().data).not.toHaveProperty('advice')
  })

  it('keeps no request id that is none', async () => {
    for (const id of ['a b', 'x'.repeat(129), 'é']) {
      const headers = { 'X-Request-Id': Buffer.from(id).toString('latin1') }
      const json = error('internal_error', 'db_error')
      const answer = await expectCode('proof', { status: 500, json, headers }, 3000)
      expect(answer.json().data).not.toHaveProperty('request_id')
    }
  })
})

describe.each(FIXTURES)('$name', ({ name, rows, spell, strangers, foreign }) => {
  const error = rows.find(({ becomes }) => becomes === '2001')!
  const unknown = () => metricOf(scene.hub, `ocpi_hub_dialect_unknown_total{dialect="${name}"}`)

  it('an unknown code is 2000 under 4xx and 3000 under 5xx, counted, and logged once', async () => {
    const warn = vi.spyOn(scene.hub.log, 'warn')
    const before = await unknown()
    const statuses = [400, 404, 410, 422, 500, 503]
    for (const stranger of strangers) {
      for (const status of statuses) {
        const json = spell(stranger)
        const answer = await expectCode(name, { status, json }, status < 500 ? 2000 : 3000)
        expect(answer.json().data).toMatchObject({
          dialect: name,
          code: stranger.code,
          http_status: status,
          recovery: status < 500 ? 'correct' : 'check',
        })
      }
    }
    expect((await unknown()) - before).toBe(strangers.length * statuses.length)
    const logged = warn.mock.calls.map(([fields]) => (fields as { responder_code?: unknown }).responder_code)
    expect(logged).toEqual([
      ...new Set(strangers.map(({ slug, code }) => [slug, code].filter(Boolean).join('/'))),
    ])
    warn.mockRestore()
    for (const row of rows.slice(0, 3)) await ask(name, { status: row.http, json: spell(row) })
    expect((await unknown()) - before).toBe(strangers.length * statuses.length)
  })

  it('429 with any code is "too many requests"', async () => {
    const answer = await ask(name, {
      status: 429,
      json: spell(strangers[0]!),
      headers: { 'Retry-After': '7' },
    })
    await expectFault(scene.hub, answer, 'responder_busy')
    expect(answer.headers['retry-after']).toBe('7')
  })

  it('what is not its shape is the ordinary fault of its HTTP status, arrays and null too', async () => {
    const shapes = [...FOREIGN_TO_ALL, ...foreign].filter(
      (shape) => !(typeof shape === 'object' && shape !== null && 'status_code' in shape),
    )
    for (const [index, shape] of shapes.entries()) {
      const [status, fault] = ORDINARY[index % ORDINARY.length]!
      await expectFault(scene.hub, await ask(name, { status, json: shape }), fault)
    }
    for (const [status, fault] of ORDINARY) {
      for (const body of ['', '<html>', 'null', '[]', '{"error":']) {
        await expectFault(scene.hub, await ask(name, { status, body }), fault)
      }
    }
  })

  it('redirects are no answer of any dialect', async () => {
    for (const status of [300, 302, 304, 307]) {
      const answer = await ask(name, { status, json: spell(error), headers: { Location: '/elsewhere' } })
      await expectFault(scene.hub, answer, 'answer_not_ocpi')
    }
  })
})
