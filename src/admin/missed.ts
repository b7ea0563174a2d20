// What a party has missed: pushes that did not reach it, so that it knows what to read again.

import { z } from 'zod'
import { type MissedPushes, PATHS_MAX } from '../forwarding/missed.ts'
import { partyKey, readPartyText } from '../ocpi/party.ts'
import { operationsOf } from './operate.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { problems } from './shapes.ts'

/** Missed pushes of one module and sender, as the API shows them. */
export const missedShape = z
  .object({
    module: z.string(),
    from: z.string().meta({ description: 'Who pushed: whose list is to be read' }),
    count: z.int(),
    first: z.string().meta({ format: 'date-time' }),
    last: z.string().meta({ format: 'date-time' }),
    paths: z
      .array(z.string())
      .meta({
        description: `Of the objects, the newest last; at most ${PATHS_MAX}`,
        examples: [['/DE/CPO/LOC1']],
      }),
  })
  .meta({ id: 'MissedPushes' })

const missedView = z.object({ party: z.string(), count: z.int(), items: z.array(missedShape) })

/** `GET /api/v1/parties/{id}/missed`. */
export function registerMissed(app: AdminApp, parts: AdminParts): void {
  app.get(
    '/api/v1/parties/:id/missed',
    {
      schema: {
        tags: ['platforms'],
        summary: 'Pushes that did not reach a party',
        description:
          'As far as the journal goes back. Cleared when the party reads the list of that module and sender through the hub, to its last page.',
        params: z.object({ id: z.string().meta({ examples: ['DE-CPO'] }) }),
        response: { 200: missedView, ...problems(404) },
      },
    },
    async (request) => {
      const { missed } = operationsOf(parts)
      const party = readPartyText(request.params.id)
      const key = party && partyKey(party)
      const items = key === undefined ? [] : missed.of(key).map(toMissedView)
      if (key === undefined || (items.length === 0 && !parts.registry.table().parties.has(key))) {
        throw problemError(404, 'No such party is known.')
      }
      return { party: key, count: items.reduce((sum, { count }) => sum + count, 0), items }
    },
  )
}

export function toMissedView({ module, from, count, first, last, paths }: MissedPushes) {
  return {
    module,
    from,
    count,
    first: new Date(first).toISOString(),
    last: new Date(last).toISOString(),
    paths: [...paths],
  }
}
