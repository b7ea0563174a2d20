// The configuration file read again at an operator's wish: all of it is taken over, or nothing.

import { z } from 'zod'
import { operationsOf, whoOf } from './operate.ts'
import type { ReloadOutcome } from './operations.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { problems } from './shapes.ts'

const names = z.array(z.string()).readonly().optional()

const reloaded = z.object({
  changes: z.array(
    z.object({
      key: z.string().meta({ examples: ['forwarding.timeout'] }),
      before: z.string().optional(),
      after: z.string().optional(),
      added: names.meta({ description: 'Names that came, in a list' }),
      removed: names,
      changed: names,
    }),
  ),
})

const PATH = '/api/v1/reload'

/** `GET` and `POST /api/v1/reload`. */
export function registerReload(app: AdminApp, parts: AdminParts): void {
  app.get(
    PATH,
    {
      // It tells of the file what only those read who may change it.
      config: { access: 'operate' },
      schema: {
        tags: ['hub'],
        operationId: 'previewReload',
        summary: 'What reading the configuration file again would change',
        description: 'Reads it and changes nothing. Answers what the POST would answer now.',
        response: { 200: reloaded, ...problems(403, 409, 422) },
      },
    },
    async () => toAnswer(await operationsOf(parts).previewReload()),
  )
  app.post(
    PATH,
    {
      config: { action: 'config.reload', auditsItself: true },
      schema: {
        tags: ['hub'],
        operationId: 'reload',
        summary: 'Read the configuration file again',
        description:
          'As SIGHUP does, on this hub; certificates are read again as well, and those that were renewed are among the changes. A file with faults, or with a change that needs a restart, changes nothing: the problem names each fault with its line, or the keys.',
        response: { 200: reloaded, ...problems(403, 409, 422) },
      },
    },
    async (request) => toAnswer(await operationsOf(parts).reload(whoOf(request))),
  )
}

function toAnswer(outcome: ReloadOutcome): z.output<typeof reloaded> {
  if (outcome.result !== 'done') throw toProblem(outcome)
  return { changes: [...outcome.changes] }
}

function toProblem(outcome: Exclude<ReloadOutcome, { result: 'done' }>): Error {
  switch (outcome.result) {
    case 'invalid':
      return problemError(422, 'The configuration file is not valid; nothing was changed.', {
        faults: outcome.faults,
      })
    case 'restart_needed':
      return problemError(409, 'These keys can only be changed by a restart; nothing was changed.', {
        restart_needed: outcome.keys,
      })
    case 'contradiction':
      return problemError(
        409,
        `The configuration contradicts itself, nothing was changed: ${outcome.detail}.`,
      )
    case 'no_file':
      return problemError(409, 'The hub was started without a file; there is nothing to read again.')
  }
}
