// The answer of a platform that does not speak OCPI, told in OCPI by its dialect's table. Nothing of it reaches a
// header but a checked Retry-After.

import { type DialectName, readDialectAnswer } from '../dialects/dialect.ts'
import { Fault } from '../faults/fault.ts'
import type { Log } from '../journal/log.ts'
import type { Metrics } from '../journal/metrics.ts'
import { toRecord } from '../ocpi/headers.ts'
import type { RawAnswer } from './attempt.ts'
import type { Relayed } from './relayed.ts'

/** Told of a code that a dialect's table lacks, to be counted and logged once. */
export type UnknownCode = (dialect: DialectName, code: string) => void

/** How a platform answers, and what its answers must not give away. */
export interface DialectReading {
  readonly dialect: DialectName
  /** The token that the hub showed. */
  readonly token: string | undefined
  readonly unknownCode: UnknownCode
}

/**
 * Reads an answer without OCPI envelope in the platform's error format; `body` comes inflated, `isJson` = whether it
 * is JSON. `undefined` = not that format. Throws `token_rejected`, `responder_busy`, `connection_declined`.
 */
export function readDialect(
  answer: RawAnswer,
  { body, isJson }: { body: Buffer; isJson: boolean },
  { dialect, token, unknownCode }: DialectReading,
): Relayed | undefined {
  const outcome = readDialectAnswer(dialect, {
    httpStatus: answer.status,
    headers: toRecord(answer.headers),
    body,
    isJson,
    ...(token === undefined ? {} : { secrets: [token, Buffer.from(token).toString('base64')] }),
  })
  if (!outcome) return undefined
  if (outcome.kind === 'success') {
    return { httpStatus: 200, statusCode: 1000, author: 'responder', headers: JSON_ONLY, body: outcome.body }
  }
  if (outcome.unknown !== undefined) unknownCode(dialect, outcome.unknown)
  const { responderCode, retryAfterSeconds } = outcome
  const retryAfter = retryAfterSeconds === undefined ? undefined : String(retryAfterSeconds)
  const itsRequestId =
    outcome.requestId === undefined ? undefined : `the responder's own request id is ${outcome.requestId}`
  if (outcome.kind === 'error') {
    return {
      httpStatus: outcome.httpStatus,
      statusCode: outcome.statusCode,
      author: 'responder',
      headers: retryAfter === undefined ? JSON_ONLY : [...JSON_ONLY, 'Retry-After', retryAfter],
      body: outcome.body,
      responderCode,
      ...(itsRequestId === undefined ? {} : { detail: itsRequestId }),
    }
  }
  throw new Fault(outcome.fault, {
    responderHttpStatus: answer.status,
    responderCode,
    data: outcome.data,
    ...(outcome.likelyCause === undefined ? {} : { likelyCause: outcome.likelyCause }),
    // The message last: it may be long, and the journal cuts.
    detail: [
      `${dialect} ${responderCode}`,
      outcome.likelyCause && `likely cause: ${outcome.likelyCause}`,
      itsRequestId,
      `it says: ${outcome.message}`,
    ]
      .filter(Boolean)
      .join('; '),
    ...(retryAfter === undefined ? {} : { headers: { 'Retry-After': retryAfter } }),
  })
}

const JSON_ONLY = ['Content-Type', 'application/json']

/** Counts the codes a dialect's table lacks and logs each once; the set of codes is bounded. */
export function countUnknownCodes(metrics: Pick<Metrics, 'counter'>, log: Pick<Log, 'warn'>): UnknownCode {
  const counter = metrics.counter(
    'ocpi_hub_dialect_unknown_total',
    'Errors in a known dialect whose code its table lacks.',
    ['dialect'],
  )
  const seen = new Set<string>()
  return (dialect, code) => {
    counter.add([dialect])
    const key = `${dialect} ${code}`
    if (seen.has(key) || seen.size >= 1_000) return
    seen.add(key)
    log.warn({ dialect, responder_code: code }, 'a code that the table of its dialect lacks')
  }
}
