// An OCPI platform as the hub meets it in a handshake: a real HTTP server with versions, details, credentials and a
// HubClientInfo receiver, which checks the token it is shown and records everything.

import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { readAuthorization, type TokenForm } from '../../../src/ocpi/token.ts'

export interface PeerRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string
  readonly body: unknown
  readonly headers: IncomingMessage['headers']
}

export interface PeerScript {
  /** HTTP status of the answer; 200 when absent. */
  readonly status?: number
  /** Instead of an envelope with `data`. */
  readonly text?: string
  readonly data?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly code?: number
  /** Never answers. */
  readonly hangs?: true
}

export interface PeerOptions {
  readonly roles?: readonly { role: string; country_code: string; party_id: string }[]
  readonly version?: string
  /** Only this form of the token is taken. */
  readonly tokenForm?: TokenForm
  /** `module ROLE`; credentials are added. */
  readonly modules?: readonly string[]
}

export interface Peer {
  readonly url: string
  readonly versionsUrl: string
  readonly requests: PeerRequest[]
  /** Tokens that are let in. */
  readonly tokens: Set<string>
  /** Replaces the answer to `METHOD /path`; a function is asked for each request. */
  script(
    where: string,
    answer: PeerScript | ((request: PeerRequest) => PeerScript | undefined | Promise<PeerScript | undefined>),
  ): void
  /** Its credentials object with this token. */
  credentials(token: string): Record<string, unknown>
  close(): Promise<void>
}

/** Starts the platform on a free port. */
export async function startPeer(options: PeerOptions = {}): Promise<Peer> {
  const { version = '2.2.1', modules = ['locations SENDER', 'hubclientinfo RECEIVER'] } = options
  const roles = options.roles ?? [{ role: 'CPO', country_code: 'DE', party_id: 'CPO' }]
  const requests: PeerRequest[] = []
  const tokens = new Set<string>()
  const scripts = new Map<string, Parameters<Peer['script']>[1]>()
  let issued = 0

  function credentials(token: string): Record<string, unknown> {
    const [first] = roles
    const details = { business_details: { name: 'Peer Ltd' } }
    if (version === '2.1.1') {
      const { country_code, party_id } = first!
      return { token, url: `${base}/versions`, country_code, party_id, ...details }
    }
    return { token, url: `${base}/versions`, roles: roles.map((role) => ({ ...role, ...details })) }
  }

  function usual(request: PeerRequest): PeerScript {
    if (!isAdmitted(request.authorization)) return { status: 401, code: 2000 }
    const { method, path } = request
    if (path === '/versions')
      return {
        data: [
          { version, url: `${base}/${version}` },
          { version: '9.9', url: 'x' },
        ],
      }
    if (path === `/${version}`) return { data: { version, endpoints: endpoints() } }
    if (path === '/credentials' && method === 'DELETE') return {}
    if (path === '/credentials') {
      const token = `peer-token-${++issued}`
      tokens.add(token)
      return { data: credentials(token) }
    }
    return {}
  }

  function isAdmitted(authorization: string): boolean {
    return readAuthorization(authorization).some(
      ({ token, form }) => tokens.has(token) && (options.tokenForm ?? form) === form,
    )
  }

  function endpoints() {
    const listed = modules.map((text) => {
      const [identifier, role] = text.split(' ')
      return { identifier, ...(role ? { role } : {}), url: `${base}/${identifier}/` }
    })
    return [{ identifier: 'credentials', role: 'RECEIVER', url: `${base}/credentials` }, ...listed]
  }

  const server = createServer((incoming, response) => {
    void (async () => {
      const body = await text(incoming)
      const { method = '', url = '' } = incoming
      const request: PeerRequest = {
        method,
        path: url,
        authorization: incoming.headers.authorization ?? '',
        body: body === '' ? undefined : (JSON.parse(body) as unknown),
        headers: incoming.headers,
      }
      requests.push(request)
      const script = scripts.get(`${method} ${url}`)
      const scripted = typeof script === 'function' ? await script(request) : script
      const answer = scripted ?? usual(request)
      if (answer.hangs) return
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers })
      response.end(
        answer.text ??
          JSON.stringify({
            data: answer.data,
            status_code: answer.code ?? 1000,
            timestamp: '2026-01-01T00:00:00Z',
          }),
      )
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: base,
    versionsUrl: `${base}/versions`,
    requests,
    tokens,
    script: (where, answer) => void scripts.set(where, answer),
    credentials,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
