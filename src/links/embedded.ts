// Links on the hub's own disk: one sub-database of links by id, one of their ends in order of time, so that every
// write clears away some of those whose life is over.

import { Fault } from '../faults/fault.ts'
import type { Environment } from '../journal/environment.ts'
import type { LinkStore } from './links.ts'
import { isExpired, laterEnd, readStoredLink, type StoredLink } from './stored-link.ts'

// More than one per write, so that the expired ones never pile up; few, so that no write takes long.
const CLEARED_PER_WRITE = 20
/** Read at once: a reader that stays for long keeps the file from being used again. */
const READ_TOGETHER = 500

/** The links in an environment, which stays open when they are closed. `now` in milliseconds since the epoch. */
export function createEmbeddedLinks(
  environment: Environment,
  { now = Date.now }: { readonly now?: () => number } = {},
): LinkStore {
  const links = environment.openDatabase<StoredLink>({ name: 'links' })
  const ends = environment.openDatabase<true, [end: number, id: string]>({ name: 'link-ends' })

  function get(id: string): StoredLink | undefined {
    const stored = readStoredLink(links.get(id))
    return stored && !isExpired(stored, now()) ? stored : undefined
  }

  function clearExpired(): void {
    for (const [end, id] of ends.getKeys({ end: [now(), ''], limit: CLEARED_PER_WRITE })) {
      void ends.remove([end, id])
      // A link that was prolonged has a later end as well.
      const stored = readStoredLink(links.get(id))
      if (!stored || isExpired(stored, now())) void links.remove(id)
    }
  }

  /** Some links in the order of their ids, from behind `after` on. */
  function readSome(after: string | undefined): { id: string; value: unknown }[] {
    try {
      const range = {
        limit: READ_TOGETHER,
        ...(after === undefined ? {} : { start: after, exclusiveStart: true }),
      }
      return [...links.getRange(range)].map(({ key, value }) => ({ id: key, value }))
    } catch (cause) {
      throw new Fault('store_unavailable', { detail: 'links cannot be read', cause })
    }
  }

  return {
    async put(id, link, lifeMs) {
      try {
        const expiresAt = laterEnd(get(id), now(), lifeMs)
        await environment.write(
          () => {
            clearExpired()
            void links.put(id, expiresAt === undefined ? { link } : { link, expiresAt })
            if (expiresAt !== undefined) void ends.put([expiresAt, id], true)
          },
          { urgent: true },
        )
      } catch (cause) {
        throw new Fault('store_unavailable', { detail: 'links cannot be written', cause })
      }
    },
    async get(id) {
      try {
        return get(id)?.link
      } catch (cause) {
        throw new Fault('store_unavailable', { detail: 'links cannot be read', cause })
      }
    },
    async *all() {
      let some = readSome(undefined)
      while (some.length > 0) {
        for (const { id, value } of some) {
          const stored = readStoredLink(value)
          if (stored && !isExpired(stored, now())) yield { id, ...stored }
        }
        // Requests have their turn in between.
        await new Promise((resolve) => setImmediate(resolve))
        some = readSome(some.at(-1)!.id)
      }
    },
    async close() {
      // The environment belongs to whoever opened it.
    },
  }
}
