// The record of one exchange: one request and its answer, both legs. Opened when the request arrives, filled by
// every station, closed once; the journal's entry, the log line and the metrics are views of it.

import type { FaultCode, Reached, Recovery, Side } from '../faults/table.ts'
import type { InterfaceRole } from '../ocpi/module.ts'
import type { PartyKey } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import type { Trace } from './trace.ts'

/** The way a request took; `configuration` = answered by one of the hub's own modules. */
export type Mode = 'direct' | 'broadcast' | 'open' | 'get-all' | 'callback' | 'configuration'

/** Mutable while the exchange runs. Instants are `performance.now()` milliseconds; `startedAt` is wall clock. */
export interface Exchange {
  readonly startedAt: number
  readonly start: number
  readonly method: string
  /** Path without query, as the requester wrote it. */
  readonly path: string
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

/** What the journal keeps and the admin API shows. No bodies, no tokens, no query string. */
export interface JournalEntry {
  readonly reference: string
  /** RFC 3339 UTC with milliseconds: when the request arrived. */
  readonly time: string
  readonly author: 'responder' | 'hub'
  readonly code: number
  /** The responder's code is none that the requester's version lists; it was relayed unchanged (R103, R104). */
  readonly code_unlisted?: true
  readonly fault?: FaultCode
  readonly at?: Side
  readonly reached?: Reached
  readonly recovery?: Recovery
  readonly http_status: number
  readonly from?: PartyKey
  readonly to?: PartyKey
  readonly requester?: string
  readonly responder?: string
  readonly module?: string
  readonly interface?: InterfaceRole
  readonly method: string
  readonly path: string
  readonly mode?: Mode
  readonly request_id: string
  readonly forwarded_request_id?: string
  readonly correlation_id: string
  readonly duration_ms: number
  /** Milliseconds from the start of the outbound leg; a phase that was not reached is left out. */
  readonly phases?: {
    /** DNS and TCP. */
    readonly connect?: number
    /** Of a connection that was opened for this request. */
    readonly tls?: number
    readonly first_byte?: number
    readonly total?: number
  }
  readonly message?: string
  readonly detail?: string
  readonly responder_http_status?: number
  readonly responder_code?: string
  /** Correlation id of the exchange that handed out the hub URL this one came in on. */
  readonly caused_by?: string
  /** Parties a broadcast push goes to; each has an entry of its own with the same correlation id. */
  readonly targets?: readonly PartyKey[]
}
