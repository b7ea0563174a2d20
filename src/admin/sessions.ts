// Sessions of people who logged in at the dashboard: a cookie that stands for an admin token for twelve hours. It is
// self-contained and signed, so that every hub with the same secret knows it; what is kept, and shared, is only which
// ones were ended before their time. A cookie is sent by the browser unasked, so what changes anything needs more.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { LiveSetting } from '../registry/live-setting.ts'
import type { AdminToken } from './admin-token.ts'

/** Milliseconds a session lasts, however much it is used. */
export const SESSION_MS = 12 * 3_600_000
/** Sessions of one token that are remembered as ended; with one more, all that were open until then are. */
const ENDED_MAX = 200
const ID_BYTES = 16
/** Characters of what names a token in a session. */
const TAG_CHARS = 16
const COOKIE = 'ocpi-hub-'
/** Cookies of other hubs on the same host come along. */
const COOKIES_MAX = 10
const WRITES_MAX = 5
const AGAIN_MS = 2_000

/** Header that a page of another site cannot send without being asked first, and its only value. */
export const PAGE_HEADER = 'x-ocpi-hub'
const PAGE_HEADER_VALUE = 'dashboard'

export interface Session {
  readonly operator: AdminToken
  /** Milliseconds since the epoch. */
  readonly expires: number
}

export interface Sessions {
  /** Name of the cookie that it is given in; hubs with the same secret give the same. */
  readonly cookie: string
  /** Starts a session and gives what stands for it. */
  open(operator: AdminToken): { readonly id: string; readonly expires: number }
  /** The session, while its token is among those that are valid now: with the role the token has now. */
  find(id: string, tokens: readonly AdminToken[]): Session | undefined
  /** Ends it: here at once, on the other hubs when the store has it. Never rejects. */
  close(id: string): Promise<void>
  /** Tells the store nothing more. */
  stop(): void
}

/** By token: ids of ended sessions with their natural end, and the instant before which all of them are ended. */
export const ENDED_SESSIONS = z.record(
  z.string(),
  z.object({ before: z.number(), ids: z.record(z.string(), z.number()) }),
)
export type EndedSessions = z.infer<typeof ENDED_SESSIONS>

export interface SessionsParts {
  /** The first signs, any verifies: one of them in common, and hubs know each other's sessions. */
  readonly keys: readonly Buffer[]
  /** Where ended sessions are kept for all hubs; without it, in this process. */
  readonly ended?: Pick<LiveSetting<EndedSessions>, 'value' | 'version' | 'write'>
  /** Milliseconds since the epoch, the same for all hubs that share the sessions. */
  readonly now?: () => number
}

interface Ticket {
  readonly id: string
  /** Names the token without telling its hash. */
  readonly tag: string
  readonly expires: number
}

export function createSessions({ keys, ended, now = Date.now }: SessionsParts): Sessions {
  // Ended here, for as long as they would have lasted; those in `untold` are not in the store yet.
  const here = new Map<string, number>()
  const untold = new Map<string, Ticket>()
  let again: NodeJS.Timeout | undefined
  let stopped = false

  function isEnded({ id, tag, expires }: Ticket): boolean {
    const known = ended?.value()?.[tag]
    return here.has(id) || (known !== undefined && (id in known.ids || expires - SESSION_MS < known.before))
  }

  async function tell(): Promise<void> {
    for (let attempt = 0; ended && attempt < WRITES_MAX && untold.size > 0; attempt++) {
      const tickets = [...untold.values()]
      const next = withEnded(ended.value() ?? {}, tickets, now())
      const written = await ended.write(next, ended.version()).catch(() => null)
      if (written === null) break
      if (written !== undefined) for (const { id } of tickets) untold.delete(id)
    }
    if (untold.size === 0 || stopped) return
    again ??= setTimeout(() => {
      again = undefined
      void tell()
    }, AGAIN_MS).unref()
  }

  return {
    cookie: `${COOKIE}${sign(keys[0]!, 'cookie').slice(0, 8)}`,
    open(operator) {
      const expires = now() + SESSION_MS
      const key = keys[0]!
      const id = randomBytes(ID_BYTES).toString('base64url')
      return { id: writeTicket({ id, tag: tagOf(operator, key), expires }, key), expires }
    },
    find(id, tokens) {
      const ticket = readTicket(id, keys)
      if (!ticket || ticket.expires <= now() || isEnded(ticket)) return undefined
      const operator = tokens.find((token) => tagOf(token, ticket.key) === ticket.tag)
      return operator && { operator, expires: ticket.expires }
    },
    async close(id) {
      const ticket = readTicket(id, keys)
      if (!ticket || ticket.expires <= now() || isEnded(ticket)) return
      for (const [one, expires] of here) if (expires <= now()) here.delete(one)
      here.set(ticket.id, ticket.expires)
      if (!ended) return
      untold.set(ticket.id, ticket)
      await tell()
    },
    stop() {
      stopped = true
      clearTimeout(again)
    },
  }
}

function withEnded(before: EndedSessions, tickets: readonly Ticket[], now: number): EndedSessions {
  const next: EndedSessions = {}
  for (const [tag, one] of Object.entries(before)) {
    const ids = Object.fromEntries(Object.entries(one.ids).filter(([, expires]) => expires > now))
    if (Object.keys(ids).length > 0 || one.before + SESSION_MS > now) next[tag] = { before: one.before, ids }
  }
  for (const { id, tag, expires } of tickets) {
    const known = next[tag] ?? { before: 0, ids: {} }
    const isFull = Object.keys(known.ids).length >= ENDED_MAX
    next[tag] = isFull
      ? { before: now, ids: { [id]: expires } }
      : { ...known, ids: { ...known.ids, [id]: expires } }
  }
  return next
}

function writeTicket({ id, tag, expires }: Ticket, key: Buffer): string {
  const text = `${id}.${tag}.${expires.toString(36)}`
  return `${text}.${sign(key, text)}`
}

const TICKET = /^(([\w-]{22})\.([\w-]{16})\.([0-9a-z]{1,11}))\.([\w-]{43})$/

/** The ticket with the key that signed it. */
function readTicket(
  written: string,
  keys: readonly Buffer[],
): (Ticket & { readonly key: Buffer }) | undefined {
  const found = TICKET.exec(written)
  if (!found) return undefined
  const [, text = '', id = '', tag = '', expires = '', mac = ''] = found
  const given = Buffer.from(mac)
  const key = keys.find((one) => timingSafeEqual(given, Buffer.from(sign(one, text))))
  return key && { id, tag, expires: Number.parseInt(expires, 36), key }
}

function tagOf({ sha256 }: AdminToken, key: Buffer): string {
  return sign(key, `token ${sha256}`).slice(0, TAG_CHARS)
}

function sign(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

/** What may be sessions among the request's cookies: a hub with another first secret gives them another name. */
export function readSessionIds(request: FastifyRequest): string[] {
  const prefix = cookieName(request, COOKIE)
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('=', 2))
  const ours = pairs.filter(([name, value]) => name!.startsWith(prefix) && value)
  return ours.slice(0, COOKIES_MAX).map(([, value]) => value!)
}

/** Value of the Set-Cookie header that keeps `session` until it ends; without one, that forgets it. */
export function sessionCookie(
  request: FastifyRequest,
  { cookie }: Sessions,
  session?: { readonly id: string },
): string {
  const parts = [
    `${cookieName(request, cookie)}=${session?.id ?? ''}`,
    'Path=/',
    `Max-Age=${session ? Math.floor(SESSION_MS / 1000) : 0}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(request.protocol === 'https' ? ['Secure'] : []),
  ]
  return parts.join('; ')
}

// Cookies do not know ports: hubs of two operators on one host must not log each other's people out, which is why
// the name is made of the secret. `__Host-` is only for TLS.
function cookieName(request: FastifyRequest, name: string): string {
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
