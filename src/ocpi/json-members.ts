// Finds a member of a JSON object in its bytes, so that one value can be changed or cut out while every other
// byte stays as it came (T35). It reads structure only: whoever calls has checked that the bytes are JSON.

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
  skipBlanks,
} from './json-bytes.ts'
import { passNested } from './json-nesting.ts'
import { parseJson } from './json-text.ts'

/** A value in the bytes: `end` is exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Values of every top-level member called `name`, in order; of several the last counts, as in every JSON parser
 * (RFC 8259 §4). The same name nested deeper or standing in a string is never taken; a name written with escapes
 * is. Empty when there is none or the value is no object. Ends on any bytes.
 */
export function memberSpans(body: Buffer, name: string): Span[] {
  const wanted = Buffer.from(name)
  const spans: Span[] = []
  eachMember(body, (key, keyEnd, start, end) => {
    if (isNamed(body, key, keyEnd, wanted)) spans.push({ start, end })
  })
  return spans
}

// Where an object is larger, or a value of it, making a value of all of it may take seconds and a gigabyte.
const PARSED_WHOLE_MAX = 16 * 1024
const VALUE_BYTES_MAX = 16 * 1024

/**
 * Values of the top-level members with these names; of equal ones the last. Members that are not there are left out,
 * and so are, of a large object, values that are large themselves. Whoever calls has checked that the bytes are JSON.
 */
export function readMembers<Name extends string>(
  body: Buffer,
  names: readonly Name[],
): Readonly<Partial<Record<Name, unknown>>> {
  const found: Partial<Record<Name, unknown>> = {}
  if (body.length <= PARSED_WHOLE_MAX) {
    const value: unknown = parseJson(body)
    return typeof value === 'object' && value !== null ? (value as typeof found) : found
  }
  const wanted = names.map((name) => Buffer.from(name))
  eachMember(body, (key, keyEnd, start, end) => {
    const place = wanted.findIndex((name) => isNamed(body, key, keyEnd, name))
    if (place < 0) return
    const small = end - start <= VALUE_BYTES_MAX
    found[names[place]!] = small ? JSON.parse(body.toString('utf8', start, end)) : undefined
  })
  return found
}

/** Goes over the top-level members: where a name stands, quotes included, and its value. */
function eachMember(
  body: Buffer,
  visit: (key: number, keyEnd: number, start: number, end: number) => void,
): void {
  let position = skipBlanks(body, hasByteOrderMark(body) ? 3 : 0)
  if (body[position] !== OPEN_OBJECT) return
  do {
    const key = skipBlanks(body, position + 1)
    if (body[key] !== QUOTE) break
    const keyEnd = stringEnd(body, key)
    const colon = skipBlanks(body, keyEnd)
    if (body[colon] !== COLON) break
    const start = skipBlanks(body, colon + 1)
    const end = valueEnd(body, start)
    visit(key, keyEnd, start, end)
    position = skipBlanks(body, end)
  } while (body[position] === COMMA)
}

/**
 * The elements of an array, in order, and at most so many of them; `inside` is what stands between its brackets. Ends
 * on any bytes.
 */
export function elementSpans(inside: Buffer, max = Infinity): Span[] {
  const spans: Span[] = []
  let position = skipBlanks(inside, 0)
  while (position < inside.length && spans.length < max) {
    const end = valueEnd(inside, position)
    spans.push({ start: position, end })
    position = skipBlanks(inside, skipBlanks(inside, end) + 1)
  }
  return spans
}

/** Just after the closing quote of the string that opens at `from`. */
function stringEnd(body: Buffer, from: number): number {
  let position = from + 1
  for (; position < body.length; position++) {
    const byte = body[position]!
    if (byte === BACKSLASH) position++
    else if (byte === QUOTE) return position + 1
  }
  return body.length
}

function valueEnd(body: Buffer, from: number): number {
  const first = body[from]
  if (first === QUOTE) return stringEnd(body, from)
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return scalarEnd(body, from)
  return Math.min(passNested(body, from + 1, 2).position, body.length)
}

function scalarEnd(body: Buffer, from: number): number {
  let position = from
  for (; position < body.length; position++) {
    const byte = body[position]!
    if (byte <= 0x20 || byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) break
  }
  return position
}

function isNamed(body: Buffer, start: number, end: number, wanted: Buffer): boolean {
  if (end - start - 2 === wanted.length && body.compare(wanted, 0, wanted.length, start + 1, end - 1) === 0)
    return true
  if (!body.subarray(start, end).includes(BACKSLASH)) return false
  try {
    return JSON.parse(body.toString('utf8', start, end)) === wanted.toString('utf8')
  } catch {
    return false
  }
}
