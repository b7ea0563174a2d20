// Who may call the admin side: bearer tokens with roles, compared by hash in constant time, or the cookie of a
// session that one of them opened; guessing is slowed down. Those who show a valid token are never locked out,
// whatever others do from the same address.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createGuesses, type Guesses } from '../http/guesses.ts'
import type { AdminRole, AdminToken } from './admin-token.ts'
import { asksForPage } from './page-request.ts'
import type { AdminApp, AdminOptions, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { createSessions, isFromOwnPage, readSessionIds, type Session, type Sessions } from './sessions.ts'

/** SHA-256 of a token, hex: what `AdminToken` keeps of it. */
export function hashAdminToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** What the guard shares with the routes that log people in and out. */
export interface Doorkeeper {
  readonly sessions: Sessions
  /** The session of a request that came with its cookie. */
  session(request: FastifyRequest): Session | undefined
  /** Whose token it is. Throws a 401 or 429 problem, and counts a guess. */
  check(token: string, request: FastifyRequest, reply: FastifyReply): Promise<AdminToken>
}

/**
 * Checks every request of the app before its body is read, those for unknown paths included, but for a browser that
 * asks for a page there. Without operations the sessions of the dashboard are known to this process alone.
 */
export function guard(
  app: AdminApp,
  { log, operations }: Pick<AdminParts, 'log' | 'operations'>,
  options: Pick<AdminOptions, 'tokens'>,
): Doorkeeper {
  const sessions = operations?.sessions ?? createSessions({ keys: [randomBytes(32)] })
  const guesses = createGuesses(log, 'admin tokens')

  function session(request: FastifyRequest): Session | undefined {
    if (request.headers.authorization !== undefined) return undefined
    for (const id of readSessionIds(request)) {
      const found = sessions.find(id, options.tokens())
      if (found) return found
    }
    return undefined
  }

  function operatorOf(request: FastifyRequest): AdminToken | undefined {
    const { basic = false } = request.routeOptions.config
    const shown = readToken(request.headers.authorization, basic)
    return shown === undefined ? session(request)?.operator : findToken(options.tokens(), shown)
  }

  app.decorateRequest('operator', null)
  app.decorateRequest('isStillWelcome', function (this: FastifyRequest) {
    return operatorOf(this) !== undefined
  })
  app.addHook('onRequest', async (request, reply) => {
    const { access, basic = false } = request.routeOptions.config
    if (access === 'public' || (request.is404 && asksForPage(request))) return
    const showsToken = request.headers.authorization !== undefined
    const operator = operatorOf(request)
    if (!operator) return refuse(request, reply, { guesses, basic, guessed: showsToken })
    request.operator = operator
    const reads = request.method === 'GET' || request.method === 'HEAD'
    if (!showsToken && !reads && !isFromOwnPage(request)) {
      throw problemError(403, "With a session, changes are taken only from the hub's own dashboard.")
    }
    const needed = access ?? (reads ? 'read' : 'operate')
    if (!mayDo(operator.role, needed)) {
      throw problemError(403, `The token "${operator.name}" may only read.`)
    }
  })

  return {
    sessions,
    session,
    async check(token, request, reply) {
      const operator = findToken(options.tokens(), token)
      return operator ?? refuse(request, reply, { guesses, basic: false, guessed: true })
    },
  }
}

function mayDo(role: AdminRole, needed: AdminRole): boolean {
  return role === 'operate' || needed === 'read'
}

const BEARER = /^bearer +(\S+) *$/i
const BASIC = /^basic +([A-Za-z0-9+/]+=*) *$/i

function readToken(authorization: string | undefined, basic: boolean): string | undefined {
  if (authorization === undefined) return undefined
  const bearer = BEARER.exec(authorization)
  if (bearer) return bearer[1]
  const encoded = basic ? BASIC.exec(authorization)?.[1] : undefined
  if (encoded === undefined) return ''
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}

// Every token is compared, so that the time taken tells nothing about which one was nearly right.
function findToken(tokens: readonly AdminToken[], shown: string): AdminToken | undefined {
  // The hash of nothing is what a variable that was not set has made of a token.
  if (shown === '') return undefined
  const hash = Buffer.from(hashAdminToken(shown), 'hex')
  let found: AdminToken | undefined
  for (const token of tokens) {
    const known = Buffer.from(token.sha256, 'hex')
    if (known.length === hash.length && timingSafeEqual(known, hash)) found ??= token
  }
  return found
}

function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  how: { readonly guesses: Guesses; readonly basic: boolean; readonly guessed: boolean },
): never {
  // A request without any token is no guess.
  const waitMs = how.guessed ? how.guesses(request.ip) : undefined
  if (waitMs !== undefined) {
    reply.header('Retry-After', Math.max(1, Math.ceil(waitMs / 1000)))
    throw problemError(429, 'Too many wrong tokens came from this address.')
  }
  reply.header(
    'WWW-Authenticate',
    how.basic ? ['Basic realm="ocpi-hub"', 'Bearer realm="ocpi-hub"'] : 'Bearer realm="ocpi-hub"',
  )
  throw problemError(401, 'Send "Authorization: Bearer <admin token>".')
}
