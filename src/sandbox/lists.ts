// Paginated lists (R68, R69): date_from inclusive, date_to exclusive, offset and limit, with the headers that say
// how many there are and where the next page is.

import { PAGE_LIMIT, TOTAL_COUNT } from '../ocpi/headers.ts'
import type { OcpiObject } from './locations.ts'
import { answerCode, answerData, type Reply } from './reply.ts'
import type { SandboxRequest } from './request.ts'

/** What a page holds at most: small, so that a few hundred objects make several pages. */
export const PAGE_LIMIT_MAX = 50

/** Answers the page that the query asks for; 2001 when the query cannot be read. `objects` are oldest first. */
export function answerPage(request: SandboxRequest, objects: readonly OcpiObject[]): Reply {
  const { query } = request
  const from = readInstant(query.get('date_from'), -Infinity)
  const to = readInstant(query.get('date_to'), Infinity)
  const offset = readCount(query.get('offset'), 0)
  const limit = readCount(query.get('limit'), PAGE_LIMIT_MAX)
  if (Number.isNaN(from) || Number.isNaN(to))
    return answerCode(2001, 'date_from and date_to are RFC 3339 in UTC')
  if (Number.isNaN(offset) || Number.isNaN(limit))
    return answerCode(2001, 'offset and limit are whole numbers')
  const matching = objects.filter((object) => {
    const updated = Date.parse(object.last_updated)
    return updated >= from && updated < to
  })
  const size = Math.min(Math.max(limit, 1), PAGE_LIMIT_MAX)
  const end = offset + size
  return answerData(matching.slice(offset, end), {
    headers: {
      [TOTAL_COUNT]: String(matching.length),
      [PAGE_LIMIT]: String(PAGE_LIMIT_MAX),
      ...(end < matching.length && { Link: `<${nextUrl(request, end, size)}>; rel="next"` }),
    },
  })
}

function nextUrl({ endpointUrl, query }: SandboxRequest, offset: number, limit: number): string {
  const next = new URLSearchParams(query)
  next.set('offset', String(offset))
  next.set('limit', String(limit))
  return `${endpointUrl}?${next.toString()}`
}

function readCount(text: string | null, otherwise: number): number {
  if (text === null) return otherwise
  return /^\d{1,9}$/.test(text) ? Number(text) : NaN
}

// OCPI 2.2.1 §DateTime: the Z may be missing and the time is UTC all the same (R110).
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z?$/

function readInstant(text: string | null, otherwise: number): number {
  if (text === null) return otherwise
  return INSTANT.test(text) ? Date.parse(text.endsWith('Z') ? text : `${text}Z`) : NaN
}
