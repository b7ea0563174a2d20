// A thousand connections on which almost nothing arrives, again and again: they are closed in time, and those who
// send as they should notice nothing.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { startLoad } from '../support/load.ts'
import { median } from '../support/median.ts'
import { party } from '../support/party.ts'
import { stablePort } from '../support/ports.ts'
import { reap } from '../support/reaper.ts'
import type { SlowSenders } from '../support/slow-senders.ts'
import { pause } from '../support/wait.ts'

const CONNECTIONS = 1_000
const ROUNDS = 3
const ROUND_MS = 20_000
const RATE = 100
const HEADERS_SECONDS = 5
const REQUEST_SECONDS = 10

const directory = makeDirectory()
const emsp = party('NL-EMS', 'EMSP')
const cpo = party('DE-CPO', 'CPO')
let hub: HubProcess

beforeAll(async () => {
  await Promise.all([emsp.listen(), cpo.listen()])
  cpo.answers('*', { json: ok([]) })
  const ports = { ocpi: await stablePort(), admin: await stablePort() }
  const timeouts = { headers_timeout: `${HEADERS_SECONDS}s`, request_timeout: `${REQUEST_SECONDS}s` }
  hub = await startHubProcess({
    directory: directory.path,
    platforms: [emsp.platform(), cpo.platform()],
    ports,
    config: {
      listen: {
        ocpi: { host: '127.0.0.1', port: ports.ocpi, ...timeouts },
        admin: { host: '127.0.0.1', port: ports.admin },
      },
    },
  })
  await hub.ready()
})
afterAll(async () => {
  await hub.end()
  await Promise.all([emsp.close(), cpo.close()])
  directory.remove()
})

async function startSenders(): Promise<{ stop(): Promise<SlowSenders> }> {
  const args = [hub.ocpiUrl, String(CONNECTIONS), emsp.authorization()]
  const child: ChildProcess = fork(new URL('../support/slow-senders.ts', import.meta.url), args, {
    execArgv: ['--import', 'tsx'],
  })
  const release = reap(child.pid)
  child.once('exit', release)
  await once(child, 'message')
  return {
    async stop() {
      child.send('stop')
      const [result] = (await once(child, 'message')) as [SlowSenders]
      child.disconnect()
      return result
    },
  }
}

/** The slowest hundredth of the requests of one round, in milliseconds. */
async function slowest(): Promise<number> {
  const load = startLoad(hub.ocpiUrl, { from: emsp, to: 'DE-CPO', connections: 4, rate: RATE })
  await pause(ROUND_MS)
  expect(await load.stop()).toEqual([])
  return load.latenciesMs.toSorted((one, other) => one - other)[Math.floor(load.latenciesMs.length * 0.99)]!
}

it(
  `closes ${CONNECTIONS} slow connections in time, and keeps all others as fast as they are alone`,
  async () => {
    await slowest()
    const alone: number[] = []
    const beside: number[] = []
    const results: SlowSenders[] = []
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await slowest())
      const senders = await startSenders()
      beside.push(await slowest())
      results.push(await senders.stop())
    }
    console.log({ alone, beside, results: JSON.stringify(results) })
    expect(median(beside)).toBeLessThan(2 * median(alone))
    for (const result of results) {
      for (const [manner, { closed, longestMs }] of Object.entries(result)) {
        const isHead = manner === 'silent' || manner === 'head trickles'
        expect(longestMs, manner).toBeLessThan(((isHead ? HEADERS_SECONDS : REQUEST_SECONDS) + 1) * 1_000)
        expect(closed, manner).toBeGreaterThanOrEqual(CONNECTIONS / 4)
      }
    }
    expect(hub.log()).not.toMatch(/unhandledRejection|uncaughtException|hub_failure/)
  },
  10 * 60_000,
)
