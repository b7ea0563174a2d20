// Why a request goes where it goes: the whole decision, pure and synchronous, in the order of the fault table.
// `routes explain` walks this same function with a trace; nothing here sends.

import { Fault, type FaultDetail } from '../faults/fault.ts'
import { counted } from '../journal/text.ts'
import { type PartyId, type PartyKey, partyKey, readPartyText } from '../ocpi/party.ts'
import { VERSIONS } from '../ocpi/version.ts'
import { withMembers } from '../ocpi/with-members.ts'
import type { Connection } from '../registry/routing-table.ts'
import { readAddress } from './address.ts'
import { describeRule } from './describe-rule.ts'
import { misnamed } from './head.ts'
import { isList, type Message } from './message.ts'
import { namesAnother, readKnownOwner, readOpenReceiver } from './open-receiver.ts'
import { type Case, denied, type Route, type RoutingContext, routesTo, routeTo, ruleFor } from './route-to.ts'
import type { RouteRule } from './rule.ts'
import { broadcastTargets, listOwners, openCandidates } from './targets.ts'

export type { Route, RoutingContext } from './route-to.ts'

export type Decision =
  | { readonly way: 'direct' | 'open'; readonly from: PartyId; readonly route: Route }
  /** `ask`: candidates are asked together, the first 1000 wins (T18). */
  | {
      readonly way: 'ask' | 'broadcast' | 'get-all'
      readonly from: PartyId
      readonly routes: readonly Route[]
      /** The operator's route for the request as it was addressed; each of `routes` may have its own. */
      readonly rule?: RouteRule
    }

const PUSHES = new Set(['PUT', 'PATCH', 'POST', 'DELETE'])

/** Decides the way of a functional request. Throws the Fault of the first row that applies. */
export function decide(message: Message, sender: Connection, context: RoutingContext): Decision {
  refuseSuspended(sender)
  // Before FROM is looked at: what comes round has a FROM of this hub's own, and would be refused as foreign.
  if (message.head.via?.includes(context.via)) throw new Fault('proxy_loop_detected')
  const address = readAddress(message.head, sender)
  context.trace?.('from', `${address.fromKey} is a party of platform ${sender.platform.id}`)
  const { row, module, interface: role, version } = message
  const wanted = { row, module, interface: role, version, sender, from: address.fromKey }
  const errand: Case = { message, wanted, from: address.from, context }
  context.owners.learn(message, address.fromKey)
  return decideWay(address.to, errand)
}

/** What an operator has suspended neither receives nor sends; its configuration modules stay open to it. */
export function refuseSuspended({ platform }: Connection): void {
  if (platform.status !== 'SUSPENDED') return
  throw new Fault('to_denied', { message: 'This platform is suspended by the operator of the hub' })
}

function decideWay(to: PartyKey | undefined, errand: Case): Decision {
  const { context } = errand
  const rule = ruleFor(to, errand)
  context.trace?.(
    'route',
    rule ? `matches: ${describeRule(rule)}` : 'no route matches: routed by address alone',
  )
  const decision = decideTo(to, rule, errand)
  return rule && 'routes' in decision ? withMembers(decision, { rule }) : decision
}

function decideTo(to: PartyKey | undefined, rule: RouteRule | undefined, errand: Case): Decision {
  if (to === undefined) return decideOpen(rule, errand)
  if (to !== errand.context.hub) {
    return { way: 'direct', from: errand.from, route: routeTo(to, rule, errand) }
  }
  if (rule && deniesByName(rule, to)) throw denied(to, rule)
  return decideHub(errand)
}

/** A pattern of many denies the many; what is addressed to the hub goes on without them. */
function deniesByName({ action, to }: RouteRule, key: PartyKey): boolean {
  if (action !== 'deny' || to === undefined || to === 'none') return false
  return to.some((pattern) => {
    const named = readPartyText(pattern)
    return named !== undefined && partyKey(named) === key
  })
}

/** TO is the hub itself: GET ALL, a broadcast push, or a mistake (R52, R64, T19). */
function decideHub(errand: Case): Decision {
  const { row, method, interface: role } = errand.message
  if (method === 'GET' && role === 'SENDER' && row.lists)
    return isList(errand.message) ? toGetAll(errand) : toAsk(errand)
  if (!PUSHES.has(method) || role === 'SENDER' || row.responseUrl) throw new Fault('hub_not_addressable')
  if (!isBroadcastable(errand.message)) {
    throw new Fault('broadcast_refused', { message: `${row.id} are not for everybody; address one party` })
  }
  return toBroadcast(errand)
}

/** No TO headers: the receiver is told from the content, or the push is for everybody (R61-R63, T18). */
function decideOpen(rule: RouteRule | undefined, errand: Case): Decision {
  const { message, wanted, from, context } = errand
  const list = message.method === 'GET' && message.interface === 'SENDER' && isList(message)
  // The next page of the hub's own list, whatever routes say of requests without TO: they were asked for the first.
  if (list && /[?&]cursor=/.test(message.query)) return toGetAll(errand)
  const open = (to: PartyKey): Decision => {
    context.trace?.('to', `${to} is told from the content`)
    // Once the receiver is known, the routes about it apply as if it had been addressed.
    const found = firstRule(rule, ruleFor(to, errand), context)
    return { way: 'open', from, route: routeTo(to, found, errand) }
  }
  const named = readOpenReceiver(message, wanted)
  if (named) return open(partyKey(named))
  if (rule?.action === 'deny') throw denied(undefined, rule)
  if (rule?.deliverTo !== undefined) {
    return { way: 'open', from, route: routeTo(rule.deliverTo, rule, errand) }
  }
  // Before 2.2 a list is asked of everybody behind the hub (hub-requirements §3 B).
  if (list && !VERSIONS[message.version].routed) return toGetAll(errand)
  if (list) throw new Fault('list_without_to', misnamed(message.head))
  if (message.interface === 'RECEIVER' && PUSHES.has(message.method) && isBroadcastable(message)) {
    return toBroadcast(errand)
  }
  if (isForeignAlike(message)) throw new Fault('to_unresolved')
  const owner = readKnownOwner(message, wanted, context.owners)
  if (owner !== undefined) return open(owner)
  const candidates = routesTo(openCandidates(context.table, wanted), errand)
  context.trace?.('to', `${candidates.length} candidates in the opposite role offer the endpoint`)
  if (candidates.length === 1) return { way: 'open', from, route: candidates[0]! }
  if (candidates.length > 1 && isQuestion(message)) return { way: 'ask', from, routes: candidates }
  throw new Fault('to_unresolved', { ...aboutInterface(message), ...misnamed(message.head) })
}

/** A client that knows modules but no interfaces takes the wrong one of the hub's two URLs. */
function aboutInterface(message: Message): FaultDetail {
  if (message.method !== 'GET' || message.interface !== 'RECEIVER' || !isList(message)) return {}
  return { message: 'A list is read on the SENDER interface of the hub; this is the RECEIVER, for pushes' }
}

/** The one that stands first in the operator's list: the first that matches wins, by whatever it matches. */
function firstRule(
  one: RouteRule | undefined,
  other: RouteRule | undefined,
  { rules: { rules } }: RoutingContext,
): RouteRule | undefined {
  if (!one || !other) return one ?? other
  return rules.indexOf(one) <= rules.indexOf(other) ? one : other
}

function toGetAll(errand: Case): Decision {
  const routes = routesTo(listOwners(errand.context.table, errand.wanted), errand)
  errand.context.trace?.('way', `GET ALL over ${counted(routes.length, 'party', 'parties')}`)
  return { way: 'get-all', from: errand.from, routes }
}

/** One object of nobody in particular: every owner is asked (T17). */
function toAsk(errand: Case): Decision {
  const routes = routesTo(listOwners(errand.context.table, errand.wanted), errand)
  errand.context.trace?.(
    'way',
    `asked of ${counted(routes.length, 'party', 'parties')}, the first that knows it answers`,
  )
  return { way: 'ask', from: errand.from, routes }
}

function toBroadcast(errand: Case): Decision {
  const { message, wanted, from, context } = errand
  if (message.row.clientOwned) refuseForeign(errand)
  const routes = routesTo(broadcastTargets(context.table, wanted), errand)
  context.trace?.('way', `broadcast push to ${counted(routes.length, 'party', 'parties')}`)
  return { way: 'broadcast', from, routes }
}

/** FROM is the hub at the receivers: they have nothing but URL and body to tell the owner by (T24). */
function refuseForeign({ message, wanted, from }: Case): void {
  const isOwn = readOwner(message.rest) === wanted.from
  if (isOwn && !namesAnother(message, from)) return
  throw new Fault('owner_mismatch', {
    message: `The owner in the ${isOwn ? 'body' : 'URL'} is not ${wanted.from}, who broadcasts`,
  })
}

function isBroadcastable({ row, rest }: Message): boolean {
  return row.broadcast === true || (row.broadcast instanceof RegExp && row.broadcast.test(rest))
}

/** tokens/{uid}/authorize of any version, and before 2.2, which has no TO, a single object of either interface. */
function isQuestion(message: Message): boolean {
  const authorize = message.row.id === 'tokens' && /^\/[^/]+\/authorize\/?$/.test(message.rest)
  if (message.method === 'POST') return authorize && message.interface === 'SENDER'
  return message.method === 'GET' && !VERSIONS[message.version].routed
}

/**
 * One session or CDR before 2.2, where the other side is not told who asks and would show what is another's. A CDR that
 * was posted is read at its own URL, a session that was pushed under the party of its owner.
 */
function isForeignAlike({ method, interface: side, row, version }: Message): boolean {
  if (method !== 'GET' || row.personal !== true || VERSIONS[version].routed) return false
  return side === 'SENDER' || row.clientOwned !== true
}

/** Owner in a client-owned URL `/{country_code}/{party_id}/…` (R72). */
function readOwner(rest: string): string | undefined {
  const [, countryCode, partyId] = rest.split('/', 3)
  return countryCode && partyId ? partyKey({ countryCode, partyId }) : undefined
}
