// The cursor of GET ALL: where a crawl over the lists of many owners goes on (R64, T17). It travels with the
// requester, so it is authenticated: a cursor that was forged, changed, or made for somebody else is none. What it holds
// of an owner's URL is sealed.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { PartyKey } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import { createSealer, type SealContext } from '../registry/seal.ts'
import type { Trail } from './pages.ts'

export interface Cursor {
  /** Owner to ask next, and how many of its objects were given already. */
  readonly owner: PartyKey
  readonly offset: number
  /** Objects per page. */
  readonly limit: number
  /** X-Total-Count of the whole list, counted when the crawl began. */
  readonly total: number
  /** Raw query that each owner is asked with (T36), without offset and limit; `''` for none. */
  readonly filters: string
  /** Digest of the page that this owner gave last, if any (same-page.ts). */
  readonly page?: string | undefined
  /** Where this owner's own Links have led to, if they are followed. */
  readonly trail?: Trail | undefined
}

/** What a cursor is good for. */
export interface CursorScope {
  /** Platform and party that crawl. */
  readonly requester: string
  readonly from: PartyKey
  readonly version: VersionNumber
  readonly module: string
  /** Raw path below the module's endpoint. */
  readonly rest: string
}

/** The cursor as text of a query parameter, safe in a URL: payload and HMAC-SHA256 over it and the scope. */
export function writeCursor(cursor: Cursor, scope: CursorScope, key: Buffer): string {
  const { owner, offset, limit, total, filters, page, trail } = cursor
  const digest = page === undefined ? [] : [page]
  const last = trail ? [page ?? null, sealTrail(trail, owner, scope, key)] : digest
  const parts = [owner, offset, limit, total, filters, ...last]
  const payload = Buffer.from(JSON.stringify(parts)).toString('base64url')
  return `${payload}.${sign(payload, scope, key)}`
}

/** Reads what `writeCursor` wrote for the same scope with one of the keys; `undefined` for anything else. */
export function readCursor(text: string, scope: CursorScope, keys: readonly Buffer[]): Cursor | undefined {
  const [, payload, signature] = CURSOR.exec(text) ?? []
  if (payload === undefined || signature === undefined) return undefined
  const shown = Buffer.from(signature)
  if (!keys.some((key) => timingSafeEqual(shown, Buffer.from(sign(payload, scope, key))))) return undefined
  const [owner, offset, limit, total, filters, page, sealed] = JSON.parse(
    Buffer.from(payload, 'base64url').toString(),
  ) as [string, number, number, number, string, (string | null)?, string?]
  const trail = sealed === undefined ? undefined : openTrail(sealed, owner, scope, keys)
  if (sealed !== undefined && !trail) return undefined
  const digest = typeof page === 'string' ? { page } : {}
  return { owner, offset, limit, total, filters, ...digest, ...(trail ? { trail } : {}) }
}

function sealTrail(trail: Trail, owner: PartyKey, scope: CursorScope, key: Buffer): string {
  const { below, size, steps, empty, marks } = trail
  return createSealer([key]).seal(
    JSON.stringify([below, size, steps, empty, ...marks]),
    context(owner, scope),
  )
}

function openTrail(
  sealed: string,
  owner: PartyKey,
  scope: CursorScope,
  keys: readonly Buffer[],
): Trail | undefined {
  const text = createSealer(keys).open(sealed, context(owner, scope))
  if (text === undefined) return undefined
  const [below, size, steps, empty, ...marks] = JSON.parse(text) as [
    string,
    number,
    number,
    number,
    ...string[],
  ]
  return { below, size, steps, empty, marks }
}

function context(owner: PartyKey, { requester, from, version, module, rest }: CursorScope): SealContext {
  return { purpose: 'get-all', owner: JSON.stringify([requester, from, version, module, rest, owner]) }
}

const CURSOR = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/

function sign(payload: string, { requester, from, version, module, rest }: CursorScope, key: Buffer): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['get-all', requester, from, version, module, rest, payload]))
    .digest('base64url')
}
