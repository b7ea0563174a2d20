// Redirects that lead to the same place but for the slash at the end of its path. Frameworks answer them where a party
// lists its URL without the slash that its route has; clients of most languages follow without their authors' knowing.

import { resolveUrl } from '../links/party-url.ts'
import { readTarget } from '../ocpi/endpoint.ts'
import { toRecord } from '../ocpi/headers.ts'
import type { RawAnswer } from './attempt.ts'

/** RFC 9110 §15.4: method and body stay; after the others clients turn all but a GET into another request. */
const KEEP_METHOD = new Set([307, 308])
const MOVED = new Set([301, 302])

/**
 * Path and query to ask once more, at the same origin; `undefined` for every other answer. The Location is only
 * compared: scheme and host in it are often those behind a proxy, and the token goes to no other host anyway.
 */
export function otherSlash(
  { origin, path, method }: { readonly origin: string; readonly path: string; readonly method: string },
  { status, headers, rest }: RawAnswer,
): string | undefined {
  const follows = KEEP_METHOD.has(status) || (MOVED.has(status) && method === 'GET')
  if (!follows || rest) return undefined
  const given = toRecord(headers).location
  const location = given === undefined ? undefined : resolveUrl(given, origin + path)
  const mark = path.indexOf('?')
  const own = mark < 0 ? path : path.slice(0, mark)
  const other = own.endsWith('/') ? own.slice(0, -1) : `${own}/`
  if (other === '' || location === undefined || readTarget(location)?.path !== other) return undefined
  return mark < 0 ? other : other + path.slice(mark)
}
