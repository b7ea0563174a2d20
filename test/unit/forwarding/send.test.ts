// What is kept of the origins of one platform: so many as a platform has, not so many as a party can name.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ORIGINS_MAX } from '../../../src/forwarding/certificates.ts'
import { createSend, type Send } from '../../../src/forwarding/send.ts'
import { testConfig } from '../../support/config.ts'
import { waitFor } from '../../support/wait.ts'

let servers: Server[]
let open = 0
let send: Send

beforeEach(async () => {
  servers = Array.from({ length: ORIGINS_MAX + 4 }, () =>
    createServer({ keepAliveTimeout: 60_000 }, (_, response) => response.end('{}')).on(
      'connection',
      (socket) => {
        open++
        socket.on('close', () => open--)
      },
    ),
  )
  await Promise.all(servers.map((one) => new Promise<void>((done) => one.listen(0, '127.0.0.1', done))))
  const { forwarding, network } = testConfig()
  send = createSend(forwarding, network)
})
afterEach(async () => {
  await send.close()
  await Promise.all(servers.map((one) => new Promise((done) => one.close(done))))
})

function get(server: Server) {
  const { port } = server.address() as AddressInfo
  return send({
    platformId: 'cpo',
    origin: `http://127.0.0.1:${port}`,
    path: '/',
    method: 'GET',
    headers: [],
    body: undefined,
    timeoutMs: 2_000,
    phases: {},
  }).answer
}

it('keeps connections to the newest origins of a platform, and calls the others all the same', async () => {
  for (const server of servers) expect((await get(server)).status).toBe(200)
  await waitFor(() => open === ORIGINS_MAX)
  expect((await get(servers[0]!)).status).toBe(200)
  await waitFor(() => open === ORIGINS_MAX)
})

it('ends nothing that is under way at an origin that is not kept', async () => {
  const slow = servers[0]!
  slow.removeAllListeners('request')
  let answer: (() => void) | undefined
  slow.on('request', (_, response) => (answer = () => response.end('{}')))
  const late = get(slow)
  for (const server of servers.slice(1)) await get(server)
  await waitFor(() => answer)
  answer!()
  expect((await late).status).toBe(200)
})
