// The single traps of each dialect: statuses that look like a gateway's, bodies left out, what may reach a header.

import { describe, expect, it } from 'vitest'
import { readDialectAnswer, type DialectAnswer, type DialectName } from '../../../src/dialects/dialect.ts'
import { KEPT_BYTES_MAX } from '../../../src/dialects/original.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)

function read(
  name: DialectName,
  httpStatus: number,
  body: string | object,
  headers: DialectAnswer['headers'] = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return readDialectAnswer(name, { httpStatus, headers, body: Buffer.from(text) })
}

function textOf(outcome: ReturnType<typeof read>): string {
  if (outcome?.kind !== 'error') throw new Error(`not an error: ${outcome?.kind}`)
  return outcome.body.toString()
}

describe('ivxp', () => {
  const unavailable = (seconds: unknown) =>
    read('ivxp', 503, {
      error: 'SERVICE_UNAVAILABLE',
      message: 'm',
      details: { retry_after_seconds: seconds },
    })

  it('takes 408 PAYMENT_TIMEOUT for an error of the order, not for a gateway timeout', () => {
    expect(read('ivxp', 408, { error: 'PAYMENT_TIMEOUT', message: 'too late' })).toMatchObject({
      kind: 'error',
      statusCode: 2000,
      httpStatus: 200,
      at: 'requester',
      recovery: 'correct',
    })
  })

  it('takes 401 SIGNATURE_INVALID for the signature in the order, not for the token of the hub', () => {
    const outcome = read('ivxp', 401, { error: 'SIGNATURE_INVALID', message: 'm' })
    expect(outcome).toMatchObject({ kind: 'error', statusCode: 2001, at: 'requester' })
  })

  it('passes details.retry_after_seconds of SERVICE_UNAVAILABLE on, as whole seconds of at most a day', () => {
    for (const seconds of [0, 1, 30, 86_400]) {
      const outcome = unavailable(seconds)
      expect(outcome).toMatchObject({ statusCode: 3000, recovery: 'wait', retryAfterSeconds: seconds })
      expect(textOf(outcome)).toContain(`"retry_after_seconds":${seconds},"advice"`)
    }
  })

  it('lets nothing else of a dialect reach a header', () => {
    for (const seconds of [-1, 86_401, 1.5, '30', '30\r\nX: y', null, true, [30], { valueOf: 30 }, 1e300]) {
      const outcome = unavailable(seconds)
      expect(outcome).toMatchObject({ statusCode: 3000, recovery: 'wait' })
      expect(outcome).not.toHaveProperty('retryAfterSeconds')
    }
    expect(read('ivxp', 503, { error: 'SERVICE_UNAVAILABLE', details: [30] })).not.toHaveProperty(
      'retryAfterSeconds',
    )
    expect(
      read('ivxp', 500, { error: 'INTERNAL_ERROR', message: 'm', details: { retry_after_seconds: 5 } }),
    ).not.toHaveProperty('retryAfterSeconds')
    expect(
      read('ivxp', 503, { error: 'SERVICE_UNAVAILABLE', message: 'm' }, { 'retry-after': '5' }),
    ).not.toHaveProperty('retryAfterSeconds')
  })

  it('keeps the spelling of numbers in details', () => {
    const details = '{ "required_usdc": 1.10, "available_usdc": 0.100, "wei": 12345678901234567890 }'
    const body = `{"details":{"x":1},"error":"INSUFFICIENT_BALANCE","message":"m","details":${details} }`
    expect(textOf(read('ivxp', 402, body))).toContain(`"details":${details},"recovery"`)
  })

  it('reads of equal names the last, and names written with escapes', () => {
    const body = '{"error":"ORDER_EXPIRED","err\\u006fr":"ORDER_NOT_FOUND","message":1,"message":"m"}'
    expect(read('ivxp', 404, body)).toMatchObject({ responderCode: 'ORDER_NOT_FOUND', message: 'm' })
  })
})

describe('opencharge', () => {
  const rateLimited = (headers: DialectAnswer['headers']) =>
    read('opencharge', 429, { error: { code: 'RATE_LIMITED', message: 'slow down' } }, headers)

  it('takes 403 with an empty body for a declined connection, not for a refused token', () => {
    for (const body of [
      '',
      '\n',
      { error: { code: 'CONNECTION_REFUSED' } },
      { error: { code: 'GO_AWAY' } },
    ]) {
      expect(read('opencharge', 403, body)).toMatchObject({ kind: 'fault', fault: 'connection_declined' })
    }
    expect(read('opencharge', 403, '')).toMatchObject({ responderCode: 'CONNECTION_REFUSED' })
    expect(read('opencharge', 403, { error: { code: 'GO_AWAY' } })).toMatchObject({
      responderCode: 'GO_AWAY',
      unknown: 'GO_AWAY',
    })
  })

  it('lets the code decide when 403 carries another one', () => {
    expect(read('opencharge', 403, { error: { code: 'UNKNOWN_OCID', message: 'm' } })).toMatchObject({
      fault: 'token_rejected',
    })
  })

  it('passes Retry-After of 429 on, as whole seconds of at most a day', () => {
    expect(rateLimited({ 'retry-after': '60' })).toMatchObject({
      fault: 'responder_busy',
      retryAfterSeconds: 60,
    })
    expect(rateLimited(new Map([['retry-after', '0']]))).toMatchObject({ retryAfterSeconds: 0 })
    for (const value of ['', '-1', '1.5', '86401', '999999999999', '5, 5', '5\r\nX: y', 'soon', ' 5']) {
      expect(rateLimited({ 'retry-after': value }), value).not.toHaveProperty('retryAfterSeconds')
    }
    expect(rateLimited({})).not.toHaveProperty('retryAfterSeconds')
  })

  it('takes a date in Retry-After for the seconds until then', () => {
    const at = (seconds: number) => ({ 'retry-after': new Date(NOW + seconds * 1000).toUTCString() })
    const read429 = (headers: DialectAnswer['headers']) => {
      const body = Buffer.from('{"error":{"code":"RATE_LIMITED"}}')
      return readDialectAnswer('opencharge', { httpStatus: 429, headers, body }, NOW)
    }
    expect(read429(at(90))).toMatchObject({ retryAfterSeconds: 90, data: { retry_after_seconds: 90 } })
    for (const headers of [
      at(-1),
      at(86_401),
      { 'retry-after': '2026-01-02T03:05:00Z' },
      { 'retry-after': 'Fri, 99 Jan 2026 99:99:99 GMT' },
    ])
      expect(read429(headers)).not.toHaveProperty('retryAfterSeconds')
  })

  it('reads no header that is inherited', () => {
    const headers = Object.create({ 'retry-after': '60' }) as Record<string, string>
    expect(rateLimited(headers)).not.toHaveProperty('retryAfterSeconds')
  })

  it('keeps the details of ISSUER_NOT_ACCEPTED and cuts those past 8 KiB', () => {
    const details = { providedIssuer: 'a', acceptedIssuers: ['b', 'c'] }
    const error = (more: object) => ({ error: { code: 'ISSUER_NOT_ACCEPTED', message: 'm', details: more } })
    expect(JSON.parse(textOf(read('opencharge', 400, error(details))))).toMatchObject({ data: { details } })
    const many = { acceptedIssuers: Array.from({ length: 10_000 }, (_, index) => `issuer-${index}`) }
    const { data } = JSON.parse(textOf(read('opencharge', 400, error(many)))) as { data: { details: string } }
    expect(data.details).toMatch(/^\{"acceptedIssuers":\["issuer-0",.*…$/)
    expect(Buffer.byteLength(data.details)).toBeLessThanOrEqual(KEPT_BYTES_MAX)
  })

  it("keeps no details that repeat the hub's token, however they are escaped", () => {
    const secrets = ['a/long"token', Buffer.from('a/long"token').toString('base64')]
    const detailsOf = (details: string) => {
      const body = Buffer.from(`{"error":{"code":"INVALID_PROOF","message":"m","details":${details}}}`)
      const outcome = readDialectAnswer('opencharge', { httpStatus: 400, headers: {}, body, secrets })
      return (JSON.parse(textOf(outcome)) as { data: { details?: unknown } }).data.details
    }
    expect(detailsOf('{"path":"a\\/long\\"thing"}')).toEqual({ path: 'a/long"thing' })
    for (const details of [
      '"a/long\\"token"',
      '{"x":["a\\/long\\u0022token"]}',
      '{"\\u0061\\/long\\"token":1}',
    ]) {
      expect(detailsOf(details), details).toBeUndefined()
    }
    expect(detailsOf(`"Token ${secrets[1]}"`)).toBeUndefined()
  })

  it('keeps __proto__ in details as the plain member it is', () => {
    const body = '{"error":{"code":"INVALID_PROOF","message":"m","details":{"__proto__":{"polluted":1}}}}'
    expect(textOf(read('opencharge', 400, body))).toContain('"details":{"__proto__":{"polluted":1}}')
    expect({}).not.toHaveProperty('polluted')
    expect(read('opencharge', 400, '{"__proto__":{"error":{"code":"INVALID_PROOF"}}}')).toBeUndefined()
    expect(read('opencharge', 400, '{"error":{"__proto__":{"code":"INVALID_PROOF"}}}')).toBeUndefined()
  })
})

describe('proof', () => {
  const error = (slug: string, code: string) => ({ error: slug, code, message: 'm' })

  it('tells 401 from 403: the token, or the address the hub comes from', () => {
    const token = read('proof', 401, error('unauthorised', 'invalid_token'))
    const origin = read('proof', 403, error('forbidden', 'forbidden_origin'))
    expect(token).toMatchObject({ fault: 'token_rejected', responderCode: 'invalid_token' })
    expect(token).toMatchObject({ likelyCause: expect.stringContaining('expired') })
    expect(origin).toMatchObject({
      fault: 'token_rejected',
      likelyCause: expect.stringContaining('allow-list'),
    })
  })

  it('compares slug and code in any case, and keeps the code as it came', () => {
    const outcome = read('proof', 400, error('Wallet_Not_Supported', 'wallet_not_supported'))
    expect(outcome).toMatchObject({ statusCode: 2000, responderCode: 'WALLET_NOT_SUPPORTED' })
    expect(textOf(outcome)).toContain('"code":"wallet_not_supported","error":"Wallet_Not_Supported"')
  })

  it('keeps the X-Request-Id of the service if it is fit for a log', () => {
    const body = error('internal_error', 'db_error')
    const outcome = read('proof', 500, body, { 'x-request-id': 'req-7' })
    expect(outcome).toMatchObject({ requestId: 'req-7', statusCode: 3000, recovery: 'check' })
    expect(textOf(outcome)).toContain('"request_id":"req-7"')
    for (const id of ['', 'a b', 'x'.repeat(129), 'a\u001b[31m', 'é']) {
      expect(read('proof', 500, body, { 'x-request-id': id })).not.toHaveProperty('requestId')
    }
    const refused = read(
      'proof',
      401,
      error('unauthorised', 'missing_token'),
      new Map([['x-request-id', 'r']]),
    )
    expect(refused).toMatchObject({ kind: 'fault', requestId: 'r' })
  })

  it('keeps no request id of a dialect that has none', () => {
    const outcome = read('ivxp', 404, { error: 'ORDER_NOT_FOUND', message: 'm' }, { 'x-request-id': 'r' })
    expect(outcome).not.toHaveProperty('requestId')
  })
})
