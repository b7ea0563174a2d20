// Broadcast push: the sender gets the hub's 1000 at once, the receivers get the push afterwards, each in its own
// lanes, so that a slow one delays nobody (R52-R59, T11, T12). What came of it stands in the journal; no retries.

import type { Exchange } from '../journal/exchange.ts'
import { writeEnvelope } from '../ocpi/envelope.ts'
import { partyKey } from '../ocpi/party.ts'
import type { Route } from '../routing/decide.ts'
import type { Message } from '../routing/message.ts'
import type { Relayed } from './relayed.ts'
import type { ForwardingParts } from './direct.ts'
import { forwardLeg } from './forward-leg.ts'
import { Fault } from '../faults/fault.ts'
import { counted } from '../journal/text.ts'
import { endLeg, failLeg, openLeg } from './leg.ts'

export interface Broadcaster {
  /** Takes the push for all routes and answers for them. */
  (routes: readonly Route[], message: Message, exchange: Exchange): Relayed
  /** Pushes not yet delivered. */
  readonly pending: () => number
  /** Resolves when nothing is pending. */
  readonly idle: () => Promise<void>
  /** Pushes that still wait are not sent any more, and it is journalled. */
  readonly stop: () => void
}

// Lanes per receiver: one object always takes the same one, so its pushes arrive in order (T12).
const LANES = 8
/** Pushes waiting for one receiver; a receiver that is slower than its senders loses the rest, and it is journalled. */
const WAITING_MAX = 1_000
/** Bytes of their bodies: senders are answered at once, so nothing else keeps them from filling the memory. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024

/** What waits for one receiver. */
interface Waiting {
  pushes: number
  bytes: number
}

/** Builds the fan-out. */
export function createBroadcaster(parts: ForwardingParts): Broadcaster {
  const lanes = new Map<string, Promise<void>>()
  const waiting = new Map<string, Waiting>()
  let pending = 0
  let idle: (() => void)[] = []
  let stopped = false

  function finished(receiver: string, bytes: number): void {
    pending--
    const queue = waiting.get(receiver)!
    queue.pushes--
    queue.bytes -= bytes
    if (queue.pushes === 0) waiting.delete(receiver)
    if (pending > 0) return
    for (const resolve of idle) resolve()
    idle = []
  }

  async function deliver(route: Route, message: Message, leg: Exchange): Promise<void> {
    try {
      if (stopped) throw new Fault('hub_draining', { detail: 'it still waited for its turn' })
      const relayed = await forwardLeg(route, message, leg, undefined, parts)
      // Nobody reads a receiver's large answer to a push.
      if (relayed.rest) await relayed.rest({ write: () => true, onDrain: () => {} })
      endLeg(leg, relayed, parts)
    } catch (error) {
      failLeg(leg, error, parts)
    }
  }

  function enqueue(route: Route, message: Message, exchange: Exchange): void {
    const receiver = `${route.party.connection.platform.id} ${route.party.key}`
    const leg = openLeg(exchange, 'broadcast', partyKey(parts.hub))
    leg.to = route.party.key
    leg.responder = route.party.connection.platform.id
    leg.keep = true
    const bytes = message.body?.length ?? 0
    const queue = waiting.get(receiver) ?? { pushes: 0, bytes: 0 }
    const detail = noRoom(queue, bytes)
    if (detail !== undefined) {
      failLeg(leg, new Fault('destination_unavailable', { detail }), parts)
      return
    }
    waiting.set(receiver, queue)
    queue.pushes++
    queue.bytes += bytes
    pending++
    const lane = `${receiver} ${laneOf(message.rest)}`
    const before = lanes.get(lane) ?? Promise.resolve()
    const done = before
      .then(() => deliver(route, message, leg))
      .then(() => {
        finished(receiver, bytes)
        if (lanes.get(lane) === done) lanes.delete(lane)
      })
    lanes.set(lane, done)
  }

  function broadcast(routes: readonly Route[], message: Message, exchange: Exchange): Relayed {
    exchange.keep = true
    exchange.targets = routes.map((route) => route.party.key)
    // FROM is the hub, so the receivers tell the owner by URL and body alone (R55, R56).
    for (const route of routes) enqueue({ ...route, from: parts.hub }, message, exchange)
    return {
      httpStatus: 200,
      statusCode: 1000,
      author: 'hub',
      from: 'hub',
      headers: ['Content-Type', 'application/json'],
      body: writeEnvelope({ statusCode: 1000, statusMessage: counted(routes.length, 'receiver') }),
    }
  }

  return Object.assign(broadcast, {
    pending: () => pending,
    stop: () => void (stopped = true),
    idle: () => (pending === 0 ? Promise.resolve() : new Promise<void>((resolve) => void idle.push(resolve))),
  })
}

/** Why one more push of so many bytes cannot wait; a single one always can, however large it is. */
function noRoom({ pushes, bytes }: Waiting, more: number): string | undefined {
  if (pushes >= WAITING_MAX) return `${WAITING_MAX} pushes wait for it already`
  if (pushes === 0 || bytes + more <= WAITING_BYTES_MAX) return undefined
  return `pushes of ${bytes} bytes wait for it already`
}

/** Of `/{country_code}/{party_id}/{id}` in any case (R109): what is below an object takes its lane. */
function laneOf(rest: string): number {
  const object = rest.split('/', 4).join('/').toLowerCase()
  let sum = 0
  for (let index = 0; index < object.length; index++) sum = (sum * 31 + object.charCodeAt(index)) >>> 0
  return sum % LANES
}
