// Whatever a party answers, reading it never throws and gives a valid envelope, a fault of the table, or nothing.

import fc from 'fast-check'
import { describe, it } from 'vitest'
import { DIALECTS, readDialectAnswer, type DialectOutcome } from '../../../src/dialects/dialect.ts'
import { KEPT_BYTES_MAX } from '../../../src/dialects/original.ts'
import { isFaultCode } from '../../../src/faults/table.ts'
import { readStatusCode } from '../../../src/ocpi/envelope.ts'
import { FIXTURES } from './fixture.ts'

const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' })
const word = fc.oneof(
  fc.constantFrom(
    ...Object.values(DIALECTS).flatMap(({ rows }) => rows.flatMap(({ code, slug = code }) => [code, slug])),
  ),
  fc.constantFrom('__proto__', 'constructor', 'toString', '', 'BRAND_NEW', 'brand_new'),
  fc.string({ unit: 'binary' }),
)
const part = fc.oneof({ weight: 3, arbitrary: word }, { weight: 1, arbitrary: json })
const shaped = fc
  .record(
    {
      error: fc.oneof(part, fc.record({ code: part, message: part, details: json }, { requiredKeys: [] })),
      code: part,
      message: part,
      details: json,
    },
    { requiredKeys: [] },
  )
  .map((value) => Buffer.from(JSON.stringify(value)))
const mutated = fc
  .tuple(shaped, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }))
  .map(([body, changes]) => {
    const copy = Buffer.from(body)
    for (const [position, byte] of changes) copy[position % copy.length] = byte
    return copy
  })
const anyBody = fc.oneof(
  shaped,
  mutated,
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  json.map((value) => Buffer.from(`\ufeff ${JSON.stringify(value)}\n`)),
)
const headers = fc.dictionary(
  fc.constantFrom('retry-after', 'x-request-id', '__proto__'),
  fc.oneof(fc.string(), fc.nat().map(String)),
)

/** What is wrong with an outcome, or `undefined`. */
function faultOf(outcome: DialectOutcome | undefined): string | undefined {
  if (outcome === undefined) return undefined
  const wait = outcome.kind === 'success' ? undefined : outcome.retryAfterSeconds
  if (wait !== undefined && !(Number.isInteger(wait) && wait >= 0 && wait <= 86_400)) return `waits ${wait}`
  if (outcome.kind === 'fault')
    return isFaultCode(outcome.fault) ? undefined : `fault ${String(outcome.fault)}`
  const envelope = JSON.parse(outcome.body.toString()) as {
    status_code: number
    timestamp: string
    data?: unknown
  }
  const code = readStatusCode(outcome.body)
  if (code !== envelope.status_code) return `read as ${code}`
  if (Number.isNaN(Date.parse(envelope.timestamp))) return 'has no timestamp'
  if (outcome.kind === 'success') return code === 1000 ? undefined : `success ${code}`
  if (Buffer.byteLength(outcome.message) > KEPT_BYTES_MAX) return 'message too long'
  return code >= 2000 && code < 4000 && code === outcome.statusCode ? undefined : `error ${code}`
}

describe.each(FIXTURES)('$name', ({ name }) => {
  it('reads any bytes into a valid envelope, a fault or nothing', () => {
    const httpStatus = fc.oneof(
      fc.integer({ min: 100, max: 599 }),
      fc.constantFrom(200, 204, 400, 401, 403, 404, 408, 429, 500, 502, 503),
    )
    fc.assert(
      fc.property(anyBody, httpStatus, headers, (body, status, head) => {
        const fault = faultOf(readDialectAnswer(name, { httpStatus: status, headers: head, body }))
        if (fault !== undefined) throw new Error(fault)
      }),
      { numRuns: 3000 },
    )
  })
})
