// What an HTTP status means in an answer that is no OCPI envelope (T2-T4), whoever asked: a requester through the hub,
// or the hub itself.

import type { FaultCode } from './table.ts'

const BY_STATUS: ReadonlyMap<number, FaultCode> = new Map([
  // Towards the requester 401 is kept for its own token (T2).
  [401, 'token_rejected'],
  [403, 'token_rejected'],
  [405, 'method_rejected'],
  [408, 'responder_timeout'],
  [504, 'responder_timeout'],
  [429, 'responder_busy'],
  [502, 'responder_unavailable'],
  [503, 'responder_unavailable'],
])

/** The row of the status; 404 depends on what was asked for, which the caller knows. */
export function observeStatus(httpStatus: number): FaultCode {
  return BY_STATUS.get(httpStatus) ?? 'answer_not_ocpi'
}

/** Why the hub's token is refused most often, for operators. */
export const REFUSAL_CAUSES: ReadonlyMap<number, string> = new Map([
  [401, 'the token of the hub has expired or was replaced'],
  [403, 'the address of the hub is not on an allow-list in front of the party'],
])
