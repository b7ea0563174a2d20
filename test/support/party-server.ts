// The server half of a party under test: a real HTTP server that answers as scripted and records every request
// with its raw URL, raw headers and body bytes.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { InterfaceRole } from '../../src/ocpi/module.ts'
import { toMap, toPairs, type HeaderList } from './caller.ts'
import { ok } from './envelopes.ts'
import { pause } from './wait.ts'

export interface ReceivedRequest {
  readonly method: string
  /** Path and query exactly as in the request line. */
  readonly url: string
  readonly interface: InterfaceRole | undefined
  readonly module: string | undefined
  /** What follows the endpoint's URL, with the query. */
  readonly rest: string
  readonly headerList: HeaderList
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly sha256: string
  /** Number of the connection it came on, from 1. */
  readonly connection: number
}

export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly json?: unknown
  /** Bytes of the body instead of `json`. */
  readonly body?: Buffer | string
  /** Waits so long before it answers. */
  readonly afterMs?: number
  /** Bytes written to the socket instead of an answer; then the connection is closed. */
  readonly raw?: Buffer | string
  /** Breaks the connection: instead of an answer, or after the head and the given body. */
  readonly cut?: 'before' | 'after-body'
}

export type Script = ScriptedAnswer | ((request: ReceivedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>)

/** A script that never answers. */
export const NEVER: Script = () => new Promise<ScriptedAnswer>(() => undefined)

export interface PartyServer {
  readonly requests: readonly ReceivedRequest[]
  /** Requests to versions and details, kept apart: the hub may probe at any time. */
  readonly asked: readonly ReceivedRequest[]
  /** Scripts `GET locations`, `locations`, `locations/LOC1` or `*` (every module); the latest that fits is taken. */
  readonly script: (where: string, answer: Script) => void
  /** Forgets what was received. */
  readonly forget: () => void
  /** Listens on a free port of loopback and gives the base URL. */
  readonly listen: () => Promise<string>
  /** Connections open now. */
  readonly openConnections: () => number
  readonly close: () => Promise<void>
}

export const VERSIONS_PATH = '/its/own/versions'
export const DETAILS_PATH = '/its/own/details'
export const CREDENTIALS_PATH = '/its/own/credentials'

/** Path of a party's endpoints; deliberately unlike the hub's own. */
export function endpointPath(role: InterfaceRole, module: string): string {
  return `/its/own/${role === 'SENDER' ? 'data' : 'inbox'}/${module}`
}

/** A server whose unscripted answer is 1000 without data. */
export function createPartyServer(): PartyServer {
  const requests: ReceivedRequest[] = []
  const asked: ReceivedRequest[] = []
  const scripts: { where: string; answer: Script }[] = []
  const connections = new Map<Socket, number>()
  let connectionsSeen = 0

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await readRequest(incoming, connections.get(incoming.socket) ?? 0)
    const list = received.url === VERSIONS_PATH || received.url === DETAILS_PATH ? asked : requests
    list.push(received)
    const script = scripts.findLast(({ where }) => fits(where, received))?.answer ?? { json: ok() }
    const answer = typeof script === 'function' ? await script(received) : script
    if (answer.afterMs) await pause(answer.afterMs)
    writeAnswer(answer, received, response)
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    // A requester that hangs up in the middle is nothing to report here.
    handle(incoming, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    connections.set(socket, ++connectionsSeen)
    socket.on('close', () => connections.delete(socket))
    socket.on('error', () => undefined)
  })
  return {
    requests,
    asked,
    script: (where, answer) => void scripts.push({ where, answer }),
    forget: () => {
      requests.splice(0)
      asked.splice(0)
    },
    listen: () => listenOn(server),
    openConnections: () => connections.size,
    close: () => closeServer(server, connections.keys()),
  }
}

async function listenOn(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function closeServer(server: Server, sockets: Iterable<Socket>): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const socket of sockets) socket.destroy()
  await closed
}

function fits(where: string, request: ReceivedRequest): boolean {
  const [first = '', second] = where.split(' ')
  const [method, path] = second === undefined ? [undefined, first] : [first, second]
  if (method !== undefined && method !== request.method) return false
  if (path === '*') return request.module !== undefined
  return `${request.module ?? request.url}${request.rest}`.startsWith(path)
}

async function readRequest(incoming: IncomingMessage, connection: number): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const url = incoming.url ?? ''
  const endpoint = /^\/its\/own\/(data|inbox)\/([^/?]+)(.*)$/.exec(url)
  const headerList = toPairs(incoming.rawHeaders)
  return {
    method: incoming.method ?? '',
    url,
    interface: endpoint ? (endpoint[1] === 'data' ? 'SENDER' : 'RECEIVER') : undefined,
    module: endpoint?.[2],
    rest: endpoint?.[3] ?? '',
    headerList,
    headers: toMap(headerList),
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    connection,
  }
}

function writeAnswer(answer: ScriptedAnswer, received: ReceivedRequest, response: ServerResponse): void {
  const { socket } = response
  if (answer.cut === 'before') {
    socket?.resetAndDestroy()
    return
  }
  if (answer.raw !== undefined) {
    socket?.end(answer.raw)
    return
  }
  const body = answer.body ?? (answer.json === undefined ? '' : JSON.stringify(answer.json))
  const headers = { ...defaultHeaders(received), ...lowerCased(answer.headers) }
  const noBody = answer.status === 204 || answer.status === 304
  if (!noBody && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    headers['content-length'] = String(Buffer.byteLength(body))
  }
  response.writeHead(answer.status ?? 200, headers)
  if (answer.cut === 'after-body') response.write(body, () => socket?.destroy())
  else response.end(noBody ? undefined : body)
}

/** What a good responder answers with: ids repeated, routing headers swapped (R44, R65). */
function defaultHeaders({ headers }: ReceivedRequest): Record<string, string | string[]> {
  const swapped: [string, string | undefined][] = [
    ['content-type', 'application/json'],
    ['x-request-id', headers['x-request-id']],
    ['x-correlation-id', headers['x-correlation-id']],
    ['ocpi-to-country-code', headers['ocpi-from-country-code']],
    ['ocpi-to-party-id', headers['ocpi-from-party-id']],
    ['ocpi-from-country-code', headers['ocpi-to-country-code']],
    ['ocpi-from-party-id', headers['ocpi-to-party-id']],
  ]
  return Object.fromEntries(swapped.filter((pair): pair is [string, string] => pair[1] !== undefined))
}

function lowerCased(headers: ScriptedAnswer['headers'] = {}): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      typeof value === 'string' ? value : [...value],
    ]),
  )
}
