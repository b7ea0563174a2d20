// Who changed what: the audit trail, newest first.

import { z } from 'zod'
import { operationsOf } from './operate.ts'
import { readCursor, writeCursor } from './pages.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { pageOf, pageQuery, problems } from './shapes.ts'

const LIST = 'audit'

const auditEntry = z
  .object({
    id: z.string(),
    time: z.string().meta({ format: 'date-time' }),
    who: z.string().meta({ description: 'Name of the admin token' }),
    action: z.string().meta({ examples: ['platform.suspend'] }),
    target: z.string().optional(),
    http_status: z.int().optional().meta({
      description: 'Of a change that was not made: what its caller was answered; left out: it was made',
    }),
    before: z.string().optional().meta({ description: 'Hash of what stood before; left out: nothing' }),
    after: z.string().optional().meta({ description: 'Hash of what stands since; left out: nothing' }),
    detail: z.string().optional(),
  })
  .meta({ id: 'AuditEntry' })

/** `GET /api/v1/audit`. */
export function registerAudit(app: AdminApp, parts: AdminParts): void {
  app.get(
    '/api/v1/audit',
    {
      schema: {
        tags: ['hub'],
        operationId: 'listAudit',
        summary: 'What operators changed, or were refused to, newest first',
        description: 'Hashes are those of the ETag: equal hashes, equal state.',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(auditEntry), ...problems(400, 503) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query
      const page = { limit, ...(cursor === undefined ? {} : { position: readCursor(LIST, cursor) }) }
      const { entries, next } = await operationsOf(parts).audit.read(page)
      return { items: [...entries], ...(next === undefined ? {} : { next_cursor: writeCursor(LIST, next) }) }
    },
  )
}
