// What the parser of the admin listener refuses, or what came too late: no request came of it, so the problem is
// written on the bare socket.

import type { Duplex } from 'node:stream'
import { PROBLEM_TYPE, toProblem } from './problem.ts'

/** Node's code -> HTTP status and sentence; any other error is a 400. */
const PROBLEMS: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
}
const NOT_HTTP = [400, 'The request is not HTTP/1.1.'] as const

/** Answers and closes the connection; a connection that is broken is only closed. */
export function answerStray({ code = '' }: Error & { code?: string }, socket: Duplex): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const problem = toProblem(...(PROBLEMS[code] ?? NOT_HTTP))
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
