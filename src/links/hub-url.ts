// The hub's own side of a link: the URL under which the hub offers it, how that is recognised when somebody calls,
// and how long it lives (R70, R78, R82, R111).

import { readMembers } from '../ocpi/json-members.ts'
import type { InterfaceRole } from '../ocpi/module.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import { LINK_ID, type Link, type LinkPurpose } from './links.ts'

/** OCPI's URL type holds 255 characters (R111); a link in a body adds at most 101 of them to `hub.public_url`. */
export const PUBLIC_URL_LENGTH_MAX = 150

/** `{publicUrl}/ocpi/{version}/{sender|receiver}/{module}/{id}`; `publicUrl` has no slash at its end. */
export function linkUrl(
  publicUrl: string,
  version: VersionNumber,
  link: Pick<Link, 'interface' | 'module'>,
  id: string,
): string {
  return `${publicUrl}/ocpi/${version}/${link.interface.toLowerCase()}/${link.module}/${id}`
}

// More digits than a list has objects; a URL is not to grow without end.
const COUNT = /^\d{1,9}$/

/**
 * `?offset=…&limit=…` of a page's own URL, for the URL that stands for it; `''` if it goes by a cursor. The hub reads
 * a link by its path alone, but some clients take the place of the next page from the query and ask the list again:
 * without it the list would end for them at the first page, in silence.
 */
export function pagePlace(url: string): string {
  const asked = new URL(url).searchParams
  const [offset, limit] = [asked.get('offset') ?? '', asked.get('limit') ?? '']
  if (!COUNT.test(offset)) return ''
  return `?offset=${offset}${COUNT.test(limit) ? `&limit=${limit}` : ''}`
}

/**
 * Interface on which the hub offers a link that came out of a request on the interface `asked`: a page or a stored
 * CDR is read where it was got; results of commands and charging profiles go to the SENDER (hub-requirements §2.11).
 */
export function linkInterface(purpose: LinkPurpose, asked: InterfaceRole): InterfaceRole {
  return purpose === 'callback' ? 'SENDER' : asked
}

/**
 * The link's id when the raw path below a module's endpoint is `/{id}`, with a slash at its end or without: HTTP
 * clients that know base URLs only put one there, and what is left of the URL would be nobody's (R19).
 */
export function readLinkPath(rest: string): string | undefined {
  if (!rest.startsWith('/')) return undefined
  const id = rest.endsWith('/') ? rest.slice(1, -1) : rest.slice(1)
  return LINK_ID.test(id) ? id : undefined
}

const DAY_MS = 24 * 60 * 60 * 1000

/** A page may be read again (R70); a day is longer than any crawl. A stored CDR's link has no end: bills are kept for years. */
export const PAGE_LIFE_MS = DAY_MS
export const CALLBACK_LIFE_MS = 7 * DAY_MS
/** An expiry date further ahead is an error, not a reservation. */
export const CALLBACK_LIFE_MAX_MS = 366 * DAY_MS

/**
 * How long a response_url must work, in milliseconds from `now`: 7 days, and for RESERVE_NOW to a day past its
 * `expiry_date`, because a CPO that cancels a reservation calls the URL again (R78). `body` was checked to be JSON.
 */
export function callbackLifeMs(command: string, body: Buffer | undefined, now: number = Date.now()): number {
  if (command.toUpperCase() !== 'RESERVE_NOW' || !body) return CALLBACK_LIFE_MS
  const expiry = readInstant(readMembers(body, ['expiry_date']).expiry_date)
  const life = expiry + DAY_MS - now
  return life > CALLBACK_LIFE_MS ? Math.min(life, CALLBACK_LIFE_MAX_MS) : CALLBACK_LIFE_MS
}

/** OCPI DateTime in milliseconds since the epoch; one without a zone is UTC (OCPI 2.2.1 §types). NaN for anything else. */
function readInstant(value: unknown): number {
  if (typeof value !== 'string') return Number.NaN
  return Date.parse(/[zZ]$|[+-]\d{2}:?\d{2}$/.test(value) ? value : `${value}Z`)
}
