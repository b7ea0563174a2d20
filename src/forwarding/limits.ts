// What routes limit: how often a sender may ask (rate) and how many requests may be under way to one party
// (max_in_flight). Counted by what a rule says, not by which object it is, so that a reload keeps the counts.

import { Fault } from '../faults/fault.ts'
import { type PartyKey, partyKey } from '../ocpi/party.ts'
import { withMembers } from '../ocpi/with-members.ts'
import type { Decision, Route } from '../routing/decide.ts'
import type { RouteRule } from '../routing/rule.ts'
import type { RawAnswer } from './attempt.ts'
import { routeFull } from './caps.ts'
import type { Rates } from './rate.ts'
import type { Flight } from './send.ts'

/** Gives a place back; further calls do nothing. */
export type Release = () => void

export interface Limits {
  /**
   * Counts a decided request against the rates of the rules it goes by, each once. Throws `rate_limited` for the rule
   * of the request as it was addressed; of many routes those over their own rule's rate come back refused.
   */
  count(decision: Decision): Decision
  /**
   * A place under way to the route's party; without `max_in_flight` there always is one. Throws
   * `destination_unavailable` when all are taken; where nobody waits for the answer (`patient`) it waits its turn.
   */
  enter(route: Route, patient: boolean): Promise<Release> | Release
  /** Requests under way by this rule to a party. */
  inFlight(rule: RouteRule, to: PartyKey): number
  /** Milliseconds a sender would have to wait now; `undefined` = none. Counts nothing. */
  waitMs(rule: RouteRule, from: PartyKey): number | undefined
}

interface Places {
  taken: number
  readonly waiting: (() => void)[]
}

export function createLimits(rates: Rates): Limits {
  const names = new WeakMap<RouteRule, string>()
  const places = new Map<string, Places>()

  function nameOf(rule: RouteRule): string {
    let name = names.get(rule)
    if (name === undefined) {
      name = JSON.stringify(rule)
      names.set(rule, name)
    }
    return name
  }

  function spend(rule: RouteRule, from: PartyKey): Fault | undefined {
    if (!rule.rate) return undefined
    const waitMs = rates.take(`${from} ${nameOf(rule)}`, rule.rate)
    return waitMs === undefined ? undefined : limited(waitMs)
  }

  function countMany(decision: Extract<Decision, { routes: unknown }>): Decision {
    const { routes, rule: own } = decision
    const from = partyKey(decision.from)
    const counted = new Map<RouteRule, Fault | undefined>()
    if (own) {
      const fault = spend(own, from)
      if (fault) throw fault
      counted.set(own, undefined)
    }
    if (!routes.some((route) => route.rule?.rate)) return decision
    return {
      ...decision,
      routes: routes.map((route) => {
        const { rule } = route
        if (!rule?.rate) return route
        if (!counted.has(rule)) counted.set(rule, spend(rule, from))
        const refused = counted.get(rule)
        return refused ? withMembers(route, { refused }) : route
      }),
    }
  }

  function leave(key: string, held: Places): Release {
    let released = false
    return () => {
      if (released) return
      released = true
      const next = held.waiting.shift()
      if (next) next()
      else if (--held.taken === 0) places.delete(key)
    }
  }

  return {
    count(decision) {
      if ('routes' in decision) return countMany(decision)
      const { rule } = decision.route
      const fault = rule && spend(rule, partyKey(decision.from))
      if (fault) throw fault
      return decision
    },
    enter({ rule, party }, patient) {
      if (rule?.maxInFlight === undefined) return nothing
      const key = `${party.key} ${nameOf(rule)}`
      const held = places.get(key) ?? { taken: 0, waiting: [] }
      places.set(key, held)
      if (held.taken < rule.maxInFlight) {
        held.taken++
        return leave(key, held)
      }
      if (!patient) throw routeFull(party.key, rule.maxInFlight)
      // Whoever leaves hands its place over, so that the number taken stays as it is.
      return new Promise((resolve) => held.waiting.push(() => resolve(leave(key, held))))
    },
    inFlight: (rule, to) => places.get(`${to} ${nameOf(rule)}`)?.taken ?? 0,
    waitMs: (rule, from) => rule.rate && rates.look(`${from} ${nameOf(rule)}`, rule.rate),
  }
}

/** The flight, which gives its place back when it has ended, with the last byte of a large answer. */
export function holding(flight: Flight, release: Release): Flight {
  const arrived = (raw: RawAnswer): RawAnswer => {
    const { rest } = raw
    if (rest) return { ...raw, rest: (sink) => rest(sink).finally(release) }
    release()
    return raw
  }
  const failed = (error: unknown): never => {
    release()
    throw error
  }
  return {
    answer: flight.answer.then(arrived, failed),
    cancel() {
      flight.cancel()
      release()
    },
  }
}

function nothing(): void {}

function limited(waitMs: number): Fault {
  const seconds = String(Math.max(1, Math.ceil(waitMs / 1000)))
  return new Fault('rate_limited', { headers: { 'Retry-After': seconds } })
}
