// The journal of everything that was not 1xxx: search, one entry, summary.

import { z } from 'zod'
import { SUMMARY_FIELDS, type SummaryField } from '../journal/query.ts'
import { toJournalFilter } from './journal-query.ts'
import { cursorProblem, sendTagged } from './pages.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { journalEntry, journalFilter, pageOf, pageQuery, problems } from './shapes.ts'

const SUMMARY_FIELDS_MAX = 3
const tags = ['errors']

const summaryBy = z
  .string()
  .default('to,code')
  .meta({
    description: `One to three of ${SUMMARY_FIELDS.join(', ')}, with commas`,
    examples: ['from,to,code'],
  })
  .transform((text, context) => {
    const fields = text.split(',').map((field) => field.trim())
    const known = fields.filter((field): field is SummaryField =>
      (SUMMARY_FIELDS as readonly string[]).includes(field),
    )
    if (
      known.length === fields.length &&
      new Set(known).size === known.length &&
      known.length <= SUMMARY_FIELDS_MAX
    )
      return known
    context.addIssue(`must be one to three different ones of ${SUMMARY_FIELDS.join(', ')}`)
    return z.NEVER
  })

const groupValue = z.union([z.string(), z.int(), z.null()]).optional()
const summary = z.object({
  total: z.int(),
  items: z.array(
    z.object({
      from: groupValue,
      to: groupValue,
      code: groupValue,
      fault: groupValue,
      at: groupValue,
      module: groupValue,
      requester: groupValue,
      responder: groupValue,
      count: z.int(),
      latest: z.string().meta({ format: 'date-time' }),
      reference: z.string().meta({ description: 'The newest entry of the group' }),
    }),
  ),
})

/** `/api/v1/errors` and below, but for the stream. */
export function registerErrors(app: AdminApp, { journal }: AdminParts): void {
  app.get(
    '/api/v1/errors',
    {
      schema: {
        tags,
        operationId: 'listErrors',
        summary: 'What was answered with anything but 1xxx, newest first',
        querystring: z.strictObject({ ...journalFilter, ...pageQuery }),
        response: { 200: pageOf(journalEntry), ...problems(400, 503) },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query
      const page = { limit, ...(cursor === undefined ? {} : { cursor }) }
      const result = await journal.query(toJournalFilter(filter), page)
      if (!result) throw cursorProblem()
      return {
        items: [...result.items],
        ...(result.nextCursor === undefined ? {} : { next_cursor: result.nextCursor }),
      }
    },
  )
  app.get(
    '/api/v1/errors/summary',
    {
      schema: {
        tags,
        operationId: 'summarizeErrors',
        summary: 'How often, by party, code or side; the most frequent first',
        querystring: z.strictObject({ ...journalFilter, by: summaryBy }),
        response: { 200: summary, ...problems(400, 503) },
      },
    },
    async (request) => {
      const { by, ...filter } = request.query
      const { total, groups } = await journal.summary(toJournalFilter(filter), by)
      return { total, items: groups.map(({ values, ...group }) => ({ ...values, ...group })) }
    },
  )
  app.get(
    '/api/v1/errors/:reference',
    {
      schema: {
        tags,
        operationId: 'getError',
        summary: 'One entry, by the reference that the requester was told',
        params: z.object({ reference: z.string() }),
        response: { 200: journalEntry, ...problems(404, 503) },
      },
    },
    async (request, reply) => {
      const entry = await journal.get(request.params.reference.toUpperCase())
      if (!entry) throw problemError(404, 'No entry has this reference; old ones are dropped.')
      return sendTagged(request, reply, entry)
    },
  )
}
