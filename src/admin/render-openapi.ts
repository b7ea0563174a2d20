// The OpenAPI document as the file `docs/openapi.json`, made without listening and without a hub behind it.

import { buildRoutingTable } from '../registry/routing-table.ts'
import type { AdminParts } from './parts.ts'
import { createAdminServer } from './server.ts'
import { createTraffic } from './traffic.ts'

/** The document as JSON text with a line end, the same for the same version and routes. */
export async function renderOpenApi(version: string): Promise<string> {
  const app = await createAdminServer(toEmptyParts(version), { tokens: () => [] })
  await app.ready()
  const text = JSON.stringify(app.swagger(), undefined, 2)
  await app.close()
  return `${text}\n`
}

function toEmptyParts(version: string): AdminParts {
  const table = buildRoutingTable([], 0)
  return {
    version,
    registry: { table: () => table, health: () => ({ up: true, loaded: true, stalenessSeconds: 0 }) },
    journal: {
      get: async () => undefined,
      query: async () => ({ items: [] }),
      summary: async () => ({ groups: [], total: 0 }),
      correlation: async () => [],
      watch: () => () => {},
    },
    metrics: { text: async () => '', contentType: 'text/plain' },
    traffic: createTraffic(),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    isDraining: () => false,
    inFlight: () => 0,
    lastHeard: () => undefined,
    hashToken: () => '',
  }
}
