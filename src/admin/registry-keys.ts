// Which keys of secret_key the registry depends on, and its move to the newest one.

import { z } from 'zod'
import { counted } from '../journal/text.ts'
import type { KeyReport } from '../registry/key-use.ts'
import { asProblems, operationsOf, whoOf } from './operate.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problems } from './shapes.ts'

const PATH = '/api/v1/registry'
const tags = ['registry']

const keyShape = z.object({
  id: z.string().meta({ description: 'Public name of the key; it tells nothing about it' }),
  place: z.int().optional().meta({ description: '1 = the first of secret_key; absent: secret_key lacks it' }),
  in_use: z.boolean().meta({ description: 'Whether it seals and hashes now' }),
  sealed: z.int().meta({ description: 'Platforms whose outbound token is sealed with it' }),
  hashed: z.int().meta({ description: 'Inbound tokens that are hashed with it' }),
})

const keysShape = z
  .object({
    items: z.array(keyShape),
    waiting: z.array(z.string()).meta({
      description:
        'Platforms that are let in by an older key only: until their next request, or until their tokens are renewed',
    }),
    locked_out: z.array(z.string()).meta({
      description:
        'Platforms with tokens that were hashed with a key that secret_key lacks: they get 401 until it is put back',
    }),
  })
  .meta({ id: 'RegistryKeys' })

const resealedShape = z
  .object({
    resealed: z.int().meta({ description: 'Platforms whose outbound token was sealed anew' }),
    left: z.int().meta({ description: 'Those that were changed by others meanwhile: once more will do' }),
    waiting: keysShape.shape.waiting,
  })
  .meta({ id: 'Resealed' })

/** `GET /api/v1/registry/keys`, `POST /api/v1/registry/reseal`. */
export function registerRegistryKeys(app: AdminApp, parts: AdminParts): void {
  app.get(
    `${PATH}/keys`,
    {
      schema: {
        tags,
        operationId: 'getRegistryKeys',
        summary: 'Which keys of secret_key the registry depends on',
        description: 'An old key may be taken away when nothing is sealed or hashed with it any more.',
        response: { 200: keysShape, ...problems() },
      },
    },
    async () => toView(operationsOf(parts).registry.keys()),
  )
  app.post(
    `${PATH}/reseal`,
    {
      config: { action: 'registry.reseal' },
      schema: {
        tags,
        operationId: 'resealRegistry',
        summary: 'Moves the registry to the newest key, for all hubs',
        description:
          'Call it when every hub has the new key. Outbound tokens are sealed anew at once; hashes of inbound tokens follow when their token is next used.',
        response: { 200: resealedShape, ...problems(403, 503) },
      },
    },
    async (request) => {
      const { registry, audit } = operationsOf(parts)
      const { resealed, left } = await asProblems(() => registry.reseal())
      await audit.record({
        who: whoOf(request),
        action: 'registry.reseal',
        detail: counted(resealed, 'platform'),
      })
      return { resealed, left, waiting: [...registry.keys().waiting] }
    },
  )
}

function toView({ keys, waiting, lockedOut }: KeyReport): z.output<typeof keysShape> {
  return {
    items: keys.map(({ id, place, inUse, sealed, hashed }) => ({
      id,
      ...(place === undefined ? {} : { place }),
      in_use: inUse,
      sealed,
      hashed,
    })),
    waiting: [...waiting],
    locked_out: [...lockedOut],
  }
}
