// What is kept of a responder's own words: read without trust, bounded, and otherwise as it came. Numbers of the
// details keep their spelling (amounts of money stand there), so members are cut out of the text, not re-written.

import { isBlank } from '../ocpi/json-bytes.ts'
import { memberSpans } from '../ocpi/json-members.ts'

/** Most bytes of a message or of details that are passed on. */
export const KEPT_BYTES_MAX = 8192

const SECRET_CHARS_MIN = 8

/** Whether there is nothing but JSON's white space. */
export function isBlankBody(body: Buffer): boolean {
  return body.every((byte) => isBlank(byte))
}

/**
 * Bytes of the member at a path of objects in valid JSON, as they were written; of equal names the last. A member of
 * anything but an object is absent, and so is what is only inherited.
 */
export function memberBytesAt(body: Buffer, path: readonly string[]): Buffer | undefined {
  let inner = body
  for (const name of path) {
    const span = memberSpans(inner, name).at(-1)
    if (!span) return undefined
    inner = inner.subarray(span.start, span.end)
  }
  return inner
}

/** The string that a value in valid JSON is; `undefined` when it is something else or longer than `bytesMax` bytes. */
export function stringOf(value: Buffer | undefined, bytesMax = Infinity): string | undefined {
  if (value?.[0] !== 0x22 || value.length > bytesMax) return undefined
  return JSON.parse(value.toString('utf8')) as string
}

/** Text without the secrets in it; short ones are no secrets, and stand in any text. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) {
    if (secret.length >= SECRET_CHARS_MIN) clean = clean.replaceAll(secret, '[…]')
  }
  return clean
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(.))/g

/** Whether a secret stands in JSON text, however it is escaped there. */
export function holdsSecret(json: Buffer, secrets: readonly string[]): boolean {
  if (secrets.length === 0) return false
  const text = json
    .toString('latin1')
    .replace(ESCAPE, (_, hex?: string, char = '') =>
      hex ? String.fromCharCode(Number.parseInt(hex, 16)) : char,
    )
  return withoutSecrets(text, secrets) !== text
}

/** Text of at most `KEPT_BYTES_MAX` bytes, cut between characters and marked with an ellipsis when it was longer. */
export function boundedText(text: string): string {
  // No UTF-16 unit takes less than one byte: what is cut here would be cut anyway.
  const bytes = Buffer.from(text.slice(0, KEPT_BYTES_MAX + 1), 'utf8')
  if (bytes.length <= KEPT_BYTES_MAX) return text
  let end = KEPT_BYTES_MAX - Buffer.byteLength('…')
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return `${bytes.toString('utf8', 0, end)}…`
}
