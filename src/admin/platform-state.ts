// How a connection is at this moment and how it went: shown beside what is stored of it, and no part of its entity tag.

import { z } from 'zod'
import { partyKey } from '../ocpi/party.ts'
import type { Platform } from '../registry/platform.ts'
import type { Connection } from '../registry/routing-table.ts'
import type { Operations } from './operations.ts'
import type { AdminParts } from './parts.ts'

const CHANGES_MAX = 50
const DAY_MS = 86_400_000

export const certificateDaysShape = z.int().optional().meta({
  description: 'Days until its TLS certificate ends, as seen by this hub; negative: it has ended',
})

export const circuitShape = z
  .object({
    state: z.enum(['closed', 'open', 'half_open']).meta({
      description:
        'closed: requests are sent; open: they are answered 4003 at once and nothing is sent; half_open: open, and the hub is asking whether it is back',
    }),
    failures: z.int().meta({ description: 'In a row, as this hub has seen them' }),
    opens_after: z.int().meta({ description: 'Failures in a row that open it' }),
    next_probe: z.string().optional().meta({
      format: 'date-time',
      description: 'When the hub asks it next; left out: this hub does not ask',
    }),
  })
  .optional()
  .meta({ description: 'Left out: PLANNED or SUSPENDED, nothing is sent whatever it answers' })

export const platformStateShape = {
  circuit: circuitShape,
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
  const circuit = readCircuit(platform, operations)
  const keys = [...new Set(platform.roles.map(partyKey))]
  const count = keys.reduce((sum, key) => sum + missed.count(key), 0)
  return {
    ...(circuit ? { circuit } : {}),
    in_flight: explain.inFlight(platform.id),
    ...(count > 0 ? { missed_pushes: count } : {}),
    history: [...(await history.of(platform.id, CHANGES_MAX))],
  }
}

/** Connection statuses as a circuit; `undefined` for those that are the operator's word. */
export function readCircuit(
  { id, status }: Pick<Platform, 'id' | 'status'>,
  { outlook }: Pick<Operations, 'outlook'>,
): z.output<typeof circuitShape> {
  const seen = outlook(id)
  if (!seen || status === 'PLANNED' || status === 'SUSPENDED') return undefined
  const { failures, offlineAfter, probing, probeAt } = seen
  return {
    state: status === 'CONNECTED' ? 'closed' : probing ? 'half_open' : 'open',
    failures,
    opens_after: offlineAfter,
    ...(probeAt === undefined ? {} : { next_probe: new Date(probeAt).toISOString() }),
  }
}

/** Whole days until the platform's certificate ends; `undefined` while this hub has not seen one. */
export function certificateDays(
  platformId: string,
  { certificateEnd }: Pick<AdminParts, 'certificateEnd'>,
): number | undefined {
  const end = certificateEnd?.(platformId)
  return end === undefined ? undefined : Math.floor((end - Date.now()) / DAY_MS)
}
