// The list of dialects and the one reader of all: an answer without an OCPI envelope becomes a wrapped success, an
// error told in OCPI with the original beside it, or a fault of the hub's own leg. A dialect is a row here and a table.

import { isUtf8 } from 'node:buffer'
import type { Recovery, Side } from '../faults/table.ts'
import { isOpaqueId } from '../ocpi/headers.ts'
import { IVXP } from './ivxp.ts'
import { OPENCHARGE } from './opencharge.ts'
import {
  boundedText,
  isBlankBody,
  KEPT_BYTES_MAX,
  memberAt,
  memberTextAt,
  readJson,
  withoutBom,
} from './original.ts'
import { PROOF } from './proof.ts'
import type { Dialect, DialectRow, ReportedFault, ReportedStatus } from './row.ts'

/** Every error format but OCPI's own: a fifth dialect is one file and one line here. */
export const DIALECTS = {
  opencharge: OPENCHARGE,
  proof: PROOF,
  ivxp: IVXP,
} as const satisfies Record<string, Dialect>

/** The error format a platform answers with. */
export type DialectName = 'ocpi' | keyof typeof DIALECTS

export const DIALECT_NAMES = ['ocpi', ...Object.keys(DIALECTS)] as readonly DialectName[]

export interface DialectAnswer {
  readonly httpStatus: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string> | Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

/** What an error answer says, whichever outcome it has. */
interface Report {
  /** The code in the table's spelling; one the table lacks as it came. For the journal. */
  readonly responderCode: string
  /** The responder's own words, at most 8 KiB; the meaning of its code when it sent none. */
  readonly message: string
  /** The responder's own id of the exchange, fit for a log. */
  readonly requestId?: string
  /** Whole seconds, 0 to 86400: the only thing of a dialect that may reach a header. */
  readonly retryAfterSeconds?: number
  /** The shape is the dialect's, the code is not in its table: to be counted, and logged once per code. */
  readonly unknown?: true
}

export type DialectOutcome =
  | { readonly kind: 'success'; readonly body: Buffer }
  | (Report & {
      readonly kind: 'error'
      /** Towards the requester. */
      readonly httpStatus: 200 | 404
      readonly statusCode: ReportedStatus
      readonly at: Side
      readonly recovery: Recovery
      /** The OCPI envelope, whole. */
      readonly body: Buffer
    })
  | (Report & {
      readonly kind: 'fault'
      readonly fault: ReportedFault
      /** What the hub's operator looks at first. */
      readonly likelyCause?: string
    })

const RETRY_AFTER_SECONDS_MAX = 86_400

/**
 * Reads an answer in the platform's error format. The caller has looked for an OCPI envelope before: a valid one
 * always wins and is relayed byte for byte. HTTP 2xx is a success, its JSON wrapped by bytes; 4xx and 5xx in the
 * dialect's shape are an error, or a fault where they speak of the hub itself. `undefined` = not this dialect's
 * shape: the ordinary fault table goes on. The body comes inflated and within the caller's limit; `now` in
 * milliseconds since the epoch. Never throws.
 */
export function readDialectAnswer(
  name: DialectName,
  answer: DialectAnswer,
  now: number = Date.now(),
): DialectOutcome | undefined {
  if (name === 'ocpi') return undefined
  const dialect: Dialect = DIALECTS[name]
  const body = withoutBom(answer.body)
  if (answer.httpStatus >= 200 && answer.httpStatus <= 299) return wrapSuccess(body, now)
  if (!(answer.httpStatus >= 400 && answer.httpStatus <= 599)) return undefined
  const original = isBlankBody(body) ? readEmpty(dialect, answer) : readOriginal(dialect, body)
  return original && toOutcome({ name, dialect, answer, original, now })
}

function wrapSuccess(body: Buffer, now: number): DialectOutcome | undefined {
  const tail = `"status_code":1000,"timestamp":"${new Date(now).toISOString()}"}`
  if (isBlankBody(body)) return { kind: 'success', body: Buffer.from(`{${tail}`) }
  if (!isUtf8(body) || !readJson(body)) return undefined
  return { kind: 'success', body: Buffer.concat([Buffer.from('{"data":'), body, Buffer.from(`,${tail}`)]) }
}

/** The parts of an error as they came; `row` = what the table knows about it. */
interface Original {
  readonly code: string
  readonly slug?: string
  readonly message?: string
  /** JSON text. */
  readonly details?: string
  readonly detailsValue?: unknown
  readonly row: DialectRow | undefined
}

/** An answer without a body, where the dialect leaves the body to the sender's choice. */
function readEmpty(dialect: Dialect, answer: DialectAnswer): Original | undefined {
  const row = dialect.rows.find((each) => each.bodyOptional && each.http === answer.httpStatus)
  return row && { code: row.code, row }
}

function readOriginal(dialect: Dialect, body: Buffer): Original | undefined {
  const json = readJson(body)
  if (!json) return undefined
  const { shape, codeForm } = dialect
  const code = memberAt(json.value, shape.code)
  const slug = shape.slug && memberAt(json.value, shape.slug)
  if (typeof code !== 'string' || !codeForm.test(code)) return undefined
  if (shape.slug && (typeof slug !== 'string' || !codeForm.test(slug))) return undefined
  const message = memberAt(json.value, shape.message)
  const details = shape.details && memberTextAt(body, shape.details)
  return {
    code,
    ...(typeof slug === 'string' && { slug }),
    ...(typeof message === 'string' && message !== '' && { message }),
    ...(details !== undefined && { details, detailsValue: memberAt(json.value, shape.details!) }),
    row: findRow(dialect, code, slug),
  }
}

function findRow(dialect: Dialect, code: string, slug: unknown): DialectRow | undefined {
  const fold = (text: unknown) => (dialect.caseFolded ? String(text).toLowerCase() : text)
  return dialect.rows.find(
    (row) => fold(row.code) === fold(code) && (row.slug === undefined || fold(row.slug) === fold(slug)),
  )
}

interface Found {
  readonly name: DialectName
  readonly dialect: Dialect
  readonly answer: DialectAnswer
  readonly original: Original
  readonly now: number
}

function toOutcome(found: Found): DialectOutcome {
  const { dialect, answer, original } = found
  const meant = original.row ?? strangerRow(dialect, answer.httpStatus, original.code)
  const requestId = dialect.requestIdHeader && header(answer, dialect.requestIdHeader)
  const retryAfterSeconds = readRetryAfter(meant, answer, original)
  const report: Report = {
    responderCode: original.row?.code ?? original.code,
    message: boundedText(original.message ?? meant.meaning),
    ...(isOpaqueId(requestId) && { requestId }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(!original.row && { unknown: true }),
  }
  const { becomes, likelyCause } = meant
  if (typeof becomes === 'string') {
    return { kind: 'fault', fault: becomes, ...report, ...(likelyCause !== undefined && { likelyCause }) }
  }
  return {
    kind: 'error',
    httpStatus: meant.requesterHttp ?? 200,
    statusCode: becomes,
    at: meant.at,
    recovery: meant.recovery,
    ...report,
    body: writeError(found, meant, report, becomes),
  }
}

/**
 * What a code that is not in the table means: the HTTP status says whose error it is. 429 is "too many requests"
 * with any code, and a status whose body is optional needs no known code either.
 */
function strangerRow(dialect: Dialect, http: number, code: string): DialectRow {
  const known = dialect.rows.find((row) => row.bodyOptional && row.http === http)
  if (known) return known
  const base = { code, http, meaning: `the party reported ${code}`, advice: '' }
  if (http === 429) return { ...base, becomes: 'responder_busy', at: 'responder', recovery: 'wait' }
  return http < 500
    ? { ...base, becomes: 2000, at: 'requester', recovery: 'correct' }
    : { ...base, becomes: 3000, at: 'responder', recovery: 'check' }
}

function header(answer: DialectAnswer, name: string): string | undefined {
  const { headers } = answer
  const value: unknown = headers instanceof Map ? headers.get(name) : memberAt(headers, [name])
  return typeof value === 'string' ? value : undefined
}

function readRetryAfter(row: DialectRow, answer: DialectAnswer, original: Original): number | undefined {
  if (row.becomes === 'responder_busy') {
    const text = header(answer, 'retry-after')
    return text !== undefined && /^\d{1,5}$/.test(text) ? wholeSeconds(Number(text)) : undefined
  }
  return row.retryAfterIn === undefined
    ? undefined
    : wholeSeconds(memberAt(original.detailsValue, [row.retryAfterIn]))
}

function wholeSeconds(value: unknown): number | undefined {
  const seconds = Number.isInteger(value) ? (value as number) : -1
  // -0 would be written as 0, but compares as in range: `+ 0` makes it one.
  return seconds >= 0 && seconds <= RETRY_AFTER_SECONDS_MAX ? seconds + 0 : undefined
}

/** The OCPI envelope of an error: the original beside it, absent members left out, details spelled as they came. */
function writeError({ name, answer, original, now }: Found, row: DialectRow, report: Report, code: number) {
  const { details, slug, message } = original
  const members: readonly (readonly [string, string | undefined])[] = [
    ['dialect', text(name)],
    ['code', text(original.code)],
    ['error', text(slug)],
    ['category', text(original.row?.category)],
    ['http_status', String(answer.httpStatus)],
    ['message', text(message && report.message)],
    ['details', details && boundedJson(details)],
    ['recovery', text(row.recovery)],
    ['retry_after_seconds', report.retryAfterSeconds?.toString()],
    ['advice', text(original.row?.advice)],
    ['request_id', text(report.requestId)],
  ]
  const data = members.flatMap(([key, json]) => (json === undefined ? [] : `"${key}":${json}`))
  return Buffer.from(
    `{"data":{${data.join(',')}},"status_code":${code},"status_message":${text(report.message)}` +
      `,"timestamp":"${new Date(now).toISOString()}"}`,
  )
}

function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}

/** Details past the bound are kept as the beginning of their text. */
function boundedJson(json: string): string {
  return Buffer.byteLength(json) <= KEPT_BYTES_MAX ? json : JSON.stringify(boundedText(json))
}
