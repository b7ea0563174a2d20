// Every row of every error table through a real hub: what the requester reads, and what the journal keeps. The rows
// come from the fixtures, which say a second time what each dialect's specification says.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAULTS, isFaultCode, RECOVERIES } from '../../src/faults/table.ts'
import type { JournalEntry } from '../../src/journal/journal-entry.ts'
import { askFor, type DialectScene, MODULE, stageDialects } from '../support/dialects.ts'
import { expectFault, expectPublicOnly, routingOf } from '../support/expect-fault.ts'
import type { Answer, Party } from '../support/party.ts'
import { type DialectFixture, FIXTURES, type FixtureRow } from '../unit/dialects/fixture.ts'

// Numbers, blanks, order and escapes that a parser and a writer would lose.
const DETAILS = '{ "z": 1.10,"a" : 12345678901234567890, "\\u0061b":[ ],"__proto__": {"x":1}  }'
const MESSAGE = 'Ça ne va pas: "€ 1.10" \\ refusé'

let scene: DialectScene
beforeAll(async () => {
  // Refusals are many here; who is OFFLINE for them is another test's business.
  scene = await stageDialects()
})
afterAll(() => scene.close())

/** The error as the dialect writes it, with the details in exactly these bytes. */
function bodyOf(fixture: DialectFixture, row: FixtureRow): string {
  const error = { code: row.code, slug: row.slug, message: MESSAGE, details: '@details' }
  return JSON.stringify(fixture.spell(error)).replace('"@details"', DETAILS)
}

async function entryOf(answer: Answer): Promise<JournalEntry> {
  return scene.hub.newest({ request_id: answer.sent.requestId })
}

describe.each(FIXTURES)('$name', (fixture) => {
  const responder = (): Party => scene[fixture.name]
  const headers = { 'X-Request-Id': 'its-own-id-7', 'Retry-After': '41' }
  const tell = (row: FixtureRow): Promise<Answer> =>
    askFor(scene, responder(), { status: row.http, headers, body: bodyOf(fixture, row) })

  const errors = fixture.rows.filter(({ becomes }) => !isFaultCode(becomes))
  it.each(errors)('HTTP $http $code is told as $becomes, with the original beside it', async (row) => {
    const [code, http = '200'] = row.becomes.split('/')
    const answer = await tell(row)
    expect(answer.httpStatus).toBe(Number(http))
    const { status_code, status_message, timestamp, data } = answer.json()
    expect([status_code, status_message]).toEqual([Number(code), MESSAGE])
    expect(Date.parse(timestamp)).not.toBeNaN()
    const requestId = fixture.name === 'proof' ? 'its-own-id-7' : undefined
    expect(data).toEqual({
      dialect: fixture.name,
      code: row.code,
      ...(row.slug !== undefined && { error: row.slug }),
      ...(row.category !== undefined && { category: row.category }),
      http_status: row.http,
      message: MESSAGE,
      ...(fixture.hasDetails && { details: JSON.parse(DETAILS) as unknown }),
      recovery: row.recovery,
      advice: row.advice ?? expect.stringMatching(/\w{3}/),
      ...(requestId !== undefined && { request_id: requestId }),
    })
    if (fixture.hasDetails) expect(answer.body.toString()).toContain(`"details":${DETAILS}`)
    // Nothing of a dialect reaches a header, its own Retry-After included.
    expect(answer.headers).not.toHaveProperty('retry-after')
    expect(answer.headers['x-request-id']).toBe(answer.sent.requestId)
    expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: responder().key })
    const entry = await entryOf(answer)
    expect(entry).toMatchObject({
      author: 'responder',
      code: Number(code),
      http_status: Number(http),
      responder_code: row.code,
      responder_http_status: row.http,
      to: responder().key,
      module: MODULE,
    })
    expect(entry).not.toHaveProperty('fault')
    expect(entry).not.toHaveProperty('code_unlisted')
    expect(entry.detail).toBe(requestId && `the responder's own request id is ${requestId}`)
  })

  const faults = fixture.rows.filter(({ becomes }) => isFaultCode(becomes))
  it.each(faults)('HTTP $http $code is the fault $becomes of the hub', async (row) => {
    const fault = row.becomes as 'token_rejected' | 'responder_busy' | 'connection_declined'
    const answer = await tell(row)
    const entry = await expectFault(scene.hub, answer, fault)
    expect(FAULTS[fault].recovery).toBe(row.recovery)
    const { data } = answer.json()
    expect(data).toMatchObject({ dialect: fixture.name, code: row.code, http_status: row.http })
    expect(data?.advice).toMatch(/\w{3}/)
    // What a service says of the hub's identity is for the hub's operator.
    const isPublic = fault !== 'token_rejected'
    expect(data?.message).toBe(isPublic ? MESSAGE : undefined)
    expect(data?.retry_after_seconds).toBe(fault === 'responder_busy' ? 41 : undefined)
    expect(answer.headers['retry-after']).toBe(fault === 'responder_busy' ? '41' : undefined)
    expect(entry).toMatchObject({ responder_code: row.code, responder_http_status: row.http })
    expect(entry.detail).toContain(`${fixture.name} ${row.code}`)
    expect(entry.detail).toContain(MESSAGE)
    if (row.likelyCause) expect(entry.detail).toMatch(row.likelyCause)
    if (fixture.name === 'proof') expect(entry.detail).toContain('its-own-id-7')
  })

  it('every error is found by its own code, over the admin API and in any case', async () => {
    for (const row of fixture.rows) {
      const answer = await tell(row)
      const entry = await entryOf(answer)
      const query = `responder_code=${row.code.toLowerCase()}&responder=${responder().id}`
      const { json } = await scene.hub.admin(`/errors?${query}&limit=1000`)
      const { items } = json as { items: JournalEntry[] }
      expect(items.map(({ reference }) => reference)).toContain(entry.reference)
      expect(new Set(items.map((item) => item.responder_code))).toEqual(new Set([row.code]))
    }
  })

  it('every recovery is one of the six words, and no answer gives anything away', async () => {
    for (const row of fixture.rows) {
      expect(Object.keys(RECOVERIES)).toContain(row.recovery)
      expectPublicOnly(scene.hub, await tell(row))
    }
  })

  it('an error without message is told in the words of the table', async () => {
    for (const row of errors) {
      const body = JSON.stringify(fixture.spell({ code: row.code, slug: row.slug }))
      const { status_message, data } = (await askFor(scene, responder(), { status: row.http, body })).json()
      expect(status_message).toMatch(/^\w.*\w$/)
      expect(Object.keys(data ?? {})).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/message|details/)]),
      )
    }
  })
})
