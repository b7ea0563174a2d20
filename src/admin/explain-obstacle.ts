// What stands in the way of a request that would be routed: the limits of the hub, of the receiver and of the rule, as
// they are at this moment. They are counted by nobody who only asks.

import { Fault } from '../faults/fault.ts'
import { platformFull, routeFull } from '../forwarding/caps.ts'
import type { PartyKey } from '../ocpi/party.ts'
import type { Decision, Route } from '../routing/decide.ts'
import type { RouteRule } from '../routing/rule.ts'
import type { ExplainParts } from './explain-parts.ts'

export interface Wayward {
  readonly way: Decision['way']
  readonly from: PartyKey
  readonly routes: readonly Route[]
  /** The rule that the request goes by. */
  readonly rule?: RouteRule | undefined
  /** Requests in flight in the whole hub. */
  readonly inFlight: number
}

/** The Fault that the sender would be answered, first of the table first; `undefined` = nothing is in the way. */
export function findObstacle(
  { way, from, routes, rule, inFlight }: Wayward,
  { limits, inFlight: inFlightTo, options }: Pick<ExplainParts, 'limits' | 'inFlight' | 'options'>,
): Fault | undefined {
  const { inFlightMax, pendingMax } = options()
  if (inFlight >= inFlightMax) return new Fault('hub_overloaded')
  const waitMs = rule && limits.waitMs(rule, from)
  if (waitMs !== undefined) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000))
    return new Fault('rate_limited', { headers: { 'Retry-After': String(seconds) } })
  }
  const [only, ...others] = routes
  if (way === 'ask' && !only) return new Fault('to_unresolved')
  if (!only || others.length > 0) return undefined
  const { key, connection } = only.party
  const max = only.rule?.maxInFlight
  if (only.rule && max !== undefined && limits.inFlight(only.rule, key) >= max) {
    return routeFull(key, max)
  }
  return inFlightTo(connection.platform.id) >= pendingMax ? platformFull(pendingMax) : undefined
}
