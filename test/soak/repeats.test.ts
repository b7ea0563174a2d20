// Every misbehaviour of a receiver, again and again: the same honest answer each time, and nothing of it stays.

import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { BEHAVIOURS, type BehaviourName } from '../support/fault-behaviours.ts'
import { faultServer, type FaultServer } from '../support/fault-server.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

const REPEATS = 1_000
const TOGETHER = 100
const TIMEOUT_MS = 500
const DESCRIPTORS_MORE = 5

const names = Object.keys(BEHAVIOURS) as BehaviourName[]
const directory = makeDirectory()
const emsp = party('NL-EMS', 'EMSP')
let servers: FaultServer[]
let hub: HubProcess

/** `DE-000`, `DE-001` … */
const keyOf = (name: BehaviourName): string => `DE-${String(names.indexOf(name)).padStart(3, '0')}`

beforeAll(async () => {
  servers = await Promise.all(names.map(faultServer))
  const receivers = names.map((name, index) => party(keyOf(name), 'CPO', { at: servers[index]!.url }))
  await emsp.listen()
  hub = await startHubProcess({
    directory: directory.path,
    platforms: [emsp, ...receivers].map((one) => one.platform()),
    config: {
      journal: { max_entries: 1_000 },
      // No larger than what is held: there is no envelope for an answer that was begun.
      forwarding: {
        timeout: `${TIMEOUT_MS}ms`,
        connect_timeout: `${TIMEOUT_MS}ms`,
        max_response_body: '1MiB',
      },
    },
  })
  await hub.ready()
})
afterAll(async () => {
  await hub.end()
  await Promise.all([emsp.close(), ...servers.map((server) => server.close())])
  directory.remove()
})

const descriptors = () => readdirSync(`/proc/${hub.pid}/fd`).length

/** Status code of one answer, on a connection of its own that ends with it. */
async function ask(name: BehaviourName): Promise<number> {
  const asked = request(`${hub.ocpiUrl}/ocpi/2.2.1/sender/locations/1`, {
    agent: false,
    headers: {
      authorization: emsp.authorization(),
      'ocpi-to-country-code': 'DE',
      'ocpi-to-party-id': keyOf(name).slice(3),
    },
  }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return (JSON.parse(await text(answer)) as { status_code: number }).status_code
}

describe(`${REPEATS} times in front of a receiver with`, () => {
  for (const name of names) {
    it(`${name}: an envelope each time, and no descriptor stays`, async () => {
      const before = descriptors()
      for (let round = 0; round < REPEATS / TOGETHER; round++) {
        const codes = await Promise.all(Array.from({ length: TOGETHER }, () => ask(name)))
        for (const code of codes) expect(code).toBeGreaterThanOrEqual(1000)
      }
      await waitFor(() => descriptors() <= before + DESCRIPTORS_MORE, {
        limitMs: 60_000,
        what: 'closed descriptors',
      })
    }, 600_000)
  }
})
