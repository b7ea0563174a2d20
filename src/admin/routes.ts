// The operator's rules: read, replaced as a whole, put back to an earlier version or to those of the file. All hubs
// follow within a second.

import { z } from 'zod'
import { counted } from '../journal/text.ts'
import { INTERFACES } from '../ocpi/module.ts'
import { type RouteBook, type Routes, ROUTES_MAX } from '../routing/route-book.ts'
import { routeSchema, toFileRoute, toRule } from '../routing/rule-schema.ts'
import type { RouteRule } from '../routing/rule.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { operationsOf, requireMatch, whoOf } from './operate.ts'
import { etagOf, sendTagged } from './pages.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { problems } from './shapes.ts'

const PATH = '/api/v1/routes'
const tags = ['routes']
const oneOrMore = z.union([z.string(), z.array(z.string()).readonly()]).optional()

const route = z
  .object({
    from: oneOrMore,
    to: oneOrMore.meta({ description: 'none: a request without TO headers' }),
    module: oneOrMore,
    interface: z.enum(INTERFACES).optional(),
    method: oneOrMore,
    action: z.literal('deny').optional(),
    deliver_to: z.string().optional(),
    timeout: z
      .string()
      .optional()
      .meta({ examples: ['60s'] }),
    max_in_flight: z.int().optional(),
    rate: z
      .string()
      .optional()
      .meta({ examples: ['100/s'] }),
  })
  .meta({ id: 'Route', description: 'A rule in the words of the configuration file' })

const source = z.enum(['file', 'registry']).meta({
  description: 'file: the configuration file of each hub; registry: set by an operator, for all hubs',
})
const version = z.int().meta({ description: 'Grows with each change; 0 while nobody has set routes' })
const stamps = {
  updated: z.string().optional().meta({ format: 'date-time' }),
  updated_by: z.string().optional().meta({ description: 'Name of the admin token' }),
}

const routesView = z.object({ items: z.array(route), source, version, ...stamps }).meta({ id: 'Routes' })
const versionView = z.object({ version, source, rules: z.int().meta({ description: 'How many' }), ...stamps })

const putBody = z.strictObject({
  items: z.array(routeSchema).max(ROUTES_MAX).meta({ description: 'First match wins' }),
})

/** All calls below `/api/v1/routes` but for explain. */
export function registerRoutes(app: AdminApp, parts: AdminParts): void {
  app.get(
    PATH,
    {
      schema: {
        tags,
        operationId: 'getRoutes',
        summary: 'The rules in effect',
        response: { 200: routesView, ...problems() },
      },
    },
    async (request, reply) => {
      const routes = operationsOf(parts).routes.current()
      return sendTagged(request, reply, toView(routes), etagOfRoutes(routes))
    },
  )
  app.put(
    PATH,
    {
      config: { action: 'routes.put' },
      schema: {
        tags,
        operationId: 'replaceRoutes',
        summary: 'Replace the rules of all hubs, all or nothing',
        description: 'Checked like those of the configuration file, which they stand in for from then on.',
        body: putBody,
        response: { 200: routesView, ...problems(400, 403, 409, 412, 503) },
      },
    },
    async (request, reply) => change(parts, request, reply, 'routes.put', request.body.items.map(toRule)),
  )
  app.delete(
    PATH,
    {
      config: { action: 'routes.delete' },
      schema: {
        tags,
        operationId: 'deleteRoutes',
        summary: 'Go back to the rules of the configuration file',
        response: { 200: routesView, ...problems(403, 409, 412, 503) },
      },
    },
    async (request, reply) => change(parts, request, reply, 'routes.delete', undefined),
  )
  registerVersions(app, parts)
}

function registerVersions(app: AdminApp, parts: AdminParts): void {
  app.get(
    `${PATH}/versions`,
    {
      schema: {
        tags,
        operationId: 'listRouteVersions',
        summary: 'Versions that can be restored, newest first',
        response: { 200: z.object({ items: z.array(versionView) }), ...problems(503) },
      },
    },
    async () => {
      const kept = await operationsOf(parts).routes.versions()
      return { items: kept.map((one) => ({ ...toStamps(one), rules: one.rules.length })) }
    },
  )
  app.get(
    `${PATH}/versions/:version`,
    {
      schema: {
        tags,
        operationId: 'getRouteVersion',
        summary: 'The rules of one version',
        params: z.object({ version: z.coerce.number().int().min(1) }),
        response: { 200: routesView, ...problems(400, 404, 503) },
      },
    },
    async (request) => toView(await findVersion(operationsOf(parts).routes, request.params.version)),
  )
  app.post(
    `${PATH}/restore`,
    {
      config: { action: 'routes.restore' },
      schema: {
        tags,
        operationId: 'restoreRoutes',
        summary: 'Put an earlier version in effect again, as a new one',
        body: z.strictObject({ version: z.int().min(1) }),
        response: { 200: routesView, ...problems(400, 403, 404, 409, 412, 503) },
      },
    },
    async (request, reply) => {
      const { rules, source: from } = await findVersion(operationsOf(parts).routes, request.body.version)
      return change(parts, request, reply, 'routes.restore', from === 'file' ? undefined : rules)
    },
  )
}

async function findVersion(book: RouteBook, wanted: number): Promise<Routes> {
  const found = (await book.versions()).find((one) => one.version === wanted)
  if (!found) throw problemError(404, 'No such version is kept.')
  return found
}

/** Compare-and-set on the version that If-Match was checked against. */
async function change(
  parts: AdminParts,
  request: FastifyRequest,
  reply: FastifyReply,
  action: string,
  rules: readonly RouteRule[] | undefined,
): Promise<z.output<typeof routesView>> {
  const { routes: book, audit } = operationsOf(parts)
  const before = book.current()
  requireMatch(request, etagOfRoutes(before))
  const who = whoOf(request)
  if (!(await book.put(rules, { by: who, seen: before.version }))) {
    throw problemError(409, 'Somebody else changed the routes at the same time; read them again.')
  }
  const after = book.current()
  await audit.record({
    who,
    action,
    target: `version ${after.version}`,
    before: etagOfRoutes(before).slice(1, -1),
    after: etagOfRoutes(after).slice(1, -1),
    detail: `${counted(before.rules.length, 'rule')} before, ${after.rules.length} since, ${after.source}`,
  })
  reply.header('ETag', etagOfRoutes(after))
  return toView(after)
}

function etagOfRoutes({ source: from, version: number, rules }: Routes): string {
  return etagOf([from, number, rules])
}

function toView(routes: Routes): z.output<typeof routesView> {
  return { items: routes.rules.map((rule) => toFileRoute(rule)), ...toStamps(routes) }
}

function toStamps({ source: from, version: number, at, by }: Routes) {
  return {
    source: from,
    version: number,
    ...(at === undefined ? {} : { updated: at }),
    ...(by === undefined ? {} : { updated_by: by }),
  }
}
