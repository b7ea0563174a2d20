// The error catalogue: what each code of OCPI, of the hub and of the dialects means, who must act, and how.

import { z } from 'zod'
import { CATALOGUE, findCodes, suggestCodes } from '../dialects/catalogue.ts'
import { SIDES } from '../faults/table.ts'
import { sendTagged, toPage } from './pages.ts'
import type { AdminApp } from './parts.ts'
import { problemError } from './problem.ts'
import { pageOf, pageQuery, problems } from './shapes.ts'

const tags = ['codes']
const text = z.string().optional()

const catalogueEntry = z
  .object({
    system: z.string().meta({ description: 'ocpi, hub, or the dialect', examples: ['ocpi'] }),
    code: z.string(),
    slug: text,
    category: text,
    http: z.int().optional(),
    meaning: z.string(),
    at: z.enum([...SIDES, 'none']).meta({ description: 'Whose side must act' }),
    recovery: text,
    advice: z.string(),
    likely_cause: text.meta({ description: "What the hub's operator looks at first" }),
    becomes: text.meta({ description: 'What a requester reads' }),
    versions: z.array(z.string()).readonly().optional(),
  })
  .meta({ id: 'CatalogueEntry' })

/** `/api/v1/codes` and `/api/v1/codes/{code}`. */
export function registerCodes(app: AdminApp): void {
  app.get(
    '/api/v1/codes',
    {
      schema: {
        tags,
        operationId: 'listCodes',
        summary: 'Every code the hub knows',
        querystring: z.strictObject({ ...pageQuery, system: z.string().max(50).optional() }),
        response: { 200: pageOf(catalogueEntry), ...problems(400) },
      },
    },
    async (request) => {
      const { system } = request.query
      const wanted = CATALOGUE.filter(
        (entry) => system === undefined || entry.system === system.toLowerCase(),
      )
      // Numbered, so that the list keeps the order of the tables.
      const numbered = wanted.map((entry, index) => ({ entry, key: String(index).padStart(4, '0') }))
      const { items, ...rest } = toPage(`codes ${system ?? ''}`, numbered, ({ key }) => key, request.query)
      return { items: items.map(({ entry }) => entry), ...rest }
    },
  )
  app.get(
    '/api/v1/codes/:code',
    {
      schema: {
        tags,
        operationId: 'getCode',
        summary: 'What a code means; several systems may use the same one',
        description:
          'A code (2003, dns_error, ORDER_EXPIRED), a slug, or either behind its system: ivxp%2FAMOUNT_MISMATCH.',
        params: z.object({ code: z.string() }),
        response: { 200: z.object({ code: z.string(), items: z.array(catalogueEntry) }), ...problems(404) },
      },
    },
    async (request, reply) => {
      const { code } = request.params
      const items = findCodes(code)
      if (items.length === 0) {
        throw problemError(404, 'No such code is known.', { suggestions: suggestCodes(code) })
      }
      return sendTagged(request, reply, { code, items })
    },
  )
}
