// The JSON envelope of every OCPI answer (R12): written for the hub's own answers, and read, without parsing
// the data, to learn the `status_code` of somebody else's (R103). Bodies pass as bytes; nothing here re-writes them.

import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  hasByteOrderMark,
  isBlank,
} from './json-bytes.ts'
import { passNested } from './json-nesting.ts'

export interface Envelope {
  readonly data?: unknown
  readonly status_code: number
  readonly status_message?: string
  readonly timestamp: string
}

/** The hub's own envelope as JSON text; `now` in milliseconds since the epoch. `undefined` members are left out. */
export function writeEnvelope(
  answer: { data?: unknown; statusCode: number; statusMessage?: string | undefined },
  now: number = Date.now(),
): string {
  return JSON.stringify({
    data: answer.data,
    status_code: answer.statusCode,
    status_message: answer.statusMessage,
    timestamp: new Date(now).toISOString(),
  } satisfies Record<keyof Envelope, unknown>)
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])
const KEY = Buffer.from('status_code')
// Written with escapes a name is the same name: six bytes for one character, or for every one of them.
const ESCAPED_KEY_BYTES_MIN = KEY.length + 5
const KEY_BYTES_MAX = KEY.length * 6
// A code and what makes clear that a longer value is none.
const VALUE_BYTES_MAX = 8

/**
 * Reads the top-level `status_code` of a whole answer, or `undefined` if the bytes are not an OCPI envelope.
 * A `status_code` nested in data or standing in a string is never taken. Reads from the end first, where the usual
 * envelope has its short tail, and passes over everything only when `data` comes last. A code is a bare integer
 * from 1000 to 4999; of several equal keys the last counts, as in every JSON parser.
 */
export function readStatusCode(body: Buffer): number | undefined {
  let start = hasByteOrderMark(body) ? BYTE_ORDER_MARK.length : 0
  while (start < body.length && isBlank(body[start]!)) start++
  let end = body.length
  while (end > start && isBlank(body[end - 1]!)) end--
  if (body[start] !== OPEN_OBJECT || body[end - 1] !== CLOSE_OBJECT || end - start < 2) return undefined
  const tail = readTail(body, start, end - 1)
  return tail === 'nested' ? readWhole(body, start, end) : tail
}

/**
 * Walks back over the scalar members before the closing brace. In valid JSON a quote inside a string is escaped,
 * so string borders are exact in this direction too. 'nested' = met the end of an object or array first.
 */
function readTail(body: Buffer, start: number, closing: number): number | undefined | 'nested' {
  let position = closing - 1
  let memberEnd = closing
  let colon = -1
  while (position > start) {
    const byte = body[position]!
    if (byte === QUOTE) {
      const opening = openingQuote(body, start, position)
      if (opening < 0) return undefined
      if (colon > 0 && isKey(body, opening, position)) return readCode(body, colon + 1, memberEnd)
      position = opening - 1
      continue
    }
    if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) return 'nested'
    if (byte === COLON) colon = position
    else if (byte === COMMA) {
      memberEnd = position
      colon = -1
    }
    position--
  }
  return undefined
}

function openingQuote(body: Buffer, start: number, closing: number): number {
  let position = closing
  for (;;) {
    position = body.lastIndexOf(QUOTE, position - 1)
    if (position <= start) return -1
    let slashes = 0
    while (body[position - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return position
  }
}

function isKey(body: Buffer, opening: number, closing: number): boolean {
  const length = closing - opening - 1
  if (length === KEY.length) return body.compare(KEY, 0, KEY.length, opening + 1, closing) === 0
  if (length < ESCAPED_KEY_BYTES_MIN || length > KEY_BYTES_MAX) return false
  return spellsKey(body.subarray(opening + 1, closing))
}

/** Whether the bytes between the quotes of a name mean `status_code` although they are longer. */
function spellsKey(text: Buffer): boolean {
  if (!text.includes(BACKSLASH)) return false
  try {
    return JSON.parse(`"${text.toString('latin1')}"`) === 'status_code'
  } catch {
    return false
  }
}

function readCode(body: Buffer, from: number, to: number): number | undefined {
  while (from < to && isBlank(body[from]!)) from++
  while (to > from && isBlank(body[to - 1]!)) to--
  if (to - from !== 4) return undefined
  let code = 0
  for (let position = from; position < to; position++) {
    const digit = body[position]! - 0x30
    if (digit < 0 || digit > 9) return undefined
    code = code * 10 + digit
  }
  return code >= 1000 && code <= 4999 ? code : undefined
}

function readWhole(body: Buffer, start: number, end: number): number | undefined {
  const scanner = createStatusCodeScanner()
  scanner.push(start === 0 && end === body.length ? body : body.subarray(start, end))
  return scanner.end()
}

export interface StatusCodeScanner {
  /** Takes the next bytes of the answer. */
  push(chunk: Buffer): void
  /** The code seen so far at the top level, whole or not. */
  readonly code: number | undefined
  /** Whether the bytes so far may still be a JSON object. */
  readonly plausible: boolean
  /** After the last byte: the code if the answer was one complete object, else `undefined`. */
  end(): number | undefined
}

/** Reads the top-level `status_code` of an answer that arrives in pieces, in constant memory. */
export function createStatusCodeScanner(): StatusCodeScanner {
  let depth = 0
  let inString = false
  let escaped = false
  // How much of a byte order mark has been met; all of it when there is none.
  let markBytes = 0
  let begun = false
  let complete = false
  let broken = false
  let code: number | undefined
  // Top-level member under way: its key, collected only while it can still be ours, then its value's bytes.
  let collecting: number[] | undefined
  let expectsKey = false
  let valueBytes: number[] | undefined
  let ours = false

  function finishValue(): void {
    if (valueBytes) {
      code = readCode(Buffer.from(valueBytes), 0, valueBytes.length)
      valueBytes = undefined
    }
  }

  /** At the top level, and before and after it. */
  function structural(byte: number): void {
    if (isBlank(byte)) {
      if (valueBytes && valueBytes.length > 0) pushValue(byte)
    } else if (complete) broken = true
    else if (!begun) {
      begun = byte === OPEN_OBJECT
      broken = !begun
      depth = 1
      expectsKey = true
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      pushValue(byte)
      depth++
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      finishValue()
      depth = 0
      complete = true
      broken = byte !== CLOSE_OBJECT
    } else topLevel(byte)
  }

  function topLevel(byte: number): void {
    if (byte === COMMA) {
      finishValue()
      expectsKey = true
    } else if (byte === COLON) {
      expectsKey = false
      if (ours) valueBytes = []
      ours = false
    } else pushValue(byte)
  }

  function pushValue(byte: number): void {
    if (valueBytes && valueBytes.length < VALUE_BYTES_MAX) valueBytes.push(byte)
  }

  function pushKey(byte: number): void {
    if (collecting && collecting.length <= KEY_BYTES_MAX) collecting.push(byte)
  }

  /** Passes over the mark, in however many chunks it comes; gives where the JSON begins. */
  function skipMark(chunk: Buffer): number {
    let position = 0
    while (markBytes < BYTE_ORDER_MARK.length && position < chunk.length) {
      if (chunk[position] === BYTE_ORDER_MARK[markBytes]) {
        markBytes++
        position++
      } else {
        broken = markBytes > 0
        markBytes = BYTE_ORDER_MARK.length
      }
    }
    return position
  }

  function closeString(): void {
    inString = false
    if (collecting) {
      ours = isKey(Buffer.from(collecting), -1, collecting.length)
      collecting = undefined
    }
  }

  return {
    push(chunk) {
      let position = skipMark(chunk)
      while (position < chunk.length && !broken) {
        if (depth > 1 && !inString) {
          ;({ position, depth, inString } = passNested(chunk, position, depth))
          escaped = position > chunk.length
          continue
        }
        const byte = chunk[position]!
        if (!inString) {
          if (byte === QUOTE) {
            inString = true
            if (!begun || complete) broken = true
            collecting = expectsKey ? [] : undefined
            pushValue(byte)
          } else structural(byte)
        } else if (escaped) {
          escaped = false
          pushKey(byte)
        } else if (byte === BACKSLASH) {
          escaped = true
          pushKey(byte)
        } else if (byte === QUOTE) closeString()
        else if (collecting) pushKey(byte)
        else position = nextStringEvent(chunk, position) - 1
        position++
      }
    },
    get code() {
      return code
    },
    get plausible() {
      return !broken
    },
    end() {
      return complete && !broken ? code : undefined
    },
  }
}

/** Where the next quote or backslash stands at or after `from`, or the end of the chunk. */
function nextStringEvent(chunk: Buffer, from: number): number {
  let position = from
  while (position < chunk.length && chunk[position] !== QUOTE && chunk[position] !== BACKSLASH) position++
  return position
}
