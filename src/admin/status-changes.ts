// How connections went: every change of a platform's status while a hub ran, newest first. What a start finds is none.

import { z } from 'zod'
import { partyKey } from '../ocpi/party.ts'
import { operationsOf } from './operate.ts'
import { readCursor, writeCursor } from './pages.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { instant, pageOf, pageQuery, problems } from './shapes.ts'

const LIST = 'status changes'

const statusChange = z
  .object({
    time: z.string().meta({ format: 'date-time' }),
    platform: z.string(),
    status: z.string().meta({ description: 'What it became', examples: ['OFFLINE'] }),
    parties: z
      .array(z.string())
      .optional()
      .meta({
        description: 'Addresses of its parties now; left out: it has been removed',
        examples: [['DE-CPO']],
      }),
  })
  .meta({ id: 'StatusChange' })

/** `GET /api/v1/status-changes`. */
export function registerStatusChanges(app: AdminApp, parts: AdminParts): void {
  app.get(
    '/api/v1/status-changes',
    {
      schema: {
        tags: ['platforms'],
        operationId: 'listStatusChanges',
        summary: 'Connections whose status changed, newest first',
        querystring: z.strictObject({ ...pageQuery, since: instant.optional() }),
        response: { 200: pageOf(statusChange), ...problems(400, 503) },
      },
    },
    async (request) => {
      const { since = 0, limit, cursor } = request.query
      const page = { limit, ...(cursor === undefined ? {} : { position: readCursor(LIST, cursor) }) }
      const { changes, next } = await operationsOf(parts).history.since(since, page)
      return {
        items: changes.map((change) => ({ ...change, ...partiesOf(parts, change.platform) })),
        ...(next === undefined ? {} : { next_cursor: writeCursor(LIST, next) }),
      }
    },
  )
}

function partiesOf({ registry }: AdminParts, id: string): Pick<z.output<typeof statusChange>, 'parties'> {
  const platform = registry.table().connections.get(id)?.platform
  return platform ? { parties: [...new Set(platform.roles.map(partyKey))] } : {}
}
