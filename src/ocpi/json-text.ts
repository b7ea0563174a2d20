// Whether bytes are JSON (RFC 8259), told without making a value of them: a parser would need seconds and a gigabyte
// for 50 MB of `[],[],`. Large texts are looked through in steps, between which other requests have their turn.

import { setImmediate as breathe } from 'node:timers/promises'
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipBlanks,
  withoutByteOrderMark,
} from './json-bytes.ts'

/** Deepest nesting that is taken for JSON: no answer has it, and readers further on may have a stack to lose. */
export const NESTING_MAX = 200_000

const STEP_BYTES = 256 * 1024

const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
// `"\/bfnrt`; `u` has digits behind it.
const ESCAPES = new Set([QUOTE, BACKSLASH, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74])
const LITERALS = ['true', 'false', 'null'].map((word) => Buffer.from(word))

/** The value of a JSON text, of bytes also behind a byte order mark; `undefined` where it is none. */
export function parseJson(text: Buffer | string): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : withoutByteOrderMark(text).toString('utf8'))
  } catch {
    return undefined
  }
}

/** Whether the bytes are one JSON value and nothing else; a byte order mark is no JSON. Never throws. */
export function isJson(body: Buffer): boolean {
  const steps = look(body)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** The same of a text of any size, without holding up other requests. */
export async function isJsonInSteps(body: Buffer): Promise<boolean> {
  const steps = look(body)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await breathe()
  }
}

/** Goes over the tokens; what is open stands in `closers`. Yields now and then. */
function* look(body: Buffer): Generator<void, boolean> {
  const closers: number[] = []
  let position = skipBlanks(body, 0)
  let pauseAt = STEP_BYTES
  for (;;) {
    // A value is due here.
    const byte = body[position]
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (closers.length >= NESTING_MAX) return false
      const closer = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY
      position = skipBlanks(body, position + 1)
      if (body[position] === closer) position++
      else {
        closers.push(closer)
        if (closer === CLOSE_OBJECT) position = keyEnd(body, position)
        if (position < 0) return false
        continue
      }
    } else position = scalarEnd(body, position)
    if (position < 0) return false
    position = skipBlanks(body, position)
    while (closers.length > 0 && body[position] === closers.at(-1)) {
      closers.pop()
      position = skipBlanks(body, position + 1)
    }
    if (closers.length === 0) return position === body.length
    if (body[position] !== COMMA) return false
    position = skipBlanks(body, position + 1)
    if (closers.at(-1) === CLOSE_OBJECT) position = keyEnd(body, position)
    if (position < 0) return false
    if (position >= pauseAt) {
      pauseAt = position + STEP_BYTES
      yield
    }
  }
}

/** Where the value of a member begins whose name begins at `from`; -1 = no member. */
function keyEnd(body: Buffer, from: number): number {
  if (body[from] !== QUOTE) return -1
  const end = stringEnd(body, from)
  if (end < 0) return -1
  const colon = skipBlanks(body, end)
  return body[colon] === COLON ? skipBlanks(body, colon + 1) : -1
}

/** Just after the scalar that begins at `from`; -1 = there is none. */
function scalarEnd(body: Buffer, from: number): number {
  const byte = body[from]
  if (byte === QUOTE) return stringEnd(body, from)
  if (byte === MINUS || isDigit(byte)) return numberEnd(body, from)
  for (const word of LITERALS) {
    const end = from + word.length
    if (byte === word[0] && body.length >= end)
      return body.compare(word, 0, word.length, from, end) === 0 ? end : -1
  }
  return -1
}

function stringEnd(body: Buffer, from: number): number {
  let position = from + 1
  for (; position < body.length; position++) {
    const byte = body[position]!
    if (byte === QUOTE) return position + 1
    if (byte < 0x20) return -1
    if (byte !== BACKSLASH) continue
    position++
    if (body[position] === 0x75) {
      for (let digits = 0; digits < 4; digits++) if (!isHexDigit(body[++position])) return -1
    } else if (!ESCAPES.has(body[position]!)) return -1
  }
  return -1
}

function numberEnd(body: Buffer, from: number): number {
  let position = body[from] === MINUS ? from + 1 : from
  if (!isDigit(body[position])) return -1
  // A number does not begin with a zero that others follow.
  position = body[position] === ZERO ? position + 1 : digitsEnd(body, position)
  if (body[position] === DOT) {
    if (!isDigit(body[position + 1])) return -1
    position = digitsEnd(body, position + 1)
  }
  if (lowerCase(body[position]) === 0x65) {
    position++
    if (body[position] === MINUS || body[position] === 0x2b) position++
    if (!isDigit(body[position])) return -1
    position = digitsEnd(body, position)
  }
  return position
}

function digitsEnd(body: Buffer, from: number): number {
  let position = from
  while (isDigit(body[position])) position++
  return position
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39
}

function isHexDigit(byte: number | undefined): boolean {
  const lower = lowerCase(byte)
  return isDigit(byte) || (lower !== undefined && lower >= 0x61 && lower <= 0x66)
}

/** Of an ASCII letter; other bytes come out as something that is no letter either. */
function lowerCase(byte: number | undefined): number | undefined {
  return byte === undefined ? undefined : byte | 0x20
}
