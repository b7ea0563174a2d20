// Walks every row of every dialect: what an answer that is no OCPI envelope becomes, and what stays of it.

import { describe, expect, it } from 'vitest'
import { DIALECT_NAMES, DIALECTS, readDialectAnswer } from '../../../src/dialects/dialect.ts'
import { KEPT_BYTES_MAX } from '../../../src/dialects/original.ts'
import { FAULTS, type FaultCode } from '../../../src/faults/table.ts'
import { readStatusCode } from '../../../src/ocpi/envelope.ts'
import { FIXTURES, FOREIGN_TO_ALL, type DialectFixture, type FixtureError } from './fixture.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

interface Given {
  readonly http: number
  readonly body?: unknown
  readonly raw?: string | Buffer
  readonly headers?: Record<string, string>
}

function read(name: DialectFixture['name'], { http, body, raw, headers = {} }: Given) {
  const bytes = raw === undefined ? Buffer.from(JSON.stringify(body)) : Buffer.from(raw)
  return readDialectAnswer(name, { httpStatus: http, headers, body: bytes }, NOW)
}

function readError(name: DialectFixture['name'], given: Given) {
  const outcome = read(name, given)
  if (outcome?.kind !== 'error') throw new Error(`not an error: ${JSON.stringify(outcome)}`)
  const envelope = JSON.parse(outcome.body.toString()) as {
    data: Record<string, unknown>
    status_code: number
    status_message: string
    timestamp: string
  }
  return { ...outcome, envelope, text: outcome.body.toString() }
}

it('has a fixture for every dialect but OCPI itself', () => {
  expect(FIXTURES.map(({ name }) => name).toSorted()).toEqual(
    DIALECT_NAMES.filter((name) => name !== 'ocpi').toSorted(),
  )
})

it('leaves every answer of a platform that speaks OCPI alone', () => {
  const answer = { httpStatus: 404, headers: {}, body: Buffer.from('{"error":"ORDER_NOT_FOUND"}') }
  expect(readDialectAnswer('ocpi', answer)).toBeUndefined()
})

describe.each(FIXTURES)('$name', (fixture) => {
  const { name } = fixture

  it('has the rows of its specification, no more and no fewer', () => {
    const known = DIALECTS[name].rows.map(({ code, slug }) => `${slug ?? ''}/${code}`)
    expect(known).toEqual(fixture.rows.map(({ code, slug }) => `${slug ?? ''}/${code}`))
  })

  it.each(fixture.rows)('tells $code as $becomes', (row) => {
    const error = { code: row.code, slug: row.slug, message: 'as it was said', details: { a: 1 } }
    const outcome = read(name, { http: row.http, body: fixture.spell(error) })
    expect(outcome).toMatchObject({ responderCode: row.code, message: 'as it was said' })
    expect(outcome).not.toHaveProperty('unknown')
    const [status, http = '200'] = row.becomes.split('/')
    if (/^\d/.test(row.becomes)) {
      const { envelope, ...rest } = readError(name, { http: row.http, body: fixture.spell(error) })
      expect(rest).toMatchObject({
        statusCode: Number(status),
        httpStatus: Number(http),
        recovery: row.recovery,
      })
      expect(envelope).toMatchObject({ status_code: Number(status), status_message: 'as it was said' })
      expect(envelope.timestamp).toBe('2026-01-02T03:04:05.678Z')
      expect(envelope.data).toMatchObject({
        dialect: name,
        code: row.code,
        http_status: row.http,
        message: 'as it was said',
        recovery: row.recovery,
      })
      expect(envelope.data.category).toBe(row.category)
      expect(envelope.data.error).toBe(row.slug)
      if (row.advice !== undefined) expect(envelope.data.advice).toBe(row.advice)
      if (fixture.hasDetails) expect(envelope.data.details).toEqual({ a: 1 })
    } else {
      expect(outcome).toMatchObject({ kind: 'fault', fault: row.becomes })
      const { likelyCause } = outcome as { likelyCause?: string }
      expect(row.likelyCause !== undefined).toBe(row.becomes === 'token_rejected')
      if (row.likelyCause) expect(likelyCause).toMatch(row.likelyCause)
      else expect(likelyCause).toBeUndefined()
      const { data } = outcome as { data: Record<string, unknown> }
      expect(data).toMatchObject({ dialect: name, code: row.code, http_status: row.http })
      expect([data.error, data.category]).toEqual([row.slug, row.category])
      // What it says of the hub's identity may name the hub's address or token: for its operator only.
      const isPublic = row.becomes !== 'token_rejected'
      expect(data.message).toBe(isPublic ? 'as it was said' : undefined)
      expect(data.details).toEqual(isPublic && fixture.hasDetails ? { a: 1 } : undefined)
    }
  })

  it('never tells an error of the responder as 4xxx, whatever the HTTP status (R106)', () => {
    for (const row of fixture.rows.filter(({ becomes }) => /^\d/.test(becomes))) {
      for (const http of [400, 401, 403, 404, 408, 429, 500, 502, 503, 504]) {
        const body = fixture.spell({ code: row.code, slug: row.slug, message: 'm' })
        const { statusCode, envelope } = readError(name, { http, body })
        expect(statusCode).toBe(Number(row.becomes.split('/')[0]))
        expect(envelope.data.http_status).toBe(http)
      }
    }
  })

  it('tells an unknown code by its HTTP status and reports it as unknown', () => {
    for (const stranger of fixture.strangers) {
      for (const [http, statusCode, recovery] of [
        [400, 2000, 'correct'],
        [404, 2000, 'correct'],
        [422, 2000, 'correct'],
        [500, 3000, 'check'],
        [503, 3000, 'check'],
      ] as const) {
        const outcome = readError(name, { http, body: fixture.spell(stranger) })
        const unknown = [stranger.slug, stranger.code].filter(Boolean).join('/')
        expect(outcome).toMatchObject({ statusCode, recovery, httpStatus: 200, unknown })
        expect(outcome.responderCode).toBe(stranger.code)
        expect(outcome.envelope.data).toMatchObject({ code: stranger.code, http_status: http })
        expect(outcome.envelope.data).not.toHaveProperty('advice')
      }
    }
  })

  it('takes 429 for "too many requests" whatever the code, and passes Retry-After on', () => {
    const [stranger] = fixture.strangers
    const given = { http: 429, body: fixture.spell(stranger!), headers: { 'retry-after': '120' } }
    expect(read(name, given)).toMatchObject({
      kind: 'fault',
      fault: 'responder_busy',
      retryAfterSeconds: 120,
    })
  })

  it('leaves what is not its shape to the ordinary fault table', () => {
    for (const body of [...FOREIGN_TO_ALL, ...fixture.foreign]) {
      for (const http of [400, 401, 403, 404, 429, 500, 503]) {
        expect(read(name, { http, body }), JSON.stringify(body).slice(0, 80)).toBeUndefined()
      }
    }
    for (const raw of [
      '<html>',
      '{',
      '{"error":"ORDER_NOT_FOUND"',
      '\0',
      'null',
      'nul',
      '{"error":"A","message":"m"}}',
    ]) {
      expect(read(name, { http: 400, raw }), raw).toBeUndefined()
    }
  })

  it('leaves an answer without body to the ordinary fault table, 403 of Opencharge aside', () => {
    for (const http of [400, 401, 404, 408, 429, 500, 502, 503, 504]) {
      expect(read(name, { http, raw: '' })).toBeUndefined()
      expect(read(name, { http, raw: ' \r\n\t' })).toBeUndefined()
    }
    expect(read(name, { http: 403, raw: '' }) === undefined).toBe(name !== 'opencharge')
  })

  it('has nothing to say about redirects and statuses that do not exist', () => {
    for (const http of [100, 199, 300, 302, 399, 600, 999, Number.NaN]) {
      expect(read(name, { http, body: fixture.spell(fixture.rows[0]!) })).toBeUndefined()
    }
  })

  it('leaves absent members out', () => {
    const row = fixture.rows.find(({ becomes }) => becomes === '2001')!
    const { envelope } = readError(name, {
      http: 400,
      body: fixture.spell({ code: row.code, slug: row.slug }),
    })
    expect(Object.keys(envelope.data)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(message|details|retry_after_seconds|request_id)$/)]),
    )
    expect(envelope.status_message).not.toBe('')
  })

  it('bounds a message of 8 MiB to 8 KiB and cuts between characters', () => {
    const row = fixture.rows.find(({ becomes }) => becomes === '2001')!
    for (const [unit, bytes] of [
      ['x', 8 * 1024 * 1024],
      ...['é', '€', '😀', '\u0000', '\ud800'].map((each) => [each, 64 * 1024] as const),
    ] as const) {
      const message = unit.repeat(bytes / Buffer.byteLength(unit))
      const outcome = readError(name, { http: 400, body: fixture.spell({ ...row, message }) })
      expect(Buffer.byteLength(outcome.message)).toBeLessThanOrEqual(KEPT_BYTES_MAX)
      expect(outcome.message.length).toBeGreaterThan(2000)
      expect(outcome.envelope.status_message).toBe(outcome.message)
      expect(outcome.message.replaceAll(unit === '\ud800' ? '\ufffd' : unit, '')).toBe('…')
    }
  })

  it('reads a body with a byte order mark and one with bytes that are not UTF-8', () => {
    const row = fixture.rows.find(({ becomes }) => becomes === '2001')!
    const text = JSON.stringify(fixture.spell({ ...row, message: 'M' }))
    expect(readError(name, { http: 400, raw: `\ufeff${text}` }).statusCode).toBe(2001)
    const broken = Buffer.from(text)
    broken[broken.lastIndexOf('M')] = 0xff
    expect(readError(name, { http: 400, raw: broken }).message).toBe('\ufffd')
  })

  it('keeps its own faults in step with the fault table', () => {
    for (const row of DIALECTS[name].rows) {
      expect(row.meaning + row.advice).not.toMatch(/\.$/)
      if (typeof row.becomes !== 'string') continue
      const fault = FAULTS[row.becomes satisfies FaultCode]
      expect([row.at, row.recovery]).toEqual([fault.at, fault.recovery])
    }
  })

  it('takes the body of an error as an envelope that any reader finds the code in', () => {
    const row = fixture.rows.find(({ becomes }) => becomes === '2001')!
    const details = { status_code: 1000, x: '"status_code":4001', y: ['status_code', { status_code: 3000 }] }
    const error: FixtureError = { ...row, message: '"status_code":1000}', details }
    expect(readStatusCode(readError(name, { http: 400, body: fixture.spell(error) }).body)).toBe(2001)
  })
})
