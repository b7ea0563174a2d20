// How connections went: each change of a platform's status, kept in a short history that all hubs write to once.

import { z } from 'zod'
import type { Log } from './log.ts'
import type { TrailStore } from './trail.ts'

const ENTRY = z.object({ time: z.string(), platform: z.string(), status: z.string() })

export interface StatusChange {
  /** RFC 3339 UTC with milliseconds. */
  readonly time: string
  readonly status: string
}

export interface PlatformStatusChange extends StatusChange {
  readonly platform: string
}

export interface StatusHistory {
  /**
   * `at` in milliseconds since the epoch. Never rejects: a history that cannot be kept keeps nobody from anything.
   */
  note(platform: string, status: string, at: number): Promise<void>
  /** Newest first, at most `limit`. Throws `Fault` `store_unavailable`. */
  of(platform: string, limit: number): Promise<readonly StatusChange[]>
  /** Those of all platforms since an instant in milliseconds, newest first. Throws `Fault` `store_unavailable`. */
  since(
    instant: number,
    page: { readonly limit: number; readonly position?: string },
  ): Promise<{ readonly changes: readonly PlatformStatusChange[]; readonly next?: string }>
}

const PAGE = 500

export function createStatusHistory(parts: {
  readonly trail: TrailStore
  readonly log: Pick<Log, 'warn'>
}): StatusHistory {
  const { trail, log } = parts
  return {
    async note(platform, status, at) {
      try {
        await trail.append(JSON.stringify({ time: new Date(at).toISOString(), platform, status }))
      } catch (err) {
        log.warn({ err, platform }, 'a change of status could not be kept')
      }
    },
    async of(platform, limit) {
      const found: StatusChange[] = []
      let position: string | undefined
      do {
        const page = await trail.read({ limit: PAGE, ...(position === undefined ? {} : { position }) })
        for (const text of page.texts) {
          const entry = readEntry(text)
          if (entry?.platform === platform) found.push({ time: entry.time, status: entry.status })
        }
        position = page.next
      } while (position !== undefined && found.length < limit)
      return found.slice(0, limit)
    },
    async since(instant, page) {
      const { texts, next } = await trail.read(page)
      const read = texts.map(readEntry).filter((entry) => entry !== undefined)
      const changes = read.filter(({ time }) => Date.parse(time) >= instant)
      const reachedOlder = changes.length < read.length
      return { changes, ...(next === undefined || reachedOlder ? {} : { next }) }
    },
  }
}

function readEntry(text: string): PlatformStatusChange | undefined {
  try {
    return ENTRY.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
