// Examining a party before it is connected: what `ocpi-hub probe` does, from where the hub stands. Nothing is
// changed here or there, but since it makes the hub call a URL of somebody's choice, it takes the role `operate`.

import { z } from 'zod'
import { operationsOf, whoOf } from './operate.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { problems } from './shapes.ts'

const checkShape = z
  .object({
    id: z.string().meta({ examples: ['certificate_days'] }),
    title: z.string().meta({ description: 'What is true when it passes' }),
    result: z.enum(['pass', 'warn', 'fail', 'skip']).meta({ description: 'skip = nothing to judge by' }),
    found: z.string().meta({ description: 'What was seen' }),
    advice: z.string().optional().meta({ description: 'What to tell the partner' }),
  })
  .meta({ id: 'ExaminationCheck' })

const examinationShape = z
  .object({
    url: z.string(),
    time: z.string().meta({ format: 'date-time' }),
    duration_ms: z.int(),
    result: z.enum(['pass', 'warn', 'fail']).meta({ description: 'The worst of all checks' }),
    version: z.string().optional().meta({ description: 'The newest that both speak' }),
    party: z
      .string()
      .optional()
      .meta({ description: 'A party found there', examples: ['DE-CPO'] }),
    checks: z.array(checkShape).readonly(),
  })
  .meta({ id: 'Examination' })

const body = z.strictObject({
  url: z
    .string()
    .max(2048)
    .regex(/^https?:\/\//i, 'must be an http:// or https:// URL')
    .meta({ description: 'The versions URL', examples: ['https://ocpi.example.com/ocpi/versions'] }),
  token: z
    .string()
    .regex(/^[\x21-\x7e]{1,256}$/, 'must be 1 to 256 visible ASCII characters')
    .meta({ description: 'The token that its operator gave; it is not kept' }),
})

/** Examinations under way at the same time: each makes some dozens of requests. */
const AT_ONCE_MAX = 4

/** `POST /api/v1/probe`. */
export function registerExamination(app: AdminApp, parts: AdminParts): void {
  let underWay = 0
  app.post(
    '/api/v1/probe',
    {
      config: { action: 'probe' },
      schema: {
        tags: ['platforms'],
        operationId: 'probeUrl',
        summary: 'Examine the endpoints of a party before it is connected',
        description:
          'Reachability, TLS, token form, versions, endpoints, lists and their paging, errors, clock and speed. Only GET is sent. Takes some seconds, half a minute at most.',
        body,
        response: { 200: examinationShape, ...problems(400, 403, 503) },
      },
    },
    async (request, reply) => {
      const operations = operationsOf(parts)
      if (underWay >= AT_ONCE_MAX) {
        reply.header('Retry-After', '10')
        throw problemError(503, `${AT_ONCE_MAX} examinations are under way already; try again in a moment.`)
      }
      underWay++
      try {
        const { url } = request.body
        const target = URL.canParse(url) ? new URL(url).origin : 'no URL'
        await operations.audit.record({ who: whoOf(request), action: 'probe', target })
        return await operations.examine(request.body)
      } finally {
        underWay--
      }
    },
  )
}
