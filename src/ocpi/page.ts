// Pages of the hub's own lists: date_from, date_to, offset and limit as OCPI writes them (R68, R110), and the
// headers that describe a page (R69). Pure.

import { PAGE_LIMIT, TOTAL_COUNT } from './headers.ts'

export interface PageQuery {
  /** Milliseconds since the epoch; inclusive. */
  readonly dateFrom?: number
  /** Milliseconds since the epoch; exclusive. */
  readonly dateTo?: number
  readonly offset: number
  /** Capped at the server's own limit. */
  readonly limit: number
}

export type PageReading =
  | { readonly ok: true; readonly page: PageQuery }
  /** `problem` names the parameter. */
  | { readonly ok: false; readonly problem: string }

// OCPI 2.2.1 §types DateTime: RFC 3339 in UTC; the Z may be missing, fractions are allowed, an offset is not.
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z?$/i

/** Milliseconds since the epoch of an OCPI DateTime; `undefined` for any other text. */
export function readDateTime(text: string): number | undefined {
  if (!DATE_TIME.test(text)) return undefined
  const time = Date.parse(/z$/i.test(text) ? text : `${text}Z`)
  return Number.isNaN(time) ? undefined : time
}

// What languages write by themselves: an offset, `+` not encoded and so read as a blank, a blank in place of the `T`.
const LIKE_DATE_TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?:Z|([ +-]\d\d:?\d\d))?$/i

/** As `readDateTime`, and other ways to write one instant: for dates of others that nothing is decided by. */
export function readInstant(text: string): number | undefined {
  const [, date, time, offset = 'Z'] = LIKE_DATE_TIME.exec(text) ?? []
  const instant = Date.parse(`${date}T${time}${offset.replace(' ', '+')}`)
  return Number.isNaN(instant) ? undefined : instant
}

/** Reads a raw query, `''` or with its `?`. Other parameters are left alone; empty ones count as absent. */
export function readPageQuery(query: string, limitMax: number): PageReading {
  const parameters = new URLSearchParams(query)
  const dates = { date_from: Number.NaN, date_to: Number.NaN }
  for (const name of ['date_from', 'date_to'] as const) {
    const text = parameters.get(name)
    if (!text) continue
    const time = readDateTime(text)
    if (time === undefined)
      return { ok: false, problem: `${name} is no DateTime of OCPI, as 2026-01-31T09:00:00Z` }
    dates[name] = time
  }
  const offset = readCount(parameters.get('offset'))
  if (offset === undefined) return { ok: false, problem: 'offset is no number from 0 up' }
  const limit = readCount(parameters.get('limit')) ?? -1
  if (parameters.get('limit') && limit < 1) return { ok: false, problem: 'limit is no number from 1 up' }
  return {
    ok: true,
    page: {
      ...(Number.isNaN(dates.date_from) ? {} : { dateFrom: dates.date_from }),
      ...(Number.isNaN(dates.date_to) ? {} : { dateTo: dates.date_to }),
      offset,
      limit: limit < 1 ? limitMax : Math.min(limit, limitMax),
    },
  }
}

// More than any DateTime is written with.
const DATE_CHARS_MAX = 64

/** The dates of a list's query as a query of their own, as they were written; `undefined` where it has none. */
export function datesOf(query: string): string | undefined {
  const asked = new URLSearchParams(query)
  const dates = new URLSearchParams()
  for (const name of ['date_from', 'date_to']) {
    const text = asked.get(name)
    if (text && text.length <= DATE_CHARS_MAX) dates.set(name, text)
  }
  return dates.size === 0 ? undefined : dates.toString()
}

/** A decimal number; 0 when absent or empty. */
function readCount(text: string | null): number | undefined {
  if (!text) return 0
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/**
 * X-Total-Count, X-Limit and, but on the last page, Link (R69). `url` is the list's own URL without query; the Link
 * repeats the filters and every other parameter of `query`.
 */
export function pageHeaders(
  list: { readonly url: string; readonly query: string; readonly total: number; readonly limitMax: number },
  page: PageQuery,
): Record<string, string> {
  const headers = { [TOTAL_COUNT]: String(list.total), [PAGE_LIMIT]: String(list.limitMax) }
  const next = page.offset + page.limit
  if (next >= list.total) return headers
  const parameters = new URLSearchParams(list.query)
  parameters.set('offset', String(next))
  parameters.set('limit', String(page.limit))
  return { ...headers, Link: `<${list.url}?${parameters.toString()}>; rel="next"` }
}
