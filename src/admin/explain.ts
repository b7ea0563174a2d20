// What would happen to a request now, step by step, and what its sender would be answered. Nothing is sent; operators
// may see URLs and fingerprints that requesters never do.

import { z } from 'zod'
import type { Fault } from '../faults/fault.ts'
import { faultAnswer } from '../faults/response.ts'
import { SIDES } from '../faults/table.ts'
import { counted } from '../journal/text.ts'
import { joinPath } from '../ocpi/endpoint.ts'
import { INTERFACES } from '../ocpi/module.ts'
import { partyKey, readPartyText } from '../ocpi/party.ts'
import { tokenFingerprint } from '../ocpi/token.ts'
import { VERSIONS, type VersionNumber } from '../ocpi/version.ts'
import type { Route, RoutingContext } from '../routing/decide.ts'
import { describeRule } from '../routing/describe-rule.ts'
import { type Explanation, explain, type Question } from '../routing/explain.ts'
import { readKey } from '../routing/route-to.ts'
import type { RouteRule } from '../routing/rule.ts'
import { findObstacle } from './explain-obstacle.ts'
import type { ExplainParts } from './explain-parts.ts'
import { operationsOf } from './operate.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problems } from './shapes.ts'

const partyQuery = z
  .string()
  .refine((text) => readPartyText(text) !== undefined, 'must be a party, as in DE-CPO')

const question = z.strictObject({
  from: partyQuery.meta({ description: 'Requesting party', examples: ['NL-EMS'] }),
  to: z
    .union([z.literal('none'), z.literal('hub'), partyQuery])
    .optional()
    .meta({ description: 'Addressed party; left out or none: no TO headers; hub: the hub itself' }),
  module: z
    .string()
    .regex(/^[A-Za-z0-9_.~-]{1,64}$/, 'must be a module, as in locations')
    .meta({ examples: ['locations'] }),
  interface: z.enum(INTERFACES).default('SENDER'),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  path: z
    .string()
    .regex(/^(?:\/[\x21\x22\x24-\x5b\x5d-\x7e]*)?$/, 'must begin with a slash')
    .max(2000)
    .default('')
    .meta({ description: 'What follows the module in the URL, query included', examples: ['/DE/CPO/LOC1'] }),
  version: z.enum(Object.keys(VERSIONS) as [VersionNumber]).optional(),
})

const target = z.object({
  party: z.string(),
  platform: z.string(),
  status: z.string(),
  url: z.string(),
  token_fingerprint: z.string().optional().meta({ description: 'Of the token the hub would show' }),
  deadline_ms: z.int(),
  in_flight: z.int().meta({ description: 'Requests under way to the platform, through this hub' }),
  last_seen: z.string().optional().meta({ format: 'date-time' }),
})

const explanation = z
  .object({
    way: z
      .enum(['direct', 'open', 'ask', 'broadcast', 'get-all', 'hub'])
      .optional()
      .meta({ description: 'Left out: the request is refused. hub = the hub answers itself' }),
    steps: z.array(z.object({ step: z.string(), finding: z.string() })),
    targets: z.array(target).optional().meta({ description: 'The first hundred of them' }),
    http_status: z.int().optional().meta({ description: 'What the sender is answered by the hub itself' }),
    status_code: z.int().optional(),
    status_message: z.string().optional(),
    fault: z.string().optional(),
    at: z.enum(SIDES).optional(),
    recovery: z.string().optional(),
    advice: z.string().optional(),
    retry_after_seconds: z.int().optional(),
  })
  .meta({ id: 'Explanation' })

type View = z.output<typeof explanation>

const TARGETS_MAX = 100

/** `GET /api/v1/routes/explain`. */
export function registerExplain(app: AdminApp, parts: AdminParts): void {
  app.get(
    '/api/v1/routes/explain',
    {
      schema: {
        tags: ['routes'],
        operationId: 'explainRequest',
        summary: 'What would happen to a request, step by step, without sending it',
        querystring: question,
        response: { 200: explanation, ...problems(400) },
      },
    },
    async (request) => {
      const { explain: looks } = operationsOf(parts)
      const context = looks.context()
      const asked = toQuestion(request.query, context)
      return toView(explain(asked, context), asked, { ...looks, parts, context })
    },
  )
}

function toQuestion(query: z.output<typeof question>, context: RoutingContext): Question {
  const { from, to, module, interface: role, method, path, version } = query
  const mark = path.indexOf('?')
  const addressed =
    to === 'hub' ? readKey(context.hub) : to === undefined || to === 'none' ? undefined : readPartyText(to)
  return {
    from: readPartyText(from)!,
    ...(addressed ? { to: addressed } : {}),
    module,
    interface: role,
    method,
    rest: mark < 0 ? path : path.slice(0, mark),
    query: mark < 0 ? '' : path.slice(mark),
    ...(version === undefined ? {} : { version }),
  }
}

interface Looks extends Pick<ExplainParts, 'limits' | 'inFlight' | 'options'> {
  readonly parts: Pick<AdminParts, 'hashToken' | 'lastHeard' | 'inFlight'>
  readonly context: RoutingContext
}

function toView(found: Explanation, asked: Question, looks: Looks): View {
  const { decision } = found
  if (found.fault) return refusedView({ steps: found.steps }, found.fault, found, asked)
  if (!decision) return ownView(found)
  const steps = [...found.steps]
  const routes = 'routes' in decision ? decision.routes : [decision.route]
  const rule = 'routes' in decision ? decision.rule : decision.route.rule
  const inFlight = looks.parts.inFlight()
  const obstacle = findObstacle(
    { way: decision.way, from: partyKey(asked.from), routes, rule, inFlight },
    looks,
  )
  const targets = routes.slice(0, TARGETS_MAX).map((route) => toTarget(route, asked, looks))
  if (routes.length === 1) steps.push(...targetSteps(routes[0]!, targets[0]!, looks))
  if (rule?.rate) {
    const waitMs = looks.limits.waitMs(rule, partyKey(asked.from))
    steps.push({ step: 'rate', finding: rateText(rule, waitMs) })
  }
  const base = { way: decision.way, steps, targets }
  if (obstacle) return refusedView({ steps, targets }, obstacle, found, asked)
  steps.push({ step: 'answer', finding: answerText(decision.way, routes.length) })
  return decision.way === 'broadcast' ? { ...base, http_status: 200, status_code: 1000 } : base
}

/** A configuration module. */
function ownView({ steps }: Explanation): View {
  const finding = 'a configuration module: the hub answers it itself and routes it nowhere'
  return { way: 'hub', steps: [...steps, { step: 'way', finding }] }
}

function refusedView(
  seen: { readonly steps: Explanation['steps']; readonly targets?: View['targets'] },
  fault: Fault,
  { version }: Pick<Explanation, 'version'>,
  { to }: Question,
): View {
  const answer = faultAnswer(fault, {
    ...(version === undefined ? {} : { version }),
    ...(to ? { to: partyKey(to) } : {}),
  })
  const retryAfter = fault.info.headers?.['Retry-After']
  const later = retryAfter === undefined ? '' : ` Not before ${retryAfter} s.`
  const finding = `HTTP ${answer.httpStatus}, ${answer.statusCode} ${fault.code}: ${answer.message}${later}`
  return {
    steps: [...seen.steps, { step: 'answer', finding }],
    ...(seen.targets ? { targets: seen.targets } : {}),
    http_status: answer.httpStatus,
    status_code: answer.statusCode,
    status_message: answer.message,
    fault: fault.code,
    at: fault.row.at,
    recovery: fault.row.recovery,
    advice: fault.row.advice,
    ...(retryAfter === undefined ? {} : { retry_after_seconds: Number(retryAfter) }),
  }
}

function toTarget(route: Route, { rest, query }: Question, looks: Looks): z.output<typeof target> {
  const { platform } = route.party.connection
  const { target: url } = route.endpoint
  const seen = looks.parts.lastHeard(platform.id)
  return {
    party: route.party.key,
    platform: platform.id,
    status: route.party.status,
    url: url.origin + joinPath(url, rest, query),
    ...(platform.outbound
      ? { token_fingerprint: tokenFingerprint(looks.parts.hashToken(platform.outbound.token)) }
      : {}),
    deadline_ms: route.rule?.timeoutMs ?? looks.options().timeoutMs,
    in_flight: looks.inFlight(platform.id),
    ...(seen === undefined ? {} : { last_seen: new Date(seen).toISOString() }),
  }
}

function targetSteps(route: Route, view: z.output<typeof target>, looks: Looks): Explanation['steps'] {
  const { rule } = route
  const max = rule?.maxInFlight
  const steps = [
    { step: 'endpoint', finding: view.url },
    {
      step: 'token',
      finding: view.token_fingerprint
        ? `fingerprint ${view.token_fingerprint}`
        : 'none: the platform never gave one',
    },
    {
      step: 'deadline',
      finding: `${view.deadline_ms} ms${rule?.timeoutMs === undefined ? '' : ' by the rule'}`,
    },
    {
      step: 'liveness',
      finding: `${view.status}, ${view.last_seen === undefined ? 'not heard by this hub yet' : `last heard ${view.last_seen}`}`,
    },
    { step: 'in_flight', finding: `${view.in_flight} of ${looks.options().pendingMax} under way` },
  ]
  if (!rule || max === undefined) return steps
  const taken = looks.limits.inFlight(rule, route.party.key)
  return [...steps, { step: 'max_in_flight', finding: `${taken} of ${max} under way by the rule` }]
}

function rateText(rule: RouteRule, waitMs: number | undefined): string {
  return waitMs === undefined
    ? `within ${describeRule(rule)}`
    : `over the rate for ${Math.ceil(waitMs)} ms more`
}

function answerText(way: string, count: number): string {
  switch (way) {
    case 'broadcast':
      return `HTTP 200, 1000 from the hub at once; ${counted(count, 'receiver')} ${count === 1 ? 'gets' : 'get'} the push afterwards`
    case 'get-all':
      return count === 1
        ? 'the list of 1 party, from the hub'
        : `the lists of ${count} parties as one, from the hub`
    case 'ask':
      return `the first of ${counted(count, 'party', 'parties')} that knows the object`
    default:
      return "the receiver's own"
  }
}
