// A load balancer before hubs: the HAProxy of config/haproxy where it is installed, else a small one that does the
// same: polls /health/ready, and sends nothing to a hub that is not ready.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { reap } from './reaper.ts'
import { stablePort } from './ports.ts'
import { findTool } from './tools.ts'
import { waitFor } from './wait.ts'

export interface Balancer {
  readonly url: string
  readonly kind: 'haproxy' | 'own'
  /** Waits until it sends requests to a hub. */
  ready(): Promise<void>
  close(): Promise<void>
}

export interface Backend {
  readonly ocpiPort: number
  readonly adminPort: number
}

const CONFIG = fileURLToPath(new URL('../../config/haproxy/haproxy.cfg', import.meta.url))

/** A balancer before two hubs, on a free port. TEST_BALANCER=own takes the small one in any case. */
export async function startBalancer(backends: readonly [Backend, Backend]): Promise<Balancer> {
  const haproxy = process.env.TEST_BALANCER === 'own' ? undefined : findTool('haproxy')
  const balancer = haproxy ? await startHaproxy(haproxy, backends) : await startOwn(backends)
  return {
    ...balancer,
    ready: async () => {
      const isReady = async () => (await fetch(`${balancer.url}/health/ready`)).status === 200
      await waitFor(isReady, { limitMs: 10_000, what: 'a ready balancer' })
    },
  }
}

async function startHaproxy(path: string, [a, b]: readonly [Backend, Backend]) {
  const [port, adminPort] = [await stablePort(), await stablePort()]
  const child = spawn(path, ['-db', '-f', CONFIG], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      BIND_OCPI: `127.0.0.1:${port}`,
      BIND_ADMIN: `127.0.0.1:${adminPort}`,
      HUB_A_OCPI: `127.0.0.1:${a.ocpiPort}`,
      HUB_A_ADMIN: `127.0.0.1:${a.adminPort}`,
      HUB_B_OCPI: `127.0.0.1:${b.ocpiPort}`,
      HUB_B_ADMIN: `127.0.0.1:${b.adminPort}`,
    },
  })
  const release = reap(child.pid)
  child.stdout.resume()
  child.stderr.resume()
  const ended = once(child, 'close').then(release)
  return {
    url: `http://127.0.0.1:${port}`,
    kind: 'haproxy' as const,
    async close() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const POLL_MS = 250
const CONNECT_FAILURES: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'EHOSTUNREACH'])

async function startOwn(backends: readonly Backend[]) {
  const agent = new Agent({ keepAlive: true, timeout: 90_000 })
  const ready = new Set<number>()
  let turn = 0

  async function poll(port: number): Promise<void> {
    const signal = AbortSignal.timeout(POLL_MS * 4)
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal }).catch(() => undefined)
    if (answer?.status === 200) ready.add(port)
    else ready.delete(port)
  }

  function pass(incoming: IncomingMessage, outgoing: ServerResponse, left: readonly number[]): void {
    const [port, ...others] = left
    if (port === undefined) {
      outgoing.writeHead(503).end()
      return
    }
    const { method, url, rawHeaders } = incoming
    const forward = request({ agent, port, host: '127.0.0.1', method, path: url, headers: rawHeaders })
    forward.on('response', (answer) => {
      // Of this connection, not of the one behind it.
      const headers = answer.rawHeaders.filter(
        (_, at, all) => all[at - (at % 2)]?.toLowerCase() !== 'connection',
      )
      outgoing.writeHead(answer.statusCode!, headers)
      answer.pipe(outgoing)
    })
    forward.on('error', (error: NodeJS.ErrnoException) => {
      // Only a request that was certainly not sent may go to another hub.
      if (CONNECT_FAILURES.has(error.code) && !outgoing.headersSent) pass(incoming, outgoing, others)
      else outgoing.destroy()
    })
    incoming.pipe(forward)
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    const live = backends.map(({ ocpiPort }) => ocpiPort).filter((port) => ready.has(port))
    const first = turn++ % Math.max(1, live.length)
    pass(incoming, outgoing, [...live.slice(first), ...live.slice(0, first)])
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const timer = setInterval(() => backends.forEach(({ ocpiPort }) => void poll(ocpiPort)), POLL_MS)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    kind: 'own' as const,
    async close() {
      clearInterval(timer)
      agent.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
