// Direct forwarding: one request to one party, its answer back. The other ways (broadcast, GET ALL, asking
// several) are made of this one.

import { type Fault, toFault } from '../faults/fault.ts'
import type { FaultCode } from '../faults/table.ts'
import type { Exchange } from '../journal/exchange.ts'
import type { Journal } from '../journal/journal.ts'
import type { PartyId } from '../ocpi/party.ts'
import type { Platform } from '../registry/platform.ts'
import type { Route } from '../routing/decide.ts'
import type { Message } from '../routing/message.ts'
import type { UnknownCode } from './dialect-answer.ts'
import { readAnswer } from './answer.ts'
import type { RawAnswer } from './attempt.ts'
import type { Watched } from './captured.ts'
import { keepEvidence } from './evidence.ts'
import type { Relayed } from './relayed.ts'
import { holding, type Limits } from './limits.ts'
import type { Missed } from './missed.ts'
import type { ForwardingOptions } from './options.ts'
import { watchPull } from './pull.ts'
import { toOutbound } from './request.ts'
import type { Send } from './send.ts'

export interface ForwardingParts {
  readonly send: Send
  readonly options: ForwardingOptions
  readonly hub: PartyId
  /** This hub's name in Via. */
  readonly viaName: string
  readonly translate: Translate
  readonly journal: Pick<Journal, 'record' | 'newReference'>
  readonly liveness: Liveness
  readonly limits: Limits
  readonly missed: Missed
  readonly unknownCode: UnknownCode
  /** Sees the answer to one of several requests that an exchange leads to. */
  readonly watchLeg?: (answer: Promise<Relayed>, watched: Watched) => Promise<Relayed>
}

/** Told what real traffic shows of a platform (R88). */
export interface Liveness {
  /** Any HTTP answer came. */
  heard(platformId: string): void
  /** `likelyCause` = what its operator looks at first, one clause. */
  failed(platformId: string, fault: FaultCode, likelyCause?: string): void
}

/** Replaces a party's own URLs by hub URLs, on the way out and on the way back (links room). */
export interface Translate {
  /** Body and query of a request, with the requester's `response_url` replaced (R75, R76). */
  request(
    message: Message,
    route: Route,
    exchange: Exchange,
  ): Promise<{ body: Buffer | undefined; query: string }>
  /** Answer headers, with `Link` and `Location` replaced (R70, R82). */
  answer(
    headers: string[],
    message: Message,
    route: Route,
    exchange: Exchange,
    requestUrl: string,
  ): Promise<string[]>
}

/** The one who waits for the answer. */
export interface Requester {
  /** Calls back when the requester hangs up before it was answered. */
  whenGone(callback: () => void): void
}

/**
 * Forwards the message and gives the answer to relay. Fills the exchange's outbound members.
 * Throws the Fault that explains why there is no answer. A GET ends when its requester is gone; others go on.
 */
export async function forwardTo(
  route: Route,
  message: Message,
  exchange: Exchange,
  requester: Requester | undefined,
  parts: ForwardingParts,
): Promise<Relayed> {
  const { connection } = route.party
  exchange.responder = connection.platform.id
  exchange.to = route.addressed
  if (route.refused) throw route.refused
  const carriesUrl = message.row.responseUrl === true && message.interface === 'RECEIVER'
  if (message.row.responseUrl) exchange.keep = true
  const { body, query } = carriesUrl ? await parts.translate.request(message, route, exchange) : message
  const outgoing = {
    method: message.method,
    rest: message.rest,
    query,
    forward: message.assembled ? withoutCodings(message.head.forward) : message.head.forward,
    via: message.head.via,
    body,
    holdWhole: message.assembled === true,
  }
  const leg = {
    connection,
    endpoint: route.endpoint,
    from: route.from,
    to: route.party.role,
    timeoutMs: timeoutOf(route, message, parts.options),
  }
  const release = isCapped(route) ? await parts.limits.enter(route, requester === undefined) : undefined
  const request = toOutbound(outgoing, leg, exchange, parts.viaName)
  const flight = release ? holding(parts.send(request), release) : parts.send(request)
  if (message.method === 'GET') requester?.whenGone(flight.cancel)
  let raw: RawAnswer | undefined
  try {
    raw = await flight.answer
    exchange.responderHttpStatus = raw.status
    parts.liveness.heard(connection.platform.id)
    const reading = read(raw, message, route, parts)
    const answer = reading instanceof Promise ? await reading : reading
    noteAnswer(answer, exchange)
    const relayed = watchPull(answer, { message, exchange, path: request.path }, parts.missed)
    if (message.assembled || !needsTranslation(relayed.headers)) return relayed
    const url = request.origin + request.path
    const headers = await parts.translate.answer(relayed.headers, message, route, exchange, url)
    return { ...relayed, headers }
  } catch (error) {
    // A large answer that nobody will read is still on its way.
    flight.cancel()
    const fault = toFault(error)
    noteFailure(fault, { raw, platform: connection.platform }, exchange, parts)
    throw fault
  }
}

/** A route may give more time for an answer, but not to one of many that make a list together. */
function timeoutOf({ rule }: Route, { assembled }: Message, { timeoutMs }: ForwardingOptions): number {
  const own = rule?.timeoutMs ?? timeoutMs
  return assembled ? Math.min(own, timeoutMs) : own
}

/** The usual answer is read at once, one that must be looked into later. */
function read(
  raw: RawAnswer,
  message: Message,
  { party }: Route,
  { options, unknownCode }: ForwardingParts,
): Relayed | Promise<Relayed> {
  const { errors, outbound } = party.connection.platform
  return readAnswer(raw, message, {
    dialect: errors,
    token: outbound?.token,
    bodyMax: options.maxResponseBodyBytes,
    unknownCode,
  })
}

/** Whether a place among its requests under way is needed; where nobody waits for the answer, it is waited for. */
function isCapped({ rule }: Route): boolean {
  return rule?.maxInFlight !== undefined
}

function noteAnswer({ responderCode, detail }: Relayed, exchange: Exchange): void {
  if (responderCode !== undefined) exchange.responderCode = responderCode
  if (detail !== undefined) exchange.detail = detail
}

/** Tells the record, liveness and captures what a failure shows of the responder. */
function noteFailure(
  fault: Fault,
  { raw, platform }: { readonly raw: RawAnswer | undefined; readonly platform: Platform },
  exchange: Exchange,
  parts: ForwardingParts,
): void {
  const { code, row, info } = fault
  if (raw) keepEvidence(fault, raw, platform.outbound?.token)
  if (info.responderCode !== undefined) exchange.responderCode = info.responderCode
  if (info.local) return
  if (code === 'token_rejected' || (row.layer === 'transport' && row.at === 'responder')) {
    parts.liveness.failed(platform.id, code, info.likelyCause)
  }
}

function withoutCodings(forward: readonly string[]): string[] {
  return forward.filter((_, index) => !/^accept-encoding$/i.test(forward[index - (index % 2)]!))
}

function needsTranslation(headers: readonly string[]): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    if ((name.length === 4 || name.length === 8) && /^(?:link|location)$/i.test(name)) return true
  }
  return false
}
