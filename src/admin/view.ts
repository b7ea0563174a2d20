// View links: a partner's own page without log-in, for some days. The link is the permission; it can be revoked, and
// it shows nothing but what concerns that platform.

import { z } from 'zod'
import { Fault } from '../faults/fault.ts'
import type { Page } from '../http/open-paths.ts'
import type { Log } from '../journal/log.ts'
import type { LiveSetting } from '../registry/live-setting.ts'
import type { Registry } from '../registry/registry.ts'
import { collectView, type ViewData, type ViewDataParts } from './view-data.ts'
import { VIEW_HEADERS, writeBusyPage, writeGonePage, writeViewPage } from './view-page.ts'
import { readViewToken, VIEW_DAYS_MAX, writeViewToken } from './view-token.ts'

/** Platform id -> links made before this instant are revoked. */
export type Revocations = Readonly<Record<string, number>>

export interface Views {
  /** Makes a link that is good for `lifeMs`; gives when it ends, in milliseconds since the epoch. */
  make(platformId: string, lifeMs: number): { readonly url: string; readonly expires: number }
  /** Ends all links of a platform that were made until now. Throws `Fault` `store_unavailable`. */
  revoke(platformId: string): Promise<void>
  /** Answers `{token}` and `{token}/data`. Never rejects. */
  answer(rest: string): Promise<Page>
}

export interface ViewParts extends ViewDataParts {
  readonly registry: Pick<Registry, 'table'>
  /** Of the links: the first signs. */
  readonly keys: readonly Buffer[]
  readonly publicUrl: string
  readonly revoked: LiveSetting<Revocations>
  readonly log: Pick<Log, 'warn'>
  /** Milliseconds since the epoch, the same for all hubs that share the links. */
  readonly now?: () => number
}

// A page that is loaded again and again must not read the journal each time.
const KEPT_MS = 5_000
const KEPT_MAX = 100
const WRITES_MAX = 5
/** Until the last link that a revocation is about has ended by itself. */
const REVOKED_MS = VIEW_DAYS_MAX * 86_400_000

export const REVOCATIONS = z.record(z.string(), z.number())

export function createViews(parts: ViewParts): Views {
  const { registry, keys, publicUrl, revoked, log, now = Date.now } = parts
  const kept = new Map<string, { readonly until: number; readonly data: Promise<ViewData> }>()

  function permitted(token: string) {
    const permission = readViewToken(token, keys)
    if (!permission || permission.expires <= now()) return undefined
    if (permission.made <= (revoked.value()?.[permission.platform] ?? 0)) return undefined
    const connection = registry.table().connections.get(permission.platform)
    return connection && { connection, expires: permission.expires }
  }

  function dataOf(connection: Parameters<typeof collectView>[0]): Promise<ViewData> {
    const { id } = connection.platform
    const known = kept.get(id)
    if (known && known.until > now()) return known.data
    const data = collectView(connection, parts)
    kept.delete(id)
    if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!)
    kept.set(id, { until: now() + KEPT_MS, data })
    data.catch(() => kept.delete(id))
    return data
  }

  async function answer(rest: string): Promise<Page> {
    const [token = '', what, ...more] = rest.split('/')
    const isData = what === 'data'
    const found = more.length > 0 || (what !== undefined && !isData) ? undefined : permitted(token)
    if (!found) return isData ? toJson(404, { error: 'this link is not valid, or not any more' }) : gone()
    const data = await dataOf(found.connection)
    return isData ? toJson(200, data) : toPage(200, writeViewPage(data, found.expires))
  }

  return {
    make(platform, lifeMs) {
      const expires = now() + lifeMs
      // Right after the last revocation, not now: one that comes later counts by whatever clock it is dated.
      const made = (revoked.value()?.[platform] ?? 0) + 1
      const token = writeViewToken({ platform, made, expires }, keys[0]!)
      return { url: `${publicUrl}/view/${token}`, expires }
    },
    async revoke(platform) {
      for (let attempt = 0; attempt < WRITES_MAX; attempt++) {
        const seen = revoked.version()
        // Those of platforms that are gone as well: one may come again under its old id.
        const known = revoked.value() ?? {}
        const others = Object.entries(known).filter(([, made]) => made > now() - REVOKED_MS)
        // Later than every link that was made since the last one, also when the clock was set back.
        const next = {
          ...Object.fromEntries(others),
          [platform]: Math.max(now(), (known[platform] ?? 0) + 1),
        }
        if ((await revoked.write(next, seen)) !== undefined) return
      }
      throw new Fault('store_unavailable', { detail: 'view links are being revoked by others all the time' })
    },
    answer: (rest) =>
      answer(rest).catch((err: unknown) => {
        log.warn({ err }, 'a view could not be made')
        return rest.endsWith('/data')
          ? toJson(503, { error: 'the view cannot be read now; the link is good' })
          : toPage(503, writeBusyPage())
      }),
  }
}

function gone(): Page {
  return toPage(404, writeGonePage())
}

function toPage(httpStatus: number, body: string): Page {
  return { httpStatus, headers: { ...VIEW_HEADERS, 'Content-Type': 'text/html; charset=utf-8' }, body }
}

function toJson(httpStatus: number, value: unknown): Page {
  const headers = { ...VIEW_HEADERS, 'Content-Type': 'application/json; charset=utf-8' }
  return { httpStatus, headers, body: JSON.stringify(value) }
}
