// The server of one sandbox party: reads a request within limits, keeps a copy for people, checks the hub's token,
// answers versions and credentials, and hands the rest to the party's handler.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'
import type { InterfaceRole } from '../ocpi/module.ts'
import { readAuthorization } from '../ocpi/token.ts'
import { answerConfiguration } from './configuration.ts'
import { HANDLERS } from './handlers.ts'
import { answerCode, answerJson, answerMethod, answerUnknown, type Outcome, type Reply } from './reply.ts'
import { readSegments, swapHeaders, type RunningParty, type SandboxRequest } from './request.ts'

const BODY_BYTES_MAX = 1_048_576
const RECEIVED_MAX = 50
const SHOWN_BODY_CHARACTERS = 8192

/** Path on which every listening party shows the last requests it got; needs no token. */
export const RECEIVED_PATH = '/sandbox/received'

/** Answers every HTTP request as the party does. */
export function answerRequests(running: RunningParty): RequestListener {
  return (request, response) => {
    handle(request, response, running).catch(() => response.destroy())
  }
}

// No HTTP parser makes anything of it.
const GARBAGE = Buffer.from('\x00\x01\x02 this is not HTTP \xff\xfe\r\n\r\n', 'latin1')

/** Answers the first bytes of a connection with garbage and hangs up. */
export function answerGarbage(socket: Socket): void {
  socket.on('error', () => socket.destroy())
  socket.once('data', () => socket.end(GARBAGE))
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  running: RunningParty,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sandbox.invalid')
  if (url.pathname === RECEIVED_PATH) {
    send(response, request.method === 'GET' ? answerJson(200, running.received) : answerMethod(['GET']))
    return
  }
  const body = await readBody(request)
  if (body === undefined) {
    send(response, answerCode(2001, `the body is larger than ${BODY_BYTES_MAX} bytes`, { httpStatus: 413 }))
    return
  }
  remember(running, request, body)
  const outcome = answer(request, url, body, running)
  if (typeof outcome === 'object') send(response, withHeaders(outcome, toHeaders(request)))
  else hangUp(response, outcome)
}

function answer(request: IncomingMessage, url: URL, body: string, running: RunningParty): Outcome {
  const { party } = running
  if (party.behaviour === 'silent') return 'silence'
  if (party.behaviour === 'unauthorized' || !isAuthorized(request, running))
    return answerCode(2000, 'this credentials token is not accepted', { httpStatus: 401 })
  const configuration = answerConfiguration(url.pathname, request.method ?? 'GET', running)
  if (configuration) return configuration
  const read = readRequest(request, url, body, running)
  if ('httpStatus' in read) return read
  return HANDLERS[party.behaviour]?.(read, running) ?? answerUnknown(2000, 'this URL')
}

function isAuthorized(request: IncomingMessage, { platform }: RunningParty): boolean {
  return readAuthorization(request.headers.authorization).some(
    ({ token, form }) => form === 'base64' && token === platform.tokens.outbound,
  )
}

const ENDPOINT_PATH = /^\/ocpi\/([^/]+)\/(sender|receiver)\/([^/]+)(\/.*)?$/

function readRequest(
  request: IncomingMessage,
  url: URL,
  body: string,
  { party, origin }: RunningParty,
): SandboxRequest | Reply {
  const [, version, side, module = '', rest = ''] = ENDPOINT_PATH.exec(url.pathname) ?? []
  const role: InterfaceRole = side === 'sender' ? 'SENDER' : 'RECEIVER'
  const offered = party.endpoints.some(([id, other]) => id === module && other === role)
  if (version !== party.version || !offered) return answerUnknown(2000, 'this URL')
  const json = readJson(body)
  if (json === 'broken') return answerCode(2001, 'the body is not JSON', { httpStatus: 400 })
  return {
    method: request.method ?? 'GET',
    module,
    role,
    rest,
    segments: readSegments(rest),
    endpointUrl: `${origin}/ocpi/${version}/${side}/${module}`,
    query: url.searchParams,
    headers: toHeaders(request),
    body: json.value,
  }
}

function readJson(text: string): { readonly value: unknown } | 'broken' {
  if (text === '') return { value: undefined }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return 'broken'
  }
}

/** The body's text, or `undefined` when it is too large. Rejects when the connection breaks. */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      // What is too much is read and let go: an answer in the middle of it would be lost with the connection.
      if (size <= BODY_BYTES_MAX) chunks.push(chunk)
      else chunks.length = 0
    })
    request.on('end', () =>
      resolve(size <= BODY_BYTES_MAX ? Buffer.concat(chunks).toString('utf8') : undefined),
    )
    request.on('error', reject)
  })
}

function remember({ received }: RunningParty, request: IncomingMessage, body: string): void {
  const { authorization: _, ...headers } = toHeaders(request)
  received.unshift({
    time: new Date().toISOString(),
    method: request.method ?? '',
    url: request.url ?? '',
    headers,
    ...(body !== '' && { body: body.slice(0, SHOWN_BODY_CHARACTERS) }),
  })
  received.splice(RECEIVED_MAX)
}

function toHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
}

/** The answer with the headers every OCPI answer has (R44, R65); the answer's own win. */
function withHeaders(reply: Reply, requestHeaders: Readonly<Record<string, string>>): Reply {
  const own = new Set(Object.keys(reply.headers).map((name) => name.toLowerCase()))
  const swapped = Object.entries(swapHeaders(requestHeaders)).filter(([name]) => !own.has(name.toLowerCase()))
  return { ...reply, headers: { ...Object.fromEntries(swapped), ...reply.headers } }
}

function send(response: ServerResponse, { httpStatus, headers, body }: Reply): void {
  response.writeHead(httpStatus, headers)
  if (typeof body === 'string') response.end(body)
  // An error here is a requester that hung up; the response is destroyed by then.
  else pipeline(body, response, () => undefined)
}

function hangUp(response: ServerResponse, outcome: Exclude<Outcome, Reply>): void {
  if (outcome === 'cut_before_answer') response.destroy()
  if (outcome !== 'cut_in_answer') return
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '4096' })
  response.write('{"data":[{"id":"LOC0001","name":"cut in the mid', () => response.destroy())
}
