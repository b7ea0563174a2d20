// The way along an owner's own Links in a GET ALL. A Link that says what the hub would ask next anyway is not needed;
// any other is followed as it is written (R70), below the owner's endpoint only, and as long as it gets anywhere.

import { hash } from 'node:crypto'
import { readLinkHeader } from '../links/link-header.ts'
import { joinPath, readTarget, type Target } from '../ocpi/endpoint.ts'
import { type OwnerPage, type Position, readCount, type Trail } from './pages.ts'

/** The page that an answer's Link is about. */
export interface PageAsked {
  readonly position: Position
  /** Where the owner's endpoint is; raw path below it, and raw query without offset and limit, of the list. */
  readonly endpoint: Target
  readonly rest: string
  readonly filters: string
  /** Absolute URL of the request. */
  readonly url: string
}

/** What comes after a page. */
export interface Onward extends Pick<OwnerPage, 'more' | 'trail'> {
  /** Why the rest of this owner's objects is missing. */
  readonly ended?: string
  /** Its Link leads where the hub does not follow. */
  readonly astray?: true
}

/** It travels in the cursor, sealed and written in base64url twice; a request line has room for 16 KiB. */
export const BELOW_LENGTH_MAX = 2_048
const MARKS_MAX = 32
const EMPTY_MAX = 16

const CIRCLE = 'leads back by its Link to a page it gave before'
const NOTHING = 'leads by its Link from one empty page to the next'
const ASTRAY = 'has more behind a Link that the hub cannot follow'

/** Reads the `Link` headers of an owner's page; `page` = what was on it. */
export function readOnward(
  links: readonly string[],
  asked: PageAsked,
  { count, total }: Pick<OwnerPage, 'count' | 'total'>,
): Onward {
  const { trail: before, offset } = asked.position
  const { targets, broken } = readLinkHeader(links, asked.url)
  const next = targets.find(({ rel }) => rel.split(' ').includes('next'))
  if (!next && !broken) return { more: false }
  const below = next && belowEndpoint(next.url, asked.endpoint)
  if (below === undefined) return before ? { more: false, ended: ASTRAY } : { more: true, astray: true }
  const plain = plainOffset(below, asked)
  if (plain !== undefined && plain <= (before ? 0 : offset))
    return before ? { more: false, ended: CIRCLE } : { more: true }
  if (!before && plain === offset + count) return { more: true }
  // Servers that always tell of a next offset do so past their end as well.
  if (count === 0 && (total === undefined ? plain !== undefined : offset >= total)) return { more: false }
  return follow(before, below, count)
}

function follow(before: Trail | undefined, below: string, count: number): Onward {
  const steps = (before?.steps ?? 0) + 1
  const empty = count > 0 ? 0 : (before?.empty ?? 0) + 1
  const mark = hash('sha256', below, 'base64url').slice(0, 10)
  if (before?.marks.includes(mark)) return { more: false, ended: CIRCLE }
  if (empty > EMPTY_MAX) return { more: false, ended: NOTHING }
  const [anchor = mark, ...recent] = before?.marks ?? []
  // Brent's way: an anchor that is moved ever more seldom finds a circle of any length.
  const marks = [Number.isInteger(Math.log2(steps)) ? mark : anchor, ...recent.slice(2 - MARKS_MAX), mark]
  return { more: true, trail: { below, size: count, steps, empty, marks } }
}

/** The page that a trail has come to, as an endpoint of its own. */
export function endpointOf({ below }: Trail, endpoint: Target): Target {
  const mark = below.indexOf('?')
  const rest = mark < 0 ? below : below.slice(0, mark)
  return { ...endpoint, path: bare(endpoint) + rest, query: mark < 0 ? '' : below.slice(mark) }
}

function bare({ path }: Target): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}

function belowEndpoint(url: string, endpoint: Target): string | undefined {
  const target = readTarget(url)
  const base = bare(endpoint)
  if (target?.origin !== endpoint.origin || !target.path.startsWith(base)) return undefined
  const rest = target.path.slice(base.length)
  if (rest !== '' && !rest.startsWith('/')) return undefined
  if (base + rest === '' || climbs(rest)) return undefined
  const below = rest + target.query
  return below.length > BELOW_LENGTH_MAX ? undefined : below
}

/** Whether a server may read the path as one that leaves the endpoint, decoding it or not. */
function climbs(path: string): boolean {
  return path
    .replace(/%2e/gi, '.')
    .split(/\/|%2f|%5c|;/i)
    .some((segment) => segment === '.' || segment === '..')
}

/** The offset of a Link that asks for the list with the filters it was asked with, and for nothing else. */
function plainOffset(below: string, { endpoint, rest, filters }: PageAsked): number | undefined {
  const [path = '', query = ''] = below.split(/\?(.*)/s)
  if (path.replace(/\/$/, '') !== rest.replace(/\/$/, '')) return undefined
  const own = new Set(pairs(joinPath({ ...endpoint, path: '' }, '', `?${filters}`)))
  const asked = new URLSearchParams(query)
  const offset = readCount(asked.get('offset') ?? '0')
  asked.delete('offset')
  asked.delete('limit')
  return pairs(asked.toString()).every((pair) => own.has(pair)) ? offset : undefined
}

function pairs(query: string): string[] {
  return [...new URLSearchParams(query)].map((pair) => JSON.stringify(pair))
}
