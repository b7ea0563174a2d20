// What a party has missed: pushes that did not reach it, so that it knows what to read again.

import { z } from 'zod'
import { partyKey, readPartyText } from '../ocpi/party.ts'
import { missedShape, toMissedView } from './missed-shape.ts'
import { operationsOf } from './operate.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { problems } from './shapes.ts'

const missedView = z.object({ party: z.string(), count: z.int(), items: z.array(missedShape) })

/** `GET /api/v1/parties/{id}/missed`. */
export function registerMissed(app: AdminApp, parts: AdminParts): void {
  app.get(
    '/api/v1/parties/:id/missed',
    {
      schema: {
        tags: ['platforms'],
        operationId: 'listMissedPushes',
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
