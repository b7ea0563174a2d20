// A link as stores keep it, with the end of its life; every stored link is checked when it is read.

import { z } from 'zod'
import { INTERFACES } from '../ocpi/module.ts'
import type { Link } from './links.ts'

export interface StoredLink {
  readonly link: Link
  /** Milliseconds since the epoch; absent = for good. */
  readonly expiresAt?: number
}

const text = z.string()

const LINK = z.object({
  purpose: z.enum(['page', 'location', 'callback']),
  caller: text,
  owner: text,
  url: text,
  module: text,
  interface: z.enum(INTERFACES),
  from: text,
  to: text,
  correlationId: text,
  listQuery: text.exactOptional(),
})

const STORED = z.object({ link: LINK, expiresAt: z.number().exactOptional() })

/** A stored link out of whatever a store gave; `undefined` when it is none. */
export function readStoredLink(value: unknown): StoredLink | undefined {
  const parsed = STORED.safeParse(value)
  return parsed.success ? parsed.data : undefined
}

/** Whether the link's life is over at `now`. */
export function isExpired(stored: Pick<StoredLink, 'expiresAt'>, now: number): boolean {
  return stored.expiresAt !== undefined && stored.expiresAt <= now
}

/**
 * The end of a link's life that is put again at `now` for `lifeMs` (`undefined` = for good): never earlier than
 * what was promised before.
 */
export function laterEnd(
  before: StoredLink | undefined,
  now: number,
  lifeMs: number | undefined,
): number | undefined {
  if (lifeMs === undefined) return undefined
  const end = now + lifeMs
  if (!before || isExpired(before, now)) return end
  return before.expiresAt === undefined ? undefined : Math.max(before.expiresAt, end)
}
