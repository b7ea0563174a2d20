// What is kept of a responder's own words: read without trust, bounded, and otherwise as it came. Numbers of the
// details keep their spelling (amounts of money stand there), so members are cut out of the text, not re-written.

import { hasByteOrderMark, memberSpans } from '../ocpi/json-members.ts'

/** Most bytes of a message or of details that are passed on. */
export const KEPT_BYTES_MAX = 8192
/** Deepest nesting that is parsed: deeper JSON is an attack on time and memory, not an answer. */
export const NESTING_MAX = 200_000

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** The bytes behind a UTF-8 byte order mark, if there is one. */
export function withoutBom(body: Buffer): Buffer {
  return hasByteOrderMark(body) ? body.subarray(3) : body
}

/** Whether there is nothing but JSON's white space. */
export function isBlankBody(body: Buffer): boolean {
  return body.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)
}

/** The JSON value of a body, or `undefined` when it is not JSON or nested beyond reason. Never throws. */
export function readJson(body: Buffer): { readonly value: unknown } | undefined {
  if (isNestedDeeper(body, NESTING_MAX)) return undefined
  try {
    return { value: JSON.parse(body.toString('utf8')) as unknown }
  } catch {
    return undefined
  }
}

function isNestedDeeper(body: Buffer, max: number): boolean {
  if (body.length <= max) return false
  let depth = 0
  let inString = false
  for (let position = 0; position < body.length; position++) {
    const byte = body[position]!
    if (inString) {
      if (byte === BACKSLASH) position++
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
    // `[` and `{`, `]` and `}` differ in one bit only.
    else if ((byte & 0xdf) === 0x5b) {
      if (++depth > max) return true
    } else if ((byte & 0xdf) === 0x5d) depth--
  }
  return false
}

/** Own member at the end of a path of objects; arrays, null and everything inherited count as absent. */
export function memberAt(value: unknown, path: readonly string[]): unknown {
  let inner = value
  for (const name of path) {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return undefined
    inner = Object.hasOwn(inner, name) ? (inner as Record<string, unknown>)[name] : undefined
  }
  return inner
}

/** JSON text of the member at a path of objects in valid JSON, as it was written; of equal names the last. */
export function memberTextAt(body: Buffer, path: readonly string[]): string | undefined {
  let inner = body
  for (const name of path) {
    const span = memberSpans(inner, name).at(-1)
    if (!span) return undefined
    inner = inner.subarray(span.start, span.end)
  }
  return inner.toString('utf8')
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
