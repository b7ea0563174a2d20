// Sessions of people who logged in at the dashboard: a random id in a cookie stands for an admin token for twelve
// hours, in memory and bounded. A cookie is sent by the browser unasked, so what changes anything needs more than it.

import { createHash, randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { AdminToken } from './parts.ts'

/** Milliseconds a session lasts, however much it is used. */
export const SESSION_MS = 12 * 3_600_000
const SESSIONS_MAX = 1000
const ID_BYTES = 32

/** Header that a page of another site cannot send without being asked first, and its only value. */
export const PAGE_HEADER = 'x-ocpi-hub'
const PAGE_HEADER_VALUE = 'dashboard'

export interface Session {
  readonly operator: AdminToken
  /** Milliseconds since the epoch. */
  readonly expires: number
}

export interface Sessions {
  /** Starts a session and gives its id, which is kept only as a hash. */
  open(operator: AdminToken): { readonly id: string; readonly expires: number }
  /** The session, while its token is among those that are valid now: with the role the token has now. */
  find(id: string, tokens: readonly AdminToken[]): Session | undefined
  close(id: string): void
}

/** Sessions of one hub; `now` gives milliseconds since the epoch. */
export function createSessions(now: () => number = Date.now): Sessions {
  const open = new Map<string, { readonly tokenHash: string; readonly expires: number }>()
  return {
    open(operator) {
      for (const [key, { expires }] of open) if (expires <= now()) open.delete(key)
      // The oldest stands first in the map.
      if (open.size >= SESSIONS_MAX) open.delete(open.keys().next().value!)
      const id = randomBytes(ID_BYTES).toString('base64url')
      const expires = now() + SESSION_MS
      open.set(keyOf(id), { tokenHash: operator.sha256, expires })
      return { id, expires }
    },
    find(id, tokens) {
      const session = open.get(keyOf(id))
      if (!session || session.expires <= now()) return undefined
      const operator = tokens.find(({ sha256 }) => sha256 === session.tokenHash)
      return operator && { operator, expires: session.expires }
    },
    close: (id) => void open.delete(keyOf(id)),
  }
}

function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}

/** The id in the request's cookie. */
export function readSessionId(request: FastifyRequest): string | undefined {
  const name = cookieName(request)
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2)
    if (key === name && value) return value
  }
  return undefined
}

/** Value of the Set-Cookie header that keeps `id` until `expires`; without them, that forgets it. */
export function sessionCookie(
  request: FastifyRequest,
  session?: { readonly id: string; readonly expires: number },
): string {
  const parts = [
    `${cookieName(request)}=${session?.id ?? ''}`,
    'Path=/',
    `Max-Age=${session ? Math.floor(SESSION_MS / 1000) : 0}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(request.protocol === 'https' ? ['Secure'] : []),
  ]
  return parts.join('; ')
}

// Cookies do not know ports: two hubs on one host must not log each other's people out. `__Host-` is only for TLS.
function cookieName(request: FastifyRequest): string {
  const name = `ocpi-hub-${request.socket.localPort ?? 0}`
  return request.protocol === 'https' ? `__Host-${name}` : name
}

/**
 * Whether a request surely comes from the hub's own page: it carries the page's header, and the browser says that it
 * is of the same origin (Fetch Metadata where it is sent, which is on TLS and loopback; Origin elsewhere).
 */
export function isFromOwnPage(request: FastifyRequest): boolean {
  const { headers } = request
  if (headers[PAGE_HEADER] !== PAGE_HEADER_VALUE) return false
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  return headers.origin !== undefined && hostOf(headers.origin) === headers.host
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
