// The outbound leg's request: whose token, which headers, which path. Everything the hub must change is changed
// here, and nothing else is (R10, R43, R48, R66).

import { randomUUID } from 'node:crypto'
import {
  CORRELATION_ID,
  FROM_COUNTRY,
  FROM_PARTY,
  REQUEST_ID,
  TO_COUNTRY,
  TO_PARTY,
} from '../ocpi/headers.ts'
import { joinPath } from '../ocpi/endpoint.ts'
import type { PartyId } from '../ocpi/party.ts'
import { VERSIONS } from '../ocpi/version.ts'
import type { Exchange } from '../journal/exchange.ts'
import { withTraceparent } from '../journal/trace.ts'
import type { Connection, RoutedEndpoint } from '../registry/routing-table.ts'
import type { OutboundRequest } from './send.ts'

/** What goes out on behalf of a requester. */
export interface Outgoing {
  readonly method: string
  /** Raw path below the endpoint and raw query. */
  readonly rest: string
  readonly query: string
  /** End-to-end headers of the requester, flat. */
  readonly forward: readonly string[]
  readonly via: string | undefined
  readonly body: Buffer | undefined
  /** The hub itself reads the answer. */
  readonly holdWhole: boolean
}

export interface Leg {
  readonly connection: Connection
  readonly endpoint: RoutedEndpoint
  readonly from: PartyId
  readonly to: PartyId
  readonly timeoutMs: number
}

/**
 * Puts the request together and notes its fresh X-Request-ID and start in the exchange (R66).
 * `viaName` is this hub's name in Via (RFC 9110 §7.6.3, T25).
 */
export function toOutbound(
  outgoing: Outgoing,
  leg: Leg,
  exchange: Exchange,
  viaName: string,
): OutboundRequest {
  const { platform } = leg.connection
  exchange.forwardedRequestId = randomUUID()
  exchange.forwardedAt = performance.now()
  const headers = ['Authorization', leg.connection.authorization]
  if (outgoing.body) headers.push('Content-Type', 'application/json')
  headers.push(REQUEST_ID, exchange.forwardedRequestId, CORRELATION_ID, exchange.correlationId)
  // Before 2.2 there are no routing headers (hub-requirements §3).
  if (!platform.version || VERSIONS[platform.version].routed) {
    headers.push(TO_COUNTRY, leg.to.countryCode, TO_PARTY, leg.to.partyId)
    headers.push(FROM_COUNTRY, leg.from.countryCode, FROM_PARTY, leg.from.partyId)
  }
  headers.push('Via', outgoing.via === undefined ? `1.1 ${viaName}` : `${outgoing.via}, 1.1 ${viaName}`)
  const { forward } = outgoing
  for (const part of exchange.trace ? withTraceparent(forward, exchange.trace) : forward) headers.push(part)
  return {
    platformId: platform.id,
    origin: leg.endpoint.target.origin,
    path: joinPath(leg.endpoint.target, outgoing.rest, outgoing.query),
    method: outgoing.method,
    headers,
    body: outgoing.body,
    timeoutMs: leg.timeoutMs,
    phases: exchange,
    // An answer that has to be put into an envelope is not known to be whole before its end.
    holdWhole: outgoing.holdWhole || platform.errors !== 'ocpi',
  }
}
