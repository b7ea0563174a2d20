// Missed pushes as the admin API and the views of partners show them.

import { z } from 'zod'
import { type MissedPushes, PATHS_MAX } from '../forwarding/missed.ts'

/** Missed pushes of one module and sender, as the API shows them. */
export const missedShape = z
  .object({
    module: z.string(),
    from: z.string().meta({ description: 'Who pushed: whose list is to be read' }),
    count: z.int(),
    first: z.string().meta({ format: 'date-time' }),
    last: z.string().meta({ format: 'date-time' }),
    paths: z.array(z.string()).meta({
      description: `Of the objects, the newest last; at most ${PATHS_MAX}`,
      examples: [['/DE/CPO/LOC1']],
    }),
  })
  .meta({ id: 'MissedPushes' })

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
