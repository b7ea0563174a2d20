// Everybody can try all 57 codes of the error tables through a hub: the sandbox produces each on demand below
// /objects/{code}, and what comes back is what the catalogue says it becomes.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CATALOGUE, findCodes } from '../../src/dialects/catalogue.ts'
import { OCPI_CODES } from '../../src/dialects/ocpi.ts'
import { FAULTS, isFaultCode } from '../../src/faults/table.ts'
import { writeAuthorization } from '../../src/ocpi/token.ts'
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { operate } from '../support/admin.ts'
import { callHttp, type HttpAnswer, type OcpiAnswer } from '../support/caller.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { cli } from '../unit/cli/run.ts'
import { FIXTURES } from '../unit/dialects/fixture.ts'
import { platformOf } from './sandbox-caller.ts'

/** Which party of the sandbox answers in which format, and the module it does it in. */
const PARTIES = {
  opencharge: ['NL-PAY', 'settlement'],
  proof: ['NL-PRF', 'settlement'],
  ivxp: ['NL-IVX', 'settlement'],
  ocpi: ['DE-STA', 'locations'],
} as const
type System = keyof typeof PARTIES

const CODES: readonly (readonly [System, string])[] = [
  ...FIXTURES.flatMap(({ name, rows }) => rows.map(({ code }) => [name, code] as const)),
  ...OCPI_CODES.filter(({ code }) => /^[23]\d{3}$/.test(code)).map(({ code }) => ['ocpi', code] as const),
]

let hub: TestHub
let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 })
  // As in production: three refusals in a row make a platform suspect, and no more than that while it answers.
  hub = await startHub({
    platforms: sandbox.platforms,
    liveness: { probeAfterMs: 300_000, timeoutMs: 1_000, offlineAfter: 3 },
  })
})
afterAll(async () => {
  await hub.close()
  await sandbox.close()
})

function ask(system: System, code: string): Promise<HttpAnswer> {
  const [party, module] = PARTIES[system]
  const [country = '', id = ''] = party.split('-')
  return callHttp(hub.ocpiUrl, {
    method: 'GET',
    path: `/ocpi/2.2.1/sender/${module}/objects/${code}`,
    headers: [
      ['Authorization', writeAuthorization(platformOf(sandbox, 'NL-EMS').tokens.inbound, 'base64')],
      ['OCPI-to-country-code', country],
      ['OCPI-to-party-id', id],
    ],
  })
}

it('there are 57 of them: 16 of Opencharge, 15 of Proof, 17 of IVXP, 9 of OCPI', () => {
  expect(CODES).toHaveLength(57)
  const count = (name: System) => CODES.filter(([system]) => system === name).length
  expect([count('opencharge'), count('proof'), count('ivxp'), count('ocpi')]).toEqual([16, 15, 17, 9])
})

describe('through a hub, the sandbox answers', () => {
  it.each(CODES)('%s %s as the catalogue says', async (system, code) => {
    const [entry] = findCodes(`${system}/${code}`)
    const answer = await ask(system, code)
    const { status_code: status, data } = answer.json()
    // `2000`, `2000 with HTTP 404`, `4003 token_rejected`; of OCPI's own nothing: it is relayed as it is.
    const [becomes, fault] = (entry?.becomes ?? code).split(' ')
    expect(String(status)).toBe(becomes)
    expect(answer.httpStatus).toBe(entry?.becomes?.endsWith('with HTTP 404') ? 404 : 200)
    if (system === 'ocpi') return
    expect(data).toMatchObject({ dialect: system, code, http_status: entry?.http, recovery: entry?.recovery })
    expect(data?.advice).toBe(entry?.advice)
    if (fault !== undefined && isFaultCode(fault)) expect(data).toMatchObject({ fault, at: FAULTS[fault].at })
    if (code === 'RATE_LIMITED' || code === 'SERVICE_UNAVAILABLE') {
      expect([answer.headers['retry-after'], data?.retry_after_seconds]).toEqual(['30', 30])
    }
    if (system === 'proof') {
      const found = await hub.newest({ responder_code: code })
      expect(found.detail).toMatch(/the responder's own request id is [0-9a-f-]{36}/)
    }
  })

  it('a success as a wrapped object', async () => {
    for (const system of ['opencharge', 'proof', 'ivxp'] as const) {
      const answer = await ask(system, 'SUCCESS')
      expect(answer.json()).toMatchObject({ status_code: 1000, data: { state: 'settled' } })
    }
  })
})

describe('docs/dialects.md', () => {
  const page = readFileSync(new URL('../../docs/dialects.md', import.meta.url), 'utf8')
  const examples = [...page.matchAll(/^\$ ask (\S+) (\S+).*\n(\{\n[^]*?\n\})$/gm)]

  it.each(examples.map(([, party, code, text]) => [party!, code!, text!]))(
    'shows what %s answers for %s',
    async (party, code, text) => {
      const system = (Object.keys(PARTIES) as System[]).find((name) => PARTIES[name][0] === party)!
      const shown = JSON.parse(text) as OcpiAnswer
      const answer = (await ask(system, code)).json()
      // What is another one each time.
      const isNew = /^(timestamp|reference|request_id)$/
      const fixed = (value: OcpiAnswer) =>
        JSON.stringify(value, (key, member: unknown) => (isNew.test(key) ? key : member), 2)
      expect(fixed(answer)).toBe(fixed(shown))
    },
  )

  it('has an example of every format', () => {
    const shown = new Set(examples.map(([, party]) => party))
    expect(shown).toEqual(new Set(['NL-PAY', 'NL-PRF', 'NL-IVX']))
  })
})

describe('every code of the catalogue', () => {
  const entries = CATALOGUE.map((entry) => [entry.system, entry.code, entry] as const)

  it.each(entries)('%s %s is explained on the command line', async (system, code, entry) => {
    const { code: exit, out, err } = await cli(['explain', code])
    expect([exit, err]).toEqual([0, ''])
    expect(out).toContain(entry.meaning)
    expect(out).toContain(entry.advice)
    if (entry.recovery !== undefined) expect(out).toContain(`${entry.recovery}: `)
    if (entry.at !== 'none') expect(out).toMatch(new RegExp(`whose side +${entry.at}`))
    for (const version of entry.versions ?? []) expect(out).toContain(version)
    if (entry.becomes?.includes('token_rejected')) expect(out).toContain(entry.likely_cause)
    const becomes = system === 'hub' ? `OCPI ${entry.becomes}` : entry.becomes
    if (becomes !== undefined) expect(out).toContain(becomes)
    const json = JSON.parse((await cli(['explain', code.toLowerCase(), '--json'])).out) as { items: object[] }
    expect(json.items).toContainEqual(expect.objectContaining(entry))
  })

  it('is in the list of the admin API, and found there by itself', async () => {
    const list = await operate(hub, 'GET /codes?limit=1000')
    expect(list.json.items).toEqual(CATALOGUE)
    for (const entry of CATALOGUE) {
      const one = await operate(hub, `GET /codes/${encodeURIComponent(entry.code.toLowerCase())}`)
      expect(one.status).toBe(200)
      expect(one.json.items).toContainEqual(entry)
    }
    for (const system of ['ocpi', 'hub', 'opencharge', 'proof', 'ivxp']) {
      const { json } = await operate(hub, `GET /codes?system=${system}&limit=1000`)
      expect(json.items).toEqual(CATALOGUE.filter((entry) => entry.system === system))
    }
  })

  it('is missed with suggestions', async () => {
    const { status, json } = await operate(hub, 'GET /codes/ORDER_EXPIERD')
    expect([status, json.suggestions[0]]).toEqual([404, 'ORDER_EXPIRED'])
    const wrong = await cli(['explain', 'ORDER_EXPIERD'])
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('did you mean ORDER_EXPIRED')])
  })
})
