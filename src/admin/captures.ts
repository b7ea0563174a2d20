// Capture on demand: armed for one party and module, for at most fifteen minutes, by those who may operate; arming,
// reading and the end are audited.

import { z } from 'zod'
import { type Capture, CAPTURES_MAX } from '../forwarding/captures.ts'
import { partyKey, readPartyText } from '../ocpi/party.ts'
import { operationsOf, whoOf } from './operate.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { problems } from './shapes.ts'

const PATH = '/api/v1/captures'
const tags = ['captures']
const params = z.object({ id: z.string() })
const dateTime = z.string().meta({ format: 'date-time' })
const MINUTES_MAX = 15
const MINUTES = 5

const capture = z
  .object({
    id: z.string(),
    party: z.string(),
    module: z.string(),
    armed: z.boolean(),
    by: z.string().meta({ description: 'Name of the admin token' }),
    since: dateTime,
    until: dateTime,
    count: z.int().meta({ description: 'Exchanges kept' }),
    left_out: z.int().meta({ description: 'Exchanges that came when it was full' }),
  })
  .meta({ id: 'Capture' })

const body = z
  .object({
    bytes: z.int(),
    text: z.string().optional().meta({ description: 'Redacted JSON' }),
    truncated: z.literal(true).optional(),
    plain: z
      .literal(true)
      .optional()
      .meta({ description: 'No JSON: text in which whatever looks like a secret was struck out' }),
    omitted: z
      .enum(['not_json', 'too_large', 'coded'])
      .optional()
      .meta({ description: 'Why there is no text' }),
  })
  .optional()

const captured = z
  .object({
    time: dateTime,
    hub: z.string().optional().meta({ description: 'Through which of the hubs it went' }),
    from: z.string().optional(),
    to: z.string().optional(),
    method: z.string(),
    path: z.string(),
    request_id: z.string(),
    forwarded_request_id: z.string().optional(),
    correlation_id: z.string(),
    http_status: z.int().optional(),
    code: z.int().optional(),
    fault: z.string().optional().meta({ description: 'What the hub made of the answer, or of its absence' }),
    responder_http_status: z
      .int()
      .optional()
      .meta({ description: 'Of an answer that became a fault; its body is the answer' }),
    request: body,
    answer: body,
  })
  .meta({ id: 'CapturedExchange' })

const order = z.strictObject({
  party: z
    .string()
    .refine((text) => readPartyText(text) !== undefined, 'must be a party, as in DE-CPO')
    .meta({ description: 'As sender or receiver', examples: ['DE-CPO'] }),
  module: z
    .string()
    .regex(/^[A-Za-z0-9_.~-]{1,64}$/, 'must be a module, as in locations')
    .meta({ examples: ['cdrs'] }),
  minutes: z.int().min(1).max(MINUTES_MAX).default(MINUTES),
})

/** All calls below `/api/v1/captures`. */
export function registerCaptures(app: AdminApp, parts: AdminParts): void {
  registerArming(app, parts)
  app.get(
    PATH,
    {
      schema: {
        tags,
        operationId: 'listCaptures',
        summary: 'Captures, newest first; without what they kept',
        response: { 200: z.object({ items: z.array(capture) }), ...problems(503) },
      },
    },
    async () => ({ items: (await operationsOf(parts).captures.list()).map(toView) }),
  )
  app.get(
    `${PATH}/:id`,
    {
      // What was kept is more than state of the hub.
      config: { access: 'operate' },
      schema: {
        tags,
        operationId: 'getCapture',
        summary: 'A capture with what it kept; reading it is audited',
        params,
        response: { 200: capture.extend({ items: z.array(captured) }), ...problems(403, 404, 503) },
      },
    },
    async (request) => {
      const { captures, audit } = operationsOf(parts)
      const found = await captures.get(request.params.id)
      if (!found)
        throw problemError(404, 'No capture has this id; they are forgotten an hour after their end.')
      await audit.record({
        who: whoOf(request),
        action: 'capture.read',
        target: found.id,
        detail: about(found),
      })
      return { ...toView(found), items: [...found.items] }
    },
  )
}

function registerArming(app: AdminApp, parts: AdminParts): void {
  app.post(
    PATH,
    {
      config: { action: 'capture.arm' },
      schema: {
        tags,
        operationId: 'armCapture',
        summary: 'Keep the bodies of one party and module for some minutes',
        description:
          'On all hubs of a registry. Redacted, bounded, ended by itself, and forgotten an hour later; in memory, or sealed in Redis where several hubs share it.',
        body: order,
        response: { 201: capture, ...problems(400, 403, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      const { captures, audit } = operationsOf(parts)
      const { module, minutes } = request.body
      const party = partyKey(readPartyText(request.body.party)!)
      if (!parts.registry.table().parties.has(party))
        throw problemError(404, `${party} is not known to the hub.`)
      const who = whoOf(request)
      const armed = await captures.arm({ party, module, minutes, by: who })
      if (!armed) throw problemError(409, `There are ${CAPTURES_MAX} captures already; delete one first.`)
      await audit.record({
        who,
        action: 'capture.arm',
        target: armed.id,
        detail: `${about(armed)}, ${minutes} min`,
      })
      reply.code(201).header('Location', `${PATH}/${armed.id}`)
      return toView(armed)
    },
  )
  app.delete(
    `${PATH}/:id`,
    {
      config: { action: 'capture.drop' },
      schema: {
        tags,
        operationId: 'deleteCapture',
        summary: 'End a capture and forget what it kept',
        params,
        response: { 204: z.null().meta({ description: 'It is gone' }), ...problems(403, 404, 503) },
      },
    },
    async (request, reply) => {
      const { captures, audit } = operationsOf(parts)
      const found = await captures.drop(request.params.id)
      if (!found) throw problemError(404, 'No capture has this id.')
      await audit.record({
        who: whoOf(request),
        action: 'capture.drop',
        target: found.id,
        detail: about(found),
      })
      return reply.code(204).send(null)
    },
  )
}

function about({ party, module, kept }: Capture): string {
  return `${module} of ${party}, ${kept} ${kept === 1 ? 'exchange' : 'exchanges'}`
}

function toView({
  id,
  party,
  module,
  armed,
  by,
  since,
  until,
  kept,
  left,
}: Capture): z.output<typeof capture> {
  return {
    id,
    party,
    module,
    armed,
    by,
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    count: kept,
    left_out: left,
  }
}
