// A party under test: a real server that answers as scripted, and a caller that speaks to the hub as this party.
//   const cpo = party('DE-CPO', 'CPO').answers('locations', { json: ok([]) })
//   const answer = await emsp.gets('locations', { to: 'DE-CPO' })

import { randomUUID } from 'node:crypto'
import type { PlatformConfig } from '../../src/config/hub-config.ts'
import type { Endpoint } from '../../src/ocpi/endpoint.ts'
import { MODULES, type InterfaceRole } from '../../src/ocpi/module.ts'
import type { TokenForm } from '../../src/ocpi/token.ts'
import type { VersionNumber } from '../../src/ocpi/version.ts'
import type { ConnectionStatus, DialectName } from '../../src/registry/platform.ts'
import { callHttp, type HeaderList, type HttpAnswer } from './caller.ts'
import { HUB, PUBLIC_URL } from './config.ts'
import { ok } from './envelopes.ts'
import {
  createPartyServer,
  CREDENTIALS_PATH,
  DETAILS_PATH,
  endpointPath,
  type ReceivedRequest,
  type Script,
  VERSIONS_PATH,
} from './party-server.ts'

export interface PartyOptions {
  /** Platform id; the party in lower case when absent. */
  readonly id?: string
  readonly version?: VersionNumber
  readonly status?: ConnectionStatus
  readonly errors?: DialectName
  /** Form of the token in both directions. */
  readonly form?: TokenForm
  /** More parties or roles of the same platform, e.g. `['NL-TWO', 'EMSP']`. */
  readonly also?: readonly (readonly [party: string, role: string])[]
  /** Modules it has endpoints for; all functional ones when absent. */
  readonly modules?: readonly string[]
  readonly interfaces?: readonly InterfaceRole[]
  /** Put behind every endpoint URL, e.g. `/` or `?key=1`. */
  readonly endpointSuffix?: string
  /** Base URL of another server that stands in for the party's own. */
  readonly at?: string
}

export interface CallOptions {
  /** `DE-CPO`, `hub`, or absent for no TO headers. */
  readonly to?: string
  /** Absent = the party itself; `null` = no FROM headers. */
  readonly from?: string | null
  readonly interface?: InterfaceRole
  /** Raw text behind the module: `/LOC1?x=1`. */
  readonly path?: string
  /** Set or, with `undefined`, leave out a header; names in any case. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Added as they are, so that a name may stand twice. */
  readonly moreHeaders?: HeaderList
  readonly json?: unknown
  readonly body?: Buffer | string
  readonly signal?: AbortSignal
}

/** What a request told the hub, for checks of the answer. */
export interface Sent {
  readonly requestId: string
  readonly correlationId: string
  readonly from: string | undefined
  readonly to: string | undefined
}

export interface Answer extends HttpAnswer {
  readonly sent: Sent
}

type Call = (module: string, options?: CallOptions) => Promise<Answer>

export interface Party {
  /** `DE-CPO`. */
  readonly key: string
  readonly id: string
  readonly version: VersionNumber
  readonly tokens: { readonly inbound: string; readonly outbound: string }
  /** What the party's server received, oldest first, but for questions about its versions. */
  readonly requests: readonly ReceivedRequest[]
  /** Requests to its versions and details: handshakes, and the hub's probes at any time (R88). */
  readonly asked: readonly ReceivedRequest[]
  /** The latest request received; throws when there is none. */
  last(): ReceivedRequest
  forget(): void
  openConnections(): number
  /** Scripts answers: `GET locations`, `locations/LOC1`, `*`. Gives the party itself. */
  answers(where: string, answer: Script): Party
  readonly gets: Call
  readonly puts: Call
  readonly posts: Call
  readonly patches: Call
  readonly deletes: Call
  /** Any request to the hub; `path` is the whole raw path or a URL the hub handed out. */
  sends(options: CallOptions & { readonly method: string; readonly path: string }): Promise<Answer>
  /** Header of this party's token. */
  authorization(): string
  listen(): Promise<void>
  /** Tells the party where the hub is. */
  join(ocpiUrl: string): void
  /** The static connection of this party; the server must listen. */
  platform(): PlatformConfig
  /** Base URL of the party's server. */
  url(): string
  versionsUrl(): string
  close(): Promise<void>
}

/** A party in one role, with its server not yet listening. `text` is `DE-CPO`. */
export function party(text: string, role: string, options: PartyOptions = {}): Party {
  const server = createPartyServer()
  const id = options.id ?? text.toLowerCase()
  const version = options.version ?? '2.2.1'
  const form = options.form ?? (version === '2.1.1' ? 'raw' : 'base64')
  const tokens = { inbound: `${id}.shows.the.hub`, outbound: `hub.shows.${id}` }
  let base = options.at ?? ''
  let hubUrl = ''

  async function sends(call: CallOptions & { method: string; path: string }): Promise<Answer> {
    const headers = headersOf(call, { from: text, authorization: authorization() })
    const body = call.body ?? (call.json === undefined ? undefined : JSON.stringify(call.json))
    const path = call.path.startsWith(PUBLIC_URL) ? call.path.slice(PUBLIC_URL.length) : call.path
    const answer = await callHttp(hubUrl, { method: call.method, path, headers, body, signal: call.signal })
    return { ...answer, sent: sentOf(headers) }
  }

  function authorization(): string {
    return `Token ${form === 'raw' ? tokens.inbound : Buffer.from(tokens.inbound).toString('base64')}`
  }

  function calls(method: string, side: InterfaceRole): Call {
    return (module, call = {}) => {
      const path = `/ocpi/${version}/${(call.interface ?? side).toLowerCase()}/${module}${call.path ?? ''}`
      return sends({ ...call, method, path })
    }
  }

  const self: Party = {
    key: text,
    id,
    version,
    tokens,
    requests: server.requests,
    asked: server.asked,
    last: () => {
      const latest = server.requests.at(-1)
      if (!latest) throw new Error(`${text} has received nothing`)
      return latest
    },
    forget: server.forget,
    openConnections: server.openConnections,
    answers: (where, answer) => {
      server.script(where, answer)
      return self
    },
    gets: calls('GET', 'SENDER'),
    puts: calls('PUT', 'RECEIVER'),
    posts: calls('POST', 'RECEIVER'),
    patches: calls('PATCH', 'RECEIVER'),
    deletes: calls('DELETE', 'RECEIVER'),
    sends,
    authorization,
    listen: async () => {
      if (options.at === undefined) base = await server.listen()
    },
    join: (ocpiUrl) => void (hubUrl = ocpiUrl),
    platform: () => toPlatform(text, role, { options, id, version, form, tokens, base }),
    url: () => base,
    versionsUrl: () => base + VERSIONS_PATH,
    close: server.close,
  }
  serveVersions(self)
  return self
}

interface PlatformParts {
  readonly options: PartyOptions
  readonly id: string
  readonly version: VersionNumber
  readonly form: TokenForm
  readonly tokens: Party['tokens']
  readonly base: string
}

function toPlatform(text: string, role: string, parts: PlatformParts): PlatformConfig {
  const { options, id, version, form, tokens, base } = parts
  const modules = options.modules ?? MODULES.filter((row) => row.kind === 'functional').map((row) => row.id)
  const sides = options.interfaces ?? (['SENDER', 'RECEIVER'] as const)
  const endpoints: Endpoint[] = modules.flatMap((module) =>
    sides
      .filter((side) => module !== 'hubclientinfo' || side === 'RECEIVER')
      .map((side) => ({
        module,
        role: side,
        url: base + endpointPath(side, module) + (options.endpointSuffix ?? ''),
      })),
  )
  return {
    id,
    version,
    tokens: { ...tokens, form },
    versionsUrl: base + VERSIONS_PATH,
    endpoints,
    roles: [[text, role] as const, ...(options.also ?? [])].map(([key, its]) => ({
      countryCode: key.slice(0, 2),
      partyId: key.slice(3),
      role: its,
      name: `${key} Ltd`,
    })),
    status: options.status ?? 'CONNECTED',
    errors: options.errors ?? 'ocpi',
  }
}

function serveVersions(self: Party): void {
  self.answers(VERSIONS_PATH, () => ({
    json: ok([{ version: self.version, url: self.url() + DETAILS_PATH }]),
  }))
  self.answers(DETAILS_PATH, () => ({
    json: ok({
      version: self.version,
      endpoints: [
        { identifier: 'credentials', role: 'SENDER', url: self.url() + CREDENTIALS_PATH },
        ...(self.platform().endpoints ?? []).map(({ module, role, url }) => ({
          identifier: module,
          role,
          url,
        })),
      ],
    }),
  }))
}

function headersOf(call: CallOptions, self: { from: string; authorization: string }): [string, string][] {
  const from = call.from === undefined ? self.from : (call.from ?? undefined)
  const to = call.to === 'hub' ? HUB : call.to
  const hasBody = call.body !== undefined || call.json !== undefined
  const usual: [string, string | undefined][] = [
    ['Authorization', self.authorization],
    ['Content-Type', hasBody ? 'application/json' : undefined],
    ['X-Request-ID', randomUUID()],
    ['X-Correlation-ID', randomUUID()],
    ['OCPI-from-country-code', from?.slice(0, 2)],
    ['OCPI-from-party-id', from?.slice(3)],
    ['OCPI-to-country-code', to?.slice(0, 2)],
    ['OCPI-to-party-id', to?.slice(3)],
  ]
  const replaced = new Map(
    Object.entries(call.headers ?? {}).map(([name, value]) => [name.toLowerCase(), [name, value]]),
  )
  const kept = usual.filter(([name]) => !replaced.has(name.toLowerCase()))
  const all = [...kept, ...replaced.values(), ...(call.moreHeaders ?? [])]
  return all.filter((pair): pair is [string, string] => pair[1] !== undefined)
}

function sentOf(headers: HeaderList): Sent {
  const value = (name: string) => headers.find(([key]) => key.toLowerCase() === name)?.[1]
  const pair = (side: string) => {
    const country = value(`ocpi-${side}-country-code`)
    return country === undefined
      ? undefined
      : `${country}-${value(`ocpi-${side}-party-id`) ?? ''}`.toUpperCase()
  }
  return {
    requestId: value('x-request-id') ?? '',
    correlationId: value('x-correlation-id') ?? '',
    from: pair('from'),
    to: pair('to'),
  }
}
