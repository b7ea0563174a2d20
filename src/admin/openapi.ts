// The OpenAPI document of the admin side, made of the shapes the routes check, and the page that shows it offline.

import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { AdminApp } from './parts.ts'
import { callProblems } from './shapes.ts'

type JsonSchema = z.core.JSONSchema.BaseSchema

// zod writes its own limits of safe integers, and readOnly for arrays that TypeScript must not change: neither says
// anything about the API.
const zodToJsonConfig = {
  override({ jsonSchema }: { jsonSchema: JsonSchema }): void {
    delete jsonSchema.readOnly
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  },
}

const toRoute = createJsonSchemaTransform({ zodToJsonConfig })
const toDocument = createJsonSchemaTransformObject({ zodToJsonConfig })

/** Collects the routes that are registered after it. */
export async function collectOpenApi(app: AdminApp, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'ocpi-hub admin API',
        version,
        description:
          'Connections, parties, and the journal of everything that failed. Lists come in pages with a cursor; errors are problem details (RFC 9457). A query parameter that a call does not have is refused with 400, so that a misspelt filter is not taken for none.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      security: [{ token: [] }],
      tags: [
        { name: 'errors', description: 'The journal: what was not 1xxx, and the story of an exchange' },
        { name: 'codes', description: 'What each error code means' },
        { name: 'platforms', description: 'Connections and parties' },
        { name: 'routes', description: 'Rules about who may reach whom, and what they do to a request' },
        { name: 'captures', description: 'Bodies kept on demand, for some minutes' },
        {
          name: 'registry',
          description: 'Who is connected, as a whole: its health, backups, decisions after a loss',
        },
        { name: 'hub', description: 'The hub itself' },
        { name: 'health', description: 'For load balancers; no token needed' },
      ],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'admin.token of the configuration' },
        },
      },
    },
    transform: (route) => toRoute(withCallProblems(route)),
    transformObject: (document) => withUsedShapes(toDocument(document)),
  })
}

/** `/docs` and `/api/v1/openapi.json`. A browser is asked for the token as a password, to load the page itself. */
export async function registerDocs(app: AdminApp): Promise<void> {
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'read', basic: true }
    })
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: { docExpansion: 'list', deepLinking: true, persistAuthorization: true },
    })
  })
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.send(app.swagger()),
  )
}

type Route = Parameters<typeof toRoute>[0]

function withCallProblems(route: Route): Route {
  const { schema, url } = route
  const method = String(route.route.method)
  const response = { ...callProblems(url, method), ...(schema.response as object) }
  return { ...route, schema: { ...schema, response } }
}

type Document = ReturnType<typeof toDocument>

// Shapes get into the document by their ids, for requests and responses alike; those that no route uses go again.
function withUsedShapes(document: Document): Document {
  const { components } = document as { components?: { schemas?: Record<string, unknown> } }
  const text = JSON.stringify(document)
  const schemas = Object.entries(components?.schemas ?? {})
  const used = schemas.filter(([name]) => text.includes(`"#/components/schemas/${name}"`))
  const next = { ...document, components: { ...components, schemas: Object.fromEntries(used) } } as Document
  // A shape that goes may have been all that referred to another one.
  return used.length === schemas.length ? next : withUsedShapes(next)
}
