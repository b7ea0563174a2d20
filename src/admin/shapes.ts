// Shapes that several groups of calls share: the one place where the API's members are named. The OpenAPI document
// is made of them.

import { closest } from 'fastest-levenshtein'
import { z } from 'zod'
import { FAULT_CODES, REACHED, RECOVERY_WORDS, SIDES } from '../faults/table.ts'
import { MODES } from '../journal/journal-entry.ts'
import { CONNECTION_STATUSES } from '../ocpi/connection-status.ts'
import { INTERFACES } from '../ocpi/module.ts'
import { PROBLEM_TYPE } from './problem.ts'

const problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ parameter: z.string(), message: z.string() })).optional(),
  })
  .catchall(z.unknown())
  .meta({ id: 'Problem' })

function problemResponse(description: string) {
  return { description, content: { [PROBLEM_TYPE]: { schema: problem } } }
}

const PROBLEMS = {
  400: problemResponse('A parameter is wrong'),
  401: problemResponse('No valid token'),
  403: problemResponse('The token may only read'),
  404: problemResponse('Unknown'),
  409: problemResponse('Somebody else changed it, or it contradicts what is there'),
  412: problemResponse('It is not what the If-Match header says'),
  413: problemResponse('The body is too large'),
  414: problemResponse('The URL is too long'),
  415: problemResponse('The body is not JSON'),
  422: problemResponse('It cannot be done with what was given'),
  429: problemResponse('Too many wrong tokens came from this address'),
  502: problemResponse('The other platform failed'),
  503: problemResponse('The store does not answer'),
  504: problemResponse('The other platform did not answer in time'),
}

/** Error responses of a guarded route for its OpenAPI entry, those of the guard among them. */
export function problems<Status extends keyof typeof PROBLEMS>(...statuses: Status[]) {
  const all = [401, 429, ...statuses] as const
  return Object.fromEntries(all.map((status) => [status, PROBLEMS[status]])) as Pick<
    typeof PROBLEMS,
    401 | 429 | Status
  >
}

/** Error responses that come of the way a route is called, before its handler: by what its URL and method let in. */
export function callProblems(url: string, method: string) {
  // The query of any call may be wrong.
  const ofQuery = url.startsWith('/api/') ? ([400] as const) : []
  const ofUrl = url.includes(':') ? ([400, 414] as const) : []
  // A body may come with DELETE as well.
  const ofBody = method === 'GET' ? [] : ([400, 413, 415] as const)
  return Object.fromEntries([...ofQuery, ...ofUrl, ...ofBody].map((status) => [status, PROBLEMS[status]]))
}

/** OCPI's ConnectionStatus. */
export const connectionStatus = z.enum(CONNECTION_STATUSES)

const sides = z.enum(SIDES)
const optionalText = z.string().optional()

/** `JournalEntry` as it goes out. */
export const journalEntry = z
  .object({
    reference: z.string().meta({ description: 'Names the entry; requesters get it as data.reference' }),
    time: z.string().meta({ format: 'date-time', description: 'When the request arrived' }),
    author: z.enum(['responder', 'hub']).meta({ description: 'Who made the answer' }),
    code: z.int().meta({ description: 'OCPI status code of the answer; 0 when there was none' }),
    fault: z
      .string()
      .optional()
      .meta({ examples: ['dns_error'], description: `One of the hub's ${FAULT_CODES.length} faults` }),
    at: sides.optional().meta({ description: 'Whose side must act' }),
    reached: z.enum(REACHED).optional().meta({ description: 'Whether the request arrived at the responder' }),
    recovery: z.enum(RECOVERY_WORDS).optional(),
    http_status: z.int(),
    from: optionalText,
    to: optionalText,
    requester: optionalText.meta({ description: 'Platform id' }),
    responder: optionalText.meta({ description: 'Platform id' }),
    module: optionalText,
    interface: z.enum(INTERFACES).optional(),
    method: z.string(),
    path: z.string(),
    mode: z.enum(MODES).optional(),
    request_id: z.string(),
    forwarded_request_id: optionalText,
    correlation_id: z.string(),
    duration_ms: z.number(),
    phases: z
      .object({
        connect: z.number().optional().meta({ description: 'DNS and TCP' }),
        tls: z.number().optional().meta({ description: 'Of a connection that was opened for this request' }),
        first_byte: z.number().optional(),
        total: z.number().optional(),
      })
      .optional()
      .meta({ description: 'Milliseconds from the start of the outbound leg' }),
    message: optionalText,
    detail: optionalText.meta({ description: 'For operators only' }),
    responder_http_status: z.int().optional(),
    code_unlisted: z
      .literal(true)
      .optional()
      .meta({ description: "The responder's code is none that the requester's version of OCPI lists" }),
    responder_code: optionalText.meta({
      description: "Code of the responder's own list, when it does not speak OCPI errors",
    }),
    caused_by: optionalText.meta({
      description: 'Correlation id of the exchange that handed out the hub URL this one came in on',
    }),
    targets: z
      .array(z.string())
      .readonly()
      .optional()
      .meta({ description: 'Parties a broadcast push goes to; each has an entry of its own' }),
  })
  .meta({ id: 'JournalEntry' })

/** A page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().optional() })
}

/** Parameters of every list in pages. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(2000).optional().meta({ description: 'next_cursor of the page before' }),
}

const DURATION = /^(\d{1,6})(s|m|h|d)$/
const MILLISECONDS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** An instant, RFC 3339 or so long ago; read as milliseconds since the epoch. */
export const instant = z
  .string()
  .meta({
    examples: ['2026-03-01T12:00:00Z', '15m'],
    description: 'RFC 3339, or how long ago: 30s, 15m, 2h, 7d',
  })
  .transform((text, context) => {
    const ago = DURATION.exec(text)
    if (ago) return Date.now() - Number(ago[1]) * MILLISECONDS[ago[2]!]!
    if (z.iso.datetime({ offset: true }).safeParse(text).success) return Date.parse(text)
    context.addIssue('is neither an RFC 3339 time nor a duration like 15m')
    return z.NEVER
  })

const filterText = z.string().min(1).max(200).optional()

/** One of these names, in any case; another one is refused with the name that was probably meant. */
function knownName(what: string, names: readonly string[]) {
  return z
    .string()
    .max(200)
    .superRefine((text, context) => {
      const folded = text.toLowerCase()
      if (!names.includes(folded)) context.addIssue(`is no ${what}; the nearest is ${closest(folded, names)}`)
    })
    .meta({ enum: [...names] })
    .optional()
}

/** What the journal may be searched by. */
export const journalFilter = {
  from: filterText,
  to: filterText,
  code: z
    .string()
    .regex(/^\d{1,6}$/, 'must be an OCPI status code')
    .optional(),
  fault: knownName('fault of the hub', FAULT_CODES),
  at: sides.optional(),
  author: z.enum(['responder', 'hub']).optional(),
  module: filterText,
  mode: knownName('way of a request', MODES),
  correlation_id: filterText,
  request_id: filterText,
  requester: filterText,
  responder: filterText,
  responder_code: filterText,
  since: instant.optional(),
  until: instant.optional(),
}
