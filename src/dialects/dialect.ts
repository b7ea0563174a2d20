// The list of dialects and the one reader of all: an answer without an OCPI envelope becomes a wrapped success, an
// error told in OCPI with the original beside it, or a fault of the hub's own leg. A dialect is a row here and a table.

import { isUtf8 } from 'node:buffer'
import type { Recovery, Side } from '../faults/table.ts'
import { isOpaqueId } from '../ocpi/headers.ts'
import { withoutByteOrderMark } from '../ocpi/json-bytes.ts'
import { isJson } from '../ocpi/json-text.ts'
import { IVXP } from './ivxp.ts'
import { OPENCHARGE } from './opencharge.ts'
import { boundedText, holdsSecret, isBlankBody, memberBytesAt, stringOf, withoutSecrets } from './original.ts'
import { PROOF } from './proof.ts'
import type { Dialect, DialectRow, ReportedFault, ReportedStatus } from './row.ts'
import { toldMembers, type Told, writeError } from './told.ts'

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
  /** Whether the body is JSON, if the caller has looked; a byte order mark aside. */
  readonly isJson?: boolean
  /** What the hub showed the responder, in every spelling; a careless one repeats it in its words. */
  readonly secrets?: readonly string[]
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
  /**
   * The code, behind its slug where two make the name, if the shape is the dialect's but the code is not in its
   * table: to be counted, and logged once.
   */
  readonly unknown?: string
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
      /** Members that the fault's answer carries besides its own. */
      readonly data: Readonly<Record<string, unknown>>
      /** What the hub's operator looks at first. */
      readonly likelyCause?: string
    })

const RETRY_AFTER_SECONDS_MAX = 86_400
/** Larger error answers are not looked into: none has that much to say. */
const ERROR_BYTES_MAX = 16 * 1024 * 1024
/** A code of 64 characters with every one of them escaped, and its quotes. */
const CODE_BYTES_MAX = 64 * 6 + 2

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
  const body = withoutByteOrderMark(answer.body)
  if (answer.httpStatus >= 200 && answer.httpStatus <= 299) return wrapSuccess(body, answer, now)
  if (!(answer.httpStatus >= 400 && answer.httpStatus <= 599)) return undefined
  const original = isBlankBody(body) ? readEmpty(dialect, answer) : readOriginal(dialect, body, answer)
  return original && toOutcome({ name, dialect, answer, original, now })
}

function wrapSuccess(body: Buffer, answer: DialectAnswer, now: number): DialectOutcome | undefined {
  const tail = `"status_code":1000,"timestamp":"${new Date(now).toISOString()}"}`
  if (isBlankBody(body)) return { kind: 'success', body: Buffer.from(`{${tail}`) }
  if (!isUtf8(body) || !(answer.isJson ?? isJson(body))) return undefined
  return { kind: 'success', body: Buffer.concat([Buffer.from('{"data":'), body, Buffer.from(`,${tail}`)]) }
}

/** The parts of an error as they came; `row` = what the table knows about it. */
interface Original {
  readonly code: string
  readonly slug?: string | undefined
  readonly message?: string | undefined
  /** JSON text. */
  readonly details?: Buffer | undefined
  readonly row: DialectRow | undefined
}

/** An answer without a body, where the dialect leaves the body to the sender's choice. */
function readEmpty(dialect: Dialect, answer: DialectAnswer): Original | undefined {
  const row = dialect.rows.find((each) => each.bodyOptional && each.http === answer.httpStatus)
  return row && { code: row.code, row }
}

function readOriginal(dialect: Dialect, body: Buffer, answer: DialectAnswer): Original | undefined {
  if (body.length > ERROR_BYTES_MAX || !(answer.isJson ?? isJson(body))) return undefined
  const { shape, codeForm } = dialect
  const code = stringOf(memberBytesAt(body, shape.code), CODE_BYTES_MAX)
  const slug = shape.slug && stringOf(memberBytesAt(body, shape.slug), CODE_BYTES_MAX)
  if (code === undefined || !codeForm.test(code)) return undefined
  if (shape.slug && (slug === undefined || !codeForm.test(slug))) return undefined
  const { secrets = [] } = answer
  const message = stringOf(memberBytesAt(body, shape.message)) ?? ''
  const details = shape.details && memberBytesAt(body, shape.details)
  return {
    code,
    slug,
    message: withoutSecrets(message, secrets) || undefined,
    details: details && holdsSecret(details, secrets) ? undefined : details,
    row: findRow(dialect, code, slug),
  }
}

function findRow(dialect: Dialect, code: string, slug: string | undefined): DialectRow | undefined {
  const fold = (text: string | undefined) => (dialect.caseFolded ? text?.toLowerCase() : text)
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
  const { dialect, answer, original, now } = found
  const meant = original.row ?? strangerRow(dialect, answer.httpStatus, original.code)
  const requestId = dialect.requestIdHeader && header(answer, dialect.requestIdHeader)
  const retryAfterSeconds = readRetryAfter(meant, found)
  const report: Report = {
    responderCode: original.row?.code ?? original.code,
    message: boundedText(original.message ?? meant.meaning),
    ...(isOpaqueId(requestId) && { requestId }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(!original.row && { unknown: [original.slug, original.code].filter(Boolean).join('/') }),
  }
  const told = toTold(found, meant, report)
  const { becomes, likelyCause } = meant
  if (typeof becomes === 'string') {
    const data = toldMembers(becomes === 'token_rejected' ? withoutWords(told) : told)
    return {
      kind: 'fault',
      fault: becomes,
      ...report,
      data,
      ...(likelyCause !== undefined && { likelyCause }),
    }
  }
  return {
    kind: 'error',
    httpStatus: meant.requesterHttp ?? 200,
    statusCode: becomes,
    at: meant.at,
    recovery: meant.recovery,
    ...report,
    body: writeError(told, becomes, report.message, now),
  }
}

function toTold({ name, answer, original }: Found, meant: DialectRow, report: Report): Told {
  return {
    dialect: name,
    code: original.code,
    error: original.slug,
    category: original.row?.category,
    http_status: answer.httpStatus,
    message: original.message && report.message,
    details: original.details,
    recovery: meant.recovery,
    retry_after_seconds: report.retryAfterSeconds,
    advice: original.row?.advice,
    request_id: report.requestId,
  }
}

/** What a service says of the hub's own identity is for the hub's operator: it may name the hub's address or token. */
function withoutWords(told: Told): Told {
  return { ...told, message: undefined, details: undefined }
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

function header({ headers }: DialectAnswer, name: string): string | undefined {
  const value: unknown =
    headers instanceof Map
      ? headers.get(name)
      : Object.hasOwn(headers, name)
        ? (headers as Readonly<Record<string, unknown>>)[name]
        : undefined
  return typeof value === 'string' ? value : undefined
}

const DELTA_SECONDS = /^\d{1,5}$/
// RFC 9110 §5.6.7: the one form of a date that senders may write.
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/

function readRetryAfter(row: DialectRow, { answer, original, now }: Found): number | undefined {
  if (row.becomes === 'responder_busy') {
    const text = header(answer, 'retry-after') ?? ''
    if (DELTA_SECONDS.test(text)) return wholeSeconds(Number(text))
    return HTTP_DATE.test(text) ? wholeSeconds(Math.ceil((Date.parse(text) - now) / 1000)) : undefined
  }
  const { details } = original
  if (row.retryAfterIn === undefined || !details) return undefined
  const seconds = memberBytesAt(details, [row.retryAfterIn])?.toString('latin1') ?? ''
  return /^[\d.eE+-]{1,24}$/.test(seconds) ? wholeSeconds(Number(seconds)) : undefined
}

function wholeSeconds(value: number): number | undefined {
  // -0 would be written as 0, but compares as in range: `+ 0` makes it one.
  return Number.isInteger(value) && value >= 0 && value <= RETRY_AFTER_SECONDS_MAX ? value + 0 : undefined
}
