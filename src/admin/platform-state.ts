// How a connection is at this moment and how it went: shown beside what is stored of it, and no part of its entity tag.

import { z } from 'zod'
import { partyKey } from '../ocpi/party.ts'
import type { Connection } from '../registry/routing-table.ts'
import type { AdminParts } from './parts.ts'

const CHANGES_MAX = 50

export const platformStateShape = {
  in_flight: z.int().optional().meta({ description: 'Requests under way to it, through this hub' }),
  missed_pushes: z
    .int()
    .optional()
    .meta({ description: 'Pushes that did not reach its parties; left out: none' }),
  history: z
    .array(z.object({ time: z.string().meta({ format: 'date-time' }), status: z.string() }))
    .optional()
    .meta({ description: 'Changes of its status, newest first' }),
}

type PlatformState = z.output<z.ZodObject<typeof platformStateShape>>

/** Throws `Fault` `store_unavailable`. */
export async function readPlatformState(
  { platform }: Connection,
  { operations }: Pick<AdminParts, 'operations'>,
): Promise<PlatformState> {
  if (!operations) return {}
  const { explain, missed, history } = operations
  const keys = [...new Set(platform.roles.map(partyKey))]
  const count = keys.reduce((sum, key) => sum + missed.count(key), 0)
  return {
    in_flight: explain.inFlight(platform.id),
    ...(count > 0 ? { missed_pushes: count } : {}),
    history: [...(await history.of(platform.id, CHANGES_MAX))],
  }
}
