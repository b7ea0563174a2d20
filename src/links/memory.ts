// Links in memory, for `:memory:` and for tests: gone when the process ends. Bounded: past the bound the links that
// were made first go first, those kept for good last.

import type { LinkStore } from './links.ts'
import { isExpired, laterEnd, type StoredLink } from './stored-link.ts'

export interface MemoryLinkOptions {
  readonly linksMax?: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

const LINKS_MAX = 200_000

/** An empty store of links. */
export function createMemoryLinks({
  linksMax = LINKS_MAX,
  now = Date.now,
}: MemoryLinkOptions = {}): LinkStore {
  const temporary = new Map<string, StoredLink>()
  const lasting = new Map<string, StoredLink>()

  function get(id: string): StoredLink | undefined {
    const stored = lasting.get(id) ?? temporary.get(id)
    return stored && !isExpired(stored, now()) ? stored : undefined
  }

  return {
    async put(id, link, lifeMs) {
      const expiresAt = laterEnd(get(id), now(), lifeMs)
      // Deleted first, so that a link that is put again counts as young.
      temporary.delete(id)
      if (expiresAt === undefined) lasting.set(id, { link })
      else temporary.set(id, { link, expiresAt })
      if (temporary.size + lasting.size > linksMax) dropFirst(temporary.size > 0 ? temporary : lasting)
    },
    async get(id) {
      return get(id)?.link
    },
    async *all() {
      for (const [id, stored] of [...temporary, ...lasting])
        if (!isExpired(stored, now())) yield { id, ...stored }
    },
    async close() {
      temporary.clear()
      lasting.clear()
    },
  }
}

function dropFirst(links: Map<string, StoredLink>): void {
  const [first] = links.keys()
  if (first !== undefined) links.delete(first)
}
