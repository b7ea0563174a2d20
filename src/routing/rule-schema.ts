// A route as operators write it, in the configuration file and in `PUT /api/v1/routes`, and the way to the rule the
// hub works with and back. One schema, so that both refuse the same.

import * as z from 'zod'
import { INTERFACES } from '../ocpi/module.ts'
import { partyKey, readPartyText } from '../ocpi/party.ts'
import {
  duration,
  integer,
  moduleId,
  oneOrMore,
  PARTY_PATTERN_TEXT,
  partyPattern,
  partyText,
  rate,
} from './rule-fields.ts'
import type { RouteRule } from './rule.ts'
import { durationText } from './units.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const IN_FLIGHT_MAX = 1_000_000

/** Input: snake_case with units; output: the same keys in milliseconds. */
export const routeSchema = z
  .strictObject({
    from: oneOrMore(partyPattern(), `${PARTY_PATTERN_TEXT}, or a list of such`)
      .optional()
      .describe('Requesting party: DE-CPO, "NL-*", "*"; left out: anybody.'),
    to: z
      .union(
        [
          z.literal('none'),
          partyPattern(),
          z.array(partyPattern()).min(1, { error: 'must not be an empty list' }),
        ],
        { error: `${PARTY_PATTERN_TEXT}, a list of such, or none` },
      )
      .optional()
      .describe('Addressed party, in the same way; none: a request without TO headers.'),
    module: oneOrMore(moduleId(), 'must be a module id, as in locations, or a list of such')
      .optional()
      .describe('Module id.'),
    interface: z.enum(INTERFACES).optional().describe('Interface of the module.'),
    method: oneOrMore(z.enum(METHODS), `must be one of ${METHODS.join(', ')}, or a list of such`)
      .optional()
      .describe('HTTP method.'),
    action: z.literal('deny').optional().describe('deny: refuse with 4001.'),
    deliver_to: partyText().optional().describe('The party that gets it instead.'),
    timeout: duration().optional().describe('Instead of forwarding.timeout.'),
    max_in_flight: integer({ min: 1, max: IN_FLIGHT_MAX })
      .optional()
      .describe('Requests of this route in flight, per receiver and hub; over it answered at once.'),
    rate: rate().optional().describe('Requests per period and requesting party, as in 100/s or 6000/1m.'),
  })
  .superRefine((route, context) => {
    if (route.action !== 'deny') return
    for (const key of ['deliver_to', 'timeout', 'max_in_flight', 'rate'] as const) {
      if (route[key] === undefined) continue
      context.addIssue({ code: 'custom', path: [key], message: 'means nothing in a route that denies' })
    }
  })

/** A route in the words of the file, as it is stored and shown. */
export type FileRoute = Omit<z.input<typeof routeSchema>, 'max_in_flight'> & { max_in_flight?: number }

/** The rule of a checked route. */
export function toRule(route: z.output<typeof routeSchema>): RouteRule {
  const receiver = route.deliver_to === undefined ? undefined : readPartyText(route.deliver_to)
  return present({
    from: many(route.from),
    to: route.to === 'none' ? route.to : many(route.to),
    module: many(route.module),
    interface: route.interface,
    method: many(route.method),
    action: route.action,
    deliverTo: receiver && partyKey(receiver),
    timeoutMs: route.timeout,
    maxInFlight: route.max_in_flight,
    rate: route.rate,
  })
}

/** The same in the words of the file. */
export function toFileRoute(rule: RouteRule): FileRoute {
  return present({
    from: one(rule.from),
    to: rule.to === 'none' ? rule.to : one(rule.to),
    module: one(rule.module),
    interface: rule.interface,
    method: one(rule.method),
    action: rule.action,
    deliver_to: rule.deliverTo,
    timeout: rule.timeoutMs === undefined ? undefined : durationText(rule.timeoutMs),
    max_in_flight: rule.maxInFlight,
    rate: rule.rate && `${rule.rate.requests}/${durationText(rule.rate.perMs)}`,
  }) as FileRoute
}

function many<T>(value: T | readonly T[] | undefined): readonly T[] | undefined {
  if (value === undefined) return undefined
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

function one<T>(values: readonly T[] | undefined): T | readonly T[] | undefined {
  return values?.length === 1 ? values[0] : values
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The members that have a value: `exactOptionalPropertyTypes` tells absent from undefined. */
export function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>
}
