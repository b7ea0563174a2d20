// The parties that fail on purpose, one handler each. What a requester gets for them is the hub's to say.

import { Readable } from 'node:stream'
import { answerCode, answerText, type Outcome } from './reply.ts'
import type { SandboxRequest } from './request.ts'

const HTML = '<!doctype html><html><body><h1>This is a web page, not OCPI</h1></body></html>\n'

/** HTTP 500 as a web page; below `…/ok` the same page with HTTP 200. */
export function answerHtml({ segments }: SandboxRequest): Outcome {
  return answerText(segments.at(-1) === 'ok' ? 200 : 500, 'text/html; charset=utf-8', HTML)
}

/** Hangs up in the middle of the answer; below `…/before` without answering. */
export function answerCut({ segments }: SandboxRequest): Outcome {
  return segments.at(-1) === 'before' ? 'cut_before_answer' : 'cut_in_answer'
}

const CHUNK = 'x'.repeat(65_536)
const BYTES_DEFAULT = 1_048_576
const BYTES_MAX = 1_073_741_824

/** An envelope of `?bytes=` bytes, made while it is sent; `&declared=true` announces its length. */
export function answerBig({ query }: SandboxRequest): Outcome {
  const bytes = Number(query.get('bytes') ?? BYTES_DEFAULT)
  const head = '{"data":"'
  const tail = `","status_code":1000,"timestamp":"${new Date().toISOString()}"}`
  const filling = bytes - head.length - tail.length
  if (!Number.isSafeInteger(bytes) || filling < 0 || bytes > BYTES_MAX)
    return answerCode(2001, `bytes is a whole number from ${head.length + tail.length} to ${BYTES_MAX}`)
  return {
    httpStatus: 200,
    headers: {
      'content-type': 'application/json',
      ...(query.get('declared') === 'true' && { 'content-length': String(bytes) }),
    },
    body: Readable.from(pieces(head, filling, tail), { objectMode: false }),
  }
}

function* pieces(head: string, filling: number, tail: string): Generator<string> {
  yield head
  for (let left = filling; left > 0; left -= CHUNK.length)
    yield left < CHUNK.length ? CHUNK.slice(0, left) : CHUNK
  yield tail
}

const STATUS_PATH = /\/(?:status|objects)\/(\d{4})(?:\/(\d{3}))?$/
const HTTP_PATH = /\/http\/(\d{3})$/

/**
 * `…/status/{code}[/{http}]`, or `objects` as the parties with other errors have it, answers an envelope with that
 * code; `…/http/{status}` that HTTP status without one.
 */
export function answerStatuses({ rest }: SandboxRequest): Outcome {
  const status = STATUS_PATH.exec(rest)
  const http = HTTP_PATH.exec(rest)
  const statusCode = Number(status?.[1])
  const httpStatus = Number(status?.[2] ?? http?.[1] ?? 200)
  if (httpStatus < 200 || httpStatus > 599)
    return answerCode(2001, 'an HTTP status is a number from 200 to 599')
  if (http) return withoutEnvelope(httpStatus)
  if (!status) return answerCode(2001, 'ask for …/status/{code}, …/status/{code}/{http} or …/http/{http}')
  if (statusCode < 1000 || statusCode > 4999)
    return answerCode(2001, 'an OCPI code is a number from 1000 to 4999')
  return answerCode(statusCode, `asked for ${statusCode}`, { httpStatus, headers: statusHeaders(httpStatus) })
}

// RFC 9110 §15: these statuses end with the header section.
const BODYLESS: readonly number[] = [204, 205, 304]

function withoutEnvelope(httpStatus: number): Outcome {
  const body = BODYLESS.includes(httpStatus) ? '' : `asked for HTTP ${httpStatus}\n`
  return answerText(httpStatus, 'text/plain; charset=utf-8', body, statusHeaders(httpStatus))
}

/** The header a status is nothing without. */
function statusHeaders(httpStatus: number): Record<string, string> {
  if (httpStatus === 429 || httpStatus === 503) return { 'retry-after': '7' }
  if (httpStatus === 405) return { allow: 'GET' }
  return httpStatus >= 300 && httpStatus < 400 ? { location: '/ocpi/versions' } : {}
}
