// The record of one leg of a request that goes to several parties: a copy of the requester's, closed by itself.

import { randomUUID } from 'node:crypto'
import { type Fault, toFault } from '../faults/fault.ts'
import { faultAnswer } from '../faults/response.ts'
import { type Exchange, openExchange } from '../journal/exchange.ts'
import type { Mode } from '../journal/journal-entry.ts'
import { legTrace } from '../journal/trace.ts'
import type { PartyKey } from '../ocpi/party.ts'
import type { Relayed } from './relayed.ts'
import type { ForwardingParts } from './direct.ts'

/** Opens the record of a leg: same correlation id, a request id of its own (R59). */
export function openLeg(parent: Exchange, mode: Mode, from: PartyKey): Exchange {
  const { method, path, correlationId } = parent
  const leg = openExchange({ method, path, requestId: randomUUID(), correlationId })
  leg.mode = mode
  leg.from = from
  leg.version = parent.version
  leg.requester = parent.requester
  leg.module = parent.module
  leg.interface = parent.interface
  if (parent.trace) leg.trace = legTrace(parent.trace)
  return leg
}

/** What came of the leg is what came of the whole: its party is the one that the requester reads of (R62). */
export function adoptLeg(exchange: Exchange, leg: Exchange): void {
  if (leg.to !== undefined) exchange.to = leg.to
  if (leg.responder !== undefined) exchange.responder = leg.responder
  if (leg.forwardedRequestId !== undefined) exchange.forwardedRequestId = leg.forwardedRequestId
  if (leg.responderHttpStatus !== undefined) exchange.responderHttpStatus = leg.responderHttpStatus
  if (leg.responderCode !== undefined) exchange.responderCode = leg.responderCode
}

/** Closes a leg that was answered. */
export function endLeg(leg: Exchange, relayed: Relayed, parts: ForwardingParts): void {
  leg.author = relayed.author
  leg.httpStatus = relayed.httpStatus
  if (relayed.statusCode !== undefined) leg.code = relayed.statusCode
  parts.journal.record(leg)
}

/** Closes a leg that failed; gives its Fault. */
export function failLeg(leg: Exchange, thrown: unknown, parts: ForwardingParts): Fault {
  const fault = toFault(thrown)
  leg.author = 'hub'
  leg.fault = fault.code
  leg.reference = parts.journal.newReference()
  const answer = faultAnswer(fault, leg)
  leg.code = answer.statusCode
  leg.httpStatus = answer.httpStatus
  leg.message = answer.message
  if (fault.info.detail !== undefined) leg.detail = fault.info.detail
  if (fault.info.responder !== undefined) leg.responder ??= fault.info.responder
  parts.journal.record(leg)
  return fault
}
