// One page of one owner in a GET ALL: asked by offset or behind the owner's own Link, read, and shown as far as it is
// the requester's.

import { Fault } from '../faults/fault.ts'
import type { Exchange } from '../journal/exchange.ts'
import { TOTAL_COUNT } from '../ocpi/headers.ts'
import { joinPath } from '../ocpi/endpoint.ts'
import { type PartyKey, partyKey } from '../ocpi/party.ts'
import { VERSIONS } from '../ocpi/version.ts'
import { withMembers } from '../ocpi/with-members.ts'
import type { WhoseObject } from '../routing/contracts.ts'
import type { Route } from '../routing/decide.ts'
import type { Message } from '../routing/message.ts'
import type { Owners } from '../routing/owners.ts'
import type { ForwardingParts, Requester } from './direct.ts'
import { forwardLeg } from './forward-leg.ts'
import { endLeg, failLeg, openLeg } from './leg.ts'
import { filterList, type ListBody, type OwnerList, readList } from './list-body.ts'
import { type Missing, refusing } from './missing-owners.ts'
import { type Ask, type OwnerPage, ownerQuery, readCount } from './pages.ts'
import { isSamePage, samePage } from './same-page.ts'
import { endpointOf, type Onward, readOnward } from './trail.ts'

export interface OwnerParts extends ForwardingParts {
  /** Learns whose the listed objects are. */
  readonly owners: Pick<Owners, 'learnList'>
  readonly whose: WhoseObject
}

/** What to ask an owner for. */
export interface PageWanted {
  readonly route: Route
  readonly ask: Ask
  readonly filters: string
  /** Digest of the page it gave before, if any (same-page.ts). */
  readonly before: string | undefined
}

export interface OwnerAnswer extends OwnerPage {
  /** What the requester gets of them. */
  readonly shown: ListBody
  /** Objects that were left out because nobody knows whose they are. */
  readonly unknown: number
  readonly items: Buffer
}

/** The page, why there is none, or both: a page after which the rest is missing. */
export interface Asked {
  readonly answer?: OwnerAnswer
  readonly missing?: Missing
}

/** Asks for one page. Never throws. */
export async function askOwner(
  wanted: PageWanted,
  message: Message,
  exchange: Exchange,
  requester: Requester,
  parts: OwnerParts,
): Promise<Asked> {
  const { route, before } = wanted
  const leg = openLeg(exchange, 'get-all', partyKey(route.from))
  const give = (what: string, answer?: OwnerAnswer): Asked => {
    const cause = failLeg(leg, new Fault('answer_not_ocpi', { what }), parts)
    return { ...(answer ? { answer } : {}), missing: { leg, words: what, cause, given: true } }
  }
  try {
    const request = toRequest(wanted, message)
    const relayed = await forwardLeg(request.route, request.message, leg, requester, parts)
    const code = relayed.statusCode ?? 0
    if (code < 1000 || code > 1999) {
      endLeg(leg, relayed, parts)
      return { missing: refusing(leg, relayed) }
    }
    const list = Buffer.isBuffer(relayed.body) ? await readList(relayed.body) : undefined
    if (!list) throw new Fault('answer_not_ocpi', { what: 'answered a list request without a list' })
    const total = readCount(values(relayed.headers, TOTAL_COUNT)[0])
    const onward = whereTo(request, wanted, message.rest, relayed.headers, { count: list.count, total })
    if (isSamePage(list.items, before)) return give(samePage(wanted.ask, onward))
    const { row, version } = message
    parts.owners.learnList({ row, version, objects: list.objects }, route.party.key)
    const answer = {
      ...showList(list, message, partyKey(route.from), parts),
      count: list.count,
      items: list.items,
      total,
      more: onward.more,
      trail: onward.trail,
    }
    if (onward.ended !== undefined) return give(onward.ended, answer)
    endLeg(leg, relayed, parts)
    return { answer }
  } catch (error) {
    const cause = failLeg(leg, error, parts)
    return { missing: { leg, words: cause.code, cause } }
  }
}

type Request = Pick<PageWanted, 'route'> & { readonly message: Message }

/** By offset below the owner's endpoint, or exactly what its Link said. */
function toRequest({ route, ask, filters }: PageWanted, message: Message): Request {
  const { trail, offset, limit } = ask
  if (!trail) {
    const query = ownerQuery(filters, offset, limit)
    return { route, message: withMembers(message, { query, assembled: true }) }
  }
  const endpoint = { ...route.endpoint, target: endpointOf(trail, route.endpoint.target) }
  return {
    route: { ...route, endpoint },
    message: withMembers(message, {
      rest: '',
      query: '',
      byUrl: 'page',
      assembled: true,
      listQuery: filters,
    }),
  }
}

function whereTo(
  { route, message }: Request,
  wanted: PageWanted,
  rest: string,
  headers: readonly string[],
  page: Pick<OwnerPage, 'count' | 'total'>,
): Onward {
  const { target } = route.endpoint
  const asked = {
    position: wanted.ask,
    endpoint: wanted.route.endpoint.target,
    rest,
    filters: wanted.filters,
    url: target.origin + joinPath(target, message.rest, message.query),
  }
  return readOnward(values(headers, 'Link'), asked, page)
}

/** Before 2.2 the owner does not learn who asks, and what is one eMSP's is no other's to see. */
function showList(
  list: OwnerList,
  { row, version }: Message,
  from: PartyKey,
  { whose }: Pick<OwnerParts, 'whose'>,
): Pick<OwnerAnswer, 'shown' | 'unknown'> {
  if (!row.personal || VERSIONS[version].routed) return { shown: list, unknown: 0 }
  const whoseIs = whose(from, version)
  let unknown = 0
  const shown = filterList(list, (object) => {
    const answer = whoseIs(object)
    if (answer === 'unknown') unknown++
    return answer === 'own'
  })
  return { shown, unknown }
}

/** All values of a header, in their order. */
function values(headers: readonly string[], name: string): string[] {
  const lower = name.toLowerCase()
  return headers.filter((_, place) => place % 2 === 1 && headers[place - 1]!.toLowerCase() === lower)
}
