// The registry as a whole: how it is, its backup, and what an operator decides when its store came back with less
// than it had. Every change is audited.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { counted } from '../journal/text.ts'
import type { Imported } from '../registry/backup.ts'
import type { RegistryHealth } from '../registry/registry.ts'
import { asProblems, operationsOf, whoOf } from './operate.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { registerRegistryKeys } from './registry-keys.ts'
import { problems } from './shapes.ts'

const PATH = '/api/v1/registry'
const tags = ['registry']
// Tens of thousands of platforms.
const BACKUP_BYTES_MAX = 256 * 1024 * 1024

const registryShape = z
  .object({
    up: z.boolean().meta({ description: 'Whether its store answers and takes writes' }),
    loaded: z.boolean().meta({ description: 'Whether it was ever read since the start' }),
    staleness_seconds: z.number().meta({ description: 'Since it was known to be current' }),
    platforms: z.int(),
    revision: z.int().meta({ description: 'Of the routing table of this hub: grows with each change' }),
    alarm: z
      .literal('registry_shrunk')
      .optional()
      .meta({ description: 'The store has lost platforms: restore them, or confirm that they are gone' }),
    reason: z.string().optional().meta({ description: 'What is wrong with it' }),
    broken: z.int().optional().meta({ description: 'Stored platforms that cannot be read' }),
    clashes: z
      .int()
      .optional()
      .meta({ description: 'Stored platforms that the configuration file leaves no room for' }),
  })
  .meta({ id: 'Registry' })

const backupShape = z
  .looseObject({ format: z.literal('ocpi-hub registry'), schema: z.int(), records: z.array(z.unknown()) })
  .meta({ id: 'RegistryBackup', description: 'Tokens are sealed: of use only with the same secret_key' })

const importedShape = z.object({
  imported: z.int().meta({ description: 'Platforms' }),
  links: z.int().meta({ description: 'Hub URLs of stored CDRs and pending call-backs' }),
})

/** `GET /api/v1/registry`, `…/export`; `POST …/import`, `…/restore`, `…/confirm`. */
export function registerRegistry(app: AdminApp, parts: AdminParts): void {
  app.get(
    PATH,
    {
      schema: {
        tags,
        operationId: 'getRegistry',
        summary: 'How the registry is',
        response: { 200: registryShape, ...problems() },
      },
    },
    async () => toView(parts),
  )
  registerBackup(app, parts)
  registerDecisions(app, parts)
  registerRegistryKeys(app, parts)
}

function registerBackup(app: AdminApp, parts: AdminParts): void {
  app.get(
    `${PATH}/export`,
    {
      config: { access: 'operate' },
      schema: {
        tags,
        operationId: 'exportRegistry',
        summary: 'The whole registry as one document, for import',
        response: { 200: backupShape, ...problems(403, 409, 503) },
      },
    },
    async (request) => {
      requireWhole(parts)
      const backup = await asProblems(() => operationsOf(parts).backup.export())
      await audited(parts, request, 'export', counted(backup.records.length, 'platform'))
      return backup
    },
  )
  app.post(
    `${PATH}/import`,
    {
      config: { action: 'registry.import' },
      bodyLimit: BACKUP_BYTES_MAX,
      schema: {
        tags,
        operationId: 'importRegistry',
        summary: 'Takes over the document of an export',
        description:
          'All or nothing. A registry that holds platforms is refused unless replace is true: then it holds nothing but the document afterwards. The hub must have the secret_key of the hub that made it.',
        querystring: z.strictObject({ replace: z.enum(['true', 'false']).default('false') }),
        body: backupShape,
        response: { 200: importedShape, ...problems(400, 403, 409, 422, 503) },
      },
    },
    async (request) => {
      requireWhole(parts)
      const replace = request.query.replace === 'true'
      const { platforms, links } = await asProblems(() => importBackup(parts, request.body, replace))
      await audited(
        parts,
        request,
        'import',
        `${counted(platforms, 'platform')}${replace ? ', replacing all' : ''}`,
      )
      return { imported: platforms, links }
    },
  )
}

async function importBackup(parts: AdminParts, document: unknown, replace: boolean): Promise<Imported> {
  try {
    return await operationsOf(parts).backup.import(document, { replace })
  } catch (thrown) {
    if (thrown instanceof RangeError) throw problemError(422, `${thrown.message}.`)
    throw thrown
  }
}

const DECISIONS = [
  ['restore', 'Write back what the store has lost', 'From the memory of this hub, for all hubs.'],
  ['confirm', 'Accept that the store has lost platforms', 'For all hubs: the lost platforms are forgotten.'],
] as const

function registerDecisions(app: AdminApp, parts: AdminParts): void {
  for (const [decision, summary, description] of DECISIONS) {
    app.post(
      `${PATH}/${decision}`,
      {
        config: { action: `registry.${decision}` },
        schema: {
          tags,
          operationId: `${decision}Registry`,
          summary,
          description: `${description} Does nothing while there is no alarm.`,
          response: { 200: registryShape, ...problems(403, 503) },
        },
      },
      async (request) => {
        const { registry } = operationsOf(parts)
        const { alarm } = registry.health()
        await asProblems(() => (decision === 'restore' ? registry.restore() : registry.confirmShrink()))
        await audited(parts, request, decision, alarm ? alarm : 'there was no alarm; nothing was changed')
        return toView(parts)
      },
    )
  }
}

/** What a hub serves from memory is then more than its store holds: neither is to be mixed with a document. */
function requireWhole({ registry }: AdminParts): void {
  const { alarm } = registry.health()
  if (alarm) {
    throw problemError(409, 'The registry has lost platforms; restore them or confirm the loss first.', {
      alarm,
    })
  }
}

function audited(parts: AdminParts, request: FastifyRequest, action: string, detail?: string): Promise<void> {
  return operationsOf(parts).audit.record({
    who: whoOf(request),
    action: `registry.${action}`,
    ...(detail === undefined ? {} : { detail }),
  })
}

function toView({ registry }: AdminParts): z.output<typeof registryShape> {
  const { stalenessSeconds, ...health }: RegistryHealth = registry.health()
  const { revision, connections } = registry.table()
  return { ...health, staleness_seconds: stalenessSeconds, platforms: connections.size, revision }
}
