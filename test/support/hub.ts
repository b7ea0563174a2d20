// The hub under test: the same composition as in production, in memory, on free ports.

import type { HubConfig } from '../../src/config/hub-config.ts'
import { createHub, type Hub } from '../../src/hub.ts'
import type { JournalEntry } from '../../src/journal/journal-entry.ts'
import type { JournalFilter } from '../../src/journal/query.ts'
import { testConfig, type ConfigOverrides } from './config.ts'
import type { Party } from './party.ts'
import { waitFor } from './wait.ts'

export interface TestHub extends Hub {
  readonly config: HubConfig
  /** A call of the admin API; `path` starts behind `/api/v1`. */
  admin(path: string, init?: { method?: string; json?: unknown }): Promise<{ status: number; json: unknown }>
  /** The newest entry whose members equal these, once it is written. */
  newest(fields: JournalFilter['fields']): Promise<JournalEntry>
  /** The entry with this reference, once it is written. */
  entry(reference: string): Promise<JournalEntry>
}

/** Starts a hub with the test configuration; the caller closes it. */
export async function startHub(overrides: ConfigOverrides = {}): Promise<TestHub> {
  const config = testConfig(overrides)
  const hub = await createHub(config)

  async function admin(path: string, init: { method?: string; json?: unknown } = {}) {
    const response = await fetch(`${hub.adminUrl}/api/v1${path}`, {
      method: init.method ?? 'GET',
      headers: {
        authorization: `Bearer ${hub.adminToken}`,
        ...(init.json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(init.json === undefined ? {} : { body: JSON.stringify(init.json) }),
    })
    const text = await response.text()
    return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) }
  }

  return {
    ...hub,
    config,
    admin,
    newest: (fields = {}) =>
      waitFor(async () => (await hub.journal.query({ fields }, { limit: 1 }))?.items[0], {
        what: `a journal entry with ${JSON.stringify(fields)}`,
      }),
    entry: (reference) => waitFor(() => hub.journal.get(reference), { what: `journal entry ${reference}` }),
  }
}

export type Scene<Parties> = Parties & {
  readonly hub: TestHub
  readonly close: () => Promise<void>
}

/**
 * Parties and the hub between them: the parties listen first, then the hub starts with each as a static connection.
 * `const { hub, emsp, cpo } = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })`
 */
export async function stage<Parties extends Readonly<Record<string, Party>>>(
  parties: Parties,
  overrides: ConfigOverrides = {},
): Promise<Scene<Parties>> {
  const cast = Object.values(parties)
  await Promise.all(cast.map((one) => one.listen()))
  const platforms = [...cast.map((one) => one.platform()), ...(overrides.platforms ?? [])]
  const hub = await startHub({ ...overrides, platforms })
  for (const one of cast) one.join(hub.ocpiUrl)
  return {
    ...parties,
    hub,
    close: async () => {
      await hub.close()
      await Promise.all(cast.map((one) => one.close()))
    },
  }
}

/** The value of a metric by its name and labels as they are printed; 0 when there is no such line. */
export async function metricOf(hub: TestHub, sample: string): Promise<number> {
  const response = await fetch(`${hub.adminUrl}/metrics`, {
    headers: { authorization: `Bearer ${hub.adminToken}` },
  })
  const line = (await response.text()).split('\n').find((each) => each.startsWith(`${sample} `))
  return line === undefined ? 0 : Number(line.slice(sample.length + 1))
}
