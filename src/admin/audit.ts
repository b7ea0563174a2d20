// Who changed what: the audit trail, newest first.

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { operationsOf } from './operate.ts'
import { cursorProblem } from './pages.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { pageOf, pageQuery, problems } from './shapes.ts'

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
        summary: 'What operators changed, or were refused to, newest first',
        description: 'Hashes are those of the ETag: equal hashes, equal state.',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(auditEntry), ...problems(400, 503) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query
      const position = cursor === undefined ? undefined : readCursor(cursor)
      const page = { limit, ...(position === undefined ? {} : { position }) }
      const { entries, next } = await operationsOf(parts).audit.read(page)
      return { items: [...entries], ...(next === undefined ? {} : { next_cursor: writeCursor(next) }) }
    },
  )
}

function writeCursor(position: string): string {
  return Buffer.from(`${position} ${checksum(position)}`).toString('base64url')
}

function readCursor(cursor: string): string {
  const [position = '', sum] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ')
  if (sum !== checksum(position)) throw cursorProblem()
  return position
}

function checksum(position: string): string {
  return createHash('sha256').update(`audit ${position}`).digest('base64url').slice(0, 12)
}
