// Connections made and changed: prepared for a peer that will register, or registered at a peer; changed, suspended,
// resumed, probed, renewed, forgotten. Every change is audited.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Fault } from '../faults/fault.ts'
import { FAULTS } from '../faults/table.ts'
import type { ProbeResult } from '../modules/probe.ts'
import type { Platform } from '../registry/platform.ts'
import { asProblems, operationsOf, requireMatch, whoOf } from './operate.ts'
import { type Change, changedPlatform, patchBody } from './platform-patch.ts'
import { orderBody, toOrder } from './platform-order.ts'
import { platformEtag, platformShape, toPlatformView, type PlatformView } from './platforms.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { connectionStatus, problems } from './shapes.ts'

const PATH = '/api/v1/platforms'
const tags = ['platforms']
const params = z.object({ id: z.string() })

const prepared = z
  .object({
    id: z.string(),
    token: z.string().meta({ description: 'CREDENTIALS_TOKEN_A to hand over; shown this once' }),
    versions_url: z.string().meta({ description: 'Where the other side begins' }),
  })
  .meta({ id: 'PreparedPlatform' })

const removed = z.object({
  id: z.string(),
  peer_told: z.boolean().meta({ description: 'Whether the other side took the DELETE of its credentials' }),
  fault: z.string().optional().meta({ description: 'Why it did not' }),
})

const probed = z
  .object({
    id: z.string(),
    ok: z.boolean(),
    fault: z.string().optional(),
    advice: z.string().optional(),
    http_status: z.int().optional(),
    duration_ms: z.number(),
    status: connectionStatus.meta({ description: 'As it stands after the probe' }),
  })
  .meta({ id: 'PlatformProbe' })

/** All writing calls below `/api/v1/platforms`. */
export function registerPlatformWrites(app: AdminApp, parts: AdminParts): void {
  registerOrders(app, parts)
  registerPatch(app, parts)
  registerRemoval(app, parts)
  registerActions(app, parts)
  registerProbe(app, parts)
}

function registerOrders(app: AdminApp, parts: AdminParts): void {
  app.post(
    PATH,
    {
      config: { action: actionOfOrder },
      schema: {
        tags,
        operationId: 'createPlatform',
        summary: 'Prepare a connection, or register the hub at a peer',
        description:
          'With an id alone the parties become PLANNED and the answer holds the token to hand over. With versions_url and the token a peer gave, the hub registers itself there and the answer is the platform.',
        body: orderBody,
        response: {
          201: z.union([prepared, platformShape]),
          ...problems(400, 403, 409, 422, 502, 503, 504),
        },
      },
    },
    async (request, reply) => {
      const operations = operationsOf(parts)
      const order = toOrder(request.body)
      const before = findView(parts, order.id)
      reply.header('Location', `${PATH}/${encodeURIComponent(order.id)}`).code(201)
      if (order.peer) {
        const connected = await asProblems(() =>
          operations.registration.connect({ ...order, ...order.peer! }),
        )
        const view = viewOf(parts, connected)
        await audited(parts, request, { action: 'platform.connect', id: order.id, before, after: view })
        reply.header('ETag', platformEtag(view))
        return view
      }
      const { platform, token } = await asProblems(() => operations.registration.prepare(order))
      const change = { action: 'platform.prepare', id: order.id, before, after: viewOf(parts, platform) }
      await audited(parts, request, change)
      return { id: platform.id, token, versions_url: operations.versionsUrl }
    },
  )
}

function actionOfOrder(body: unknown): string {
  const isPeer = typeof body === 'object' && body !== null && 'versions_url' in body
  return isPeer ? 'platform.connect' : 'platform.prepare'
}

function registerPatch(app: AdminApp, parts: AdminParts): void {
  app.patch(
    `${PATH}/:id`,
    {
      config: { action: 'platform.patch' },
      schema: {
        tags,
        operationId: 'updatePlatform',
        summary: 'Change what an operator knows better than the peer',
        description:
          'The error format it answers with, the form of the token it wants, its versions URL, names of its parties. Platforms of the configuration file are changed there.',
        params,
        body: patchBody,
        response: { 200: platformShape, ...problems(400, 403, 404, 409, 412, 422, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const before = requireView(parts, id)
      const stored = await asProblems(() => patch(parts, request, request.body))
      const view = viewOf(parts, stored)
      await audited(parts, request, { action: 'platform.patch', id, before, after: view })
      reply.header('ETag', platformEtag(view))
      return view
    },
  )
}

/** Compare-and-set on the state that If-Match was checked against. */
async function patch(
  parts: AdminParts,
  request: FastifyRequest<{ Params: { id: string } }>,
  change: Change,
): Promise<Platform> {
  const { registry, allowsUrl } = operationsOf(parts)
  const current = registry.table().connections.get(request.params.id)?.platform
  if (!current) throw problemError(404, 'No platform has this id.')
  requireMatch(request, platformEtag(viewOf(parts, current)))
  const { versions_url: url } = change
  if (url !== undefined && !allowsUrl(new URL(url))) {
    throw new Fault('destination_ip_prohibited', {
      message: 'versions_url has a scheme or an address that the hub must not call',
    })
  }
  const result = await registry.put(changedPlatform(current, change))
  if (result.ok) return result.platform
  throw problemError(409, 'Somebody else changed the platform at the same time; read it again.')
}

function registerRemoval(app: AdminApp, parts: AdminParts): void {
  app.delete(
    `${PATH}/:id`,
    {
      config: { action: 'platform.remove' },
      schema: {
        tags,
        operationId: 'deletePlatform',
        summary: 'Forget a connection',
        description:
          'The other side is told with DELETE of its credentials; the connection ends whether it hears it or not.',
        params,
        response: { 200: removed, ...problems(403, 404, 409, 412, 503) },
      },
    },
    async (request) => {
      const { id } = request.params
      const before = requireView(parts, id)
      requireMatch(request, platformEtag(before))
      const result = await asProblems(() => operationsOf(parts).registration.remove(id))
      if (!result) throw problemError(404, 'No platform has this id.')
      await audited(parts, request, { action: 'platform.remove', id, before })
      return {
        id,
        peer_told: result.peerTold,
        ...(result.fault === undefined ? {} : { fault: result.fault }),
      }
    },
  )
}

const ACTIONS = [
  ['suspend', 'Stop routing to and from its parties; they are told as SUSPENDED'],
  ['resume', 'Route to and from its parties again'],
  ['refresh', 'Read the versions and endpoints of the platform again; tokens and parties stay'],
  ['rotate', 'Renew the tokens of both sides; the old one ends when the new one is used'],
] as const

function registerActions(app: AdminApp, parts: AdminParts): void {
  for (const [action, summary] of ACTIONS) {
    app.post(
      `${PATH}/:id/${action}`,
      {
        config: { action: `platform.${action}` },
        schema: {
          tags,
          operationId: `${action}Platform`,
          summary,
          params,
          response: { 200: platformShape, ...problems(403, 404, 409, 412, 422, 502, 503, 504) },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        const before = requireView(parts, id)
        requireMatch(request, platformEtag(before))
        await asProblems<Platform | undefined>(() => operationsOf(parts).registration[action](id))
        const view = requireView(parts, id)
        await audited(parts, request, { action: `platform.${action}`, id, before, after: view })
        reply.header('ETag', platformEtag(view))
        return view
      },
    )
  }
}

function registerProbe(app: AdminApp, parts: AdminParts): void {
  app.post(
    `${PATH}/:id/probe`,
    {
      config: { action: 'platform.probe' },
      schema: {
        tags,
        operationId: 'probePlatform',
        summary: 'Ask the platform for its versions now',
        description: 'What it finds counts like real traffic: a platform that answers is CONNECTED again.',
        params,
        response: { 200: probed, ...problems(403, 404) },
      },
    },
    async (request) => {
      const { id } = request.params
      const result = await operationsOf(parts).probe(id)
      if (!result) throw problemError(404, 'No platform has this id.')
      const view = requireView(parts, id)
      const detail = result.ok ? `it answers, ${view.status}` : `${result.fault}, ${view.status}`
      await audited(parts, request, { action: 'platform.probe', id, detail })
      return toProbe(id, result, view.status)
    },
  )
}

function toProbe(id: string, result: ProbeResult, status: Platform['status']): z.output<typeof probed> {
  const { ok, fault, httpStatus, durationMs } = result
  return {
    id,
    ok,
    ...(fault === undefined ? {} : { fault, advice: FAULTS[fault].advice }),
    ...(httpStatus === undefined ? {} : { http_status: httpStatus }),
    duration_ms: durationMs,
    status,
  }
}

function audited(
  parts: AdminParts,
  request: FastifyRequest,
  change: {
    readonly action: string
    readonly id: string
    readonly before?: PlatformView | undefined
    readonly after?: PlatformView
    readonly detail?: string
  },
): Promise<void> {
  const { action, id, before, after, detail } = change
  return operationsOf(parts).audit.record({
    who: whoOf(request),
    action,
    target: id,
    ...(before ? { before: hashOf(before) } : {}),
    ...(after ? { after: hashOf(after) } : {}),
    ...(detail === undefined ? {} : { detail }),
  })
}

/** The hash of the entity tag, without its quotes. */
function hashOf(view: PlatformView): string {
  return platformEtag(view).slice(1, -1)
}

function viewOf(parts: AdminParts, platform: Platform): PlatformView {
  return toPlatformView({ platform }, parts)
}

function findView(parts: AdminParts, id: string): PlatformView | undefined {
  const connection = parts.registry.table().connections.get(id)
  return connection && toPlatformView(connection, parts)
}

function requireView(parts: AdminParts, id: string): PlatformView {
  const view = findView(parts, id)
  if (!view) throw problemError(404, 'No platform has this id.')
  return view
}
