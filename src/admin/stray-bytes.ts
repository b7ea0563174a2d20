// What the parser of the admin listener refuses, or what came too late, as a problem.

import type { Duplex } from 'node:stream'
import { answerStray, inTurn, readStray } from '../http/stray-bytes.ts'
import { PROBLEM_TYPE, toProblem } from './problem.ts'

/** Answers and closes the connection; a connection that is broken is only closed. */
export function refuseStray(error: Error & { code?: string }, socket: Duplex): void {
  const stray = readStray(error, socket)
  if (!stray) return
  const problem = toProblem(stray.httpStatus, `${stray.message ?? 'The request is not HTTP/1.1'}.`)
  const headers = [`Content-Type: ${PROBLEM_TYPE}`, 'Cache-Control: no-store']
  inTurn(socket, () => answerStray(socket, stray, { headers, body: JSON.stringify(problem) }))
}
