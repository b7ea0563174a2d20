// An endpoint is (module, interface role, URL) of a platform, and how a path is joined to it (R19, R47, R48).

import type { InterfaceRole } from './module.ts'

export interface Endpoint {
  /** Module id in the platform's own spelling (T27). */
  readonly module: string
  readonly role: InterfaceRole
  /** Absolute http(s) URL as the platform gave it. */
  readonly url: string
}

/** A URL taken apart once: what a request to it needs. `path` keeps its raw spelling, without query. */
export interface Target {
  /** `https://host:port`, lower case, no path. */
  readonly origin: string
  /** Value of the Host header. */
  readonly host: string
  /** Raw path, never empty, starts with `/`. */
  readonly path: string
  /** Raw query with its `?`, or `''`. */
  readonly query: string
}

/**
 * Takes an absolute http(s) URL apart and keeps path and query as they were written.
 * Gives `undefined` for any other scheme, for user info, and for text that is no URL.
 */
export function readTarget(url: string): Target | undefined {
  if (!URL.canParse(url)) return undefined
  const parsed = new URL(url)
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return undefined
  if (parsed.username !== '' || parsed.password !== '') return undefined
  const raw = /^https?:\/\/[^/?#\\]+([^?#\\]*)(\?[^#\\]*)?/i.exec(url.trim())
  // `https:host` and backslashes are mended by URL, but what comes out is not the path that was written.
  if (!raw || url.includes('\\')) return undefined
  const path = raw[1] || '/'
  const query = raw[2] ?? ''
  if (!SAFE_PATH.test(path) || !SAFE_PATH.test(query)) return undefined
  return { origin: parsed.origin, host: parsed.host, path, query }
}

// What may stand in a request line: visible ASCII. Blanks and controls would split it.
const SAFE_PATH = /^[\x21-\x7e]*$/

/**
 * Joins what followed the hub's endpoint to the platform's endpoint: exactly one `/` at the joint,
 * nothing decoded, nothing normalised (R19, R48). `rest` is `''` or starts with `/`; `query` is `''` or starts with `?`.
 */
export function joinPath(endpoint: Target, rest: string, query: string): string {
  const base = rest !== '' && endpoint.path.endsWith('/') ? endpoint.path.slice(0, -1) : endpoint.path
  if (endpoint.query === '') return base + rest + query
  return base + rest + endpoint.query + (query === '' ? '' : `&${query.slice(1)}`)
}
