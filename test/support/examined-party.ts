// A party that does everything right, over http or https, and of which a test spoils one thing.

import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificates.ts'

export interface ExaminedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The envelope; replaced by `body` if that is there. */
  readonly json?: Readonly<Record<string, unknown>>
  readonly body?: string
}

export interface ExaminedRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly authorization: string
}

/** Gives another answer, or the same. */
export type Spoil = (answer: ExaminedAnswer, request: ExaminedRequest, base: string) => ExaminedAnswer

export interface ExaminedParty {
  readonly url: string
  readonly versionsUrl: string
  readonly requests: readonly ExaminedRequest[]
  /** Shows another certificate from now on; of https only. */
  renew(certificate: Certificate): void
  close(): Promise<void>
}

export const TOKEN = 'token-of-the-examined-party'
const OBJECTS_TOTAL = 5
const LIMIT_MAX = 50

/** Listens on a free port of loopback. */
export async function examinedParty(
  options: { readonly spoil?: Spoil; readonly certificate?: Certificate; readonly raw?: boolean } = {},
): Promise<ExaminedParty> {
  const { spoil = (answer: ExaminedAnswer) => answer, certificate } = options
  const requests: ExaminedRequest[] = []
  let base = ''
  const listener: RequestListener = (incoming, response) => {
    const request = toRequest(incoming)
    requests.push(request)
    const { status, headers, json, body } = spoil(
      answerTo(request, base, options.raw === true),
      request,
      base,
    )
    response.writeHead(status, { ...echoed(incoming), 'content-type': 'application/json', ...headers })
    response.end(body ?? JSON.stringify(json))
  }
  const secure = certificate && createSecureServer(certificate, listener)
  const server = secure ?? createServer(listener)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `${certificate ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: base,
    versionsUrl: `${base}/versions`,
    requests,
    renew(next) {
      secure?.setSecureContext(next)
      server.closeAllConnections()
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function toRequest({ method = '', url = '', headers }: IncomingMessage): ExaminedRequest {
  const { pathname, searchParams } = new URL(url, 'http://party.example')
  return { method, path: pathname, query: searchParams, authorization: headers.authorization ?? '' }
}

/** Ids as they came, routing headers turned round. */
function echoed({ headers }: IncomingMessage): Record<string, string> {
  const pairs = [
    ['x-request-id', 'x-request-id'],
    ['x-correlation-id', 'x-correlation-id'],
    ['ocpi-to-country-code', 'ocpi-from-country-code'],
    ['ocpi-to-party-id', 'ocpi-from-party-id'],
    ['ocpi-from-country-code', 'ocpi-to-country-code'],
    ['ocpi-from-party-id', 'ocpi-to-party-id'],
  ] as const
  return Object.fromEntries(
    pairs.flatMap(([to, from]) => (typeof headers[from] === 'string' ? [[to, headers[from]]] : [])),
  )
}

function answerTo(request: ExaminedRequest, base: string, raw: boolean): ExaminedAnswer {
  const written = raw ? TOKEN : Buffer.from(TOKEN).toString('base64')
  if (request.authorization !== `Token ${written}`) return envelope(401, 2000, undefined, 'unknown token')
  const endpoint = (identifier: string, role: string) => ({
    identifier,
    role,
    url: `${base}/2.2.1/${role.toLowerCase()}/${identifier}`,
  })
  switch (request.path) {
    case '/versions':
      return envelope(200, 1000, [{ version: '2.2.1', url: `${base}/2.2.1` }])
    case '/2.2.1':
      return envelope(200, 1000, {
        version: '2.2.1',
        endpoints: [
          endpoint('credentials', 'SENDER'),
          ...['locations', 'sessions', 'cdrs'].map((module) => endpoint(module, 'SENDER')),
          ...['tokens', 'commands'].map((module) => endpoint(module, 'RECEIVER')),
        ],
      })
    case '/2.2.1/sender/credentials':
      return envelope(200, 1000, {
        token: TOKEN,
        url: `${base}/versions`,
        roles: [{ role: 'CPO', country_code: 'DE', party_id: 'CPO', business_details: { name: 'Acme' } }],
      })
  }
  if (/^\/2\.2\.1\/sender\/(locations|sessions|cdrs)\/?$/.test(request.path)) return list(request, base)
  return envelope(404, 2003, undefined, 'unknown')
}

function list({ path, query }: ExaminedRequest, base: string): ExaminedAnswer {
  const from = query.get('date_from')
  if (path.endsWith('sessions') && from === null)
    return envelope(200, 2001, undefined, 'date_from is missing')
  const updated = '2026-01-02T03:04:05Z'
  const fitting = from !== null && Date.parse(from) > Date.now() ? 0 : OBJECTS_TOTAL
  const offset = Number(query.get('offset') ?? 0)
  const limit = Math.min(Number(query.get('limit') ?? LIMIT_MAX), LIMIT_MAX)
  const items = Array.from({ length: Math.min(limit, Math.max(0, fitting - offset)) }, (_, index) => ({
    country_code: 'DE',
    party_id: 'CPO',
    id: `ID${offset + index}`,
    last_updated: updated,
  }))
  const next = offset + items.length
  const answer = envelope(200, 1000, items)
  return {
    ...answer,
    headers: {
      'x-total-count': String(fitting),
      'x-limit': String(LIMIT_MAX),
      ...(next < fitting ? { link: `<${base}${path}?offset=${next}&limit=${limit}>; rel="next"` } : {}),
    },
  }
}

function envelope(status: number, code: number, data?: unknown, message?: string): ExaminedAnswer {
  return {
    status,
    headers: {},
    json: {
      ...(data === undefined ? {} : { data }),
      status_code: code,
      ...(message === undefined ? {} : { status_message: message }),
      timestamp: new Date().toISOString(),
    },
  }
}
