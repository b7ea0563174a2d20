// Lists in pages and entity tags of single things, the same for every group of calls.

import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { problemError } from './problem.ts'

export interface PageQuery {
  readonly limit: number
  readonly cursor?: string | undefined
}

/** What a list answers; `next_cursor` is left out on the last page. */
export interface Page<Item> {
  readonly items: Item[]
  readonly next_cursor?: string
}

/**
 * One page of a list that is in memory, in the order of its keys. `list` names the list, so that a cursor of another
 * one is refused with 400.
 */
export function toPage<Item>(
  list: string,
  all: readonly Item[],
  keyOf: (item: Item) => string,
  query: PageQuery,
): Page<Item> {
  const sorted = all
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((one, other) => compare(one.key, other.key))
  const after = query.cursor === undefined ? undefined : readCursor(list, query.cursor)
  const rest = after === undefined ? sorted : sorted.filter(({ key }) => compare(key, after) > 0)
  const page = rest.slice(0, query.limit)
  const last = page.at(-1)
  return {
    items: page.map(({ item }) => item),
    ...(last && rest.length > page.length ? { next_cursor: writeCursor(list, last.key) } : {}),
  }
}

/** Thrown for a cursor that is not one of this list: 400. */
export function cursorProblem(): Error {
  return problemError(400, 'The cursor does not belong to this list; start again without it.', {
    errors: [{ parameter: 'cursor', message: 'is not a next_cursor of this list' }],
  })
}

/** Strong entity tag of a JSON value. */
export function etagOf(value: unknown): string {
  return `"${createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22)}"`
}

/**
 * Sends a single thing with its entity tag, or 304 when the caller has it already (RFC 9110 §13.1.2). The tag must
 * cover all that is sent: browsers keep it, and show it again after a 304.
 */
export function sendTagged<Value>(
  request: Pick<FastifyRequest, 'headers'>,
  reply: Pick<FastifyReply, 'header' | 'code'>,
  value: Value,
  etag = etagOf(value),
): Value | undefined {
  reply.header('ETag', etag).header('Cache-Control', 'private, no-cache')
  const known = request.headers['if-none-match']
  if (known === undefined) return value
  const tags = known.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (!tags.includes(etag) && !tags.includes('*')) return value
  reply.code(304)
  return undefined
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

/** A cursor that stands for a key, or a position, and is good for this list alone. */
export function writeCursor(list: string, key: string): string {
  return Buffer.from(JSON.stringify([key, checksum(list, key)])).toString('base64url')
}

/** What it stands for. Throws the problem of a cursor that is not one of this list. */
export function readCursor(list: string, cursor: string): string {
  try {
    const [key, sum] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[]
    if (typeof key === 'string' && sum === checksum(list, key)) return key
  } catch {
    // Not even JSON: refused below like any other.
  }
  throw cursorProblem()
}

function checksum(list: string, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([list, key]))
    .digest('base64url')
    .slice(0, 12)
}
