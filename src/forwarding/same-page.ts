// Owners that heed no offset and tell of a next page all the same, those with cursors of their own among them: whatever
// they are asked for they give the same page, and a list that is put together of their pages would have no end.

import { hash } from 'node:crypto'

/** What is told of such an owner. */
export const SAME_PAGE = 'gives the same page at every offset'

/** Tells pages apart by the bytes of their objects. */
export function pageDigest(items: Buffer): string {
  return hash('sha256', items, 'base64url')
}

/** Whether these objects are those of the page before, whose digest is given if there is one. */
export function isSamePage(items: Buffer, before: string | undefined): boolean {
  return before !== undefined && items.length > 0 && pageDigest(items) === before
}
