// From parties to routes: the one addressed, with the Fault of the first row that stands in the way, or the many
// of a broadcast, GET ALL or question, without those the operator's routes deny. Pure.

import { Fault } from '../faults/fault.ts'
import type { PartyId, PartyKey } from '../ocpi/party.ts'
import { sharesMessages } from '../ocpi/version.ts'
import type { ConnectionStatus } from '../registry/platform.ts'
import type { RoutingTable } from '../registry/routing-table.ts'
import { describeRule } from './describe-rule.ts'
import type { Message } from './message.ts'
import type { Owners } from './owners.ts'
import type { RouteRule } from './rule.ts'
import { type CompiledRules, findRule } from './rules.ts'
import { choosePlatform, type Destination, type Wanted } from './targets.ts'

export interface RoutingContext {
  readonly table: RoutingTable
  readonly rules: CompiledRules
  readonly hub: PartyKey
  /** Name of this hub in Via (T25). */
  readonly via: string
  readonly owners: Owners
  /** Told each step in words, for people. */
  readonly trace?: (step: string, finding: string) => void
}

/** One request to one party. */
export interface Route extends Destination {
  readonly from: PartyId
  /** TO as the sender addressed it: differs from the party when a route delivers elsewhere. */
  readonly addressed: PartyKey
  readonly rule?: RouteRule
  /** Why nothing is to be sent on it, found out after the decision (rates). */
  readonly refused?: Fault
}

/** What every step of the decision looks at. */
export interface Case {
  readonly message: Message
  readonly wanted: Wanted
  /** The sender's party, as registered. */
  readonly from: PartyId
  readonly context: RoutingContext
}

/** The operator's route for this message to `to`; absent = no TO headers. */
export function ruleFor(to: PartyKey | undefined, { message, wanted, context }: Case): RouteRule | undefined {
  const { module, interface: role, method } = message
  return findRule(context.rules, { from: wanted.from, to, module, interface: role, method })?.rule
}

/** The route to one party through the rule that applies. Throws in the order of the fault table. */
export function routeTo(
  addressed: PartyKey,
  rule: RouteRule | undefined,
  { wanted, from, context }: Case,
): Route {
  const key = rule?.deliverTo ?? addressed
  const entries = context.table.parties.get(key)
  if (!entries) throw new Fault('to_unknown', { message: `${addressed} is not known to the hub` })
  if (rule?.action === 'deny') throw denied(addressed, rule)
  const party = choosePlatform(entries, wanted)
  const { platform } = party.connection
  context.trace?.('to', `${key} is connected through platform ${platform.id}, ${party.status}`)
  if (party.status !== 'CONNECTED') throw notConnected(key, party.status, platform.id)
  const endpoint = party.connection.endpoint(wanted.module, wanted.interface)
  const { version = wanted.version, id: responder } = platform
  if (!endpoint) {
    if (platform.endpoints.length === 0) throw withoutEndpoints(key, responder)
    // Clients that know modules but no interfaces take the wrong one of the hub's two URLs.
    const other = wanted.interface === 'SENDER' ? 'RECEIVER' : 'SENDER'
    const only = party.connection.endpoint(wanted.module, other) ? `, only ${wanted.module}/${other}` : ''
    throw new Fault('module_not_offered', {
      message: `${key} does not offer ${wanted.module}/${wanted.interface} in OCPI ${version}${only}`,
      responder,
    })
  }
  if (!sharesMessages(version, wanted.version)) {
    const message = `${key} speaks OCPI ${version}, not ${wanted.version}`
    throw new Fault('version_not_shared', { message, responder })
  }
  return rule ? { party, endpoint, from, addressed, rule } : { party, endpoint, from, addressed }
}

/** Destinations as routes, without those a rule denies to this sender (R87, T38). */
export function routesTo(destinations: readonly Destination[], errand: Case): Route[] {
  return destinations.flatMap((destination) => {
    const rule = ruleFor(destination.party.key, errand)
    if (rule?.action === 'deny') return []
    const addressed = destination.party.key
    return [{ from: errand.from, addressed, ...destination, ...(rule ? { rule } : {}) }]
  })
}

/** The Fault of a rule that says deny. */
export function denied(key: PartyKey | undefined, rule: RouteRule): Fault {
  const whom = key === undefined ? 'this request' : `exchanges of this kind with ${key}`
  return new Fault('to_denied', {
    message: `A route of the hub denies ${whom}`,
    detail: `the route ${describeRule(rule)}`,
  })
}

/** A party whose version details the hub has never read offers nothing yet, and need not be told to add a module. */
function withoutEndpoints(key: PartyKey, responder: string): Fault {
  return new Fault('module_not_offered', {
    message: `The hub does not know any endpoint of ${key} yet`,
    detail: `its version details were never read: "ocpi-hub platforms refresh ${responder}" says why, or reads them`,
    responder,
  })
}

/** The Fault of a party that is known, on a platform or once on it, and is not to be sent anything. */
export function notConnected(key: PartyKey, status: ConnectionStatus, responder: string): Fault {
  return new Fault('to_not_connected', {
    message: `${key} is ${status}; nothing was sent`,
    data: { connection_status: status },
    responder,
  })
}

/** `NL-CPO` as a party. */
export function readKey(key: PartyKey): PartyId {
  return { countryCode: key.slice(0, 2), partyId: key.slice(3) }
}
