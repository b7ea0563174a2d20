// What Node's parser refuses on a listener, or what came too late: no request came of it, so it is answered on the bare
// socket, after the answers to the requests before it. And what still comes of a request that is answered already.

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

export interface Stray {
  readonly httpStatus: number
  /** One sentence without its full stop; absent: it is not HTTP/1.1. */
  readonly message?: string
}

/** By Node's code. */
const STRAYS: Readonly<Record<string, Stray>> = {
  HPE_HEADER_OVERFLOW: { httpStatus: 431, message: 'The headers are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { httpStatus: 408, message: 'The request did not arrive in time' },
  // `patch` of programs that take the method as it is given to them; also TLS on a listener without it.
  HPE_INVALID_METHOD: {
    httpStatus: 400,
    message: 'The request does not begin with a method of HTTP in capital letters',
  },
  HPE_PAUSED_H2_UPGRADE: { httpStatus: 400, message: 'HTTP/2 is spoken where HTTP/1.1 is understood' },
  HPE_INVALID_URL: { httpStatus: 400, message: 'The URL has a character that must be encoded' },
  HPE_INVALID_CONSTANT: {
    httpStatus: 400,
    message: 'The request line does not end with the version of HTTP; a blank in a URL must be encoded',
  },
}
const NOT_HTTP: Stray = { httpStatus: 400 }
/** Nobody is left to answer, or nobody has been there yet: TLS that was never spoken. */
const BROKEN: ReadonlySet<string> = new Set(['ECONNRESET', 'ERR_TLS_HANDSHAKE_TIMEOUT'])
// Connections whose error waits for its turn; Node tells it again with all that follows.
const WAITING = new WeakSet<Duplex>()

/** What is to be answered; closes a connection that is broken, where nothing is. */
export function readStray({ code = '' }: Error & { code?: string }, socket: Duplex): Stray | undefined {
  if (!BROKEN.has(code) && socket.writable) {
    return WAITING.has(socket) ? undefined : (STRAYS[code] ?? NOT_HTTP)
  }
  socket.destroy()
  return undefined
}

/**
 * The answer a connection is at, from the end of its request's headers on. Node has no public name for it, and its own
 * handler of errors of connections asks the same.
 */
export function answerUnderWay(
  socket: Duplex & { readonly _httpMessage?: ServerResponse | null },
): ServerResponse | undefined {
  return socket._httpMessage ?? undefined
}

/**
 * Calls `then` when the requests before the error are answered: what is written earlier would be read as the answer to
 * one of them, or as a part of it (RFC 9112 §9.3.2). A request whose body breaks off is the one in error.
 */
export function inTurn(socket: Duplex, then: () => void): void {
  const answer = answerUnderWay(socket)
  if (answer?.req.complete) {
    WAITING.add(socket)
    answer.once('close', () => inTurn(socket, then))
  } else if (socket.writable) then()
}

/** Answers, and closes the connection. `headers`: whole lines. */
export function answerStray(
  socket: Duplex,
  { httpStatus }: Stray,
  { headers, body }: { readonly headers: readonly string[]; readonly body: string },
): void {
  const head = [
    `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus]}`,
    ...headers,
    // Node writes it into every other answer (RFC 9110 §6.6.1).
    `Date: ${new Date().toUTCString()}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  endStray(socket, `${head.join('\r\n')}\r\n\r\n${body}`)
}

// At once, a reset for bytes that nobody has read could overtake the answer.
const LINGER_MS = 1_000

/**
 * Lets what is still to come of a request that is answered before its end arrive and be dropped, for a while: closed at
 * once, the reset for bytes that nobody reads could overtake the answer (RFC 9112 §9.6).
 */
export function dropRest(request: IncomingMessage): void {
  const { socket } = request
  // Whoever gathers the body needs it no longer.
  request.removeAllListeners('data').resume()
  // What Node calls once the answer is written.
  socket.destroySoon = () => endStray(socket)
}

/** Closes the connection, and for good: whoever never closes the other side must not keep it. */
export function endStray(socket: Duplex, last = ''): void {
  socket.end(last)
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
}
