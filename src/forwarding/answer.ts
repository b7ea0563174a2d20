// What becomes of a responder's answer: an OCPI envelope is relayed byte for byte under the HTTP rules of T3 and
// T4; anything else is a Fault that says what it was. A valid envelope always wins over its HTTP status.

import { Fault } from '../faults/fault.ts'
import type { FaultCode } from '../faults/table.ts'
import { isJsonInSteps } from '../dialects/json-text.ts'
import { withoutBom } from '../dialects/original.ts'
import { readStatusCode, writeEnvelope } from '../ocpi/envelope.ts'
import type { ModuleRow } from '../ocpi/module.ts'
import type { RawAnswer } from './attempt.ts'
import { createBodyReader, inflateBody, isPlain } from './body-reader.ts'
import { type DialectReading, readDialect } from './dialect-answer.ts'
import type { Relayed } from './relayed.ts'

/** What of the request decides how its answer is read. */
export interface Asked {
  readonly method: string
  readonly row: ModuleRow
  /** Raw path below the endpoint. */
  readonly rest: string
}

/** What of the platform and the hub decides it. */
export interface Reading extends DialectReading {
  /** Bytes a compressed answer may grow to while it is looked into. */
  readonly bodyMax: number
}

// Hop-by-hop (RFC 9110 §7.6.1), what the hub writes itself, and what is between the responder and its clients.
const NOT_RELAYED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'date',
  'set-cookie',
  'server',
  'x-powered-by',
  'via',
  'alt-svc',
  'www-authenticate',
  'authentication-info',
  'strict-transport-security',
  'content-location',
  'refresh',
  'age',
  'x-aspnet-version',
  'x-aspnetmvc-version',
  'x-runtime',
  'x-served-by',
  'x-backend-server',
  'x-amz-cf-id',
  'nel',
  'report-to',
  'content-security-policy',
  'access-control-allow-origin',
  'expect-ct',
  'ocpi-to-country-code',
  'ocpi-to-party-id',
  'ocpi-from-country-code',
  'ocpi-from-party-id',
  'x-request-id',
  'x-correlation-id',
])

/** The headers of a raw answer that matter, read in one pass. */
interface AnswerHead {
  readonly relay: string[]
  readonly contentEncoding: string | undefined
  readonly retryAfter: string | undefined
}

/**
 * Reads a raw answer: an envelope first, then the platform's dialect, then the Fault that stands for an answer
 * that is neither (T2-T4).
 */
export async function readAnswer(answer: RawAnswer, asked: Asked, reading: Reading): Promise<Relayed> {
  const head = readAnswerHead(answer.headers)
  if (answer.rest) return readStream(answer, head, reading.bodyMax)
  const body = isPlain(head.contentEncoding)
    ? answer.body
    : await inflateBody(answer.body, head.contentEncoding!, reading.bodyMax)
  // Where answers without envelope are the rule, one that only ends like an envelope is none.
  const isJson = body && reading.dialect !== 'ocpi' ? await isJsonInSteps(withoutBom(body)) : true
  const statusCode = body && isJson ? readStatusCode(body) : undefined
  if (statusCode !== undefined && answer.status !== 401) {
    return {
      httpStatus: relayedHttpStatus(answer.status),
      statusCode,
      author: 'responder',
      headers: head.relay,
      body: answer.body,
    }
  }
  const told = body && statusCode === undefined ? readDialect(answer, { body, isJson }, reading) : undefined
  return told ?? readForeign(answer, asked, head)
}

/** T3, T4: 2xx, 404 and 405 as they are; every other status is told by the OCPI code alone. */
function relayedHttpStatus(status: number): number {
  const bodiless = status === 204 || status === 205
  return (status >= 200 && status < 300 && !bodiless) || status === 404 || status === 405 ? status : 200
}

/** A large answer: relayed while it arrives if it can be an envelope; its code is read in passing. */
function readStream(answer: RawAnswer, head: AnswerHead, bodyMax: number): Relayed {
  if (answer.status === 401) throw refused('token_rejected', answer, head)
  const reader = createBodyReader(head.contentEncoding, bodyMax)
  reader.push(answer.body)
  const success = answer.status >= 200 && answer.status < 300
  if (!reader.plausible() || (!success && reader.code() === undefined))
    throw refused('answer_not_ocpi', answer, head)
  const { rest } = answer
  return {
    httpStatus: relayedHttpStatus(answer.status),
    statusCode: reader.code(),
    author: 'responder',
    headers: head.relay,
    body: answer.body,
    rest: async (sink) => {
      await rest!({
        onDrain: (callback) => sink.onDrain(callback),
        write(chunk) {
          reader.push(chunk)
          return sink.write(chunk)
        },
      })
      return reader.end()
    },
  }
}

/** An answer without envelope: accepted pushes get the hub's own 1000, everything else is a Fault (T3). */
function readForeign(answer: RawAnswer, asked: Asked, head: AnswerHead): Relayed {
  const { status } = answer
  if (status >= 200 && status < 300 && answer.body.length === 0 && asked.method !== 'GET') {
    return {
      httpStatus: 200,
      statusCode: 1000,
      author: 'hub',
      headers: withJson(head.relay),
      body: writeEnvelope({ statusCode: 1000 }),
    }
  }
  throw refused(foreignFault(status, asked), answer, head)
}

const BY_STATUS: ReadonlyMap<number, FaultCode> = new Map([
  // Towards the requester 401 is kept for its own token (T2).
  [401, 'token_rejected'],
  [403, 'token_rejected'],
  [405, 'method_rejected'],
  [408, 'responder_timeout'],
  [504, 'responder_timeout'],
  [429, 'responder_busy'],
  [502, 'responder_unavailable'],
  [503, 'responder_unavailable'],
])

/** The row for an HTTP status without envelope (T2-T4). */
function foreignFault(status: number, asked: Asked): FaultCode {
  if (status !== 404) return BY_STATUS.get(status) ?? 'answer_not_ocpi'
  const bare = asked.rest === '' || asked.rest === '/'
  if (bare && (asked.method === 'GET' || asked.method === 'POST')) return 'endpoint_missing'
  return asked.row.unknownObject ?? 'object_unknown'
}

const REFUSED_BECAUSE: ReadonlyMap<number, string> = new Map([
  [401, 'the token of the hub has expired or was replaced'],
  [403, 'the address of the hub is not on an allow-list in front of the party'],
])

function refused(code: FaultCode, answer: RawAnswer, head: AnswerHead): Fault {
  const passed = head.retryAfter !== undefined && (answer.status === 429 || answer.status === 503)
  const said = `the responder answered HTTP ${answer.status} with ${answer.body.length} bytes`
  const likelyCause = code === 'token_rejected' ? REFUSED_BECAUSE.get(answer.status) : undefined
  return new Fault(code, {
    responderHttpStatus: answer.status,
    ...(likelyCause === undefined
      ? { detail: `${said} and no OCPI envelope` }
      : { likelyCause, detail: `${said}; likely cause: ${likelyCause}` }),
    ...(code === 'answer_not_ocpi'
      ? { what: `answered HTTP ${answer.status} without an OCPI envelope` }
      : {}),
    ...(passed ? { headers: { 'Retry-After': head.retryAfter! } } : {}),
  })
}

const RETRY_AFTER = /^(?:\d{1,9}|[A-Za-z]{3}, [\x20-\x7e]{10,40})$/
const CLEAN_VALUE = /^[\x20-\x7e\t]*$/
// A URL or an address in a header that OCPI gives no meaning to would show where the responder runs.
const SHOWS_A_HOST = /:\/\/|\b\d{1,3}(?:\.\d{1,3}){3}\b/
// These two are read in any spelling and replaced by hub URLs (translate.ts).
const MAY_HOLD_URLS = new Set(['link', 'location'])

function readAnswerHead(headers: readonly string[]): AnswerHead {
  const relay: string[] = []
  let contentEncoding: string | undefined
  let retryAfter: string | undefined
  let connection: string | undefined
  let json = false
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    const value = headers[index + 1]!
    const lower = name.toLowerCase()
    if (lower === 'connection') connection = value
    if (NOT_RELAYED.has(lower) || (!CLEAN_VALUE.test(value) && !MAY_HOLD_URLS.has(lower))) continue
    if (lower === 'content-type') {
      if (json || !/^application\/json\b/i.test(value)) continue
      json = true
    } else if (SHOWS_A_HOST.test(value) && !MAY_HOLD_URLS.has(lower)) continue
    else if (lower === 'content-encoding') contentEncoding = value
    else if (lower === 'retry-after' && RETRY_AFTER.test(value)) retryAfter = value
    relay.push(name, value)
  }
  if (connection !== undefined) dropNamed(relay, connection)
  if (!json) relay.push('Content-Type', 'application/json')
  return { relay, contentEncoding, retryAfter }
}

/** The hub's own body under the responder's other headers. */
function withJson(relay: readonly string[]): string[] {
  const headers: string[] = ['Content-Type', 'application/json']
  for (let index = 0; index < relay.length; index += 2) {
    if (!/^content-/i.test(relay[index]!)) headers.push(relay[index]!, relay[index + 1]!)
  }
  return headers
}

/** Names listed in Connection are hop-by-hop (RFC 9110 §7.6.1). */
function dropNamed(headers: string[], connection: string): void {
  const lower = connection.toLowerCase()
  if (lower === 'keep-alive' || lower === 'close') return
  const named = new Set(lower.split(',').map((name) => name.trim()))
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    if (named.has(headers[index]!.toLowerCase())) headers.splice(index, 2)
  }
}
