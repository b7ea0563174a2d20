// Calls of the admin API of a hub under test, with headers in both directions.

import type { Hub } from '../../src/hub.ts'

export interface AdminAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON, or `undefined`. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any
}

export interface AdminInit {
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The hub's own when absent; `null` = none. */
  readonly token?: string | null
}

/** `await operate(hub, 'POST /platforms', { json })`; paths start behind `/api/v1`, or with `!/` at the root. */
export async function operate(hub: Hub, call: string, init: AdminInit = {}): Promise<AdminAnswer> {
  const [method = '', path = ''] = call.split(' ')
  const { json, headers = {}, token = hub.adminToken } = init
  const url = path.startsWith('!') ? hub.adminUrl + path.slice(1) : `${hub.adminUrl}/api/v1${path}`
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') && text !== ''
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  }
}
