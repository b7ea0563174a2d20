// The receipt of a broadcast push: per target what came of it, told from the journal (R54, T11).

import { z } from 'zod'
import type { JournalEntry } from '../journal/journal-entry.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { problems } from './shapes.ts'

const receipt = z
  .object({
    correlation_id: z.string(),
    time: z.string().meta({ format: 'date-time' }),
    from: z.string().optional(),
    module: z.string().optional(),
    method: z.string(),
    path: z.string(),
    delivered: z.number().meta({ description: 'Targets that answered 1xxx' }),
    failed: z.number(),
    pending: z.number(),
    targets: z.array(
      z.object({
        party: z.string(),
        outcome: z.enum(['delivered', 'failed', 'pending']),
        code: z.number().optional(),
        fault: z.string().optional(),
        message: z.string().optional(),
        reference: z.string().optional(),
        duration_ms: z.number().optional(),
      }),
    ),
  })
  .meta({ id: 'Receipt' })

/** `GET /api/v1/broadcasts/{correlation_id}`; of several pushes with one correlation id, the newest. */
export function registerBroadcasts(app: AdminApp, { journal }: AdminParts): void {
  app.get(
    '/api/v1/broadcasts/:correlation_id',
    {
      schema: {
        tags: ['errors'],
        operationId: 'getBroadcast',
        summary: 'What came of a broadcast push, per target',
        params: z.object({ correlation_id: z.string() }),
        response: { 200: receipt, ...problems(404, 503) },
      },
    },
    async (request) => {
      const entries = await journal.correlation(request.params.correlation_id)
      const push = entries.findLast((entry) => entry.mode === 'broadcast' && entry.targets)
      if (!push) throw problemError(404, 'No broadcast push with this correlation id is kept.')
      return toReceipt(push, entries)
    },
  )
}

function toReceipt(push: JournalEntry, entries: readonly JournalEntry[]): z.infer<typeof receipt> {
  const legs = new Map(
    entries
      .filter((entry) => entry.mode === 'broadcast' && !entry.targets && entry.path === push.path)
      .map((entry) => [entry.to, entry]),
  )
  const targets = push.targets!.map((party) => {
    const leg = legs.get(party)
    if (!leg) return { party, outcome: 'pending' as const }
    const { code, fault, message, reference, duration_ms } = leg
    const outcome = code >= 1000 && code < 2000 ? ('delivered' as const) : ('failed' as const)
    return { party, outcome, code, fault, message, reference, duration_ms }
  })
  const count = (outcome: string): number => targets.filter((target) => target.outcome === outcome).length
  return {
    correlation_id: push.correlation_id,
    time: push.time,
    from: push.from,
    module: push.module,
    method: push.method,
    path: push.path,
    delivered: count('delivered'),
    failed: count('failed'),
    pending: count('pending'),
    targets,
  }
}
