// The bytes that give JSON its structure (RFC 8259 §2), for those who read it without parsing.

export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_ARRAY = 0x5b
export const BACKSLASH = 0x5c
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d

/** Whether the bytes begin with a UTF-8 byte order mark, which RFC 8259 §8.1 lets a reader pass over. */
export function hasByteOrderMark(body: Buffer): boolean {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf
}

/** The bytes behind a UTF-8 byte order mark, if there is one. */
export function withoutByteOrderMark(body: Buffer): Buffer {
  return hasByteOrderMark(body) ? body.subarray(3) : body
}

/** White space between its parts. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Where the white space from `from` on ends. */
export function skipBlanks(body: Buffer, from: number): number {
  let position = from
  while (position < body.length && isBlank(body[position]!)) position++
  return position
}
