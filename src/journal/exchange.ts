// The record of one exchange: one request and its answer, both legs. Opened when the request arrives, filled by
// every station, closed once; the journal's entry, the log line and the metrics are views of it.

import type { FaultCode } from '../faults/table.ts'
import type { InterfaceRole } from '../ocpi/module.ts'
import type { PartyKey } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import type { Mode } from './journal-entry.ts'
import type { Trace } from './trace.ts'

/** Methods that metrics and traces tell apart; anybody may send any other. */
export const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']

/** Mutable while the exchange runs. Instants are `performance.now()` milliseconds; `startedAt` is wall clock. */
export interface Exchange {
  readonly startedAt: number
  readonly start: number
  /** When the body of the request was there, or no longer waited for: how long that took is the requester's. */
  arrivedAt?: number | undefined
  /** When the answer was written, if the requester was still to take some of it then. */
  writtenAt?: number | undefined
  readonly method: string
  /** Path without query, as the requester wrote it. */
  path: string
  requestId: string
  correlationId: string
  forwardedRequestId?: string | undefined
  version?: VersionNumber | undefined
  /** Ids of the two platforms. */
  requester?: string | undefined
  responder?: string | undefined
  from?: PartyKey | undefined
  to?: PartyKey | undefined
  module?: string | undefined
  interface?: InterfaceRole | undefined
  mode?: Mode | undefined
  /**
   * When the outbound request had a connection, TLS on it if it was opened for this request, its answer's first byte
   * came, its last byte came.
   */
  connectedAt?: number | undefined
  securedAt?: number | undefined
  firstByteAt?: number | undefined
  answeredAt?: number | undefined
  /** When the outbound leg began. */
  forwardedAt?: number | undefined
  httpStatus?: number | undefined
  /** OCPI status code of the answer. */
  code?: number | undefined
  author?: 'responder' | 'hub' | undefined
  fault?: FaultCode | undefined
  message?: string | undefined
  /** For operators only. */
  detail?: string | undefined
  /** Journal reference: given to every exchange that is journalled. */
  reference?: string | undefined
  responderHttpStatus?: number | undefined
  /** Code of the responder's own list, when it does not speak OCPI (dialects). */
  responderCode?: string | undefined
  /** Journalled even when 1xxx: asynchronous modules, call-backs, broadcasts (the correlation's time line). */
  keep?: boolean | undefined
  /** Correlation id of the exchange that handed out the hub URL this one came in on (call-backs, pages). */
  causedBy?: string | undefined
  /** Parties a broadcast push goes to. */
  targets?: readonly PartyKey[] | undefined
  bytesIn?: number | undefined
  bytesOut?: number | undefined
  /** Its place in a trace, if it is traced. */
  trace?: Trace | undefined
}

/** What is known of an exchange when it begins. */
export interface Opening {
  readonly method: string
  readonly path: string
  readonly requestId: string
  readonly correlationId: string
}

/**
 * Opens a record now. Every member is there from the beginning: objects of one shape are what keeps the hot path
 * cheap.
 */
export function openExchange({ method, path, requestId, correlationId }: Opening): Exchange {
  return {
    startedAt: Date.now(),
    start: performance.now(),
    arrivedAt: undefined,
    writtenAt: undefined,
    method,
    path,
    requestId,
    correlationId,
    forwardedRequestId: undefined,
    version: undefined,
    requester: undefined,
    responder: undefined,
    from: undefined,
    to: undefined,
    module: undefined,
    interface: undefined,
    mode: undefined,
    connectedAt: undefined,
    securedAt: undefined,
    firstByteAt: undefined,
    answeredAt: undefined,
    forwardedAt: undefined,
    httpStatus: undefined,
    code: undefined,
    author: undefined,
    fault: undefined,
    message: undefined,
    detail: undefined,
    reference: undefined,
    responderHttpStatus: undefined,
    responderCode: undefined,
    keep: undefined,
    causedBy: undefined,
    targets: undefined,
    bytesIn: undefined,
    bytesOut: undefined,
    trace: undefined,
  }
}
