// The way through what is nested in JSON, as fast as it goes: most bytes of an answer are there, and none of them counts
// but where strings and brackets end.

import { BACKSLASH, CLOSE_OBJECT, OPEN_OBJECT, QUOTE } from './json-bytes.ts'

/** Where the way has ended: at depth 1, or with the chunk. */
export interface Nesting {
  /** Where the rest begins; one past the end when the next chunk begins with a byte that is escaped. */
  readonly position: number
  readonly depth: number
  readonly inString: boolean
}

// What `[` and `{`, and `]` and `}`, differ by.
const CASE_BIT = 0x20

/** Goes on from `from`, outside of any string, at a `depth` of brackets above 1. */
export function passNested(chunk: Buffer, from: number, depth: number): Nesting {
  // What is imported is looked up again at each use: in this loop that is half of the time.
  const [quote, backslash, open, close] = [QUOTE, BACKSLASH, OPEN_OBJECT, CLOSE_OBJECT]
  const end = chunk.length
  let position = from
  let level = depth
  while (position < end && level > 1) {
    const byte = chunk[position++]!
    if (byte === quote) {
      for (;;) {
        if (position >= end) return { position, depth: level, inString: true }
        const inner = chunk[position++]!
        if (inner === quote) break
        if (inner === backslash) position++
      }
    } else if ((byte | CASE_BIT) === open) level++
    else if ((byte | CASE_BIT) === close) level--
  }
  return { position, depth: level, inString: false }
}
