// Paths of the OCPI listener that need no credentials token: health for load balancers that see only this port, and
// the pages of partners, whose address is the permission. They leave no record.

import type { FastifyInstance, RouteHandlerMethod } from 'fastify'
import type { Lifecycle, Visit } from './visit.ts'

/** A page for people, or data for their programs. */
export interface Page {
  readonly httpStatus: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface OpenPathParts {
  readonly lifecycle: Lifecycle
  /** Body and HTTP status of the health paths. */
  readonly readiness: () => { httpStatus: number; body: unknown }
  /** Answers what stands below `/view/`; never rejects. */
  readonly view: (rest: string) => Promise<Page>
}

const METHODS = ['GET', 'HEAD'] as const
const LIVE = '/health/live'
const READY = '/health/ready'
const VIEW = '/view/'

/** Methods that a raw request target takes if it is one of these paths and exists; else none. */
export function openMethods(url: string): readonly string[] {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  return path === LIVE || path === READY || path.startsWith(VIEW) ? METHODS : []
}

/** Whether a raw request target is one of these paths. */
export function isOpenPath(url: string): boolean {
  return url.startsWith('/health/') || url.startsWith(VIEW)
}

export function registerOpenPaths(app: FastifyInstance, parts: OpenPathParts): void {
  const end = (visit: Visit | null): void => {
    if (visit) visit.ended = true
    parts.lifecycle.inFlight--
  }
  const read = (url: string, handler: RouteHandlerMethod) => app.route({ method: [...METHODS], url, handler })
  read(LIVE, (request, reply) => {
    end(request.visit)
    return reply.send({ status: 'live' })
  })
  read(READY, (request, reply) => {
    end(request.visit)
    const { httpStatus, body } = parts.readiness()
    return reply.code(httpStatus).send(body)
  })
  read(`${VIEW}*`, async (request, reply) => {
    end(request.visit)
    const { httpStatus, headers, body } = await parts.view((request.params as { '*': string })['*'])
    return reply.code(httpStatus).headers(headers).send(body)
  })
}
