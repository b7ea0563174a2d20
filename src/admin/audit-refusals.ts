// The audit trail's other half: changes that were asked for and not made, whoever may have refused them. Only of those
// who showed a valid token, and not more often than people do it, so that nobody can push the rest out of the trail.

import type { FastifyRequest } from 'fastify'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { AdminParts } from './parts.ts'
import type { Problem } from './problem.ts'

const PER_MINUTE = 30

/** Call with every problem that a call ended in. Never rejects. */
export type NoteRefusal = (request: FastifyRequest, problem: Problem) => Promise<void>

export function createRefusals({ operations }: Pick<AdminParts, 'operations'>): NoteRefusal {
  const slow = new RateLimiterMemory({ points: PER_MINUTE, duration: 60 })
  return async (request, { status, detail }) => {
    const { operator, routeOptions } = request
    const { action, auditsItself = false } = routeOptions.config
    if (!operations || !operator || action === undefined) return
    // 403 is what keeps a call from its handler.
    if (auditsItself && status !== 403) return
    const isFew = await slow.consume(operator.name).then(
      () => true,
      () => false,
    )
    if (!isFew) return
    const target = targetOf(request)
    const kept = operations.audit.record({
      who: operator.name,
      action: typeof action === 'string' ? action : action(request.body),
      ...(target === undefined ? {} : { target }),
      http_status: status,
      detail,
    })
    // A store that is away has been waited for already: nobody is to wait a second time to learn that.
    if (status !== 503) await kept
  }
}

function targetOf({ params, body }: FastifyRequest): string | undefined {
  for (const from of [params, body]) {
    const { id, version } = (from ?? {}) as { id?: unknown; version?: unknown }
    if (typeof id === 'string' && id !== '') return id
    if (typeof version === 'number') return `version ${version}`
  }
  return undefined
}
