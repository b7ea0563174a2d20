// Making and revoking view links, and the pages behind them on this listener.

import { z } from 'zod'
import { operationsOf, whoOf } from './operate.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { problems } from './shapes.ts'
import { VIEW_DAYS_MAX } from './view-token.ts'

const PATH = '/api/v1/platforms/:id/view-link'
const tags = ['platforms']
const params = z.object({ id: z.string() })
const DAYS = 7
const DAY_MS = 86_400_000

const link = z.object({
  url: z.string().meta({ description: 'To hand over; whoever has it may look' }),
  expires: z.string().meta({ format: 'date-time' }),
})

/** `POST` and `DELETE /api/v1/platforms/{id}/view-link`, and `/view/{token}`. */
export function registerViewLinks(app: AdminApp, parts: AdminParts): void {
  app.post(
    PATH,
    {
      config: { action: 'view_link.make' },
      schema: {
        tags,
        operationId: 'createViewLink',
        summary: 'A link with which a partner sees its own errors, status history and missed pushes',
        description:
          'It is served below the public URL of the hub; no log-in, nothing to change, nothing of others.',
        params,
        body: z
          .strictObject({ days: z.int().min(1).max(VIEW_DAYS_MAX).default(DAYS) })
          // A request without body comes as null.
          .nullish()
          .meta({ description: `How long it is good for; ${DAYS} days` }),
        response: { 201: link, ...problems(400, 403, 404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      requirePlatform(parts, id)
      const { views, audit } = operationsOf(parts)
      const days = request.body?.days ?? DAYS
      const { url, expires } = views.make(id, days * DAY_MS)
      const detail = `good until ${new Date(expires).toISOString()}`
      await audit.record({ who: whoOf(request), action: 'view_link.make', target: id, detail })
      reply.code(201)
      return { url, expires: new Date(expires).toISOString() }
    },
  )
  app.delete(
    PATH,
    {
      config: { action: 'view_link.revoke' },
      schema: {
        tags,
        operationId: 'deleteViewLinks',
        summary: 'End all view links of a platform',
        params,
        response: { 204: z.null().meta({ description: 'They are ended' }), ...problems(403, 404, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      requirePlatform(parts, id)
      const { views, audit } = operationsOf(parts)
      await views.revoke(id)
      await audit.record({ who: whoOf(request), action: 'view_link.revoke', target: id })
      return reply.code(204).send(null)
    },
  )
  app.get('/view/*', { config: { access: 'public' }, schema: { hide: true } }, async (request, reply) => {
    const rest = (request.params as { '*': string })['*']
    const { httpStatus, headers, body } = await operationsOf(parts).views.answer(rest)
    return reply.code(httpStatus).headers(headers).send(body)
  })
}

function requirePlatform({ registry }: AdminParts, id: string): void {
  if (!registry.table().connections.has(id)) throw problemError(404, 'No platform has this id.')
}
