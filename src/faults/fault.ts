// A fault is a row of the table that happened, with what only operators may see. The only class of the hub.

import { FAULTS, type FaultCode, type FaultRow } from './table.ts'

export interface FaultDetail {
  /** Public sentence naming the party and what happened; made from the row when absent. */
  readonly message?: string
  /** Public clause that replaces the row's `when` but still starts from the party: `answered HTTP 500 …`. */
  readonly what?: string
  /** For the journal and the log only: addresses, lower-level messages. */
  readonly detail?: string
  readonly cause?: unknown
  /** More members of the answer's `data`, e.g. `connection_status`. */
  readonly data?: Readonly<Record<string, unknown>>
  /** More headers of the answer, e.g. `Allow`, `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>
  /** HTTP status more exact than the row's: 408, 414, 431 for a request that is not well-formed. */
  readonly httpStatus?: number
  /** The hub's own limits made it: it says nothing of the responder, and liveness does not count it. */
  readonly local?: true
  /** Platform it is about where nothing was forwarded; for the journal and metrics. */
  readonly responder?: string
  /** What the responder answered, if it did. */
  readonly responderHttpStatus?: number
  /** Code of the responder's own list, when it does not speak OCPI. */
  readonly responderCode?: string
  /** What the hub's operator looks at first: one clause for the alarm. */
  readonly likelyCause?: string
}

export class Fault extends Error {
  readonly code: FaultCode
  readonly row: FaultRow
  readonly info: FaultDetail

  constructor(code: FaultCode, info: FaultDetail = {}) {
    // Faults are ordinary answers, not bugs: a stack would cost more than the whole fault.
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(info.message ?? FAULTS[code].when, info.cause === undefined ? undefined : { cause: info.cause })
    Error.stackTraceLimit = limit
    this.name = 'Fault'
    this.code = code
    this.row = FAULTS[code]
    this.info = info
  }
}

/** Any thrown thing as a Fault; what is none already is `hub_failure`, a bug of the hub with its cause kept. */
export function toFault(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown
  return new Fault('hub_failure', {
    cause: thrown,
    detail: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
  })
}
