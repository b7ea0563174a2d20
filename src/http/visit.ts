// One request from its arrival to its end: opens the exchange record, admits the platform, and closes the record
// exactly once. Every door of the server leads through here.

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault, toFault } from '../faults/fault.ts'
import { faultAnswer } from '../faults/response.ts'
import { type Exchange, openExchange } from '../journal/exchange.ts'
import type { Journal } from '../journal/journal.ts'
import { isPartyId, type PartyId, partyKey } from '../ocpi/party.ts'
import type { RoutingTable } from '../registry/routing-table.ts'
import { readHead, type RequestHead } from '../routing/head.ts'
import type { Admitted } from './admit.ts'
import { type Answer, limitTaking, writeAnswer } from './reply.ts'
import { dropRest } from './stray-bytes.ts'

export interface Visit {
  readonly exchange: Exchange
  readonly head: RequestHead
  table: RoutingTable
  admitted: Admitted | undefined
  /** The record was closed. */
  ended: boolean
  /** Of its body, as counted in the lifecycle. */
  heldBytes: number
  /** Callbacks for a requester that hangs up before its answer. */
  readonly gone: (() => void)[]
}

export interface VisitParts {
  readonly hub: PartyId
  readonly journal: Pick<Journal, 'record' | 'newReference'>
  readonly lifecycle: Lifecycle
  /** An answer must be taken within this. Milliseconds. */
  readonly takingMs: number
}

/** What the server's owner changes while it shuts down, and what is under way. */
export interface Lifecycle {
  inFlight: number
  /** Of the bodies of requests under way, without what each may have anyway (held-bodies.ts). */
  heldBytes: number
  /** Answers carry `Connection: close`; readiness is 503. */
  draining: boolean
  /** New requests are answered `hub_draining`. */
  refusing: boolean
}

/** Opens the record of a request that has just arrived. */
export function openVisit(request: IncomingMessage, table: RoutingTable, lifecycle: Lifecycle): Visit {
  const head = readHead(request.rawHeaders)
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const exchange = openExchange({
    method: request.method ?? '',
    path: mark < 0 ? url : url.slice(0, mark),
    requestId: head.requestId ?? randomUUID(),
    correlationId: head.correlationId ?? randomUUID(),
  })
  lifecycle.inFlight++
  return { exchange, head, table, admitted: undefined, ended: false, heldBytes: 0, gone: [] }
}

function claimed(countryCode: string | undefined, partyId: string | undefined): string | undefined {
  if (countryCode === undefined || partyId === undefined) return undefined
  const party = { countryCode, partyId }
  return isPartyId(party) ? partyKey(party) : undefined
}

/** Closes the record: one count, one log line, one entry if it was no success. */
export function endVisit(visit: Visit, parts: VisitParts): void {
  if (visit.ended) return
  visit.ended = true
  parts.lifecycle.inFlight--
  parts.lifecycle.heldBytes -= visit.heldBytes
  parts.journal.record(visit.exchange)
}

/** Answers with a Fault, whatever was thrown, and closes the record. The one edge of all errors. */
export function answerFault(
  visit: Visit,
  response: ServerResponse,
  thrown: unknown,
  parts: VisitParts,
): void {
  if (visit.ended) return
  const fault = toFault(thrown)
  const { exchange, head } = visit
  // What the requester claims, so that even an early error answers to it (T30).
  if (exchange.mode !== 'configuration') {
    exchange.from ??= claimed(head.fromCountry, head.fromParty)
    exchange.to ??= claimed(head.toCountry, head.toParty)
  }
  // The address of a partner's page is the permission to see it; a slip in the method must not show it to others.
  if (!visit.admitted) exchange.path = exchange.path.replace(/\/view\/.*/, '/view/-')
  noteFault(exchange, fault, parts)
  const answer = faultAnswer(fault, exchange)
  exchange.code = answer.statusCode
  exchange.httpStatus = answer.httpStatus
  exchange.message = answer.message
  if (!response.headersSent && !response.destroyed) {
    const isBroken = fault.code === 'http_request_error'
    const closing = parts.lifecycle.draining || fault.row.layer === 'hub' || isBroken
    const isUpload = response.req.method !== 'GET' && !response.req.complete
    if (closing && isUpload && !isBroken) dropRest(response.req)
    answerVisit(visit, response, answer, parts, parts.hub, closing)
  } else {
    response.destroy()
    endVisit(visit, parts)
  }
}

/** Writes a whole answer, which must be taken in time, and closes the record. `author` as in `writeAnswer`. */
export function answerVisit(
  visit: Visit,
  response: ServerResponse,
  answer: Answer,
  parts: VisitParts,
  author?: PartyId,
  closing: boolean = parts.lifecycle.draining,
): void {
  visit.exchange.bytesOut = writeAnswer(response, answer, visit.exchange, author, closing)
  endTaken(visit, response, parts)
}

/** Closes the record of an answer that was written, once it was taken. What the requester has but a part of is told. */
export function endTaken(visit: Visit, response: ServerResponse, parts: VisitParts): void {
  // Nearly everything is taken at once, and costs one look.
  if (response.writableLength === 0 && !response.closed) return endVisit(visit, parts)
  const { exchange } = visit
  exchange.writtenAt = performance.now()
  limitTaking(response, parts.takingMs, (taking) => {
    if (taking !== 'whole' && exchange.fault === undefined) {
      const how =
        taking === 'late' ? 'took the answer too slowly and was cut off' : 'left in the middle of it'
      exchange.detail = `answered ${exchange.code}, but the requester ${how}`
      noteGone(exchange, parts, 'The requester did not take the whole answer.')
    }
    endVisit(visit, parts)
  })
}

/** Writes into the record that the requester has not had its answer, or not all of it. */
export function noteGone(
  exchange: Exchange,
  parts: VisitParts,
  message = 'The requester hung up before the answer.',
): void {
  const gone = new Fault('requester_gone')
  noteFault(exchange, gone, parts)
  exchange.code = gone.row.ocpi
  exchange.httpStatus = gone.row.http
  exchange.message = message
}

/** Writes the Fault into the record without answering, e.g. when nobody is left to answer. */
export function noteFault(exchange: Exchange, fault: Fault, parts: VisitParts): void {
  exchange.author = 'hub'
  exchange.fault = fault.code
  exchange.reference ??= parts.journal.newReference()
  if (fault.info.detail !== undefined) exchange.detail = fault.info.detail
  if (fault.info.responder !== undefined) exchange.responder ??= fault.info.responder
  if (fault.info.responderHttpStatus !== undefined)
    exchange.responderHttpStatus = fault.info.responderHttpStatus
}
