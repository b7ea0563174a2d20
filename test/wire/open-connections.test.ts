// More connections than the process has descriptors for: those beyond the bound are closed at once, counted and told,
// the operator gets through all the while, and requests go on as soon as there is room.

import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

const DESCRIPTORS = 300
const OPEN_MAX = 240

const directory = makeDirectory()
const emsp = party('NL-EMS', 'EMSP')
const cpo = party('DE-CPO', 'CPO')
const sockets: Socket[] = []
let hub: HubProcess

beforeAll(async () => {
  await Promise.all([emsp.listen(), cpo.listen()])
  cpo.answers('*', { json: ok([]) })
  hub = await startHubProcess({
    directory: directory.path,
    platforms: [emsp.platform(), cpo.platform()],
    wrapper: ['prlimit', `--nofile=${DESCRIPTORS}`],
  })
  await hub.ready()
  emsp.join(hub.ocpiUrl)
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await hub.end()
  await Promise.all([emsp.close(), cpo.close()])
  directory.remove()
})

it('closes connections beyond what its descriptors allow, and keeps some for everything else', async () => {
  let closed = 0
  for (let opened = 0; opened < DESCRIPTORS; opened++) {
    const socket = connect(hub.ocpiPort, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => undefined).once('close', () => closed++)
  }
  const told = DESCRIPTORS - OPEN_MAX
  await waitFor(() => closed >= told, { what: 'connections that are closed' })
  expect(await hub.metrics()).toMatch(/^ocpi_hub_connections_dropped_total ([6-9]\d|\d{3})$/m)
  expect((await hub.admin('/status')).status).toBe(200)
  const lines = hub
    .log()
    .split('\n')
    .filter((line) => line.includes('connections were closed at once'))
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 'warn', peer: '127.0.0.1' },
  ])
  expect(lines[0]).toContain(`${OPEN_MAX} are open, as many as ${DESCRIPTORS} file descriptors allow`)
  for (const socket of sockets.splice(0)) socket.destroy()
  const answer = await waitFor(() => emsp.gets('locations', { to: 'DE-CPO' }).catch(() => undefined), {
    what: 'room for a request',
  })
  expect(answer.json().status_code).toBe(1000)
})
