// A thousand requesters that never finish their heads: the others do not feel them, and the hub gets rid of each in
// the time that is configured.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { startLoad } from '../support/load.ts'
import { party } from '../support/party.ts'
import { stablePort } from '../support/ports.ts'
import { pause, waitFor } from '../support/wait.ts'

const SOCKETS = 1_000
const HELD_MS = 60_000
const HEADERS_TIMEOUT_S = 5
const RATE = 100

const directory = makeDirectory()
const emsp = party('NL-EMS', 'EMSP')
const cpo = party('DE-CPO', 'CPO')
let hub: HubProcess

beforeAll(async () => {
  await Promise.all([emsp, cpo].map((one) => one.listen()))
  cpo.answers('*', { json: ok([]) })
  const ports = { ocpi: await stablePort(), admin: await stablePort() }
  const host = '127.0.0.1'
  const listen = {
    ocpi: { host, port: ports.ocpi, headers_timeout: `${HEADERS_TIMEOUT_S}s` },
    admin: { host, port: ports.admin },
  }
  hub = await startHubProcess({
    directory: directory.path,
    platforms: [emsp, cpo].map((one) => one.platform()),
    ports,
    config: { listen },
  })
  await hub.ready()
})
afterAll(async () => {
  await hub.end()
  await Promise.all([emsp, cpo].map((one) => one.close()))
  directory.remove()
})

/** A socket that sends one header a second and starts again when it is cut; tells how long it was let live. */
function dripping(lives: number[], isOver: () => boolean): void {
  let socket: Socket
  function open(): void {
    const begun = performance.now()
    socket = connect(hub.ocpiPort, '127.0.0.1')
    const drip = setInterval(() => socket.write(`X-Filler: ${'a'.repeat(8)}\r\n`), 1_000)
    socket.on('error', () => {})
    socket.resume()
    socket.write('GET /ocpi/versions HTTP/1.1\r\nHost: hub\r\n')
    socket.once('close', () => {
      clearInterval(drip)
      lives.push(performance.now() - begun)
      if (!isOver()) open()
    })
  }
  open()
}

async function p99Ms(forMs: number): Promise<number> {
  const load = startLoad(hub.ocpiUrl, { from: emsp, to: 'DE-CPO', connections: 8, rate: RATE })
  await pause(forMs)
  expect(await load.stop()).toEqual([])
  const sorted = load.latenciesMs.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length * 0.99)]!
}

it(
  `${SOCKETS} dripping sockets slow nobody down and are cut in time`,
  async () => {
    await p99Ms(5_000)
    const before = await p99Ms(20_000)
    const lives: number[] = []
    const until = performance.now() + HELD_MS
    for (let opened = 0; opened < SOCKETS; opened++) dripping(lives, () => performance.now() > until)
    const during = await p99Ms(HELD_MS)
    console.log({ p99Ms: { before, during }, cut: lives.length, longestMs: Math.max(...lives) })
    await waitFor(() => lives.length >= SOCKETS * (HELD_MS / 1_000 / (HEADERS_TIMEOUT_S + 2)), {
      limitMs: 15_000,
      what: 'cut sockets',
    })
    expect(Math.max(...lives)).toBeLessThan((HEADERS_TIMEOUT_S + 2) * 1_000)
    // Below some milliseconds it is the machine that is measured.
    expect(during).toBeLessThan(Math.max(2 * before, 20))
    expect((await hub.health()).status).toBe(200)
    const last = connect(hub.ocpiPort, '127.0.0.1')
    await once(last, 'connect')
    last.destroy()
  },
  HELD_MS + 120_000,
)
