// Owners that heed no offset and tell of a next page all the same: whatever they are asked for they give the same page,
// and a list that is put together of their pages would have no end. So would that of one whose Links get nowhere.

import { hash } from 'node:crypto'
import type { Position } from './pages.ts'
import type { Onward } from './trail.ts'

/** What is told of an owner that gave the same page at this position as before. */
export function samePage({ trail }: Position, { astray }: Onward): string {
  if (trail) return 'gives the same page again behind its Link'
  return `gives the same page at every offset${astray ? ', and the hub cannot follow its Link' : ''}`
}

/** Tells pages apart by the bytes of their objects. */
export function pageDigest(items: Buffer): string {
  return hash('sha256', items, 'base64url')
}

/** Whether these objects are those of the page before, whose digest is given if there is one. */
export function isSamePage(items: Buffer, before: string | undefined): boolean {
  return before !== undefined && items.length > 0 && pageDigest(items) === before
}
