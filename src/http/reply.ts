// Writes answers to the requester in one piece: status, headers with ids and routing pairs, body. Large answers
// are piped with back-pressure; one that dies is cut, never completed.

import type { ServerResponse } from 'node:http'
import type { Exchange } from '../journal/exchange.ts'
import {
  CORRELATION_ID,
  FROM_COUNTRY,
  FROM_PARTY,
  REQUEST_ID,
  TO_COUNTRY,
  TO_PARTY,
} from '../ocpi/headers.ts'
import type { PartyId, PartyKey } from '../ocpi/party.ts'
import { VERSIONS } from '../ocpi/version.ts'
import type { Sink } from '../forwarding/attempt.ts'

export interface Answer {
  readonly httpStatus: number
  /** Flat: name, value … */
  readonly headers: readonly string[]
  readonly body: Buffer | string
}

/**
 * Headers every answer carries: X-Request-ID and X-Correlation-ID of the request (R65) and, on functional modules,
 * TO = the requester and FROM = the author (R44). `author` absent = the responder. Versions without routing
 * headers get none (T10).
 */
function commonHeaders(exchange: Exchange, author: PartyId | undefined, closing: boolean): string[] {
  const headers = [REQUEST_ID, exchange.requestId, CORRELATION_ID, exchange.correlationId]
  const routed = exchange.mode !== 'configuration' && VERSIONS[exchange.version ?? '2.2.1'].routed
  if (exchange.from !== undefined && routed) {
    headers.push(TO_COUNTRY, countryOf(exchange.from), TO_PARTY, partyOf(exchange.from))
    if (author) headers.push(FROM_COUNTRY, author.countryCode, FROM_PARTY, author.partyId)
    else if (exchange.to !== undefined) {
      headers.push(FROM_COUNTRY, countryOf(exchange.to), FROM_PARTY, partyOf(exchange.to))
    }
  }
  if (closing) headers.push('Connection', 'close')
  return headers
}

function countryOf(key: PartyKey): string {
  return key.slice(0, 2)
}

function partyOf(key: PartyKey): string {
  return key.slice(3)
}

// Above this, copying costs more than the second write.
const ONE_WRITE_MAX = 8_192

/** Writes a whole answer. Gives the number of body bytes. */
export function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  exchange: Exchange,
  author: PartyId | undefined,
  closing: boolean,
): number {
  const headers = commonHeaders(exchange, author, closing)
  for (const part of answer.headers) headers.push(part)
  const bytes = typeof answer.body === 'string' ? Buffer.byteLength(answer.body) : answer.body.length
  headers.push('Content-Length', String(bytes))
  response.writeHead(answer.httpStatus, headers)
  if (bytes > ONE_WRITE_MAX) response.end(answer.body)
  else {
    // A string and its head are one plain write; `end` with a body gathers it with an empty second part.
    response.cork()
    if (typeof answer.body === 'string') response.write(answer.body)
    else response.write(answer.body.toString('latin1'), 'latin1')
    response.uncork()
    response.end()
  }
  return bytes
}

/** How an answer ended: all of it was taken, the requester broke off, or it was cut off for being too slow. */
export type Taking = 'whole' | 'broken' | 'late'

/**
 * Cuts off a requester that has not taken what was written to it after `limitMs`; calls back once, when that has ended.
 */
export function limitTaking(
  response: ServerResponse,
  limitMs: number,
  ended: (taking: Taking) => void,
): void {
  if (response.closed) return ended('broken')
  // Behind answers that are still to come its own time has not begun, and nothing tells whether it ever does.
  const { socket } = response
  if (!socket) {
    response.once('socket', () => limitTaking(response, limitMs, () => undefined))
    return ended('whole')
  }
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    response.destroy()
  }, limitMs)
  // Node calls finished what a connection that broke will never send as well.
  let isWhole = false
  response.prependOnceListener('finish', () => (isWhole = !socket.destroyed))
  response.once('close', () => {
    clearTimeout(timer)
    ended(isLate ? 'late' : isWhole ? 'whole' : 'broken')
  })
}

/** Writes the head and first part of a large answer and gives the sink for the rest. */
export function beginAnswer(
  response: ServerResponse,
  answer: Answer,
  exchange: Exchange,
  closing: boolean,
): Sink {
  const headers = commonHeaders(exchange, undefined, closing)
  for (const part of answer.headers) headers.push(part)
  response.writeHead(answer.httpStatus, headers)
  response.write(answer.body)
  return {
    // Once the requester is gone nothing drains any more; what is left is let through to nowhere.
    write: (chunk) => response.destroyed || response.write(chunk),
    onDrain(callback) {
      const resume = (): void => {
        response.off('drain', resume)
        response.off('close', resume)
        callback()
      }
      response.on('drain', resume)
      response.on('close', resume)
    },
  }
}
