// How an original is told in OCPI: the members of `data`, absent ones left out, and the envelope of an error.

import { boundedText, KEPT_BYTES_MAX } from './original.ts'

/** What `data` says of an error answer; `undefined` members are left out. */
export interface Told {
  readonly dialect: string
  /** As it came. */
  readonly code: string
  /** The first half of the name, where two make it. */
  readonly error: string | undefined
  readonly category: string | undefined
  readonly http_status: number
  readonly message: string | undefined
  /** JSON text, as it came. */
  readonly details: Buffer | undefined
  readonly recovery: string | undefined
  readonly retry_after_seconds: number | undefined
  readonly advice: string | undefined
  readonly request_id: string | undefined
}

/** The OCPI envelope of an error; `now` in milliseconds since the epoch. */
export function writeError(told: Told, statusCode: number, statusMessage: string, now: number): Buffer {
  const members = Object.entries(told).flatMap(([key, value]) =>
    value === undefined
      ? []
      : `"${key}":${value instanceof Buffer ? boundedJson(value) : JSON.stringify(value)}`,
  )
  return Buffer.from(
    `{"data":{${members.join(',')}},"status_code":${statusCode},"status_message":${JSON.stringify(statusMessage)}` +
      `,"timestamp":"${new Date(now).toISOString()}"}`,
  )
}

/** The same members as a value, for a fault of the hub to carry. */
export function toldMembers({ details, ...rest }: Told): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) members[key] = value
  if (details) members.details = JSON.parse(boundedJson(details))
  return members
}

/** Details past the bound are kept as the beginning of their text. */
function boundedJson(json: Buffer): string {
  const text = json.toString('utf8', 0, KEPT_BYTES_MAX + 4)
  return Buffer.byteLength(text) <= KEPT_BYTES_MAX ? text : JSON.stringify(boundedText(text))
}
