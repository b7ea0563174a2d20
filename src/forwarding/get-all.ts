// GET ALL: the lists of all owners as one list, asked live and page-wise (R64, T17, T36). An owner that fails is
// left out and named; the cursor carries all state, so any hub of the cluster can go on.

import { Fault } from '../faults/fault.ts'
import type { Exchange } from '../journal/exchange.ts'
import { PAGE_LIMIT, TOTAL_COUNT } from '../ocpi/headers.ts'
import { type PartyKey, partyKey } from '../ocpi/party.ts'
import { VERSIONS } from '../ocpi/version.ts'
import type { WhoseObject } from '../routing/contracts.ts'
import type { Route } from '../routing/decide.ts'
import type { Message } from '../routing/message.ts'
import type { Owners } from '../routing/owners.ts'
import type { Relayed } from './relayed.ts'
import { type CursorScope, readCursor, writeCursor } from './cursor.ts'
import type { ForwardingParts, Requester } from './direct.ts'
import { forwardLeg } from './forward-leg.ts'
import { endLeg, failLeg, openLeg } from './leg.ts'
import { allMissing, describe, type Missed, type Missing, refusing } from './missing-owners.ts'
import { isSamePage, pageDigest, SAME_PAGE } from './same-page.ts'
import { filterList, joinLists, type ListBody, type OwnerList, readList } from './list-body.ts'
import {
  advance,
  type Ask,
  nextOwner,
  type Owner,
  ownerQuery,
  planPage,
  type Position,
  positionAt,
  readCount,
  readGetAllQuery,
  resumeAt,
  totalOf,
} from './pages.ts'

export interface GetAllParts extends ForwardingParts {
  /** Keys of the cursors: the first writes. */
  readonly cursorKeys: readonly Buffer[]
  readonly publicUrl: string
  /** Learns whose the listed objects are. */
  readonly owners: Pick<Owners, 'learnList'>
  readonly whose: WhoseObject
}

/** Objects per page at most: the hub's X-Limit. */
const PAGE_MAX = 500
const OWNER_TIMEOUT_MIN_MS = 2_000
/** Owners asked at the same time for their totals. */
const PARALLEL_MAX = 16

interface OwnerAnswer {
  /** What the requester gets of them. */
  readonly shown: ListBody
  /** Objects that were left out because nobody knows whose they are. */
  readonly unknown: number
  /** Objects the owner gave. */
  readonly count: number
  readonly items: Buffer
  readonly total: number | undefined
  readonly more: boolean
}

interface Crawl {
  readonly owners: readonly Owner[]
  readonly position: Position | undefined
  /** Digest of the page that the owner at this position gave last. */
  readonly page: string | undefined
  readonly total: number
  readonly limit: number
  readonly filters: string
}

/**
 * Gives what is there when the time is nearly over, and a Link to the rest. When every owner failed it gives the first
 * OCPI error of one of them, as only the requester can mend that, or throws the Fault of the first. Throws
 * `query_invalid` for a bad query or cursor.
 */
export async function getAll(
  routes: readonly Route[],
  message: Message,
  exchange: Exchange,
  requester: Requester,
  parts: GetAllParts,
): Promise<Relayed> {
  const missing = new Map<PartyKey, Missing>()
  const byKey = new Map(routes.map((route) => [route.party.key, route]))
  const scope: CursorScope = {
    requester: exchange.requester!,
    from: exchange.from!,
    version: message.version,
    module: message.module,
    rest: message.rest,
  }

  // An owner that hangs must not use up the time that the requester itself waits.
  const { timeoutMs } = parts.options
  const begunAt = performance.now()
  const leftMs = () => begunAt + timeoutMs - performance.now()
  const patient = (): GetAllParts => {
    const ownerTimeoutMs = Math.min(leftMs(), Math.max(timeoutMs / 3, OWNER_TIMEOUT_MIN_MS))
    return { ...parts, options: { ...parts.options, timeoutMs: Math.max(1, ownerTimeoutMs) } }
  }

  async function ask(
    { key, offset, limit }: Ask,
    filters: string,
    before?: string,
  ): Promise<OwnerAnswer | undefined> {
    const one = { route: byKey.get(key)!, query: ownerQuery(filters, offset, limit), before }
    const answer = await askOwner(one, message, exchange, requester, patient())
    if ('count' in answer) return answer
    missing.set(key, answer)
    return undefined
  }

  const crawl = await beginCrawl([...byKey.keys()], message.query, scope, ask, parts)
  const items: OwnerAnswer[] = []
  let { position, page } = crawl
  let count = 0
  for (let round = 0; position && count < crawl.limit; round++) {
    // Whoever is asked now still has a third of the time.
    if (round > 0 && leftMs() < timeoutMs / 3) break
    const asks: Ask[] = planPage(crawl.owners, position, crawl.limit - count)
    // Only the first of them may be one that has given a page before.
    const answers = await Promise.all(
      asks.map((one, index) => ask(one, crawl.filters, index === 0 ? page : undefined)),
    )
    for (const [index, one] of asks.entries()) {
      if (one.key !== position?.key || one.offset !== position.offset) break
      const answer = answers[index]
      if (answer) {
        items.push(answer)
        count += answer.count
      }
      position = answer ? advance(crawl.owners, position, answer) : nextOwner(crawl.owners, position)
      page = answer && position?.key === one.key ? pageDigest(answer.items) : undefined
    }
  }
  const isAnyThere = missing.size < routes.length || [...missing.values()].some(({ given }) => given)
  if (routes.length > 0 && !isAnyThere) return allMissing(missing, exchange)
  return toAnswer(items, { ...crawl, position, page }, missing, scope, routes.length, parts)
}

/** Where this page begins: from the cursor, or after every owner was asked for its total. */
async function beginCrawl(
  keys: readonly PartyKey[],
  query: string,
  scope: CursorScope,
  ask: (ask: Ask, filters: string) => Promise<OwnerAnswer | undefined>,
  parts: GetAllParts,
): Promise<Crawl> {
  const asked = readGetAllQuery(query)
  if ('problem' in asked) throw new Fault('query_invalid', { message: asked.problem })
  if ('cursor' in asked) {
    const cursor = readCursor(asked.cursor, scope, parts.cursorKeys)
    if (!cursor) throw new Fault('query_invalid', { message: 'cursor is not one of this hub for this list' })
    const owners = keys.map((key) => ({ key }))
    const position = resumeAt(owners, { key: cursor.owner, offset: cursor.offset })
    const { owner, page, total, limit, filters } = cursor
    return { owners, position, page: position?.key === owner ? page : undefined, total, limit, filters }
  }
  const owners: Owner[] = []
  for (let start = 0; start < keys.length; start += PARALLEL_MAX) {
    const some = keys.slice(start, start + PARALLEL_MAX)
    const answers = await Promise.all(some.map((key) => ask({ key, offset: 0, limit: 1 }, asked.filters)))
    for (const [index, key] of some.entries()) {
      const answer = answers[index]
      if (answer) owners.push({ key, total: answer.total, given: answer.count })
    }
  }
  const limit = Math.min(asked.limit ?? PAGE_MAX, PAGE_MAX)
  return {
    owners,
    position: positionAt(owners, asked.offset),
    page: undefined,
    total: totalOf(owners),
    limit,
    filters: asked.filters,
  }
}

/** One page of one owner, or why there is none. */
async function askOwner(
  { route, query, before }: { route: Route; query: string; before: string | undefined },
  message: Message,
  exchange: Exchange,
  requester: Requester,
  parts: GetAllParts,
): Promise<OwnerAnswer | Missing> {
  const leg = openLeg(exchange, 'get-all', partyKey(route.from))
  try {
    const relayed = await forwardLeg(route, { ...message, query, assembled: true }, leg, requester, parts)
    const code = relayed.statusCode ?? 0
    if (code < 1000 || code > 1999) {
      endLeg(leg, relayed, parts)
      return refusing(leg, relayed)
    }
    const list = Buffer.isBuffer(relayed.body) ? await readList(relayed.body) : undefined
    if (!list) throw new Fault('answer_not_ocpi', { what: 'answered a list request without a list' })
    if (isSamePage(list.items, before)) {
      const cause = failLeg(leg, new Fault('answer_not_ocpi', { what: SAME_PAGE }), parts)
      return { leg, words: SAME_PAGE, cause, given: true }
    }
    endLeg(leg, relayed, parts)
    const { row, version } = message
    parts.owners.learnList({ row, version, objects: list.objects }, route.party.key)
    return {
      ...showList(list, message, partyKey(route.from), parts),
      count: list.count,
      items: list.items,
      total: readCount(header(relayed.headers, TOTAL_COUNT)),
      more: /\bnext\b/i.test(header(relayed.headers, 'Link') ?? ''),
    }
  } catch (error) {
    const cause = failLeg(leg, error, parts)
    return { leg, words: cause.code, cause }
  }
}

/** Before 2.2 the owner does not learn who asks, and what is one eMSP's is no other's to see. */
function showList(
  list: OwnerList,
  { row, version }: Message,
  from: PartyKey,
  { whose }: Pick<GetAllParts, 'whose'>,
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

function header(headers: readonly string[], name: string): string | undefined {
  const lower = name.toLowerCase()
  const index = headers.findIndex((part, place) => place % 2 === 0 && part.toLowerCase() === lower)
  return index < 0 ? undefined : headers[index + 1]
}

function toAnswer(
  items: readonly OwnerAnswer[],
  crawl: Crawl,
  missing: Missed,
  scope: CursorScope,
  asked: number,
  parts: GetAllParts,
): Relayed {
  const headers = [
    'Content-Type',
    'application/json',
    TOTAL_COUNT,
    String(crawl.total),
    PAGE_LIMIT,
    String(PAGE_MAX),
  ]
  const { position } = crawl
  if (position) {
    const { limit, total, filters, page } = crawl
    const cursor = writeCursor(
      { owner: position.key, offset: position.offset, limit, total, filters, page },
      scope,
      parts.cursorKeys[0]!,
    )
    const url = `${parts.publicUrl}/ocpi/${scope.version}/sender/${scope.module}${scope.rest}?cursor=${cursor}`
    headers.push('Link', `<${url}>; rel="next"`)
  }
  return {
    httpStatus: 200,
    statusCode: 1000,
    author: 'hub',
    from: 'hub',
    headers,
    body: joinLists(
      items.map(({ shown }) => shown),
      describe(asked, missing, sum(items.map(({ unknown }) => unknown))),
    ),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
