// response_url in the query of a chargingprofiles GET or DELETE (R75, R76). The examples of the specification write
// the nested URL without encoding it, with its own `?` and `&`; both forms are read, and a proper one is written.

import type { Span } from '../ocpi/json-members.ts'
import { absoluteUrl } from './party-url.ts'
import { type FoundUrl, RESPONSE_URLS_MAX } from './response-url.ts'

/**
 * Finds the parameters `response_url` of a raw query (with or without its `?`); spans count characters of their
 * values. Of several the first usable one counts, of too many none. `undefined` when there is none. Never throws.
 */
export function findQueryResponseUrl(rawQuery: string): FoundUrl | undefined {
  const spans: Span[] = []
  let url: string | undefined
  let hasDuration = false
  let start = rawQuery.startsWith('?') ? 1 : 0
  while (start < rawQuery.length) {
    let end = parameterEnd(rawQuery, start)
    const parameter = rawQuery.slice(start, end)
    const name = parameterName(parameter)
    if (name === 'duration') hasDuration = true
    if (name === 'response_url' && parameter.includes('=')) {
      const valueStart = rawQuery.indexOf('=', start) + 1
      const value = rawQuery.slice(valueStart, end)
      if (BARE_URL.test(value) && value.includes('?') && !isEncoded(value))
        end = nestedEnd(rawQuery, end, hasDuration)
      spans.push({ start: valueStart, end })
      url ??= absoluteUrl(readNested(rawQuery.slice(valueStart, end)))
    }
    start = end + 1
  }
  if (spans.length === 0) return undefined
  return { spans, url: spans.length > RESPONSE_URLS_MAX ? undefined : url }
}

/** The raw query with `hubUrl`, percent-encoded, at each span and no other character changed. */
export function replaceQueryResponseUrl(rawQuery: string, spans: readonly Span[], hubUrl: string): string {
  let replaced = ''
  let passed = 0
  for (const { start, end } of spans) {
    replaced += rawQuery.slice(passed, start) + encodeURIComponent(hubUrl)
    passed = end
  }
  return replaced + rawQuery.slice(passed)
}

const BARE_URL = /^https?:\/\//i

function parameterEnd(query: string, from: number): number {
  const end = query.indexOf('&', from)
  return end < 0 ? query.length : end
}

function parameterName(parameter: string): string {
  const equals = parameter.indexOf('=')
  return decode(equals < 0 ? parameter : parameter.slice(0, equals))
}

/**
 * Where an un-encoded URL with a query of its own ends, whose first `&` is at `from`: at the end of the whole query
 * (R76), but before another response_url, and before `duration` unless that was there already: the outer request
 * must have one (OCPI 2.2.1 §mod_charging_profiles, GET).
 */
function nestedEnd(query: string, from: number, hasDuration: boolean): number {
  let end = from
  while (end < query.length) {
    const next = parameterEnd(query, end + 1)
    const name = parameterName(query.slice(end + 1, next))
    if (name === 'response_url' || (name === 'duration' && !hasDuration)) return end
    end = next
  }
  return end
}

/** The nested URL as its owner means it. `+` is itself: it means a blank in forms, not in URLs. */
function readNested(value: string): string {
  return BARE_URL.test(value) && !isEncoded(value) ? value : decode(value)
}

/**
 * Whether a value that begins with a bare `https://` is encoded all the same, by an encoder that spares `:`, `/`
 * and `?`: then no delimiter of a query stands bare in it, but one stands encoded.
 */
function isEncoded(value: string): boolean {
  return !/[=&]/.test(value) && /%(?:2[356B]|3[DF])/i.test(value)
}

function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
