// Requests of the hub's own: handshakes, probes, HubClientInfo pushes. They share the guarded connections and the
// deadline of forwarding, carry fresh ids and no routing headers (R23, R24).

import { randomUUID } from 'node:crypto'
import { Fault, toFault } from '../faults/fault.ts'
import { readTarget } from '../ocpi/endpoint.ts'
import { CORRELATION_ID, REQUEST_ID, toRecord } from '../ocpi/headers.ts'
import { writeAuthorization } from '../ocpi/token.ts'
import type { OutboundToken } from '../registry/platform.ts'
import { inflateBody, isPlain } from './body-reader.ts'
import type { Send } from './send.ts'

export interface OwnRequest {
  /** Whose connections and caps it uses. */
  readonly platformId: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Absolute URL. */
  readonly url: string
  readonly token: OutboundToken
  /** JSON. */
  readonly body?: Buffer
  /** More headers, flat: name, value … */
  readonly headers?: readonly string[]
  /** X-Request-ID and X-Correlation-ID; fresh ones when absent. */
  readonly ids?: readonly [requestId: string, correlationId: string]
  readonly timeoutMs: number
}

export interface OwnAnswer {
  readonly httpStatus: number
  /** Names in lower case; of several equal ones the first. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** It came after a redirect that changed a slash. */
  readonly redirected?: true
}

/** What a peer may send to the hub itself, in bytes. */
const BODY_MAX = 4 * 1024 * 1024

/**
 * Builds the caller. It throws the Faults of the transport, `destination_ip_prohibited` for a URL that is none, and
 * `hub_overloaded` when the hub has as many requests under way to the platform as it allows.
 */
export function createCall(send: Send): (request: OwnRequest) => Promise<OwnAnswer> {
  return async (request) => {
    const target = readTarget(request.url)
    if (!target) throw new Fault('destination_ip_prohibited', { detail: 'not an http(s) URL' })
    const { token, form } = request.token
    const headers = ['Authorization', writeAuthorization(token, form)]
    const [requestId, correlationId] = request.ids ?? [randomUUID(), randomUUID()]
    headers.push(REQUEST_ID, requestId, CORRELATION_ID, correlationId, 'Accept', 'application/json')
    if (request.headers) headers.push(...request.headers)
    if (request.body) headers.push('Content-Type', 'application/json')
    const flight = send({
      platformId: request.platformId,
      origin: target.origin,
      path: target.path + target.query,
      method: request.method,
      headers,
      body: request.body,
      timeoutMs: request.timeoutMs,
      phases: {},
      holdWhole: true,
    })
    const answer = await flight.answer.catch(throwOwn)
    if (answer.body.length > BODY_MAX) throw new Fault('http_response_body_size')
    const fields = toRecord(answer.headers)
    const coding = fields['content-encoding']
    const body = isPlain(coding) ? answer.body : await inflateBody(answer.body, coding!, BODY_MAX)
    return {
      httpStatus: answer.status,
      headers: fields,
      body: body ?? Buffer.alloc(0),
      ...(answer.redirected ? { redirected: true } : {}),
    }
  }
}

/** A cap of the hub's own says nothing of the peer, which was not asked. */
function throwOwn(thrown: unknown): never {
  const fault = toFault(thrown)
  if (!fault.info.local) throw fault
  const { detail = '' } = fault.info
  throw new Fault('hub_overloaded', {
    message: 'As many requests to this platform are under way as the hub allows; it was not asked',
    detail,
  })
}
