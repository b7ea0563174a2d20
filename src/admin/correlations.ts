// The story of one exchange: every kept entry of its X-Correlation-ID, requests, forwards and call-backs, in order.

import { z } from 'zod'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { journalEntry, problems } from './shapes.ts'

const story = z.object({
  correlation_id: z.string(),
  items: z.array(
    journalEntry.extend({
      after_ms: z.number().meta({ description: 'Milliseconds since the first entry arrived' }),
    }),
  ),
})

/** `/api/v1/correlations/{id}`. */
export function registerCorrelations(app: AdminApp, { journal }: AdminParts): void {
  app.get(
    '/api/v1/correlations/:id',
    {
      schema: {
        tags: ['errors'],
        operationId: 'getCorrelation',
        summary: 'All that is kept of one X-Correlation-ID, oldest first',
        description:
          'Successes are kept for broadcasts and for commands and charging profiles with their call-backs.',
        params: z.object({ id: z.string() }),
        response: { 200: story, ...problems(404, 503) },
      },
    },
    async (request) => {
      const entries = await journal.correlation(request.params.id)
      const [first] = entries
      if (!first) throw problemError(404, 'Nothing is kept of this correlation id.')
      const start = Date.parse(first.time)
      const items = entries.map((entry) => ({ ...entry, after_ms: Date.parse(entry.time) - start }))
      return { correlation_id: first.correlation_id, items }
    },
  )
}
