// A client of a running hub's admin API. Whatever goes wrong ends in one sentence that says what to do about it.

import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { ConfigFault } from '../config/document.ts'
import { failure } from './context.ts'

export type Query = Readonly<Record<string, string | number | undefined>>

export interface AdminClient {
  readonly url: string
  /** One thing, or the answer to a change. Rejects with a failure for people. */
  call(
    method: string,
    path: string,
    options?: { readonly query?: Query; readonly body?: unknown; readonly ifMatch?: string },
  ): Promise<unknown>
  /** One thing and its ETag, for `ifMatch` of a change. */
  read(path: string): Promise<{ readonly value: unknown; readonly etag?: string }>
  /** Items of a list, following its cursors, up to `limit` of them. */
  list(path: string, query?: Query, limit?: number): Promise<unknown[]>
  /** Server-sent events until the stream ends. */
  events(
    path: string,
    options: {
      readonly query?: Query
      readonly signal: AbortSignal
      readonly lastEventId?: string
      /** Called when the hub has begun to answer, before there is an event. */
      readonly onOpen?: () => void
    },
  ): AsyncGenerator<ServerEvent>
}

export interface ServerEvent {
  readonly id?: string | undefined
  readonly event?: string | undefined
  readonly data: string
}

/** Longer than anything the admin API does, the hub's registration at a peer included. */
const ANSWER_MS = 60_000
const PAGE_ITEMS = 100

export interface AdminClientOptions {
  /** Without trailing slash. */
  readonly url: string
  readonly token: string | undefined
  /** What it asks with. */
  readonly fetch: typeof fetch
}

/** Client for the admin API below a URL. */
export function createAdminClient({ url, token, fetch }: AdminClientOptions): AdminClient {
  async function send(
    method: string,
    path: string,
    options: {
      query?: Query | undefined
      body?: unknown
      headers?: Record<string, string>
      signal: AbortSignal
    },
  ): Promise<Response> {
    const { query = {}, body, signal } = options
    const headers: Record<string, string> = { ...options.headers }
    if (token) headers.authorization = `Bearer ${token}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    let response: Response
    try {
      const content = body === undefined ? {} : { body: JSON.stringify(body) }
      response = await fetch(`${url}${path}${queryText(query)}`, {
        method,
        headers,
        redirect: 'manual',
        signal,
        ...content,
      })
    } catch (error) {
      throw unreachable(url, error)
    }
    if (!response.ok) throw await refusal(url, response, token)
    return response
  }

  async function exchange(
    method: string,
    path: string,
    options: { query?: Query; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<{ value: unknown; etag?: string }> {
    const response = await send(method, path, { ...options, signal: AbortSignal.timeout(ANSWER_MS) })
    const text = await response.text().catch((error: unknown) => Promise.reject(cutOff(url, error)))
    const etag = response.headers.get('etag')
    try {
      const value: unknown = text === '' ? undefined : JSON.parse(text)
      return etag === null ? { value } : { value, etag }
    } catch {
      throw notAdminApi(url, response)
    }
  }

  const call: AdminClient['call'] = async (method, path, { ifMatch, ...options } = {}) => {
    const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch }
    return (await exchange(method, path, { ...options, headers })).value
  }

  return {
    url,
    call,
    read: (path) => exchange('GET', path),
    async list(path, query = {}, limit = Infinity) {
      const items: unknown[] = []
      let cursor: string | undefined
      do {
        const page = Math.min(limit - items.length, PAGE_ITEMS)
        const answer = await call('GET', path, { query: { ...query, limit: page, cursor } })
        const { items: more, next_cursor: next } = (answer ?? {}) as {
          items?: unknown
          next_cursor?: unknown
        }
        if (!Array.isArray(more))
          throw failure(`${url}${path} did not answer with a list: is this an ocpi-hub of the same version?`)
        items.push(...(more as unknown[]))
        cursor = typeof next === 'string' ? next : undefined
      } while (cursor !== undefined && items.length < limit)
      return items.slice(0, limit)
    },
    async *events(path, { query, signal, lastEventId, onOpen }) {
      const headers = {
        accept: 'text/event-stream',
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      }
      const response = await send('GET', path, { query, headers, signal })
      onOpen?.()
      if (!response.body) return
      yield* response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
    },
  }
}

function queryText(query: Query): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) search.append(name, String(value))
  return search.size === 0 ? '' : `?${search.toString()}`
}

/** What a failure of `fetch` says of the URL, whatever was asked there: a blocked port, a connection that was cut off. */
export function troubleAt(url: string, error: unknown): Error | undefined {
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
  // Web clients do not call some ports (Fetch §Port blocking); the message is all that tells it from others.
  if (cause?.message === 'bad port') {
    return failure(
      `nothing was sent to ${url}: this port is blocked in web clients, browsers too; give the listener of the hub another`,
      error,
    )
  }
  if (cause?.code === undefined || !CLOSED.has(cause.code)) return undefined
  return failure(`what listens at ${url} closed the connection (${cause.code}): ${closedAdvice(url)}`, error)
}

/** Whom the hub cuts off for want of a certificate learns no more, over TLS 1.3, than that it has closed. */
const CLOSED: ReadonlySet<string> = new Set([
  'UND_ERR_SOCKET',
  'ECONNRESET',
  'EPIPE',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
])

function closedAdvice(url: string): string {
  return url.startsWith('https:')
    ? 'if it demands a client certificate (client_ca), set OCPI_HUB_CLIENT_CERT and OCPI_HUB_CLIENT_KEY to one that it knows'
    : 'if it speaks TLS, begin the URL with https://'
}

/** What a failed connection means to the one who typed the command. */
function unreachable(url: string, error: unknown): Error {
  const cause = error instanceof Error ? error.cause : undefined
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  const trouble = troubleAt(url, error)
  if (trouble) return trouble
  if (error instanceof Error && error.name === 'TimeoutError') {
    return failure(`the hub at ${url} did not answer within ${ANSWER_MS / 1000} s`, error)
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return failure(`the host of ${url} is not known: correct --admin-url or OCPI_HUB_ADMIN_URL`, error)
  }
  if (code?.startsWith('ERR_TLS') || code?.includes('CERT') || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return failure(
      `the TLS connection to ${url} failed (${code}); NODE_EXTRA_CA_CERTS adds a CA of your own`,
      error,
    )
  }
  const reason = code === undefined ? '' : ` (${code})`
  return failure(
    `no hub answers at ${url}${reason}: start it with "ocpi-hub serve", or set --admin-url or OCPI_HUB_ADMIN_URL`,
    error,
  )
}

/** What it means when an answer has begun and does not end. */
function cutOff(url: string, error: unknown): Error {
  if (error instanceof Error && error.name === 'TimeoutError') return unreachable(url, error)
  return failure(`the connection to the hub at ${url} broke in the middle of its answer`, error)
}

/** What an answer other than 2xx means. */
async function refusal(url: string, response: Response, token: string | undefined): Promise<Error> {
  if (!response.headers.get('content-type')?.startsWith('application/problem+json'))
    return notAdminApi(url, response)
  if (response.status === 401) {
    return failure(
      token
        ? `the hub at ${url} does not know the token in OCPI_HUB_ADMIN_TOKEN: it must be admin.token of its configuration, or one of admin.tokens`
        : `the hub at ${url} wants a token: set OCPI_HUB_ADMIN_TOKEN to admin.token of its configuration, or to the one it printed at start`,
      response,
    )
  }
  return failure(
    problemText(await response.json().catch(() => ({}))) || `the hub refused with HTTP ${response.status}`,
    response,
  )
}

/** Whether the hub refused the token: asking again does not help. */
export function isTokenRefusal({ cause }: Error): boolean {
  const { status } = (cause ?? {}) as { status?: unknown }
  return status === 401 || status === 403
}

/**
 * `Not Found: No platform has this id.`, with the parameters that are wrong (RFC 9457); of a fault also the reason and
 * what to do about it.
 */
function problemText(problem: unknown): string {
  const { title, detail, errors, reason, advice } = problem as Record<string, unknown>
  const parameters = (Array.isArray(errors) ? (errors as unknown[]) : []).map((error) => {
    const { parameter = '', message = '' } = error as { parameter?: string; message?: string }
    // Most go on with "must be …"; others are sentences of their own.
    const colon = parameter !== '' && /^[A-Z]/.test(message) ? ':' : ''
    return `${parameter}${colon} ${message}`.trimStart()
  })
  const isText = (text: unknown) => typeof text === 'string' && text !== ''
  const what = [title, detail, parameters.join('; ')].filter(isText).join(': ').replaceAll('.: ', ': ')
  const sentence = [what, isText(reason) ? `(${String(reason)})` : '', advice].filter(isText).join(' ')
  return [sentence, ...problemLines(problem)].join('\n')
}

/** What a reload was refused for: faults of the file with their place, keys that need a restart. */
function problemLines(problem: unknown): string[] {
  const { faults, restart_needed: keys } = problem as { faults?: unknown; restart_needed?: unknown }
  const places = (Array.isArray(faults) ? (faults as unknown[]) : []).map((fault) => {
    const { file = '', line = 0, col = 0, message = '' } = fault as Partial<ConfigFault>
    return `${file}:${line}:${col}: ${message}`
  })
  return [...places, ...(Array.isArray(keys) ? keys.map(String) : [])].map((line) => `  ${line}`)
}

/** What a load balancer answers that has no hub to ask. */
const NO_HUB_BEHIND: ReadonlySet<number> = new Set([502, 503, 504])

function notAdminApi(url: string, response: Response): Error {
  if (NO_HUB_BEHIND.has(response.status)) {
    return failure(
      `what listens at ${url} answered HTTP ${response.status} in place of a hub: none behind it answers; start one with "ocpi-hub serve", or correct --admin-url`,
      response,
    )
  }
  const type = response.headers.get('content-type') ?? 'no content type'
  return failure(
    `what answers at ${url} is not the admin API of a hub (HTTP ${response.status}, ${type}): correct --admin-url; it has a port of its own, by default 8081`,
  )
}
