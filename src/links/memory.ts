// Links in memory, for `:memory:` and for tests: gone when the process ends.

import type { Link, LinkStore } from './links.ts'

interface Kept {
  readonly link: Link
  readonly until: number
}

/** An empty store; `now` in milliseconds since the epoch. */
export function createMemoryLinks(now: () => number = Date.now): LinkStore {
  const links = new Map<string, Kept>()
  return {
    async put(id, link, lifeMs) {
      links.set(id, { link, until: lifeMs === undefined ? Number.POSITIVE_INFINITY : now() + lifeMs })
    },
    async get(id) {
      const kept = links.get(id)
      if (kept && kept.until > now()) return kept.link
      links.delete(id)
      return undefined
    },
    async close() {
      links.clear()
    },
  }
}
