// Requests to sandbox parties as the hub would send them: to the endpoint of the platform, with the party's token.

import { writeAuthorization } from '../../src/ocpi/token.ts'
import type { SandboxPlatform } from '../../src/sandbox/platform.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { callHttp, type HttpAnswer } from '../support/caller.ts'

export interface SandboxCall {
  readonly json?: unknown
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Shown instead of the right token. */
  readonly authorization?: string
}

/** `await ask(sandbox, 'DE-CPO', 'GET sender/locations?limit=2')` */
export async function ask(
  sandbox: Sandbox,
  party: string,
  request: string,
  call: SandboxCall = {},
): Promise<HttpAnswer> {
  const { version, endpoints } = platformOf(sandbox, party)
  const [method = '', path = ''] = request.split(' ')
  const { origin } = new URL(endpoints[0]!.url)
  return askUrl(sandbox, party, method, `${origin}/ocpi/${version}/${path}`, call)
}

/** The same to an absolute URL of the party. */
export function askUrl(
  sandbox: Sandbox,
  party: string,
  method: string,
  url: string,
  { json, body, headers, signal, authorization }: SandboxCall = {},
): Promise<HttpAnswer> {
  const { origin, pathname, search } = new URL(url)
  const { tokens } = platformOf(sandbox, party)
  return callHttp(origin, {
    method,
    path: pathname + search,
    headers: [
      ['Authorization', authorization ?? writeAuthorization(tokens.outbound, 'base64')],
      ...Object.entries(headers ?? {}),
    ],
    body: json === undefined ? body : JSON.stringify(json),
    signal,
  })
}

/** The connection of a party such as `DE-CPO`. */
export function platformOf(sandbox: Sandbox, party: string): SandboxPlatform {
  const platform = sandbox.platforms.find(({ id }) => id === party.toLowerCase())
  if (!platform) throw new Error(`the sandbox has no ${party}`)
  return platform
}

export function addressOf(sandbox: Sandbox, party: string): string {
  return sandbox.parties.find((other) => other.party === party)!.address
}
