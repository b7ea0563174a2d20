// Receivers that misbehave below HTTP: raw TCP and TLS servers that run one behaviour per connection.

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { Worker } from 'node:worker_threads'
import { selfSigned, type Certificate } from './certificates.ts'
import { BEHAVIOURS, type BehaviourName } from './fault-behaviours.ts'
import { stablePort } from './ports.ts'
import { waitFor } from './wait.ts'

export interface FaultServer {
  /** `http://127.0.0.1:port` or, with TLS, `https://…`. */
  readonly url: string
  /** Connections accepted so far. */
  readonly connections: () => number
  /** Connections open now. */
  readonly openConnections: () => number
  readonly close: () => Promise<void>
}

/** A server on a free port of loopback with the named behaviour on every connection. */
export function faultServer(name: BehaviourName): Promise<FaultServer> {
  const behaviour = BEHAVIOURS[name]
  let connection = 0
  return listenOn(
    createServer({ noDelay: true }, (socket) => behaviour(socket, ++connection)),
    'http',
  )
}

/** Certificates and handshakes that a hub must refuse. */
export const TLS_BEHAVIOURS = {
  'self-signed certificate': () => tlsServer(selfSigned()),
  'expired certificate': () => tlsServer(selfSigned('127.0.0.1', { fromDays: -60, toDays: -30 })),
  'certificate of the future': () => tlsServer(selfSigned('127.0.0.1', { fromDays: 30, toDays: 60 })),
  'certificate of another host': () => tlsServer(selfSigned('other.example')),
  'TLS 1.1 only': () =>
    tlsServer(selfSigned(), { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
  'plain HTTP on the TLS port': () =>
    listenOn(
      createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')),
      'https',
    ),
  'garbage instead of a handshake': () =>
    listenOn(
      createServer((socket) => socket.resume().end(Buffer.alloc(64, 0xff))),
      'https',
    ),
  'a fatal alert': () =>
    listenOn(
      createServer((socket) => socket.once('data', () => socket.end(Buffer.from('15030300020228', 'hex')))),
      'https',
    ),
  'a handshake that hangs': () =>
    listenOn(
      createServer((socket) => socket.resume()),
      'https',
    ),
  'a reset in the handshake': () =>
    listenOn(
      createServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
      'https',
    ),
} as const satisfies Readonly<Record<string, () => Promise<FaultServer>>>

async function tlsServer(certificate: Promise<Certificate>, options: TlsOptions = {}): Promise<FaultServer> {
  const server = createTlsServer({ ...(await certificate), ...options }, (socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
  })
  server.on('tlsClientError', () => undefined)
  return listenOn(server, 'https')
}

async function listenOn(server: Server, scheme: 'http' | 'https'): Promise<FaultServer> {
  const sockets = new Set<Socket>()
  let seen = 0
  server.on('connection', (socket) => {
    seen++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => seen,
    openConnections: () => sockets.size,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** A port of loopback on which nobody listens. */
export async function closedPort(): Promise<string> {
  // None that the system hands out: it could be somebody's a moment later.
  return `http://127.0.0.1:${await stablePort()}`
}

// Listens with the shortest queue and never accepts: its thread sleeps until the shared word is set.
const SLEEPING_LISTENER = `
  const { parentPort, workerData } = require('node:worker_threads')
  const server = require('node:net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    setImmediate(() => Atomics.wait(new Int32Array(workerData), 0, 0))
  })
`

/** A port whose queue of connections is full, so that the next SYN is dropped and connecting hangs. */
export async function fullBacklog(): Promise<FaultServer> {
  const shared = new SharedArrayBuffer(4)
  const worker = new Worker(SLEEPING_LISTENER, { eval: true, workerData: shared })
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  const fillers: Socket[] = []
  let connected = 0
  // Fills until a connection stays outside for long enough to be sure that the queue is full.
  await waitFor(
    async () => {
      const before = connected
      const filler = connect(port, '127.0.0.1', () => connected++)
      filler.on('error', () => undefined)
      fillers.push(filler)
      await new Promise((resolve) => setTimeout(resolve, 100))
      return connected === before
    },
    { what: 'a full queue of connections' },
  )
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => connected,
    openConnections: () => fillers.length,
    close: async () => {
      for (const filler of fillers) filler.destroy()
      Atomics.store(new Int32Array(shared), 0, 1)
      Atomics.notify(new Int32Array(shared), 0)
      await worker.terminate()
    },
  }
}
