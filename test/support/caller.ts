// One HTTP request on a connection of its own, with exactly the path, headers and bytes that are given,
// and the answer as it came: status, raw headers in order, body bytes.

import { request, type ClientRequest, type IncomingMessage } from 'node:http'

/** Header names and values in order; a name may stand several times. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

export interface HttpRequest {
  readonly method: string
  /** Raw path with query, as it stands in the request line. */
  readonly path: string
  readonly headers: HeaderList
  readonly body?: Buffer | string | undefined
  /** Hangs up when it fires. */
  readonly signal?: AbortSignal | undefined
}

export interface HttpAnswer {
  readonly httpStatus: number
  readonly headerList: HeaderList
  /** Lower-case name -> value; several values are joined by ", ". */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** From the first byte sent to the last byte received. */
  readonly elapsedMs: number
  /** The body parsed; throws when it is not JSON. */
  json(): OcpiAnswer
}

/** What tests read from an envelope. */
export interface OcpiAnswer {
  readonly status_code: number
  readonly status_message?: string
  readonly timestamp: string
  readonly data?: { readonly [member: string]: unknown }
}

/** Sends the request to a base URL such as `http://127.0.0.1:8080`. Rejects when the connection breaks. */
export function callHttp(baseUrl: string, options: HttpRequest): Promise<HttpAnswer> {
  const { hostname, port, host } = new URL(baseUrl)
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const headers = withFraming(options, host)
    const outgoing: ClientRequest = request({
      host: hostname,
      port,
      method: options.method,
      path: options.path,
      headers: headers.flat(),
      agent: false,
      ...(options.signal ? { signal: options.signal } : {}),
    })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      readBody(response).then((body) => resolve(toAnswer(response, body, performance.now() - start)), reject)
    })
    outgoing.end(options.body)
  })
}

function withFraming({ headers, body, method }: HttpRequest, host: string): (readonly [string, string])[] {
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const list = [...headers]
  if (!names.has('host')) list.unshift(['Host', host])
  if (!names.has('connection')) list.push(['Connection', 'close'])
  const bodyAllowed = body !== undefined || ['POST', 'PUT', 'PATCH'].includes(method)
  if (bodyAllowed && !names.has('content-length') && !names.has('transfer-encoding')) {
    list.push(['Content-Length', String(Buffer.byteLength(body ?? ''))])
  }
  return list
}

function readBody(response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('close', () => {
      if (response.complete) resolve(Buffer.concat(chunks))
      else reject(new Error('the answer was cut off'))
    })
  })
}

function toAnswer(response: IncomingMessage, body: Buffer, elapsedMs: number): HttpAnswer {
  return makeAnswer(response.statusCode ?? 0, toPairs(response.rawHeaders), body, elapsedMs)
}

/** An answer from its parts, also for answers read off a raw socket. */
export function makeAnswer(
  httpStatus: number,
  headerList: HeaderList,
  body: Buffer,
  elapsedMs: number,
): HttpAnswer {
  return {
    httpStatus,
    headerList,
    headers: toMap(headerList),
    body,
    elapsedMs,
    json: () => JSON.parse(body.toString('utf8')) as OcpiAnswer,
  }
}

/** Node's flat list of raw headers as pairs. */
export function toPairs(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index]!, flat[index + 1]!])
  return pairs
}

/** Lower-case name -> value, several values joined by ", ". */
export function toMap(headers: HeaderList): Record<string, string> {
  const map: Record<string, string> = {}
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    map[key] = map[key] === undefined ? value : `${map[key]}, ${value}`
  }
  return map
}
