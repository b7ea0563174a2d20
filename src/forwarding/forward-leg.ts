// One of several requests that an exchange leads to, seen by a capture that may be armed.

import type { Exchange } from '../journal/exchange.ts'
import type { Route } from '../routing/decide.ts'
import type { Message } from '../routing/message.ts'
import { type ForwardingParts, forwardTo, type Requester } from './direct.ts'
import type { Relayed } from './relayed.ts'

/** As `forwardTo`. */
export function forwardLeg(
  route: Route,
  message: Message,
  leg: Exchange,
  requester: Requester | undefined,
  parts: ForwardingParts,
): Promise<Relayed> {
  const answer = forwardTo(route, message, leg, requester, parts)
  return parts.watchLeg?.(answer, { message, exchange: leg }) ?? answer
}
