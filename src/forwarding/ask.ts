// Asks several candidates together: the first 1xxx wins; if none knows the object the answer is that it is unknown
// (T18). For tokens/authorize without TO and for single objects asked of the hub.

import { Fault } from '../faults/fault.ts'
import type { Exchange } from '../journal/exchange.ts'
import { partyKey } from '../ocpi/party.ts'
import type { Route } from '../routing/decide.ts'
import type { Message } from '../routing/message.ts'
import type { Relayed } from './relayed.ts'
import type { ForwardingParts, Requester } from './direct.ts'
import { forwardLeg } from './forward-leg.ts'
import { adoptLeg, endLeg, failLeg, openLeg } from './leg.ts'

interface Reply {
  readonly leg: Exchange
  readonly relayed?: Relayed
  readonly fault?: Fault
}

// Codes that say "not mine": another candidate may know better (OCPI 2.2.1 §Status codes).
const UNKNOWN_CODES = new Set([2003, 2004])

/** Throws `to_unresolved` without candidates, the unknown-object row of the module, or the first failure. */
export async function askAll(
  routes: readonly Route[],
  message: Message,
  exchange: Exchange,
  requester: Requester,
  parts: ForwardingParts,
): Promise<Relayed> {
  if (routes.length === 0) throw new Fault('to_unresolved')
  const pending = routes.map((route) => askOne(route, message, exchange, requester, parts))
  const winner = await firstSuccess(pending)
  if (winner) {
    letGo(pending, winner)
    adoptLeg(exchange, winner.leg)
    return winner.relayed!
  }
  const replies = await Promise.all(pending)
  const other = replies.find((reply) => !isUnknown(reply))
  letGo(pending, other)
  if (other) {
    adoptLeg(exchange, other.leg)
    if (other.relayed) return other.relayed
    throw other.fault!
  }
  throw new Fault(message.row.unknownObject ?? 'object_unknown', {
    message:
      routes.length === 1
        ? 'The one party asked does not know this object'
        : `None of ${routes.length} parties knows this object`,
  })
}

async function askOne(
  route: Route,
  message: Message,
  exchange: Exchange,
  requester: Requester,
  parts: ForwardingParts,
): Promise<Reply> {
  const leg = openLeg(exchange, 'open', partyKey(route.from))
  try {
    const relayed = await forwardLeg(route, message, leg, requester, parts)
    if (!UNKNOWN_CODES.has(relayed.statusCode ?? 0)) endLeg(leg, relayed, parts)
    return { leg, relayed }
  } catch (error) {
    const fault = error instanceof Fault && error.row.http === 404 ? error : failLeg(leg, error, parts)
    return { leg, fault }
  }
}

function isUnknown(reply: Reply): boolean {
  if (reply.fault) return reply.fault.row.http === 404
  return UNKNOWN_CODES.has(reply.relayed!.statusCode ?? 0)
}

function isSuccess(reply: Reply): boolean {
  const code = reply.relayed?.statusCode ?? 0
  return code >= 1000 && code < 2000
}

/** The first success as it comes in, or `undefined` when all have replied without one. */
function firstSuccess(pending: readonly Promise<Reply>[]): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    let left = pending.length
    for (const reply of pending) {
      void reply.then((result) => {
        left--
        if (isSuccess(result)) resolve(result)
        else if (left === 0) resolve(undefined)
      })
    }
  })
}

/** Nobody reads the large answer of another candidate: its connection must be free again all the same. */
function letGo(pending: readonly Promise<Reply>[], taken: Reply | undefined): void {
  const nowhere = { write: () => true, onDrain: () => undefined }
  for (const one of pending) {
    void one.then(async (reply) => {
      if (reply !== taken) await reply.relayed?.rest?.(nowhere).catch(() => undefined)
    })
  }
}
