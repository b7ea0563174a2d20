// Cursors of lists that are read from a trail of the store: its position, which only the list it was made for takes.

import { createHash } from 'node:crypto'
import { cursorProblem } from './pages.ts'

/** Where a page begins. Thrown for a cursor that is not one of this list: 400. */
export function readTrailCursor(list: string, cursor: string | undefined): { readonly position?: string } {
  if (cursor === undefined) return {}
  const [position = '', sum] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ')
  if (sum !== checksum(list, position)) throw cursorProblem()
  return { position }
}

/** `next_cursor` of a page; left out on the last one. */
export function writeTrailCursor(
  list: string,
  position: string | undefined,
): { readonly next_cursor?: string } {
  if (position === undefined) return {}
  return { next_cursor: Buffer.from(`${position} ${checksum(list, position)}`).toString('base64url') }
}

function checksum(list: string, position: string): string {
  return createHash('sha256').update(`${list} ${position}`).digest('base64url').slice(0, 12)
}
