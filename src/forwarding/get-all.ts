// GET ALL: the lists of all owners as one list, asked live and page-wise (R64, T17, T36). An owner that fails is
// left out and named; the cursor carries all state, so any hub of the cluster can go on.

import { Fault } from '../faults/fault.ts'
import type { Exchange } from '../journal/exchange.ts'
import { PAGE_LIMIT, TOTAL_COUNT } from '../ocpi/headers.ts'
import type { PartyKey } from '../ocpi/party.ts'
import type { Route } from '../routing/decide.ts'
import type { Message } from '../routing/message.ts'
import type { Relayed } from './relayed.ts'
import { type CursorScope, readCursor, writeCursor } from './cursor.ts'
import type { Requester } from './direct.ts'
import { joinLists } from './list-body.ts'
import { allMissing, describe, type Missed, type Missing } from './missing-owners.ts'
import { askOwner, type OwnerAnswer, type OwnerParts } from './owner-page.ts'
import {
  advance,
  type Ask,
  nextOwner,
  offsetAt,
  type Owner,
  planPage,
  type Position,
  positionAt,
  readGetAllQuery,
  resumeAt,
  totalOf,
} from './pages.ts'
import { pageDigest } from './same-page.ts'

export interface GetAllParts extends OwnerParts {
  /** Keys of the cursors: the first writes. */
  readonly cursorKeys: readonly Buffer[]
  readonly publicUrl: string
}

/** Objects per page at most: the hub's X-Limit. */
const PAGE_MAX = 500
const OWNER_TIMEOUT_MIN_MS = 2_000
/** Owners asked at the same time for their totals. */
const PARALLEL_MAX = 16

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

  async function ask(one: Ask, filters: string, before?: string): Promise<OwnerAnswer | undefined> {
    const wanted = { route: byKey.get(one.key)!, ask: one, filters, before }
    const { answer, missing: why } = await askOwner(wanted, message, exchange, requester, patient())
    if (why) missing.set(one.key, why)
    return answer
  }

  const crawl = await beginCrawl([...byKey.keys()], message.query, scope, ask, parts)
  // Whoever is asked now still has a third of the time.
  const isLate = () => leftMs() < timeoutMs / 3
  const { items, ...end } = await readOn(crawl, ask, isLate, parts.options.maxResponseBodyBytes)
  const isAnyThere = missing.size < routes.length || [...missing.values()].some(({ given }) => given)
  if (routes.length > 0 && !isAnyThere) return allMissing(missing, exchange)
  return toAnswer(items, { ...crawl, ...end }, missing, scope, routes.length, parts)
}

type AskOwner = (one: Ask, filters: string, before?: string) => Promise<OwnerAnswer | undefined>

/** The owners' answers that make this page, and where the next one begins. */
async function readOn(
  crawl: Crawl,
  ask: AskOwner,
  isLate: () => boolean,
  bytesMax: number,
): Promise<Pick<Crawl, 'position' | 'page'> & { readonly items: readonly OwnerAnswer[] }> {
  const { owners, limit, filters } = crawl
  const items: OwnerAnswer[] = []
  let { position, page } = crawl
  let size: number | undefined
  let count = 0
  let bytes = 0
  while (position && count < limit && bytes < bytesMax && isRoomFor(position, count, limit)) {
    const asks: Ask[] = planPage(owners, position, limit - count, size)
    // Only the first of them may be one that has given a page before.
    const answers = await Promise.all(
      asks.map((one, index) => ask(one, filters, index === 0 ? page : undefined)),
    )
    for (const [index, one] of asks.entries()) {
      if (one.key !== position?.key || one.offset !== position.offset) break
      const answer = answers[index]
      if (answer && count > 0 && isCutShort(one, answer, limit)) return { items, position, page }
      if (answer) {
        items.push(answer)
        count += answer.count
        bytes += answer.items.length
      }
      position = answer ? advance(owners, position, answer) : nextOwner(owners, position)
      const goesOn = answer && position?.key === one.key
      page = goesOn ? pageDigest(answer.items) : undefined
      size = goesOn ? answer.count : undefined
    }
    if (isLate()) break
  }
  return { items, position, page }
}

/** A page behind an owner's Link has the size that the owner gives it. */
function isRoomFor({ trail }: Position, count: number, limit: number): boolean {
  return !trail || count === 0 || count + trail.size <= limit
}

/** Its Links would go on with pages as small as what was left on this one: it is asked anew, for the next page. */
function isCutShort(one: Ask, { trail, count }: OwnerAnswer, limit: number): boolean {
  return trail !== undefined && !one.trail && one.limit < limit && count >= one.limit
}

/** Where this page begins: from the cursor, or after every owner was asked for its total. */
async function beginCrawl(
  keys: readonly PartyKey[],
  query: string,
  scope: CursorScope,
  ask: AskOwner,
  parts: GetAllParts,
): Promise<Crawl> {
  const asked = readGetAllQuery(query)
  if ('problem' in asked) throw new Fault('query_invalid', { message: asked.problem })
  if ('cursor' in asked) {
    const cursor = readCursor(asked.cursor, scope, parts.cursorKeys)
    if (!cursor) throw new Fault('query_invalid', { message: 'cursor is not one of this hub for this list' })
    const owners = keys.map((key) => ({ key }))
    const { owner, offset, trail, page, total, limit, filters } = cursor
    const position = resumeAt(owners, { key: owner, offset, trail })
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
    const { key: owner, offset, trail } = position
    const cursor = writeCursor(
      { owner, offset, limit, total, filters, page, trail },
      scope,
      parts.cursorKeys[0]!,
    )
    const url = `${parts.publicUrl}/ocpi/${scope.version}/sender/${scope.module}${scope.rest}?cursor=${cursor}`
    // For clients that take the place from the query: the hub itself goes by the cursor.
    const at = offsetAt(crawl.owners, position)
    const place = at === undefined ? '' : `&offset=${at}&limit=${limit}`
    headers.push('Link', `<${url}${place}>; rel="next"`)
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
