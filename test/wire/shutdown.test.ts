// SIGTERM while connections are open that ask nothing, or never all of it: the hub ends in its time, and in order.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { party } from '../support/party.ts'
import { stablePort } from '../support/ports.ts'

const emsp = party('NL-EMS', 'EMSP', { at: 'http://127.0.0.1:9' })
let directory: ReturnType<typeof makeDirectory>
let hub: HubProcess
const sockets: Socket[] = []

beforeEach(() => void (directory = makeDirectory()))
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await hub.end()
  directory.remove()
})

/** A connection that has said so much, and reads on. */
async function saying(bytes: string, port = hub.ocpiPort): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => undefined).resume()
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write(bytes)
  // Answered after what was sent above has come.
  await hub.health()
}

/** How it ended, and after how long. */
async function terminated() {
  const start = performance.now()
  hub.signal('SIGTERM')
  return { ...(await hub.ended), elapsedMs: performance.now() - start }
}

it.each([
  ['says nothing', ''],
  ['is in the middle of its headers', 'GET /ocpi/versions HT'],
])('a connection that %s does not keep the hub from ending', async (_does, bytes) => {
  const ports = { ocpi: await stablePort(), admin: await stablePort() }
  const host = '127.0.0.1'
  const listen = {
    ocpi: { host, port: ports.ocpi, headers_timeout: '1s' },
    admin: { host, port: ports.admin },
  }
  hub = await startHubProcess({
    directory: directory.path,
    ports,
    config: { listen, shutdown: { delay: '50ms', timeout: '30s' } },
  })
  await hub.ready()
  await saying(bytes)
  const { code, elapsedMs } = await terminated()
  expect(code).toBe(0)
  expect(elapsedMs).toBeLessThan(15_000)
})

it('a request whose body never comes is cut off, and the hub ends in order', async () => {
  hub = await startHubProcess({
    directory: directory.path,
    platforms: [emsp.platform()],
    config: { shutdown: { delay: '50ms', timeout: '300ms' } },
  })
  await hub.ready()
  const authorization = `Authorization: ${emsp.authorization()}`
  await saying(
    `PUT /ocpi/2.2.1/receiver/tokens/1 HTTP/1.1\r\nHost: hub\r\n${authorization}\r\nContent-Length: 9\r\n\r\n{`,
  )
  expect((await terminated()).code).toBe(0)
})

it('a collector that hangs does not keep the hub from ending in order, whatever else is cut off', async () => {
  const collector = createServer((asking) => void asking.on('error', () => undefined).resume())
  onTestFinished(() => void collector.close())
  await new Promise<void>((resolve) => void collector.listen(0, '127.0.0.1', resolve))
  const { port } = collector.address() as AddressInfo
  hub = await startHubProcess({
    directory: directory.path,
    config: {
      shutdown: { delay: '50ms', timeout: '300ms' },
      tracing: { otlp_endpoint: `http://127.0.0.1:${port}`, sample: 1 },
    },
  })
  await hub.ready()
  for (const at of [hub.ocpiPort, hub.adminPort]) await saying('GET /ocpi/versions HT', at)
  // An exchange whose spans are to be sent.
  await fetch(`${hub.ocpiUrl}/ocpi/versions`)
  expect((await terminated()).code).toBe(0)
})
