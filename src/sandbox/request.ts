// One request as the handlers of a sandbox party see it, and the party as it stands while the sandbox runs.

import { isOpaqueId } from '../ocpi/headers.ts'
import {
  CORRELATION_ID,
  FROM_COUNTRY,
  FROM_PARTY,
  REQUEST_ID,
  TO_COUNTRY,
  TO_PARTY,
} from '../ocpi/headers.ts'
import type { InterfaceRole } from '../ocpi/module.ts'
import type { Callbacks } from './callbacks.ts'
import type { Holdings } from './holdings.ts'
import type { SandboxParty } from './party.ts'
import type { SandboxPlatform } from './platform.ts'
import type { Outcome } from './reply.ts'

export interface RunningParty {
  readonly party: SandboxParty
  readonly platform: SandboxPlatform
  /** `http://127.0.0.1:9101` */
  readonly origin: string
  readonly holdings: Holdings
  /** What others pushed to it, by module and path. */
  readonly stored: Map<string, Record<string, unknown>>
  /** The last requests it got, newest first. */
  readonly received: ReceivedRequest[]
  readonly callbacks: Callbacks
}

/** One request as `GET /sandbox/received` shows it: all but the Authorization header. */
export interface ReceivedRequest {
  readonly time: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The body's text, cut where it is long. */
  readonly body?: string
}

export interface SandboxRequest {
  readonly method: string
  readonly module: string
  readonly role: InterfaceRole
  /** Raw path below the endpoint: `''` or starting with `/`. */
  readonly rest: string
  /** The same in decoded segments. */
  readonly segments: readonly string[]
  /** Absolute URL of the endpoint. */
  readonly endpointUrl: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  /** The JSON value of the body, `undefined` when there was none. */
  readonly body: unknown
}

export type Handler = (request: SandboxRequest, running: RunningParty) => Outcome

/** Whether a JSON value is an object, not an array and not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Path segments of `rest`, decoded; what cannot be decoded stays as it is. */
export function readSegments(rest: string): string[] {
  return rest
    .split('/')
    .slice(1)
    .filter((segment) => segment !== '')
    .map((segment) => {
      try {
        return decodeURIComponent(segment)
      } catch {
        return segment
      }
    })
}

/** Headers of the answer to, or of a later call about, a request: TO and FROM swapped (R44), both ids kept (R65). */
export function swapHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const swapped: Record<string, string> = {}
  for (const [to, from] of SWAPS) {
    const value = headers[from.toLowerCase()]
    if (isOpaqueId(value)) swapped[to] = value
  }
  return swapped
}

const SWAPS = [
  [TO_COUNTRY, FROM_COUNTRY],
  [TO_PARTY, FROM_PARTY],
  [FROM_COUNTRY, TO_COUNTRY],
  [FROM_PARTY, TO_PARTY],
  [REQUEST_ID, REQUEST_ID],
  [CORRELATION_ID, CORRELATION_ID],
] as const
