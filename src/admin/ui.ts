// The dashboard in the browser: its built files, served under a policy that runs nothing but them, and logging in and
// out. The files hold no data, so they are open to everybody; all data comes from the API behind the guard.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Doorkeeper } from './guard.ts'
import type { AdminApp, AdminOptions, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { isFromOwnPage, readSessionIds, sessionCookie } from './sessions.ts'

/** Paths of the dashboard's pages, with or without a slash behind: each is the same document, which shows what the path says. */
const PAGES = [
  '/',
  '/errors',
  '/correlations/*',
  '/parties',
  '/parties/*',
  '/routes',
  '/codes',
  '/captures',
  '/captures/*',
  '/hub',
]
const ASSET_AGE_MS = 31_536_000_000
const TOKEN_CHARS_MAX = 1000

// No inline script, no style attribute, no other host, no markup made from text.
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join(';')

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>ocpi-hub: dashboard not built</title>
<h1>The dashboard was not built</h1>
<p>Run <code>npm run build:dashboard</code> and load this page again.
The <a href="/docs">API</a>, health and metrics work without it.
`

/** Serves the dashboard; `door` is the guard of the API. */
export async function registerUi(
  app: AdminApp,
  { log }: Pick<AdminParts, 'log'>,
  door: Doorkeeper,
  { dashboardDirectory: directory = builtDirectory() }: Pick<AdminOptions, 'dashboardDirectory'>,
): Promise<void> {
  registerLogin(app, log, door)
  await app.register(async (pages) => {
    pages.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
      route.schema = { ...route.schema, hide: true }
    })
    pages.addHook('onSend', async (_request, reply) => {
      reply.header('Content-Security-Policy', PAGE_POLICY)
    })
    await pages.register(fastifyStatic, {
      root: `${directory}assets`,
      prefix: '/assets/',
      index: false,
      // Names hold a hash of the content.
      immutable: true,
      maxAge: ASSET_AGE_MS,
    })
    for (const path of PAGES) {
      pages.get(path, (_request, reply) => sendPage(reply, directory))
      if (!/[/*]$/.test(path)) pages.get(`${path}/`, (_request, reply) => sendPage(reply, directory))
    }
  })
}

// Asked for on each request: a build while the hub runs is shown on the next load.
async function sendPage(reply: FastifyReply, directory: string): Promise<FastifyReply> {
  reply.header('Cache-Control', 'no-cache')
  if (existsSync(`${directory}index.html`))
    return reply.sendFile('index.html', directory, { cacheControl: false })
  return reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT)
}

/** The same document for a path that is none of its pages: it says so. */
export async function sendNoPage(
  reply: FastifyReply,
  { dashboardDirectory: directory = builtDirectory() }: Pick<AdminOptions, 'dashboardDirectory'>,
): Promise<FastifyReply> {
  const file = `${directory}index.html`
  const text = existsSync(file) ? await readFile(file, 'utf8') : NOT_BUILT
  reply.header('Content-Security-Policy', PAGE_POLICY)
  return reply.code(404).type('text/html; charset=utf-8').send(text)
}

/** Beside the compiled server, or in `dist` when this runs from the sources. */
function builtDirectory(): string {
  const fromSources = import.meta.url.endsWith('.ts')
  const relative = fromSources ? '../../dist/admin/dashboard/' : './dashboard/'
  return fileURLToPath(new URL(relative, import.meta.url))
}

function registerLogin(app: AdminApp, log: AdminParts['log'], door: Doorkeeper): void {
  const session = z.object({
    name: z.string().meta({ description: 'Of the token' }),
    role: z.enum(['read', 'operate']),
    expires: z.string().meta({ format: 'date-time' }),
  })
  app.post(
    '/login',
    {
      config: { access: 'public' },
      schema: {
        hide: true,
        body: z.strictObject({ token: z.string().min(1).max(TOKEN_CHARS_MAX) }),
        response: { 200: session },
      },
    },
    async (request, reply) => {
      requireOwnPage(request)
      const operator = await door.check(request.body.token.trim(), request, reply)
      for (const before of readSessionIds(request)) await door.sessions.close(before)
      const opened = door.sessions.open(operator)
      reply.header('Set-Cookie', sessionCookie(request, door.sessions, opened))
      const { name, role } = operator
      log.info({ who: name, role, address: request.ip }, 'logged in at the dashboard')
      return { name, role, expires: new Date(opened.expires).toISOString() }
    },
  )
  app.post('/logout', { config: { access: 'public' }, schema: { hide: true } }, async (request, reply) => {
    requireOwnPage(request)
    const found = door.session(request)
    for (const id of readSessionIds(request)) await door.sessions.close(id)
    if (found) log.info({ who: found.operator.name, address: request.ip }, 'logged out of the dashboard')
    return reply.header('Set-Cookie', sessionCookie(request, door.sessions)).code(204).send()
  })
  app.get(
    '/session',
    // Asked by everybody who opens the page: to have no session is no error.
    { config: { access: 'public' }, schema: { hide: true, response: { 200: session, 204: z.void() } } },
    async (request, reply) => {
      const found = door.session(request)
      if (!found) return reply.code(204).send()
      const { operator, expires } = found
      return { name: operator.name, role: operator.role, expires: new Date(expires).toISOString() }
    },
  )
}

function requireOwnPage(request: FastifyRequest): void {
  if (!isFromOwnPage(request)) throw problemError(403, "This is only for the hub's own dashboard.")
}
