// Links in a backup: those that must outlive a move, which are stored CDRs (for good) and call-backs (days). Pages end
// within a day and are left out. URLs are sealed: a response_url is often all that is needed to call it.

import { z } from 'zod'
import type { BackupPart } from '../registry/backup.ts'
import type { Sealer } from '../registry/seal.ts'
import { type KeptLink, LINK_ID, type LinkStore } from './links.ts'
import { readStoredLink } from './stored-link.ts'

const PURPOSE = 'link'

const ITEM = z.looseObject({
  id: z.string().regex(LINK_ID),
  /** Sealed. */
  url: z.string(),
  /** RFC 3339; absent: for good. */
  expires: z.iso.datetime().exactOptional(),
})

export interface LinkBackupOptions {
  /** At most so many links in a backup, call-backs before CDRs. */
  readonly max: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** Sealed, opened or written in one go; requests have their turn in between. */
const TOGETHER = 200

export function createLinkBackup(
  store: LinkStore,
  sealer: Pick<Sealer, 'seal' | 'open'>,
  { max, now = Date.now }: LinkBackupOptions,
): BackupPart {
  function toItem({ id, link, expiresAt }: KeptLink): object {
    const url = sealer.seal(link.url, { purpose: PURPOSE, owner: id })
    return { id, ...link, url, ...(expiresAt ? { expires: new Date(expiresAt).toISOString() } : {}) }
  }

  function fromItem(value: unknown): KeptLink {
    const parsed = ITEM.safeParse(value)
    if (!parsed.success) throw new RangeError('a link of the backup is broken')
    const { id, url: sealed, expires, ...rest } = parsed.data
    const url = sealer.open(sealed, { purpose: PURPOSE, owner: id })
    if (url === undefined) {
      throw new RangeError(
        'the links of the backup are sealed with another secret_key: import with the key of the hub that made it',
      )
    }
    const stored = readStoredLink({ link: { ...rest, url } })
    if (!stored) throw new RangeError(`the link ${id} of the backup is broken`)
    return { id, link: stored.link, ...(expires === undefined ? {} : { expiresAt: Date.parse(expires) }) }
  }

  async function write({ id, link, expiresAt }: KeptLink): Promise<void> {
    const lifeMs = expiresAt === undefined ? undefined : expiresAt - now()
    if (lifeMs === undefined || lifeMs > 0) await store.put(id, link, lifeMs)
  }

  return {
    async export() {
      const kept = new Map<string, KeptLink>()
      const lasting = new Map<string, KeptLink>()
      let leftOut = 0
      for await (const one of store.all()) {
        const { purpose } = one.link
        if (purpose === 'page') continue
        const into = purpose === 'callback' ? kept : lasting
        if (into.has(one.id)) continue
        if (into.size < max) into.set(one.id, one)
        else leftOut++
      }
      const room = max - kept.size
      leftOut += Math.max(0, lasting.size - room)
      const chosen = [...kept.values(), ...[...lasting.values()].slice(0, room)]
      return { items: await inTurns(chosen, toItem), leftOut }
    },
    async prepare(items) {
      const links = await inTurns(items, fromItem)
      return async () => {
        await inTurns(links, write)
        return links.length
      }
    },
  }
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result | Promise<Result>,
): Promise<Result[]> {
  const done: Result[] = []
  for (let at = 0; at < items.length; at += TOGETHER) {
    done.push(...(await Promise.all(items.slice(at, at + TOGETHER).map(work))))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return done
}
