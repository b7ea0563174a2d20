// Why a request goes where it goes: the whole decision, pure and synchronous, in the order of the fault table.
// `routes explain` walks this same function with a trace; nothing here sends.

import { Fault } from '../faults/fault.ts'
import { type PartyId, type PartyKey, partyKey } from '../ocpi/party.ts'
import { sharesMessages } from '../ocpi/version.ts'
import type { Connection, PartyEntry, RoutingTable } from '../registry/routing-table.ts'
import { type Address, readAddress } from './address.ts'
import type { Message } from './message.ts'
import { readOpenReceiver } from './open-receiver.ts'
import type { RouteRule } from './rule.ts'
import { type CompiledRules, findRule } from './rules.ts'
import {
  broadcastTargets,
  choosePlatform,
  type Destination,
  listOwners,
  openCandidates,
  type Wanted,
} from './targets.ts'

/** One request to one party. */
export interface Route extends Destination {
  readonly from: PartyId
  /** TO as the sender addressed it: differs from the party when a route delivers elsewhere. */
  readonly addressed: PartyId
  readonly rule?: RouteRule
}

export type Decision =
  | { readonly way: 'direct' | 'open'; readonly from: PartyId; readonly route: Route }
  /** Candidates are asked together, the first 1000 wins (T18). */
  | { readonly way: 'ask'; readonly from: PartyId; readonly routes: readonly Route[] }
  | { readonly way: 'broadcast' | 'get-all'; readonly from: PartyId; readonly routes: readonly Route[] }

export interface RoutingContext {
  readonly table: RoutingTable
  readonly rules: CompiledRules
  readonly hub: PartyId
  /** Name of this hub in Via (T25). */
  readonly via: string
  /** Told each step in words, for people. */
  readonly trace?: (step: string, finding: string) => void
}

const PUSHES = new Set(['PUT', 'PATCH', 'POST', 'DELETE'])

/** Decides the way of a functional request. Throws the Fault of the first row that applies. */
export function decide(message: Message, sender: Connection, context: RoutingContext): Decision {
  const address = readAddress(message.head, sender)
  context.trace?.('from', `${address.fromKey} is a party of platform ${sender.platform.id}`)
  const wanted: Wanted = { ...pick(message), sender, from: address.fromKey }
  const decision = decideWay(message, address, wanted, context)
  if (message.head.via !== undefined && message.head.via.includes(context.via))
    throw new Fault('proxy_loop_detected')
  return decision
}

function pick(message: Message): Pick<Message, 'row' | 'module' | 'interface' | 'version'> {
  return { row: message.row, module: message.module, interface: message.interface, version: message.version }
}

function decideWay(message: Message, address: Address, wanted: Wanted, context: RoutingContext): Decision {
  const rule = findRule(context.rules, {
    from: address.fromKey,
    to: address.toKey,
    module: message.module,
    interface: message.interface,
    method: message.method,
  })?.rule
  context.trace?.(
    'route',
    rule ? `matches ${JSON.stringify(rule)}` : 'no route matches: routed by address alone',
  )
  if (address.to === undefined) return decideOpen(message, address, wanted, context, rule)
  if (address.toKey === partyKey(context.hub)) return decideHub(message, address, wanted, context)
  return {
    way: 'direct',
    from: address.from,
    route: toParty(address.to, address.from, wanted, context, rule),
  }
}

/** TO is the hub itself: GET ALL, a broadcast push, or a mistake (R52, R64, T19). */
function decideHub(message: Message, address: Address, wanted: Wanted, context: RoutingContext): Decision {
  const { row, method, rest } = message
  const { from } = address
  if (method === 'GET' && message.interface === 'SENDER') {
    if (isList(message)) {
      const routes = visible(listOwners(context.table, wanted), from, wanted, context)
      context.trace?.('way', `GET ALL over ${routes.length} parties`)
      return { way: 'get-all', from, routes }
    }
    if (row.lists)
      return { way: 'ask', from, routes: visible(listOwners(context.table, wanted), from, wanted, context) }
  }
  if (!PUSHES.has(method) || message.interface === 'SENDER' || row.responseUrl)
    throw new Fault('hub_not_addressable')
  const allowed = row.broadcast === true || (row.broadcast instanceof RegExp && row.broadcast.test(rest))
  if (!allowed)
    throw new Fault('broadcast_refused', { message: `${row.id} are not for everybody; address one party` })
  return toBroadcast(message, from, wanted, context)
}

function toBroadcast(message: Message, from: PartyId, wanted: Wanted, context: RoutingContext): Decision {
  if (message.row.clientOwned && readOwner(message.rest) !== wanted.from) {
    throw new Fault('owner_mismatch', {
      message: `The owner in the URL is not ${wanted.from}, who broadcasts`,
    })
  }
  const routes = visible(broadcastTargets(context.table, wanted), from, wanted, context)
  context.trace?.('way', `broadcast push to ${routes.length} parties`)
  return { way: 'broadcast', from, routes }
}

/** No TO headers: the receiver is told from the content, or the push is for everybody (R61-R63, T18). */
function decideOpen(
  message: Message,
  address: Address,
  wanted: Wanted,
  context: RoutingContext,
  rule: RouteRule | undefined,
): Decision {
  const { from } = address
  const named = readOpenReceiver(message, wanted)
  if (named) {
    context.trace?.('to', `${partyKey(named)} is named in the ${message.body ? 'body or path' : 'path'}`)
    return { way: 'open', from, route: toParty(named, from, wanted, context, rule) }
  }
  if (rule?.action === 'deny') throw denied(undefined)
  if (rule?.deliverTo !== undefined) {
    return { way: 'open', from, route: toParty(readKey(rule.deliverTo), from, wanted, context, rule) }
  }
  if (isList(message) && message.method === 'GET' && message.interface === 'SENDER') {
    if (VERSIONLESS.has(message.version)) {
      return {
        way: 'get-all',
        from,
        routes: visible(listOwners(context.table, wanted), from, wanted, context),
      }
    }
    throw new Fault('list_without_to')
  }
  const broadcastable =
    message.interface === 'RECEIVER' &&
    PUSHES.has(message.method) &&
    (message.row.broadcast === true ||
      (message.row.broadcast instanceof RegExp && message.row.broadcast.test(message.rest)))
  if (broadcastable) return toBroadcast(message, from, wanted, context)
  const candidates = visible(openCandidates(context.table, wanted), from, wanted, context)
  context.trace?.('to', `${candidates.length} candidates in the opposite role offer the endpoint`)
  if (candidates.length === 1) return { way: 'open', from, route: candidates[0]! }
  if (candidates.length > 1 && isAuthorize(message)) return { way: 'ask', from, routes: candidates }
  throw new Fault('to_unresolved')
}

// Versions without routing headers: a list is always asked of everybody behind the hub (hub-requirements §3, B).
const VERSIONLESS = new Set(['2.0', '2.1.1'])

/** The route to one addressed party, through the rule that applies. */
function toParty(
  to: PartyId,
  from: PartyId,
  wanted: Wanted,
  context: RoutingContext,
  rule: RouteRule | undefined,
): Route {
  const addressedKey = partyKey(to)
  const key = rule?.deliverTo === undefined ? addressedKey : partyKey(readKey(rule.deliverTo))
  const entries = context.table.parties.get(key)
  if (!entries) throw new Fault('to_unknown', { message: `${addressedKey} is not known to the hub` })
  if (rule?.action === 'deny') throw denied(addressedKey)
  const party = choosePlatform(entries, wanted)
  context.trace?.(
    'to',
    `${key} is connected through platform ${party.connection.platform.id}, ${party.status}`,
  )
  if (party.status !== 'CONNECTED') throw notConnected(party)
  const endpoint = party.connection.endpoint(wanted.module, wanted.interface)
  if (!endpoint) throw notOffered(party, wanted)
  const version = party.connection.platform.version
  if (!version || !sharesMessages(version, wanted.version)) {
    throw new Fault('version_not_shared', {
      message: `${party.key} speaks OCPI ${version ?? '?'}, not ${wanted.version}`,
    })
  }
  return { party, endpoint, from, addressed: to, ...(rule ? { rule } : {}) }
}

function denied(key: PartyKey | undefined): Fault {
  const whom = key === undefined ? 'this request' : `exchanges of this kind with ${key}`
  return new Fault('to_denied', { message: `A route of the hub denies ${whom}` })
}

function notConnected(party: PartyEntry): Fault {
  return new Fault('to_not_connected', {
    message: `${party.key} is ${party.status}; nothing was sent`,
    data: { connection_status: party.status },
  })
}

function notOffered(party: PartyEntry, wanted: Wanted): Fault {
  const version = party.connection.platform.version ?? wanted.version
  if (!sharesMessages(version, wanted.version)) {
    return new Fault('version_not_shared', {
      message: `${party.key} speaks OCPI ${version}, not ${wanted.version}`,
    })
  }
  return new Fault('module_not_offered', {
    message: `${party.key} does not offer ${wanted.module}/${wanted.interface} in OCPI ${version}`,
  })
}

/** Destinations as routes, without those a rule denies to this sender (R87, T38). */
function visible(
  destinations: readonly Destination[],
  from: PartyId,
  wanted: Wanted,
  context: RoutingContext,
): Route[] {
  return destinations.flatMap((destination) => {
    const { role } = destination.party
    const rule = findRule(context.rules, {
      from: wanted.from,
      to: destination.party.key,
      module: wanted.module,
      interface: wanted.interface,
    })?.rule
    if (rule?.action === 'deny') return []
    return [{ ...destination, from, addressed: role, ...(rule ? { rule } : {}) }]
  })
}

function isList(message: Message): boolean {
  const rest = message.rest.endsWith('/') ? message.rest.slice(0, -1) : message.rest
  return message.row.lists?.includes(rest) ?? false
}

function isAuthorize(message: Message): boolean {
  return (
    message.row.id === 'tokens' && message.method === 'POST' && /^\/[^/]+\/authorize\/?$/.test(message.rest)
  )
}

/** Owner in a client-owned URL `/{country_code}/{party_id}/…` (R72). */
function readOwner(rest: string): PartyKey | undefined {
  const match = /^\/([^/]+)\/([^/]+)(?:\/|$)/.exec(rest)
  return match ? partyKey({ countryCode: match[1]!, partyId: match[2]! }) : undefined
}

function readKey(key: PartyKey): PartyId {
  return { countryCode: key.slice(0, 2), partyId: key.slice(3) }
}
