// The calls that show the traffic of the last hour; the dashboard draws it.

import { z } from 'zod'
import type { AdminApp, AdminParts } from './parts.ts'
import { problems } from './shapes.ts'

const counts = z.array(z.int()).readonly()
const trafficShape = z.object({
  bucket_seconds: z.int(),
  start: z.string().meta({ format: 'date-time', description: 'Start of the first bucket' }),
  counts: z.object({
    relayed: counts.meta({ description: "The responder's answer, 1xxx" }),
    answered: counts.meta({ description: 'Answered 1xxx by the hub itself' }),
    relayed_error: counts.meta({ description: "The responder's answer, not 1xxx" }),
    fault_requester: counts,
    fault_responder: counts,
    fault_hub: counts,
  }),
})
const pairShape = z.object({ from: z.string(), to: z.string(), requests: z.int(), errors: z.int() })

/** `GET /api/v1/traffic` and `GET /api/v1/traffic/pairs`. */
export function registerTraffic(app: AdminApp, { traffic }: AdminParts): void {
  const tags = ['hub']
  app.get(
    '/api/v1/traffic',
    {
      schema: {
        tags,
        operationId: 'getTraffic',
        summary: 'What passed through this hub in the last hour, per ten seconds',
        response: { 200: trafficShape, ...problems() },
      },
    },
    async () => traffic.view(),
  )
  app.get(
    '/api/v1/traffic/pairs',
    {
      schema: {
        tags,
        operationId: 'getTrafficPairs',
        summary: 'Requests and errors of the last hour by sender and receiver, most errors first',
        querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(400) }),
        response: { 200: z.object({ items: z.array(pairShape) }), ...problems(400) },
      },
    },
    async (request) => ({ items: traffic.pairs(request.query.limit) }),
  )
}
