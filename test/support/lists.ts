// Paginated lists as parties under test serve them (R68, R69).

import { ok } from './envelopes.ts'
import type { ReceivedRequest, ScriptedAnswer } from './party-server.ts'

/** A script that serves `objects` by offset and limit, at most `pageMax` a page, with total, limit and next page. */
export function listOf(
  objects: readonly unknown[],
  { pageMax = 100 }: { pageMax?: number } = {},
): (request: ReceivedRequest) => ScriptedAnswer {
  return ({ url }) => {
    const { pathname, searchParams } = new URL(url, 'http://party.example')
    const offset = Number(searchParams.get('offset') ?? 0)
    const limit = Math.min(Number(searchParams.get('limit') ?? pageMax), pageMax)
    const page = objects.slice(offset, offset + limit)
    const headers: Record<string, string> = {
      'X-Total-Count': String(objects.length),
      'X-Limit': String(pageMax),
    }
    if (offset + page.length < objects.length) {
      searchParams.set('offset', String(offset + page.length))
      searchParams.set('limit', String(limit))
      headers.Link = `<${pathname}?${searchParams.toString()}>; rel="next"`
    }
    return { json: ok(page), headers }
  }
}
