// Every party in every role: where it is connected and how.

import { z } from 'zod'
import { partyKey } from '../ocpi/party.ts'
import type { Connection, PartyEntry, RoutingTable } from '../registry/routing-table.ts'
import { toPage } from './pages.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { certificateDays, certificateDaysShape, circuitShape, readCircuit } from './platform-state.ts'
import { connectionStatus, instant, pageOf, pageQuery, problems } from './shapes.ts'

const party = z
  .object({
    address: z.string().meta({ examples: ['DE-CPO'] }),
    country_code: z.string(),
    party_id: z.string(),
    role: z.string(),
    name: z.string().optional(),
    status: connectionStatus,
    platform: z.string(),
    behind: z
      .string()
      .optional()
      .meta({ examples: ['DE-HB2'], description: 'The hub it is behind, when its platform is one' }),
    moving_to: z.string().optional().meta({ description: 'The platform it may move to' }),
    last_seen: z
      .string()
      .optional()
      .meta({ format: 'date-time', description: 'When its platform was last heard' }),
    last_updated: z.string().meta({ format: 'date-time' }),
    in_flight: z
      .int()
      .optional()
      .meta({ description: 'Requests under way to its platform, through this hub' }),
    missed_pushes: z.int().optional().meta({ description: 'Pushes that did not reach it; left out: none' }),
    certificate_days: certificateDaysShape,
    circuit: circuitShape,
  })
  .meta({ id: 'Party' })

/** `GET /api/v1/parties`. */
export function registerParties(app: AdminApp, parts: AdminParts): void {
  app.get(
    '/api/v1/parties',
    {
      schema: {
        tags: ['platforms'],
        operationId: 'listParties',
        summary: 'Every party in every role, by address',
        querystring: z.strictObject({
          ...pageQuery,
          status: connectionStatus.optional(),
          role: z.string().max(20).optional(),
          platform: z.string().max(200).optional(),
          q: z.string().max(100).optional().meta({ description: 'Part of address, name or platform id' }),
          changed_since: instant.optional().meta({ description: 'Role or status changed then or later' }),
        }),
        response: { 200: pageOf(party), ...problems(400) },
      },
    },
    async (request) => {
      const { status, role, platform, q, changed_since: since, ...page } = request.query
      const part = q?.trim().toLowerCase()
      const wanted = entriesOf(parts.registry.table()).filter(
        (entry) =>
          (status === undefined || entry.status === status) &&
          (role === undefined || entry.role.role.toUpperCase() === role.toUpperCase()) &&
          (platform === undefined || entry.connection.platform.id === platform) &&
          (part === undefined || textOf(entry).includes(part)) &&
          (since === undefined || Date.parse(entry.role.lastUpdated) >= since),
      )
      const list = `parties ${status ?? ''} ${role ?? ''} ${platform ?? ''} ${part ?? ''}`
      const { items, ...rest } = toPage(list, wanted, keyOf, page)
      return {
        items: items.map((entry) => toView(entry, parts)),
        ...rest,
      }
    },
  )
}

/** Parties by connection status, each role counted: what `ocpi_hub_parties` shows. Statuses nobody has are 0. */
export function countParties(table: RoutingTable): Map<string, number> {
  const counts = new Map<string, number>(connectionStatus.options.map((status) => [status, 0]))
  for (const { status } of entriesOf(table)) counts.set(status, (counts.get(status) ?? 0) + 1)
  return counts
}

function entriesOf(table: RoutingTable): PartyEntry[] {
  return [...table.parties.values()].flat()
}

function textOf({ key, role, connection }: PartyEntry): string {
  return `${key} ${role.name ?? ''} ${connection.platform.id}`.toLowerCase()
}

// Several platforms may have had a party in the same role; only one of them is live (T16).
function keyOf({ key, role, connection, behind }: PartyEntry): string {
  return JSON.stringify([key, role.role, connection.platform.id, behind === true])
}

function toView(
  { key, role, status, connection, behind }: PartyEntry,
  parts: AdminParts,
): z.output<typeof party> {
  const { operations } = parts
  const { id } = connection.platform
  const seen = parts.lastHeard(id)
  const days = certificateDays(id, parts)
  const circuit = operations && readCircuit({ id, status }, operations)
  return {
    address: key,
    country_code: role.countryCode,
    party_id: role.partyId,
    role: role.role,
    ...(role.name === undefined ? {} : { name: role.name }),
    status,
    platform: id,
    ...(behind ? { behind: hubOf(connection) } : {}),
    ...(role.movingTo === undefined ? {} : { moving_to: role.movingTo }),
    ...(seen === undefined ? {} : { last_seen: new Date(seen).toISOString() }),
    last_updated: role.lastUpdated,
    ...(operations
      ? { in_flight: operations.explain.inFlight(id), missed_pushes: operations.missed.count(key) }
      : {}),
    ...(days === undefined ? {} : { certificate_days: days }),
    ...(circuit ? { circuit } : {}),
  }
}

/** The address of the hub that the platform is. */
function hubOf({ platform }: Connection): string {
  const hub = platform.roles.find((role) => role.role.toUpperCase() === 'HUB' && !role.withdrawn)
  return hub ? partyKey(hub) : platform.id
}
