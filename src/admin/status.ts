// The hub itself: its metrics for Prometheus, and one page of state for people and the dashboard.

import { z } from 'zod'
import type { AdminApp, AdminParts } from './parts.ts'
import { countParties } from './parties.ts'
import { problems } from './shapes.ts'

const status = z.object({
  version: z.string(),
  instance: z.string().optional().meta({ description: 'Which of the hubs answers: host and process' }),
  node: z.string(),
  uptime_seconds: z.int(),
  draining: z.boolean(),
  in_flight: z.int(),
  platforms: z.int(),
  parties: z.record(z.string(), z.int()).meta({ description: 'Roles of parties by connection status' }),
  registry: z.object({
    up: z.boolean(),
    loaded: z.boolean(),
    staleness_seconds: z.number(),
    revision: z.int(),
    reason: z.string().optional(),
    alarm: z.string().optional(),
    broken: z.int().optional(),
    clashes: z.int().optional(),
  }),
})

const metricsPage = { description: 'The metrics', content: { 'text/plain': { schema: z.string() } } }

/** `GET /metrics` and `GET /api/v1/status`. */
export function registerStatus(app: AdminApp, parts: AdminParts): void {
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['hub'],
        operationId: 'getMetrics',
        summary: 'Metrics in the text format of Prometheus',
        response: { 200: metricsPage, ...problems() },
      },
    },
    async (_request, reply) => reply.type(parts.metrics.contentType).send(await parts.metrics.text()),
  )
  app.get(
    '/api/v1/status',
    {
      schema: {
        tags: ['hub'],
        operationId: 'getStatus',
        summary: 'The hub itself',
        response: { 200: status, ...problems() },
      },
    },
    async () => {
      const table = parts.registry.table()
      const { stalenessSeconds, ...health } = parts.registry.health()
      return {
        version: parts.version,
        ...(parts.instance === undefined ? {} : { instance: parts.instance }),
        node: process.version,
        uptime_seconds: Math.floor(process.uptime()),
        draining: parts.isDraining(),
        in_flight: parts.inFlight(),
        platforms: table.connections.size,
        parties: Object.fromEntries(countParties(table)),
        registry: { ...health, staleness_seconds: stalenessSeconds, revision: table.revision },
      }
    },
  )
}
