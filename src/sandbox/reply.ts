// What a sandbox party answers: an HTTP answer, mostly with an OCPI envelope, or one of the ways not to answer.

import type { Readable } from 'node:stream'
import { writeEnvelope } from '../ocpi/envelope.ts'

export interface Reply {
  readonly httpStatus: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Readable
}

/** silence = the connection stays open without an answer; cut = the connection is ended before or in the answer. */
export type Outcome = Reply | 'silence' | 'cut_before_answer' | 'cut_in_answer'

interface More {
  readonly httpStatus?: number
  readonly headers?: Readonly<Record<string, string>>
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** Success: an envelope with status code 1000; `data` is left out when `undefined`. */
export function answerData(data?: unknown, { httpStatus = 200, headers }: More = {}): Reply {
  return {
    httpStatus,
    headers: { ...JSON_TYPE, ...headers },
    body: writeEnvelope({ data, statusCode: 1000 }),
  }
}

/** An envelope with an OCPI code and its message, without data. */
export function answerCode(
  statusCode: number,
  statusMessage: string,
  { httpStatus = 200, headers }: More = {},
): Reply {
  const body = writeEnvelope({ statusCode, statusMessage })
  return { httpStatus, headers: { ...JSON_TYPE, ...headers }, body }
}

/** JSON without an envelope. */
export function answerJson(
  httpStatus: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { httpStatus, headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(value) }
}

/** Anything that is not JSON; `''` for no body at all. */
export function answerText(
  httpStatus: number,
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { httpStatus, headers: body === '' ? headers : { 'content-type': contentType, ...headers }, body }
}

/** OCPI 2.2.1 §Status codes: an object that is not there is HTTP 404 with an envelope (R101). */
export function answerUnknown(statusCode: 2000 | 2003 | 2004, what: string): Reply {
  return answerCode(statusCode, `${what} is not known here`, { httpStatus: 404 })
}

export function answerMethod(allowed: readonly string[]): Reply {
  return answerCode(2000, `only ${allowed.join(', ')} here`, {
    httpStatus: 405,
    headers: { allow: allowed.join(', ') },
  })
}
