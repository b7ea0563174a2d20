// What becomes of a responder's answer: an OCPI envelope is relayed byte for byte under the HTTP rules of T3 and
// T4; anything else is a Fault that says what it was. A valid envelope always wins over its HTTP status.

import { Fault } from '../faults/fault.ts'
import { observeStatus, REFUSAL_CAUSES } from '../faults/http-status.ts'
import type { FaultCode } from '../faults/table.ts'
import type { LinkPurpose } from '../links/links.ts'
import { readStatusCode, writeEnvelope } from '../ocpi/envelope.ts'
import { toRecord } from '../ocpi/headers.ts'
import { withoutByteOrderMark } from '../ocpi/json-bytes.ts'
import { isJsonInSteps } from '../ocpi/json-text.ts'
import { isList, type Message } from '../routing/message.ts'
import type { RawAnswer } from './attempt.ts'
import { type AnswerHead, readAnswerHead, withJson } from './answer-head.ts'
import { createBodyReader, inflateBody, isPlain } from './body-reader.ts'
import { type DialectReading, readDialect } from './dialect-answer.ts'
import { keepLocation } from './redact.ts'
import type { Relayed } from './relayed.ts'

/** What of the request decides how its answer is read. */
export type Asked = Pick<Message, 'method' | 'row' | 'rest' | 'byUrl'>

/** What of the platform and the hub decides it. */
export interface Reading extends DialectReading {
  /** Bytes a compressed answer may grow to while it is looked into. */
  readonly bodyMax: number
}

/**
 * Reads a raw answer: an envelope first, then the platform's dialect, then the Fault that stands for an answer
 * that is neither (T2-T4). The usual answer is read at once, without a promise. Throws the Fault.
 */
export function readAnswer(answer: RawAnswer, asked: Asked, reading: Reading): Relayed | Promise<Relayed> {
  const head = readAnswerHead(answer.headers)
  if (answer.rest) return readStream(answer, head, reading.bodyMax)
  if (!isPlain(head.contentEncoding) || reading.dialect !== 'ocpi')
    return lookInto({ answer, head }, asked, reading)
  const statusCode = readStatusCode(answer.body)
  return isEnvelope(answer, statusCode) ? relay(answer, head, statusCode) : readForeign(answer, asked, head)
}

/** What has to be inflated, or be seen to be JSON, before it can be told what it is. */
async function lookInto(
  { answer, head }: { answer: RawAnswer; head: AnswerHead },
  asked: Asked,
  reading: Reading,
): Promise<Relayed> {
  if (reading.dialect === 'ocpi') {
    const statusCode = await codedStatusCode(answer.body, head.contentEncoding, reading.bodyMax)
    return isEnvelope(answer, statusCode) ? relay(answer, head, statusCode) : readForeign(answer, asked, head)
  }
  const body = isPlain(head.contentEncoding)
    ? answer.body
    : await inflateBody(answer.body, head.contentEncoding!, reading.bodyMax)
  // Where answers without envelope are the rule, one that only ends like an envelope is none.
  const isJson = body !== undefined && (await isJsonInSteps(withoutByteOrderMark(body)))
  const statusCode = isJson ? readStatusCode(body) : undefined
  if (isEnvelope(answer, statusCode)) return relay(answer, head, statusCode)
  const told = body && statusCode === undefined ? readDialect(answer, { body, isJson }, reading) : undefined
  return told ?? readForeign(answer, asked, head)
}

/** The status code in a compressed body, in constant memory: a few bytes may stand for many. */
function codedStatusCode(
  body: Buffer,
  contentEncoding: string | undefined,
  bodyMax: number,
): Promise<number | undefined> {
  const reader = createBodyReader(contentEncoding, bodyMax)
  reader.push(body)
  return reader.end()
}

/** T2: 401 is never relayed, whatever is in it. */
function isEnvelope({ status }: RawAnswer, statusCode: number | undefined): statusCode is number {
  return statusCode !== undefined && status !== 401
}

function relay(answer: RawAnswer, head: AnswerHead, statusCode: number): Relayed {
  return {
    httpStatus: relayedHttpStatus(answer.status),
    statusCode,
    author: 'responder',
    headers: head.relay,
    body: answer.body,
  }
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
  const code = foreignFault(status, asked)
  const what = code === 'endpoint_missing' && asked.byUrl !== undefined ? GIVEN[asked.byUrl] : undefined
  throw refused(code, answer, head, what)
}

/** The row for an HTTP status without envelope (T2-T4). */
function foreignFault(status: number, asked: Asked): FaultCode {
  if (status !== 404) return observeStatus(status)
  if (asked.byUrl !== undefined)
    return GIVEN[asked.byUrl] === undefined ? unknownObject(asked) : 'endpoint_missing'
  const bare = asked.rest === '' || asked.rest === '/' || isList(asked)
  if (bare && (asked.method === 'GET' || asked.method === 'POST')) return 'endpoint_missing'
  return unknownObject(asked)
}

function unknownObject({ row }: Asked): FaultCode {
  return row.unknownObject ?? 'object_unknown'
}

/** What a 404 says of a URL that the party gave; what it has stored at one may be gone. */
const GIVEN: Readonly<Partial<Record<LinkPurpose, string>>> = {
  page: 'answered 404 at the URL that its own Link gives for this page',
  callback: 'answered 404 at the response_url that it gave',
}

/** `, redirected to …` for operators: mostly a URL that lacks https, or has moved. */
function redirection({ status, headers }: RawAnswer): string {
  const location = status >= 300 && status < 400 ? toRecord(headers).location : undefined
  return location === undefined ? '' : `, redirected to ${keepLocation(location)},`
}

function refused(code: FaultCode, answer: RawAnswer, head: AnswerHead, what?: string): Fault {
  const passed = head.retryAfter !== undefined && (answer.status === 429 || answer.status === 503)
  const said = `the responder answered HTTP ${answer.status} with ${answer.body.length} bytes${redirection(answer)}`
  const likelyCause = code === 'token_rejected' ? REFUSAL_CAUSES.get(answer.status) : undefined
  return new Fault(code, {
    responderHttpStatus: answer.status,
    ...(likelyCause === undefined
      ? { detail: `${said} and no OCPI envelope` }
      : { likelyCause, detail: `${said}; likely cause: ${likelyCause}` }),
    ...(code === 'answer_not_ocpi'
      ? { what: `answered HTTP ${answer.status} without an OCPI envelope` }
      : {}),
    ...(what === undefined ? {} : { what }),
    ...(passed ? { headers: { 'Retry-After': head.retryAfter! } } : {}),
  })
}
