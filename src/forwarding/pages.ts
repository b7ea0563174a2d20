// The arithmetic of GET ALL: the lists of all owners, one after the other in the order of their keys, are one list
// with one offset and one limit (R64, R71, T17). Pure; asking the owners is done elsewhere.

import type { PartyKey } from '../ocpi/party.ts'

/** An owner of objects; `total` = its X-Total-Count for these filters, absent while it is not known. */
export interface Owner {
  readonly key: PartyKey
  readonly total?: number | undefined
  /** Objects it gave when it was asked for its total. */
  readonly given?: number
}

/** Where an owner's Links have led to (trail.ts). */
export interface Trail {
  /** Raw path and query of the page to be read next, below the owner's endpoint. */
  readonly below: string
  /** Objects on the page before. */
  readonly size: number
  /** Pages that were led to, and how many of the last ones had no object. */
  readonly steps: number
  readonly empty: number
  /** Of those pages: one from long ago, then the last ones. */
  readonly marks: readonly string[]
}

/** Place in the combined list: the owner, and how many of its objects lie before. */
export interface Position {
  readonly key: PartyKey
  readonly offset: number
  /** Where the owner's own Links have led to; it is asked by them and no longer by offset. */
  readonly trail?: Trail | undefined
}

/** What to ask one owner. */
export interface Ask extends Position {
  readonly limit: number
}

/** What an owner answered. */
export interface OwnerPage {
  /** Objects in it; an owner may give fewer than asked, or, not heeding the limit, more. */
  readonly count: number
  readonly total?: number | undefined
  /** Whether it has a Link to a next page, readable or not. */
  readonly more: boolean
  /** The way on, where only its Link knows it. */
  readonly trail?: Trail | undefined
}

/** The query of a GET ALL: a crawl's next page, or its beginning; or what is wrong with it. */
export type GetAllQuery =
  | { readonly problem: string }
  | { readonly cursor: string }
  | { readonly filters: string; readonly offset: number; readonly limit: number | undefined }

// Filters travel in the cursor and from there in a URL; real ones are two dates.
const FILTERS_LENGTH_MAX = 2_048

/**
 * Reads a raw query, with or without its `?`. Everything but offset, limit and cursor is a filter and goes to the
 * owners as it came (T36). `problem` names the parameter that is no number it can be, or stands twice.
 */
export function readGetAllQuery(rawQuery: string): GetAllQuery {
  const filters: string[] = []
  const own = new Map<string, string>()
  for (const parameter of rawQuery.replace(/^\?/, '').split('&')) {
    const [name = '', ...value] = parameter.split('=')
    if (name === 'offset' || name === 'limit' || name === 'cursor') {
      if (own.has(name)) return { problem: `${name} stands twice` }
      own.set(name, value.join('='))
    } else if (parameter !== '') filters.push(parameter)
  }
  const cursor = own.get('cursor')
  if (cursor !== undefined) return { cursor }
  const offset = own.has('offset') ? readCount(own.get('offset')) : 0
  const limit = readCount(own.get('limit'))
  const joined = filters.join('&')
  if (offset === undefined) return { problem: 'offset is no number from 0 up' }
  if (limit === 0 || (limit === undefined && own.has('limit')))
    return { problem: 'limit is no number from 1 up' }
  if (joined.length > FILTERS_LENGTH_MAX)
    return {
      problem: `what is asked besides offset and limit has more than ${FILTERS_LENGTH_MAX} characters`,
    }
  return { filters: joined, offset, limit }
}

/** A count in a header or a query (X-Total-Count, offset …); `undefined` for anything but a plain whole number. */
export function readCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined
}

/** The query an owner is asked with. */
export function ownerQuery(filters: string, offset: number, limit: number): string {
  return `?${filters === '' ? '' : `${filters}&`}offset=${offset}&limit=${limit}`
}

/**
 * X-Total-Count of the combined list. An owner that tells no total counts with what it gave, which is all it has if it
 * heeds no limit either: with 0 the list would seem to be empty.
 */
export function totalOf(owners: readonly Owner[]): number {
  return owners.reduce((sum, owner) => sum + (owner.total ?? owner.given ?? 0), 0)
}

/**
 * Where the combined list stands after `offset` objects; `undefined` past its end. `owners` in the order of their
 * keys. An owner whose total is not known is taken to reach so far.
 */
export function positionAt(owners: readonly Owner[], offset: number): Position | undefined {
  let left = offset
  for (const { key, total } of owners) {
    if (total === undefined || left < total) return { key, offset: left }
    left -= total
  }
  return undefined
}

/** How many objects of the combined list lie before a position; `undefined` where a total before it is not known. */
export function offsetAt(owners: readonly Owner[], position: Position): number | undefined {
  let offset = position.offset
  for (const { key, total } of owners) {
    if (key >= position.key) return offset
    if (total === undefined) return undefined
    offset += total
  }
  return undefined
}

/** Where a crawl goes on although owners may have come or gone since; `undefined` at the end. */
export function resumeAt(owners: readonly Owner[], position: Position): Position | undefined {
  const owner = owners.find(({ key }) => key >= position.key)
  if (!owner) return undefined
  return owner.key === position.key ? position : { key: owner.key, offset: 0 }
}

/**
 * What may be asked at once for the next `wanted` objects from `position`: as many owners as their totals show to
 * be needed, or one. `size` = objects on the page before of the first of them, if it gave one: more are not expected of
 * it. Take the answers in this order with `advance`, and plan anew as soon as an answer leaves the position elsewhere
 * than at the next of these.
 */
export function planPage(
  owners: readonly Owner[],
  position: Position,
  wanted: number,
  size = Number.POSITIVE_INFINITY,
): Ask[] {
  const asks: Ask[] = []
  let next: Position | undefined = position
  let left = wanted
  while (next && left > 0) {
    asks.push({ ...next, limit: left })
    const current: Position = next
    const total = owners.find(({ key }) => key === current.key)?.total
    if (total === undefined || (current === position && total - current.offset > size)) break
    left -= Math.max(0, total - current.offset)
    next = nextOwner(owners, current)
  }
  return asks
}

/**
 * The position after an owner's answer; `undefined` at the end of the combined list. An owner is done when it gave
 * nothing, or when neither its total nor its Link speaks of more: one of the two may be wrong, and to ask once too
 * often costs less than to lose objects in silence. Once its Links are followed they alone say where it ends.
 */
export function advance(owners: readonly Owner[], position: Position, page: OwnerPage): Position | undefined {
  const offset = position.offset + page.count
  if (page.trail) return { key: position.key, offset, trail: page.trail }
  if (position.trail) return nextOwner(owners, position)
  const goesOn = page.more || (page.total !== undefined && offset < page.total)
  return page.count > 0 && goesOn ? { key: position.key, offset } : nextOwner(owners, position)
}

/** The beginning of the next owner that has objects: also the way past one that does not answer (T17). */
export function nextOwner(owners: readonly Owner[], position: Position): Position | undefined {
  const owner = owners.find(({ key, total }) => key > position.key && total !== 0)
  return owner && { key: owner.key, offset: 0 }
}
