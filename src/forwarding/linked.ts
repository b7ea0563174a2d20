// Follows a hub URL that stands for a party's own: checks that the caller is the one it was made for and forwards
// to the original URL with that party's token, headers and fresh ids (R70, R77, R78, R80, R82).

import { Fault } from '../faults/fault.ts'
import type { Exchange } from '../journal/exchange.ts'
import type { Link, LinkPurpose, LinkStore } from '../links/links.ts'
import { readTarget } from '../ocpi/endpoint.ts'
import { moduleKey } from '../ocpi/module.ts'
import type { PartyKey } from '../ocpi/party.ts'
import { withMembers } from '../ocpi/with-members.ts'
import type { Connection, PartyEntry, RoutingTable } from '../registry/routing-table.ts'
import { readClaimedFrom, readTo } from '../routing/address.ts'
import { denied, notConnected, readKey, type Route } from '../routing/route-to.ts'
import type { RouteRule } from '../routing/rule.ts'
import { type CompiledRules, findRule } from '../routing/rules.ts'
import type { Message } from '../routing/message.ts'
import type { Relayed } from './relayed.ts'
import { type ForwardingParts, forwardTo, type Requester } from './direct.ts'

const METHOD: Readonly<Record<LinkPurpose, string>> = { page: 'GET', location: 'GET', callback: 'POST' }

/**
 * Forwards a request on the link `id`. Throws `link_unknown` also when the link is somebody else's,
 * `party_header_broken`, `from_foreign`, `link_contradicted`, `method_unsupported`, `to_denied`, `to_not_connected`,
 * `rate_limited` and the Faults of forwarding.
 */
export async function forwardLinked(
  id: string,
  message: Message,
  sender: Connection,
  context: {
    readonly exchange: Exchange
    readonly requester: Requester
    readonly table: RoutingTable
    readonly rules: CompiledRules
    readonly links: LinkStore
  },
  parts: ForwardingParts,
): Promise<Relayed> {
  const { exchange } = context
  const link = await context.links.get(id)
  if (!link || !isFor(link, message, sender)) throw new Fault('link_unknown')
  readClaimedFrom(message.head, sender)
  exchange.from = link.from
  exchange.to = link.to
  exchange.causedBy = link.correlationId
  if (link.purpose === 'callback') exchange.keep = true
  if ((readTo(message.head) ?? link.to) !== link.to) throw new Fault('link_contradicted')
  if (message.method !== METHOD[link.purpose]) {
    throw new Fault('method_unsupported', { headers: { Allow: METHOD[link.purpose] } })
  }
  const rule = ruleOf(link, message.method, context.rules)
  if (rule?.action === 'deny') throw denied(link.to, rule)
  const route = withMembers(toRoute(link, context.table), rule && { rule })
  parts.limits.count({ way: 'direct', from: route.from, route })
  const { listQuery } = link
  const outgoing: Message = withMembers(message, {
    rest: '',
    query: '',
    byUrl: link.purpose,
    ...(listQuery === undefined ? {} : { listQuery }),
  })
  return forwardTo(route, outgoing, exchange, context.requester, parts)
}

/** Routes of the operator are about hub URLs too; where they deliver is settled by the URL. */
function ruleOf(
  { from, to, module, interface: role }: Link,
  method: string,
  rules: CompiledRules,
): RouteRule | undefined {
  return findRule(rules, { from, to, module, interface: role, method })?.rule
}

function isFor(link: Link, message: Message, sender: Connection): boolean {
  return (
    link.caller === sender.platform.id &&
    link.interface === message.interface &&
    moduleKey(link.module) === moduleKey(message.module)
  )
}

function toRoute(link: Link, table: RoutingTable): Route {
  const connection = table.connections.get(link.owner)
  const target = readTarget(link.url)
  if (!connection || !target) throw new Fault('link_unknown')
  const party = entryOf(link.to, connection, table)
  if (!party || party.status !== 'CONNECTED') {
    throw notConnected(link.to, party?.status ?? 'SUSPENDED', link.owner)
  }
  const endpoint = { module: link.module, role: link.interface, url: link.url }
  return {
    party,
    endpoint: { endpoint, target },
    from: readKey(link.from),
    addressed: link.to,
  }
}

/** The party on the platform the link belongs to; one that a route delivers to stands for the addressed one. */
function entryOf(key: PartyKey, connection: Connection, table: RoutingTable): PartyEntry | undefined {
  const entries = table.parties.get(key)?.filter((entry) => entry.connection === connection) ?? []
  const own = [...connection.parties.keys()].flatMap((other) => table.parties.get(other) ?? [])
  return entries[0] ?? own.find((entry) => entry.connection === connection)
}
