// Parties that may move from one platform to another (T16): what an operator says before a party registers anew.

import { z } from 'zod'
import { partyKey, readPartyText } from '../ocpi/party.ts'
import type { Move } from '../modules/moves.ts'
import { PLATFORM_ID } from '../registry/platform.ts'
import { asProblems, operationsOf, whoOf } from './operate.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { problems } from './shapes.ts'

const tags = ['platforms']
const PATH = '/api/v1/parties/:id/move'
const params = z.object({ id: z.string().meta({ examples: ['DE-CPO'] }) })
const roleName = z.string().min(1).max(32).optional()

const move = z
  .object({
    party: z.string(),
    role: z.string(),
    from: z.string().meta({ description: 'The platform that has it' }),
    to: z.string().meta({ description: 'The platform that may take it' }),
  })
  .meta({ id: 'Move' })
const moves = z.object({ items: z.array(move) })

const moveBody = z.strictObject({
  to: z.string().regex(PLATFORM_ID, 'must be the id of a platform').meta({
    description: 'The platform where it will register; it need not be there yet',
  }),
  role: roleName.meta({ description: 'Left out: all roles that its platform has it in' }),
})

/** `GET /api/v1/moves`, `PUT` and `DELETE /api/v1/parties/{id}/move`. */
export function registerMoves(app: AdminApp, parts: AdminParts): void {
  app.get(
    '/api/v1/moves',
    {
      schema: {
        tags,
        operationId: 'listMoves',
        summary: 'Parties that may move and have not yet',
        response: { 200: moves, ...problems() },
      },
    },
    async () => ({ items: operationsOf(parts).moves.list() }),
  )
  app.put(
    PATH,
    {
      config: { action: 'party.move' },
      schema: {
        tags,
        operationId: 'allowMove',
        summary: 'Let a party move to another platform',
        description:
          'Until it registers there it stays where it is; without this mark its registration is refused with 2001.',
        params,
        body: moveBody,
        response: { 200: moves, ...problems(400, 403, 404, 409, 503) },
      },
    },
    async (request) => {
      const { to, role } = request.body
      const party = readParty(request.params.id)
      const order = { party, to, ...(role === undefined ? {} : { role }) }
      const items = await asProblems(() => operationsOf(parts).moves.allow(order))
      await note(parts, whoOf(request), 'party.move', items)
      return { items }
    },
  )
  app.delete(
    PATH,
    {
      config: { action: 'party.stay' },
      schema: {
        tags,
        operationId: 'cancelMove',
        summary: 'Take it back: the party stays where it is',
        params,
        querystring: z.strictObject({ role: roleName }),
        response: { 200: moves, ...problems(400, 403, 404, 409, 503) },
      },
    },
    async (request) => {
      const { role } = request.query
      const party = readParty(request.params.id)
      const order = { party, ...(role === undefined ? {} : { role }) }
      const items = await asProblems(() => operationsOf(parts).moves.cancel(order))
      if (items.length === 0) throw problemError(404, `${party} was not to move.`)
      await note(parts, whoOf(request), 'party.stay', items)
      return { items }
    },
  )
}

/** A move in words, for the audit trail. */
export function describeMove({ role, from, to }: Move): string {
  return `as ${role} from ${from} to ${to}`
}

function readParty(text: string): string {
  const party = readPartyText(text)
  if (!party) throw problemError(404, 'A party is named like DE-CPO.')
  return partyKey(party)
}

async function note(parts: AdminParts, who: string, action: string, items: readonly Move[]): Promise<void> {
  for (const item of items) {
    await operationsOf(parts).audit.record({ who, action, target: item.party, detail: describeMove(item) })
  }
}
