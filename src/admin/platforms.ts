// Connections as operators see them. Tokens are shown only as fingerprints.

import { z } from 'zod'
import { INTERFACES } from '../ocpi/module.ts'
import { tokenFingerprint } from '../ocpi/token.ts'
import { statusOf } from '../registry/platform.ts'
import type { Connection } from '../registry/routing-table.ts'
import { etagOf, toPage } from './pages.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import {
  certificateDays,
  certificateDaysShape,
  platformStateShape,
  readPlatformState,
} from './platform-state.ts'
import { problemError } from './problem.ts'
import { connectionStatus, pageOf, pageQuery, problems } from './shapes.ts'

const tags = ['platforms']
const dateTime = z.string().meta({ format: 'date-time' })

export const platformShape = z
  .object({
    id: z.string(),
    source: z.enum(['file', 'registered']).meta({ description: 'file = from the configuration' }),
    status: connectionStatus,
    version: z.string().optional(),
    versions_url: z.string().optional(),
    errors: z.string().meta({ description: 'The error format it answers with' }),
    roles: z.array(
      z.object({
        country_code: z.string(),
        party_id: z.string(),
        role: z.string(),
        name: z.string().optional(),
        status: connectionStatus,
        moving_to: z.string().optional().meta({ description: 'The platform it may move to' }),
        last_updated: dateTime,
      }),
    ),
    parties_behind: z
      .int()
      .optional()
      .meta({ description: 'What it reported as a hub; GET /parties?platform= lists them. Left out: none' }),
    endpoints: z.array(z.object({ module: z.string(), role: z.enum(INTERFACES), url: z.string() })),
    tokens: z.object({
      inbound: z.array(
        z.object({
          fingerprint: z.string(),
          purpose: z.enum(['registration', 'credentials']),
          valid_until: dateTime.optional(),
        }),
      ),
      outbound: z.object({ fingerprint: z.string() }).optional(),
    }),
    last_seen: dateTime.optional().meta({ description: 'When it was last heard, by this hub' }),
    certificate_days: certificateDaysShape,
    last_updated: dateTime,
    ...platformStateShape,
  })
  .meta({ id: 'Platform' })

/** A platform as the API shows it. */
export type PlatformView = z.output<typeof platformShape>

/** `GET /api/v1/platforms` and `GET /api/v1/platforms/{id}`. */
export function registerPlatforms(app: AdminApp, parts: AdminParts): void {
  const { registry } = parts
  app.get(
    '/api/v1/platforms',
    {
      schema: {
        tags,
        operationId: 'listPlatforms',
        summary: 'Connections, by id',
        querystring: z.strictObject({ ...pageQuery, status: connectionStatus.optional() }),
        response: { 200: pageOf(platformShape), ...problems(400) },
      },
    },
    async (request) => {
      const { status, ...page } = request.query
      const all = [...registry.table().connections.values()]
      const wanted = status === undefined ? all : all.filter(({ platform }) => platform.status === status)
      const { items, ...rest } = toPage(
        `platforms ${status ?? ''}`,
        wanted,
        ({ platform }) => platform.id,
        page,
      )
      return { items: items.map((connection) => toPlatformView(connection, parts)), ...rest }
    },
  )
  app.get(
    '/api/v1/platforms/:id',
    {
      schema: {
        tags,
        operationId: 'getPlatform',
        summary: 'One connection',
        params: z.object({ id: z.string() }),
        response: { 200: platformShape, ...problems(404, 503) },
      },
    },
    async (request, reply) => {
      const connection = registry.table().connections.get(request.params.id)
      if (!connection) throw problemError(404, 'No platform has this id.')
      const view = toPlatformView(connection, parts)
      const state = await readPlatformState(connection, parts)
      // For If-Match alone: it does not cover what is seen of the platform, so it must not lead to a 304.
      reply.header('ETag', platformEtag(view))
      return { ...view, ...state }
    },
  )
}

/** Entity tag of what is stored of a platform: what is seen of it changes nothing that a writer could overwrite. */
export function platformEtag(view: PlatformView): string {
  const { last_seen: _seen, certificate_days: _days, ...stored } = view
  return etagOf(stored)
}

/** What the API shows of a platform. */
export function toPlatformView(
  { platform }: Pick<Connection, 'platform'>,
  parts: Pick<AdminParts, 'lastHeard' | 'certificateEnd' | 'hashToken'>,
): PlatformView {
  const { lastHeard, hashToken } = parts
  const { version, versionsUrl, outbound } = platform
  const seen = lastHeard(platform.id)
  const days = certificateDays(platform.id, parts)
  return {
    id: platform.id,
    source: platform.source,
    status: platform.status,
    ...(version === undefined ? {} : { version }),
    ...(versionsUrl === undefined ? {} : { versions_url: versionsUrl }),
    errors: platform.errors,
    roles: platform.roles.map((role) => ({
      country_code: role.countryCode,
      party_id: role.partyId,
      role: role.role,
      ...(role.name === undefined ? {} : { name: role.name }),
      status: statusOf(platform, role),
      ...(role.movingTo === undefined ? {} : { moving_to: role.movingTo }),
      last_updated: role.lastUpdated,
    })),
    ...(platform.behind ? { parties_behind: platform.behind.length } : {}),
    endpoints: platform.endpoints.map(({ module, role, url }) => ({ module, role, url })),
    tokens: {
      inbound: platform.inbound.map(({ hash, purpose, validUntil }) => ({
        fingerprint: tokenFingerprint(hash),
        purpose,
        ...(validUntil === undefined ? {} : { valid_until: new Date(validUntil).toISOString() }),
      })),
      ...(outbound ? { outbound: { fingerprint: tokenFingerprint(hashToken(outbound.token)) } } : {}),
    },
    ...(seen === undefined ? {} : { last_seen: new Date(seen).toISOString() }),
    ...(days === undefined ? {} : { certificate_days: days }),
    last_updated: platform.lastUpdated,
  }
}
