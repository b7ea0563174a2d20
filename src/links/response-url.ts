// response_url of a command or charging profile, in the JSON body (R75, R76): found by its place in the bytes and
// replaced there, so that every other byte of the body passes as it came (T35). The form in a query: response-query.ts.

import { QUOTE } from '../ocpi/json-bytes.ts'
import { memberSpans, type Span } from '../ocpi/json-members.ts'
import { absoluteUrl } from './party-url.ts'

export interface FoundUrl {
  /** Where values stand, in order. All are replaced: one that was left would show the requester's host. */
  readonly spans: readonly Span[]
  /** The URL that counts, ready to be called; `undefined` when what stands there is no http(s) URL. */
  readonly url: string | undefined
}

/** Each is replaced by a longer one: many would make a body or a query of many times its size. */
export const RESPONSE_URLS_MAX = 8

/**
 * Finds the top-level member `response_url` of a body that was checked to be JSON; spans count bytes and include
 * the quotes. Of several members the last one counts, of too many none. `undefined` when there is none.
 */
export function findResponseUrl(body: Buffer): FoundUrl | undefined {
  const spans = memberSpans(body, 'response_url')
  const last = spans.at(-1)
  if (!last) return undefined
  // Looked at before it is parsed: what is no string may be anything, and large.
  if (spans.length > RESPONSE_URLS_MAX || body[last.start] !== QUOTE) return { spans, url: undefined }
  const value = JSON.parse(body.toString('utf8', last.start, last.end)) as string
  return { spans, url: absoluteUrl(value) }
}

/** The body with `hubUrl` as the value at each span and no other byte changed. */
export function replaceResponseUrl(body: Buffer, spans: readonly Span[], hubUrl: string): Buffer {
  const value = Buffer.from(JSON.stringify(hubUrl))
  const parts: Buffer[] = []
  let passed = 0
  for (const { start, end } of spans) {
    parts.push(body.subarray(passed, start), value)
    passed = end
  }
  parts.push(body.subarray(passed))
  return Buffer.concat(parts)
}
