// The admin side: one Fastify app with a token in front, problem details behind, and groups of calls in between.
// It knows the hub only by what it is given, and never mounts on the OCPI listener.

import type { Server } from 'node:http'
import helmet from '@fastify/helmet'
import { fastifySSE } from '@fastify/sse'
import fastify, { type FastifyHttpOptions, type FastifyReply } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { treatQueryAsAny } from '../http/query-method.ts'
import { withTls } from '../http/tls.ts'
import { registerAudit } from './audit.ts'
import { createRefusals } from './audit-refusals.ts'
import { registerBroadcasts } from './broadcasts.ts'
import { registerCaptures } from './captures.ts'
import { registerCodes } from './codes.ts'
import { registerCorrelations } from './correlations.ts'
import { registerErrorStream } from './error-stream.ts'
import { registerErrors } from './errors.ts'
import { registerExplain } from './explain.ts'
import { guard } from './guard.ts'
import { registerHealth } from './health.ts'
import { allowedMethods } from './methods.ts'
import { collectOpenApi, registerDocs } from './openapi.ts'
import { asksForPage } from './page-request.ts'
import type { AdminApp, AdminGroup, AdminOptions, AdminParts } from './parts.ts'
import { registerMissed } from './missed.ts'
import { registerMoves } from './moves.ts'
import { registerParties } from './parties.ts'
import { registerReload } from './reload.ts'
import { registerRoutes } from './routes.ts'
import { registerPlatformWrites } from './platform-writes.ts'
import { registerPlatforms } from './platforms.ts'
import { registerExamination } from './probe.ts'
import { PROBLEM_TYPE, problemError, readProblem, toProblem, type Problem } from './problem.ts'
import { registerRegistry } from './registry.ts'
import { registerStatus } from './status.ts'
import { registerStatusChanges } from './status-changes.ts'
import { refuseStray } from './stray-bytes.ts'
import { registerTraffic } from './traffic-calls.ts'
import { registerViewLinks } from './view-links.ts'
import { registerUi, sendNoPage } from './ui.ts'

/** Groups of calls, in the order of the OpenAPI document. */
const GROUPS: readonly AdminGroup[] = [
  registerErrors,
  registerErrorStream,
  registerCorrelations,
  registerBroadcasts,
  registerCodes,
  registerPlatforms,
  registerPlatformWrites,
  registerViewLinks,
  registerExamination,
  registerParties,
  registerStatusChanges,
  registerMissed,
  registerMoves,
  registerRegistry,
  registerRoutes,
  registerExplain,
  registerStatus,
  registerCaptures,
  registerReload,
  registerAudit,
  registerHealth,
  registerTraffic,
]

const BODY_BYTES_MAX = 1024 * 1024
const HEARTBEAT_MS = 15_000

/** Builds the server; the caller listens. `close()` ends open streams first. */
export async function createAdminServer(parts: AdminParts, options: AdminOptions): Promise<AdminApp> {
  const app: AdminApp = fastify(toSettings(options)).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  // JSON only: a form of another site cannot send it without asking first.
  app.removeContentTypeParser('text/plain')
  treatQueryAsAny(app)

  const methodsOf = allowedMethods(app)
  await app.register(helmet, toHelmet(options.tls !== undefined))
  app.addHook('onRequest', async (request, reply) => {
    // Unless a route says otherwise: nearly everything is state of this moment or not for others.
    reply.header('Cache-Control', 'no-store')
    if (request.headers.host === undefined && request.raw.httpVersion !== '1.0') {
      throw problemError(400, 'The Host header is missing.')
    }
  })
  const door = guard(app, parts, options)
  refuseUnknownQueries(app)
  await app.register(fastifySSE, { heartbeatInterval: options.heartbeatMs ?? HEARTBEAT_MS })
  await collectOpenApi(app, parts.version)

  const noteRefusal = createRefusals(parts)
  app.setErrorHandler(async (error, request, reply) => {
    const problem = readProblem(error)
    await noteRefusal(request, problem)
    if (problem.status >= 500) {
      parts.log[problem.status === 500 ? 'error' : 'warn'](
        { err: error, method: request.method, path: request.routeOptions.url },
        'an admin call failed',
      )
    }
    return sendProblem(reply, problem)
  })
  app.setNotFoundHandler(async (request, reply) => {
    if (asksForPage(request)) return sendNoPage(reply, options)
    const allowed = methodsOf(request.url)
    // A file that is not there comes here with a method that its path takes.
    if (allowed.length === 0 || allowed.includes(request.method)) {
      return sendProblem(reply, toProblem(404, 'The admin side has no such URL.'))
    }
    reply.header('Allow', allowed.join(', '))
    return sendProblem(reply, toProblem(405, `Only ${allowed.join(', ')} can be used here.`))
  })

  for (const register of GROUPS) register(app, parts, options)
  await registerDocs(app)
  await registerUi(app, parts, door, options)
  return app
}

/** A call that has no query parameters refuses all, as the others refuse those they do not have. */
function refuseUnknownQueries(app: AdminApp): void {
  const none = z.strictObject({})
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/')) route.schema = { querystring: none, ...route.schema }
  })
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  // As text: the routes' schemas are for their own answers.
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem))
}

function toSettings({ tls }: AdminOptions): FastifyHttpOptions<Server> {
  const settings = {
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: 20_000,
    keepAliveTimeout: 72_000,
    return503OnClosing: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 500,
      maxHeaderSize: 16_384,
      // Node's own 400 is empty; the hook of all requests looks at it.
      requireHostHeader: false,
    },
    clientErrorHandler: refuseStray,
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, readProblem(error)),
  } satisfies FastifyHttpOptions<Server>
  return withTls(settings, tls)
}

// Everything the pages need is served from here. No upgrade to https is asked for: the listener may have none.
function toHelmet(secure: boolean) {
  const self = ["'self'"]
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: self,
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: self,
        connectSrc: self,
        baseUri: ["'none'"],
        formAction: self,
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: secure ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: 'no-referrer' },
  } as const
}
