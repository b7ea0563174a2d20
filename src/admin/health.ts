// Health: live = the event loop turns; ready = the hub has a routing table and is not draining. A store that is
// down does not make it unready: the last routing table is served on, and a load balancer must not empty itself.

import { z } from 'zod'
import type { AdminApp, AdminParts } from './parts.ts'

export interface Readiness {
  readonly httpStatus: 200 | 503
  /** Open to everybody, so it says nothing about hosts or reasons. */
  readonly body: {
    readonly status: 'ready' | 'degraded' | 'starting' | 'draining'
    readonly checks: {
      /** loading = never read yet; stale = the last good routing table is served. */
      readonly registry: 'ok' | 'stale' | 'loading'
      readonly drain: 'no' | 'draining'
    }
    /** Seconds since the routing table was known to be current. */
    readonly registry_staleness_seconds: number
  }
}

/** For `/health/ready` on both listeners. */
export function readiness(
  parts: Pick<AdminParts, 'isDraining'> & { readonly registry: Pick<AdminParts['registry'], 'health'> },
): Readiness {
  const health = parts.registry.health()
  const draining = parts.isDraining()
  const sound = health.up && health.alarm === undefined
  const registry = health.loaded ? (sound ? 'ok' : 'stale') : 'loading'
  const status = draining
    ? 'draining'
    : ({ ok: 'ready', stale: 'degraded', loading: 'starting' } as const)[registry]
  return {
    httpStatus: draining || !health.loaded ? 503 : 200,
    body: {
      status,
      checks: { registry, drain: draining ? 'draining' : 'no' },
      registry_staleness_seconds: Math.round(health.stalenessSeconds * 1000) / 1000,
    },
  }
}

const readinessSchema = z.object({
  status: z.enum(['ready', 'degraded', 'starting', 'draining']),
  checks: z.object({ registry: z.enum(['ok', 'stale', 'loading']), drain: z.enum(['no', 'draining']) }),
  registry_staleness_seconds: z.number(),
})

/** `/health/live` and `/health/ready`, without a token. */
export function registerHealth(app: AdminApp, parts: AdminParts): void {
  const tags = ['health']
  app.get(
    '/health/live',
    {
      config: { access: 'public' },
      schema: {
        tags,
        security: [],
        operationId: 'getLiveness',
        summary: 'Whether the process turns',
        response: { 200: z.object({ status: z.literal('live') }) },
      },
    },
    async () => ({ status: 'live' as const }),
  )
  app.get(
    '/health/ready',
    {
      config: { access: 'public' },
      schema: {
        tags,
        security: [],
        operationId: 'getReadiness',
        summary: 'Whether the hub takes requests',
        description: 'degraded is still 200: the last good routing table is served.',
        response: { 200: readinessSchema, 503: readinessSchema },
      },
    },
    async (_request, reply) => {
      const { httpStatus, body } = readiness(parts)
      return reply.code(httpStatus).send(body)
    },
  )
}
