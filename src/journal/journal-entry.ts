// One entry of the journal as it is stored, sent by the admin API and shown by command line and dashboard. Nothing
// of Node, so that a browser's code can have it too.

import type { FaultCode, Reached, Recovery, Side } from '../faults/table.ts'
import type { InterfaceRole } from '../ocpi/module.ts'
import type { PartyKey } from '../ocpi/party.ts'

/** The ways a request can take; `configuration` = answered by one of the hub's own modules. */
export const MODES = ['direct', 'broadcast', 'open', 'get-all', 'callback', 'configuration'] as const

export type Mode = (typeof MODES)[number]

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

/** Whose side must act; what a responder answered itself is judged by the list its code is from. */
export function sideOf({ at, code, author }: Pick<JournalEntry, 'at' | 'code' | 'author'>): Side | undefined {
  if (at) return at
  if (author !== 'responder') return undefined
  if (code >= 2000 && code < 3000) return 'requester'
  if (code >= 3000 && code < 4000) return 'responder'
  return code >= 4000 ? 'hub' : undefined
}
