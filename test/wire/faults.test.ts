// Faults of the way to the responder and of its answer: each is made to happen on a real socket, and the whole
// error answer and its journal entry are checked. The last test compares all wire tests with the fault table.

import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAULT_CODES } from '../../src/faults/table.ts'
import { ok, says } from '../support/envelopes.ts'
import { expectFault, provokes } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import type { ScriptedAnswer } from '../support/party-server.ts'

let scene: Scene<{ emsp: Party; cpo: Party; charge: Party }>

beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    charge: party('FR-OPC', 'CPO', { errors: 'opencharge' }),
  })
})
afterAll(() => scene.close())

/** What comes of an answer of the CPO to `GET locations/LOC1`, or to another request. */
async function answered(script: ScriptedAnswer, method = 'GET', module = 'locations', path = '/LOC1') {
  const { hub, emsp, cpo } = scene
  cpo.answers('*', script)
  const url = `/ocpi/2.2.1/${method === 'GET' ? 'sender' : 'receiver'}/${module}${path}`
  const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { json: {} } : {}
  return { hub, answer: await emsp.sends({ method, path: url, to: 'DE-CPO', ...body }) }
}

describe('an answer that is no envelope', () => {
  provokes('token_rejected', "HTTP 401 speaks of the hub's token, never of the requester's (T2)", () =>
    answered({ status: 401, body: '' }),
  )
  provokes('token_rejected', "HTTP 401 with an envelope is about the hub's token as well (T2)", () =>
    answered({ status: 401, json: says(2000, 'Invalid token') }),
  )
  provokes('token_rejected', 'HTTP 403 without envelope (T2)', () =>
    answered({ status: 403, body: '<h1>no</h1>' }),
  )
  provokes('responder_busy', 'HTTP 429 (T3)', () => answered({ status: 429, body: '' }))
  provokes('responder_unavailable', 'HTTP 502 (T3)', () =>
    answered({ status: 502, body: '<h1>Bad Gateway</h1>' }),
  )
  provokes('responder_unavailable', 'HTTP 503 (T3)', () => answered({ status: 503, body: 'down' }))
  provokes('responder_timeout', 'HTTP 504 (T3)', () => answered({ status: 504, body: '<h1>Timeout</h1>' }))
  provokes('responder_timeout', 'HTTP 408 (T3)', () => answered({ status: 408, body: '' }))
  provokes('location_unknown', 'HTTP 404 on a location (T4)', () => answered({ status: 404, body: '' }))
  provokes('token_uid_unknown', 'HTTP 404 on a token (T4)', () =>
    answered({ status: 404, body: 'Not found' }, 'GET', 'tokens', '/012345678'),
  )
  provokes('object_unknown', 'HTTP 404 on a session (T4)', () =>
    answered({ status: 404, body: '' }, 'PATCH', 'sessions', '/NL/EMS/S1'),
  )
  provokes('method_rejected', 'HTTP 405 (T4)', () =>
    answered({ status: 405, body: '' }, 'DELETE', 'tokens', '/NL/EMS/1'),
  )
  provokes('endpoint_missing', 'HTTP 404 on a list (T4)', () =>
    answered({ status: 404, body: '' }, 'GET', 'locations', ''),
  )
  provokes('endpoint_missing', 'HTTP 404 on a POST to the bare endpoint (T4)', () =>
    answered({ status: 404, body: '' }, 'POST', 'cdrs', ''),
  )
  provokes('connection_declined', 'an opencharge 403 declines the connection', async () => {
    const { hub, emsp, charge } = scene
    charge.answers('*', { status: 403, body: '' })
    return { hub, answer: await emsp.gets('locations', { to: 'FR-OPC', path: '/LOC1' }) }
  })

  const notOcpi: readonly (readonly [string, ScriptedAnswer])[] = [
    ['HTTP 500 with a page', { status: 500, body: '<html>at Object.<anonymous> (/srv/app.js:10:5)</html>' }],
    ['HTTP 400 without envelope', { status: 400, body: '{"error":"bad"}' }],
    ['HTTP 501', { status: 501, body: '' }],
    ['HTML with HTTP 200', { body: '<html></html>', headers: { 'Content-Type': 'text/html' } }],
    ['broken JSON', { body: '{"status_code":1000,"timestamp":' }],
    ['JSON without status_code', { body: '{"data":[]}' }],
    ['an array', { body: '[]' }],
    ['a status_code that is a string', { body: '{"status_code":"1000","timestamp":"x"}' }],
    ['a status_code out of range', { body: '{"status_code":200,"timestamp":"x"}' }],
    ['nothing at all to a GET', { body: '' }],
    ['a redirect', { status: 302, body: '', headers: { Location: 'http://169.254.169.254/' } }],
    ['a redirect to itself', { status: 307, body: '', headers: { Location: '/its/own/data/locations' } }],
    ['HTTP 304', { status: 304, body: '' }],
    [
      'compressed text that is no envelope',
      { body: gzipSync('hello'), headers: { 'Content-Encoding': 'gzip' } },
    ],
    ['compression that is broken', { body: 'no gzip', headers: { 'Content-Encoding': 'gzip' } }],
  ]
  for (const [what, script] of notOcpi) provokes('answer_not_ocpi', `${what} (T3)`, () => answered(script))

  it('tells the HTTP status of the responder in words and in the journal', async () => {
    const { hub, answer } = await answered({ status: 500, body: '<h1>oops</h1>' })
    const entry = await expectFault(hub, answer, 'answer_not_ocpi', { names: 'DE-CPO' })
    expect(answer.json().status_message).toContain('500')
    expect(answer.body.toString()).not.toContain('oops')
    expect(entry.responder_http_status).toBe(500)
  })

  it('passes Retry-After of a busy responder on', async () => {
    const { hub, answer } = await answered({ status: 429, body: '', headers: { 'Retry-After': '17' } })
    await expectFault(hub, answer, 'responder_busy')
    expect(answer.headers['retry-after']).toBe('17')
  })

  it('follows no redirect to another path', async () => {
    const { cpo } = scene
    cpo.forget()
    await answered({
      status: 301,
      body: '',
      headers: { Location: `${cpo.url()}/its/own/data/locations/LOC2` },
    })
    expect(cpo.requests).toHaveLength(1)
  })
})

describe('an answer that is too large', () => {
  provokes('http_response_body_size', 'its length is told beforehand', async () => {
    const { hub, emsp, cpo } = scene
    cpo.answers('*', { body: JSON.stringify(ok('x'.repeat(hub.config.forwarding.maxResponseBodyBytes))) })
    return { hub, answer: await emsp.gets('locations', { to: 'DE-CPO' }) }
  })
})

describe('every row of the fault table', () => {
  it('is provoked by a wire test', () => {
    const here = new URL('.', import.meta.url)
    const provoked = readdirSync(here)
      .filter((name) => name.endsWith('.test.ts'))
      .flatMap((name) => [...readFileSync(new URL(name, here), 'utf8').matchAll(/\bprovokes\(\s*'(\w+)'/g)])
      .map((match) => match[1]!)
    expect([...new Set(provoked)].sort()).toEqual([...FAULT_CODES].sort())
  })
})
