// The OCPI side: a Fastify server whose four error doors and Node's own two all end in one answer with an OCPI
// envelope. The hot path adds nothing to Fastify's: one synchronous hook, one handler, no logging of its own.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import fastify, { type FastifyHttpOptions, type FastifyInstance, type FastifyReply } from 'fastify'
import { Fault } from '../faults/fault.ts'
import { faultAnswer } from '../faults/response.ts'
import { openExchange } from '../journal/exchange.ts'
import type { Tracing } from '../journal/tracing.ts'
import type { Registry } from '../registry/registry.ts'
import { refuseBrokenHead } from '../routing/head.ts'
import type { Admit, Admitted } from './admit.ts'
import { type ConfigurationParts, handleConfiguration } from './configuration.ts'
import { toHttpFault } from './fastify-fault.ts'
import { type FunctionalParts, handleFunctional } from './functional.ts'
import { holdBody } from './held-bodies.ts'
import { isOpenPath, openMethods, type OpenPathParts, registerOpenPaths } from './open-paths.ts'
import type { ArrivalOptions } from './options.ts'
import { treatQueryAsAny } from './query-method.ts'
import { METHODS, type OcpiUrl, readOcpiUrl } from './routes.ts'
import { answerStray, endStray, inTurn, readStray, type Stray } from './stray-bytes.ts'
import { type TlsFiles, withTls } from './tls.ts'
import { endUnasked } from './unasked.ts'
import { answerFault, openVisit, type Visit } from './visit.ts'

export interface OcpiServerOptions {
  readonly arrival: ArrivalOptions
  readonly tls?: TlsFiles
}

export interface OcpiServerParts extends FunctionalParts, Pick<ConfigurationParts, 'modules'>, OpenPathParts {
  readonly registry: Pick<Registry, 'table' | 'catchUp'>
  readonly admit: Admit
  /** Decides which requests are traced. */
  readonly tracing?: Pick<Tracing, 'begin'> | undefined
  /** Told of every authenticated request (still-alive, token overlap). */
  readonly onHeard?: (visit: Visit) => void
}

declare module 'fastify' {
  interface FastifyRequest {
    visit: Visit | null
  }
}

const HEADERS_MAX = 100
const JSON_TYPE = 'application/json'

/** Builds the server; the caller listens. TLS files are read once, here. */
export function createOcpiServer(
  parts: OcpiServerParts,
  { arrival, tls }: OcpiServerOptions,
): FastifyInstance {
  const uploads: Uploads = new WeakMap()
  const settings = {
    logger: false,
    exposeHeadRoutes: false,
    bodyLimit: arrival.maxRequestBodyBytes,
    requestTimeout: arrival.requestTimeoutMs,
    // Above the 60 s that load balancers keep idle connections.
    keepAliveTimeout: 72_000,
    // Draining is done in stages by the owner (lifecycle), with an OCPI envelope.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    trustProxy: false,
    genReqId: () => '',
    routerOptions: { maxParamLength: 16_384 },
    http: {
      headersTimeout: arrival.headersTimeoutMs,
      // Slow senders are closed a few at a time: all of half a second at once would hold up requests.
      connectionsCheckingInterval: 50,
      maxHeaderSize: 16_384,
      // Node's own empty 400 would bypass every door; checked in the hook instead.
      requireHostHeader: false,
    },
    frameworkErrors: (error, request, reply) => {
      reply.hijack()
      strayFault(request.raw, reply.raw, parts, toHttpFault(error))
    },
    clientErrorHandler: (error, socket) => answerSocket(error, socket, parts, uploads),
  } satisfies FastifyHttpOptions<Server>
  const app = fastify<Server>(withTls(settings, tls))
  endUnasked(app, arrival.headersTimeoutMs)
  treatQueryAsAny(app)

  app.decorateRequest('visit', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    uploads.delete(request.raw.socket)
    if (request.visit) request.visit.exchange.arrivedAt = performance.now()
    done(null, body)
  })

  app.addHook('onRequest', (request, reply, done) => {
    // Behind the last answer of its connection.
    if (request.raw.socket.writableEnded) return void reply.hijack()
    const visit = openVisit(request.raw, parts.registry.table(), parts.lifecycle)
    request.visit = visit
    parts.tracing?.begin(visit.exchange, visit.head.forward)
    const goOn = (): void => {
      try {
        expectBody(reply, parts, arrival)
      } catch (fault) {
        return done(fault as Error)
      }
      done()
    }
    if (request.method !== 'GET') uploads.set(request.raw.socket, reply)
    try {
      admitVisit(visit, request.raw, parts, arrival)
      goOn()
    } catch (fault) {
      if (!(fault instanceof Fault && fault.code === 'token_unknown')) return done(fault as Error)
      void admitLate(visit, parts, fault).then(goOn, done)
    }
  })

  app.route({
    method: [...METHODS],
    url: '/ocpi/*',
    handler: (request, reply) => {
      const visit = request.visit!
      try {
        const url = readOcpiUrl(request.raw.url!, parts.hub.versions)
        if (!url) throw new Fault('url_unknown')
        reply.hijack()
        dispatch(visit, url, request.body as Buffer | undefined, reply.raw, parts)
      } catch (error) {
        if (!reply.sent) reply.hijack()
        answerFault(visit, reply.raw, error, parts)
      }
    },
  })

  app.setNotFoundHandler((request, reply) => {
    reply.hijack()
    const visit = request.visit ?? openVisit(request.raw, parts.registry.table(), parts.lifecycle)
    answerFault(visit, reply.raw, strayRequest(request.raw, parts), parts)
  })
  app.setErrorHandler((error, request, reply) => {
    reply.hijack()
    const visit = request.visit ?? openVisit(request.raw, parts.registry.table(), parts.lifecycle)
    answerFault(visit, reply.raw, toHttpFault(error), parts)
  })

  // Node would answer 417 past every door; RFC 9110 §10.1.1 lets a server ignore what it does not know.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  registerOpenPaths(app, parts)
  return app
}

/** The checks every request passes before its body is read, in the order of the fault table. */
function admitVisit(
  visit: Visit,
  raw: IncomingMessage,
  parts: OcpiServerParts,
  { inFlightMax }: ArrivalOptions,
): void {
  if (isOpenPath(raw.url!)) {
    // Here and not after the body: strangers must not fill the memory with bodies that nobody reads.
    if (!openMethods(raw.url!).includes(raw.method!)) throw strayRequest(raw, parts)
    return
  }
  if (parts.lifecycle.refusing) throw new Fault('hub_draining')
  if (parts.lifecycle.inFlight > inFlightMax) throw new Fault('hub_overloaded')
  // Node's parser takes HTTP/2.0 in a request line; who writes it means another protocol.
  if (raw.httpVersionMajor !== 1) {
    throw new Fault('http_request_error', { message: 'The request is not HTTP/1.1' })
  }
  refuseBrokenHead(visit.head)
  if (raw.rawHeaders.length > HEADERS_MAX * 2) {
    throw new Fault('http_request_error', { message: `More than ${HEADERS_MAX} headers`, httpStatus: 431 })
  }
  if (!visit.head.hosted && raw.httpVersion !== '1.0') {
    throw new Fault('http_request_error', { message: 'The Host header is missing' })
  }
  if (!raw.url!.startsWith('/')) {
    throw new Fault('http_request_error', { message: 'The request target is not a plain path' })
  }
  letIn(visit, parts.admit(visit.head.authorization, visit.table, raw.socket), parts)
}

/**
 * A token that another hub gave out a moment ago may not be known here yet: what is stored is looked at before it is
 * refused. Throws the Fault again, or what else speaks against the platform.
 */
async function admitLate(visit: Visit, parts: OcpiServerParts, refusal: Fault): Promise<void> {
  await parts.registry.catchUp()
  const table = parts.registry.table()
  if (table === visit.table) throw refusal
  visit.table = table
  letIn(visit, parts.admit(visit.head.authorization, table), parts)
}

/** Makes a request that was let in ready for its body to be read. */
function expectBody(reply: FastifyReply, parts: OcpiServerParts, arrival: ArrivalOptions): void {
  const { request } = reply
  // While the store was looked at: Fastify would wait for the rest of its body for ever.
  if (request.raw.destroyed) throw new Fault('requester_gone')
  // Any type is taken (T34), also one that Fastify cannot read; what goes on is JSON.
  const type = request.headers['content-type']
  if (type !== undefined && type !== JSON_TYPE) request.headers['content-type'] = JSON_TYPE
  if (request.method === 'GET') return
  holdBody(request.visit!, request.raw, parts.lifecycle, arrival, (fault) => breakOff(reply, fault, parts))
}

function letIn(visit: Visit, admitted: Admitted, parts: OcpiServerParts): void {
  visit.admitted = admitted
  visit.exchange.requester = admitted.connection.platform.id
  parts.onHeard?.(visit)
}

function dispatch(
  visit: Visit,
  url: OcpiUrl,
  body: Buffer | undefined,
  response: ServerResponse,
  parts: OcpiServerParts,
): void {
  if (body) visit.exchange.bytesIn = body.length
  if (url.kind === 'functional') {
    if (visit.admitted!.token.purpose === 'registration') throw new Fault('token_not_for_this')
    void handleFunctional(visit, url, body, response, parts)
  } else void handleConfiguration(visit, url, body, response, parts)
}

/** 404 or 405 for what no route took (T32), or what is wrong with its URL. */
function strayRequest(raw: IncomingMessage, parts: OcpiServerParts): unknown {
  try {
    const open = openMethods(raw.url!)
    if (open.length > 0) return new Fault('method_unsupported', { headers: { Allow: open.join(', ') } })
    const known = (METHODS as readonly string[]).includes(raw.method ?? '')
    const url = readOcpiUrl(raw.url!, parts.hub.versions)
    if (known || !url) return new Fault('url_unknown')
    return new Fault('method_unsupported', { headers: { Allow: METHODS.join(', ') } })
  } catch (fault) {
    return fault
  }
}

/** An error before the hook ran: opens the record only to close it. */
function strayFault(
  request: IncomingMessage,
  response: ServerResponse,
  parts: OcpiServerParts,
  error: unknown,
): void {
  answerFault(openVisit(request, parts.registry.table(), parts.lifecycle), response, error, parts)
}

/** Of each connection the request whose body is still to come. */
type Uploads = WeakMap<Duplex, FastifyReply>

/**
 * What Node's parser refused, or what came too late. In the middle of a body it is the answer to that request; what
 * never became a request is answered on the bare socket.
 */
function answerSocket(
  error: Error & { code?: string },
  socket: Duplex,
  parts: OcpiServerParts,
  uploads: Uploads,
): void {
  const stray = readStray(error, socket)
  if (!stray) return
  const fault = new Fault('http_request_error', { ...stray, detail: error.message })
  const upload = uploads.get(socket)
  if (upload && !upload.request.raw.complete) {
    // Answered before its body was there: a second answer would be taken for that of the next request.
    if (upload.request.visit!.ended) return inTurn(socket, () => endStray(socket))
    return breakOff(upload, fault, parts)
  }
  inTurn(socket, () => refuseStray(fault, stray, socket, parts))
}

/** Answers a request in the middle of its body. */
function breakOff(upload: FastifyReply, fault: Fault, parts: OcpiServerParts): void {
  const visit = upload.request.visit!
  upload.hijack()
  visit.exchange.arrivedAt = performance.now()
  answerFault(visit, upload.raw, fault, parts)
}

function refuseStray(fault: Fault, stray: Stray, socket: Duplex, parts: OcpiServerParts): void {
  const reference = parts.journal.newReference()
  const answer = faultAnswer(fault, { reference })
  parts.journal.record({
    ...openExchange({ method: '', path: '', requestId: '', correlationId: '' }),
    author: 'hub',
    fault: fault.code,
    code: answer.statusCode,
    httpStatus: answer.httpStatus,
    message: answer.message,
    detail: fault.info.detail,
    reference,
  })
  answerStray(socket, stray, { headers: ['Content-Type: application/json'], body: answer.body })
}
