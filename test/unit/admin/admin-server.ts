// An admin server on a free port, in front of a journal in memory and a routing table of two platforms.

import { hashAdminToken } from '../../../src/admin/guard.ts'
import type { AdminOptions, AdminParts } from '../../../src/admin/parts.ts'
import { createAdminServer } from '../../../src/admin/server.ts'
import { createTraffic } from '../../../src/admin/traffic.ts'
import { createJournal, type Journal } from '../../../src/journal/journal.ts'
import { createLog } from '../../../src/journal/log.ts'
import { createMemoryJournal } from '../../../src/journal/memory.ts'
import { createMetrics } from '../../../src/journal/metrics.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import type { RegistryHealth } from '../../../src/registry/registry.ts'
import { buildRoutingTable } from '../../../src/registry/routing-table.ts'

export const OPERATE_TOKEN = 'the-operator'
export const READ_TOKEN = 'the-reader'

/** Parts of the hub that a test may change while the server runs. */
export interface Surroundings {
  draining: boolean
  health: RegistryHealth
  lastHeard: Map<string, number>
}

export interface TestAdmin extends Surroundings {
  readonly url: string
  readonly journal: Journal
  /** Lines of the log. */
  readonly lines: Record<string, unknown>[]
  /** With the operator's token, unless `token` says otherwise; `null` = none. */
  call(path: string, init?: CallInit): Promise<Answer>
  close(): Promise<void>
}

export interface CallInit {
  readonly method?: string
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON, or `undefined`. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any
}

export function platform(members: Partial<Platform> = {}): Platform {
  return {
    id: 'cpo',
    source: 'file',
    revision: 0,
    status: 'CONNECTED',
    version: '2.2.1',
    versionsUrl: 'https://cpo.example/ocpi/versions',
    inbound: [{ hash: 'aaaaaaaabbbbbbbb', purpose: 'credentials' }],
    outbound: { token: 'canary-outbound', form: 'base64' },
    endpoints: [{ module: 'locations', role: 'SENDER', url: 'https://cpo.example/ocpi/locations' }],
    roles: [
      {
        countryCode: 'DE',
        partyId: 'CPO',
        role: 'CPO',
        name: 'Acme Charging',
        lastUpdated: '2026-01-01T00:00:00Z',
      },
      {
        countryCode: 'FR',
        partyId: 'CPO',
        role: 'CPO',
        withdrawn: true,
        lastUpdated: '2026-01-02T00:00:00Z',
      },
    ],
    errors: 'ocpi',
    lastUpdated: '2026-01-02T00:00:00Z',
    ...members,
  }
}

export const EMS = platform({
  id: 'ems',
  source: 'registered',
  revision: 3,
  status: 'OFFLINE',
  roles: [{ countryCode: 'NL', partyId: 'EMS', role: 'EMSP', lastUpdated: '2026-01-03T00:00:00Z' }],
})

export async function startAdmin(
  options: {
    platforms?: readonly Platform[]
    options?: Partial<AdminOptions>
    parts?: Partial<AdminParts>
  } = {},
): Promise<TestAdmin> {
  const lines: Record<string, unknown>[] = []
  const log = createLog(
    { level: 'info', exchanges: 'errors' },
    { write: (line) => void lines.push(JSON.parse(line)) },
  )
  const metrics = createMetrics({ version: '1.2.3' })
  const journal = createJournal({
    store: createMemoryJournal({ maxEntries: 5000 }),
    maxEntries: 5000,
    log,
    metrics,
  })
  const table = buildRoutingTable(options.platforms ?? [platform(), EMS], 7)
  const surroundings: Surroundings = {
    draining: false,
    health: { up: true, loaded: true, stalenessSeconds: 0 },
    lastHeard: new Map(),
  }
  const app = await createAdminServer(
    {
      version: '1.2.3',
      registry: { table: () => table, health: () => surroundings.health },
      journal,
      metrics,
      traffic: createTraffic(),
      log,
      isDraining: () => surroundings.draining,
      inFlight: () => 5,
      lastHeard: (id) => surroundings.lastHeard.get(id),
      hashToken: () => 'ccccccccdddddddd',
      ...options.parts,
    },
    {
      tokens: () => [
        { name: 'operator', role: 'operate', sha256: hashAdminToken(OPERATE_TOKEN) },
        { name: 'reader', role: 'read', sha256: hashAdminToken(READ_TOKEN) },
      ],
      ...options.options,
    },
  )
  const url = await app.listen({ host: '127.0.0.1', port: 0 })

  async function call(path: string, init: CallInit = {}): Promise<Answer> {
    const { token = OPERATE_TOKEN, headers = {}, method = 'GET', body } = init
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') && text !== ''
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    }
  }

  return Object.assign(surroundings, {
    url,
    journal,
    lines,
    call,
    close: async () => {
      await app.close()
      await journal.close()
    },
  })
}
