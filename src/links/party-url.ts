// URLs that a party hands out about itself (next page, stored CDR, response_url), made absolute and checked before
// the hub keeps them: http or https, no user info, bounded. Path and query keep the spelling of the party (R70).

import { readTarget } from '../ocpi/endpoint.ts'

/** OCPI's URL type allows 255 characters; cursors in the field are longer, a request line is not. */
export const PARTY_URL_LENGTH_MAX = 8_192

/**
 * An absolute http(s) URL as the hub calls it: origin in its normal form, path and query as written, no fragment.
 * `undefined` for anything else: relative, another scheme, user info, too long.
 */
export function absoluteUrl(text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed.length > PARTY_URL_LENGTH_MAX || !ABSOLUTE.test(trimmed) || CONTROLS.test(trimmed))
    return undefined
  return written(trimmed) ?? (URL.canParse(trimmed) ? written(new URL(trimmed).href) : undefined)
}

/**
 * A URI reference of a header (Link, Location), resolved against `base`, the URL of the request the hub made
 * (RFC 3986 §5). Bytes beyond ASCII, which reach us as Latin-1, are percent-encoded one by one, so that the party
 * gets back the bytes it wrote. `undefined` when it is not usable, and when it names no page of its own (`""`, `#x`).
 */
export function resolveUrl(reference: string, base: string): string | undefined {
  const text = reference.trim().replace(LATIN1, percentEncode)
  if (text === '' || text.startsWith('#') || text.length > PARTY_URL_LENGTH_MAX) return undefined
  if (SCHEME.test(text)) return absoluteUrl(text)
  if (!URL.canParse(text, base)) return undefined
  const target = readTarget(new URL(text, base).href)
  // Resolving leaves the query alone in RFC 3986, but `URL` re-encodes some of its characters.
  const query = /\?[^#]*/.exec(text)?.[0] ?? ''
  return target && absoluteUrl(target.origin + target.path + query)
}

/** Absolute URL of a `Location` header (R82), which OCPI 2.1.1 shows as a relative one; `undefined` when unusable. */
export function resolveLocation(value: string, base: string): string | undefined {
  return resolveUrl(value, base)
}

// Exactly two slashes and no backslash: forms on which URL parsers disagree are no URLs here.
const ABSOLUTE = /^https?:\/\/[^/?#\\\s]+(?:[/?#]|$)/i
// `URL` would take these out in silence.
const CONTROLS = /[^ -~\x80-\uffff]/
const SCHEME = /^[a-z][a-z0-9+.-]*:/i
const LATIN1 = /[\x80-\xff]/g

function written(url: string): string | undefined {
  const target = readTarget(url)
  return target && target.origin + target.path + target.query
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
