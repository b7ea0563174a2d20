// Whatever a platform answers, in whatever format it is said to answer, the requester gets a valid OCPI envelope.

import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { DIALECT_NAMES, DIALECTS } from '../../src/dialects/dialect.ts'
import { isFaultCode } from '../../src/faults/table.ts'
import { askFor, type DialectScene, stageDialects } from '../support/dialects.ts'
import type { HttpAnswer } from '../support/caller.ts'

const RUNS = 250

let scene: DialectScene
beforeAll(async () => {
  scene = await stageDialects({ forwarding: { timeoutMs: 10_000 } })
})
afterAll(() => scene.close())

const rows = Object.values(DIALECTS).flatMap((dialect) => dialect.rows)
const json = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' })
const word = fc.oneof(
  fc.constantFrom(...rows.flatMap(({ code, slug = code }) => [code, slug])),
  fc.constantFrom('__proto__', 'constructor', '', 'BRAND_NEW', 'brand_new', 'a\r\nX-Evil: 1'),
  fc.string({ unit: 'binary' }),
)
const part = fc.oneof({ weight: 4, arbitrary: word }, { weight: 1, arbitrary: json })
const members = { code: part, message: part, details: json }
const shaped = fc.record(
  {
    ...members,
    error: fc.oneof(part, fc.record(members, { requiredKeys: [] })),
    data: json,
    status_code: fc.oneof(fc.constantFrom(1000, 2001, 3000, 4003, 999, 5000, '2001', null), json),
    timestamp: json,
  },
  { requiredKeys: [] },
)
const mutated = fc
  .tuple(shaped, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }))
  .map(([value, changes]) => {
    const copy = Buffer.from(JSON.stringify(value))
    for (const [position, byte] of changes) copy[position % copy.length] = byte
    return copy
  })
const body = fc.oneof(
  { weight: 3, arbitrary: shaped.map((value) => Buffer.from(JSON.stringify(value))) },
  { weight: 2, arbitrary: mutated },
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  json.map((value) => Buffer.from(`\ufeff ${JSON.stringify(value)}\n`)),
  fc.constant(Buffer.alloc(0)),
)
const status = fc.oneof(
  fc.integer({ min: 200, max: 599 }),
  fc.constantFrom(200, 201, 204, 400, 401, 403, 404, 405, 408, 429, 500, 502, 503),
)
const headers = fc.record(
  {
    'Retry-After': fc.oneof(fc.nat().map(String), fc.constantFrom('-1', 'soon', '1, 2', '')),
    'X-Request-Id': fc.stringMatching(/^[\x20-\x7e]{0,200}$/),
    'Content-Type': fc.constantFrom('text/html', 'application/json; charset=latin1'),
  },
  { requiredKeys: [] },
)

/** What is wrong with an answer, or `undefined`. */
function wrongWith(answer: HttpAnswer): string | undefined {
  const { status_code: code, timestamp, data } = answer.json()
  if (!Number.isInteger(code) || code < 1000 || code > 4999) return `status_code ${String(code)}`
  const relayed = answer.httpStatus < 300 || answer.httpStatus === 404 || answer.httpStatus === 405
  if (!relayed) return `HTTP ${answer.httpStatus}`
  if (answer.headers['x-evil'] !== undefined) return 'a header of its own'
  const { fault, dialect } = data ?? {}
  if (typeof fault !== 'string' && typeof dialect !== 'string') return undefined
  const retryAfter = answer.headers['retry-after']
  if (retryAfter !== undefined && !/^\d{1,9}$/.test(retryAfter)) return `Retry-After: ${retryAfter}`
  if (typeof fault === 'string' && (!isFaultCode(fault) || fault === 'hub_failure')) return `fault ${fault}`
  return Number.isNaN(Date.parse(timestamp)) ? 'no timestamp' : undefined
}

describe.each(DIALECT_NAMES)('errors: %s', (name) => {
  it('answers any body under any HTTP status with a valid envelope', async () => {
    await fc.assert(
      fc.asyncProperty(status, body, headers, fc.boolean(), async (http, bytes, head, packed) => {
        const answer = await askFor(scene, scene[name], {
          status: http,
          body: packed ? gzipSync(bytes) : bytes,
          headers: { ...head, ...(packed && { 'Content-Encoding': 'gzip' }) },
        })
        // An envelope is relayed as it came, compressed too, and of a platform that speaks OCPI even when it is broken
        // before its end (D6).
        if (answer.headers['content-encoding'] !== undefined) return
        if (name === 'ocpi' && answer.body.equals(bytes)) return
        const wrong = wrongWith(answer)
        if (wrong !== undefined) throw new Error(`${wrong}: ${answer.body.toString().slice(0, 300)}`)
      }),
      { numRuns: RUNS },
    )
  })
})
