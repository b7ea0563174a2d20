// What requesters on each version of OCPI read: faults of the hub in codes that their version lists, codes of the
// responder as they are, marked in the journal where the version does not list them (R103, R104, T26).

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FaultCode } from '../../src/faults/table.ts'
import { OFFERABLE_VERSIONS, type VersionNumber } from '../../src/ocpi/version.ts'
import { ok, says } from '../support/envelopes.ts'
import { expectFault } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type Party } from '../support/party.ts'
import { NEVER, type Script } from '../support/party-server.ts'

/** What the responder answers, the fault it is, and its code per version, as the specification lists them. */
const CASES: readonly (readonly [FaultCode, module: string, Script, Readonly<Record<string, number>>])[] = [
  ['answer_not_ocpi', 'locations', { status: 500, body: 'x' }, { '2.1.1': 3000, '2.2': 4003, newer: 4000 }],
  ['http_response_timeout', 'locations', NEVER, { '2.1.1': 3000, '2.2': 4002, newer: 4002 }],
  [
    'responder_unavailable',
    'locations',
    { status: 502, body: '' },
    { '2.1.1': 3000, '2.2': 4003, newer: 4003 },
  ],
  [
    'responder_busy',
    'locations',
    { status: 429, json: { error: { code: 'RATE_LIMITED' } }, headers: { 'Retry-After': '9' } },
    { '2.1.1': 3000, '2.2': 4003, newer: 4000 },
  ],
  [
    'connection_declined',
    'locations',
    { status: 403, body: '' },
    { '2.1.1': 3000, '2.2': 4003, newer: 4003 },
  ],
  [
    'token_rejected',
    'locations',
    { status: 401, json: { error: { code: 'NONCE_REUSED' } } },
    { '2.1.1': 3000, '2.2': 4003, newer: 4003 },
  ],
  ['location_unknown', 'locations', { status: 404, body: '' }, { '2.1.1': 2003, '2.2': 2003, newer: 2003 }],
  ['token_uid_unknown', 'tokens', { status: 404, body: '' }, { '2.1.1': 2000, '2.2': 2004, newer: 2004 }],
]

/** Codes that each version lists (R104); with 19xx, 29xx, 39xx and 49xx from 2.2 on. */
const LISTED: Readonly<Record<string, readonly number[]>> = {
  '2.1.1': [1000, 2000, 2001, 2002, 2003, 3000, 3001, 3002, 3003],
  '2.2': [1000, 2000, 2001, 2002, 2003, 2004, 3000, 3001, 3002, 3003, 4001, 4002, 4003],
}
const ANSWERED = [
  2000, 2001, 2002, 2003, 2004, 2005, 2901, 3000, 3001, 3002, 3003, 3004, 3901, 4000, 4001, 4002, 4003, 4004,
  4901,
]

function lists(version: VersionNumber, code: number): boolean {
  const listed = LISTED[version] ?? [...LISTED['2.2']!, 4000]
  return listed.includes(code) || (version !== '2.1.1' && Math.floor(code / 100) % 10 === 9)
}

describe.each(OFFERABLE_VERSIONS)('a requester on %s', (version) => {
  let scene: Scene<{ emsp: Party; cpo: Party }>
  beforeAll(async () => {
    const modules = ['locations', 'tokens']
    scene = await stage(
      {
        emsp: party('NL-EMS', 'EMSP', { version, modules: ['tariffs'] }),
        cpo: party('DE-CPO', 'CPO', { version, modules, errors: 'opencharge' }),
      },
      { hub: { versions: OFFERABLE_VERSIONS }, forwarding: { timeoutMs: 1000 } },
    )
  })
  afterAll(() => scene.close())
  beforeEach(() => scene.cpo.forget())

  const routed = version !== '2.1.1'

  /** 2.1.1 has no routing headers: the one party that has the module is meant. */
  function ask(module: string): Promise<Answer> {
    const object = { locations: '/LOC1', tokens: '/T1/authorize' }[module]!
    const call = module === 'tokens' ? scene.emsp.posts : scene.emsp.gets
    return call(module, {
      interface: 'SENDER',
      path: object,
      ...(routed ? { to: 'DE-CPO' } : { from: null }),
    })
  }

  it.each(CASES)('is told %s in a code it knows', async (fault, module, script, codes) => {
    scene.cpo.answers(module, script)
    const answer = await ask(module)
    const entry = await expectFault(scene.hub, answer, fault, { version, ...(routed ? {} : { routed }) })
    expect(entry.code).toBe(codes[version] ?? codes.newer)
    expect(lists(version, entry.code)).toBe(true)
    expect(entry).not.toHaveProperty('code_unlisted')
    if (fault === 'responder_busy') expect(answer.headers['retry-after']).toBe('9')
  })

  it("is told every error of the party's own format in codes it knows", async () => {
    scene.cpo.answers('locations', { status: 400, json: { error: { code: 'CAPABILITY_NOT_SUPPORTED' } } })
    expect((await ask('locations')).json().status_code).toBe(3003)
  })

  it.each(ANSWERED)('gets %d of the responder as it is, marked where it does not list it', async (code) => {
    const body = Buffer.from(JSON.stringify(says(code, 'as it is')))
    scene.cpo.answers('locations', { status: 200, body })
    const answer = await ask('locations')
    expect(answer.body.equals(body)).toBe(true)
    const entry = await scene.hub.newest({ code: String(code) })
    expect(entry).toMatchObject({ author: 'responder', code })
    expect(entry.code_unlisted).toBe(lists(version, code) ? undefined : true)
  })

  it.each([1000, 1001, 1901])('has %d in the journal only where it does not list it', async (code) => {
    scene.cpo.answers('locations', { json: { ...ok(), status_code: code } })
    const { sent } = await ask('locations')
    // Entries are written in order: once the next one is there, this one would be, too.
    scene.cpo.answers('locations', { json: says(2000) })
    const next = await ask('locations')
    await scene.hub.newest({ request_id: next.sent.requestId })
    const entries = await scene.hub.journal.correlation(sent.correlationId)
    const marks = entries.map((entry) => [entry.code, entry.code_unlisted])
    expect(marks).toEqual(lists(version, code) ? [] : [[code, true]])
  })

  it('is told that nobody is there to ask', async () => {
    const answer = routed
      ? await scene.emsp.gets('locations', { to: 'ZZ-TOP', path: '/LOC1' })
      : await scene.emsp.gets('cdrs', { from: null, path: '/C1' })
    const { status_code: code, data } = answer.json()
    expect([answer.httpStatus, data?.fault]).toEqual([200, routed ? 'to_unknown' : 'to_unresolved'])
    expect(code).toBe(routed ? 4001 : 3000)
  })
})
