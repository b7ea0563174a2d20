// What is sent: one request per scenario, with the headers an OCPI party sends through a hub, the same for everybody.

import { request as httpRequest } from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface Scenario {
  readonly name: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: string
}

/** Token the benchmark's requester shows, and the one the hub shows the receiver. */
export const TOKENS = { inbound: 'bench-requester-to-hub', outbound: 'bench-hub-to-receiver' } as const

export const SCENARIOS: readonly Scenario[] = [
  { name: 'get-400b', method: 'GET', path: '/ocpi/2.2.1/sender/locations/LOC1', body: '' },
  {
    name: 'post-1kb',
    method: 'POST',
    path: '/ocpi/2.2.1/sender/tokens/TOKEN1/authorize',
    body: JSON.stringify({
      location_id: 'LOC1',
      evse_uids: Array.from({ length: 72 }, (_, index) => `DE*CPO*E${100 + index}`),
    }),
  },
  { name: 'get-40kb', method: 'GET', path: '/ocpi/2.2.1/sender/locations?offset=0&limit=200', body: '' },
]

/** Headers of every request, without those that a client adds by itself. */
export function requestHeaders(scenario: Scenario): Record<string, string> {
  return {
    Authorization: `Token ${Buffer.from(TOKENS.inbound).toString('base64')}`,
    Accept: 'application/json',
    'OCPI-from-country-code': 'NL',
    'OCPI-from-party-id': 'EMS',
    'OCPI-to-country-code': 'DE',
    'OCPI-to-party-id': 'CPO',
    'X-Request-ID': '3f1f2c52-8f53-4b70-9d5a-4f4f8a2f6a01',
    'X-Correlation-ID': '0b8a1f1e-0a55-4e0c-8c55-1f6f0e4f7a02',
    ...(scenario.body === '' ? {} : { 'Content-Type': 'application/json' }),
  }
}

/** The same request as it goes over the wire. */
export function requestText(scenario: Scenario, port: number): string {
  const headers = { Host: `127.0.0.1:${port}`, ...requestHeaders(scenario) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = scenario.body === '' ? '' : `Content-Length: ${Buffer.byteLength(scenario.body)}\r\n`
  return `${scenario.method} ${scenario.path} HTTP/1.1\r\n${lines.join('')}${length}\r\n${scenario.body}`
}

/** Sends the request once and gives the answer's body; rejects unless the HTTP status is 200. */
export function ask(scenario: Scenario, port: number): Promise<Buffer> {
  const { method, path, body } = scenario
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: requestHeaders(scenario),
      agent: false,
    })
    request.once('error', reject)
    request.once('response', (response) => {
      buffer(response).then((bytes) => {
        if (response.statusCode === 200) resolve(bytes)
        else reject(new Error(`HTTP ${response.statusCode}: ${bytes.toString().slice(0, 300)}`))
      }, reject)
    })
    request.end(body === '' ? undefined : body)
  })
}
