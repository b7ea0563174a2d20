// Who changed what, and when: one line of the log and one kept entry for each change that an operator made, or was
// refused, and for each platform that moved to another URL. Keeping it never undoes the change: a store that is away
// costs the entry, not the line.

import { z } from 'zod'
import type { Log } from './log.ts'
import { createReferences } from './reference.ts'
import { plainText } from './text.ts'
import type { TrailStore } from './trail.ts'

const ENTRY = z.object({
  id: z.string(),
  /** RFC 3339 UTC with milliseconds. */
  time: z.string(),
  /** Name of the admin token, or what else made the change: `signal SIGHUP`, `platform acme`. */
  who: z.string(),
  /** `platform.suspend`. */
  action: z.string(),
  /** What it was done to. */
  target: z.string().exactOptional(),
  /** Of a change that was not made: what its caller was answered. Absent = it was made. */
  http_status: z.int().exactOptional(),
  /** Hash of what the API showed of it before and after; absent = there was, or is, nothing. */
  before: z.string().exactOptional(),
  after: z.string().exactOptional(),
  /** One line for people; no secrets. */
  detail: z.string().exactOptional(),
})

export type AuditEntry = z.infer<typeof ENTRY>
export type AuditRecord = Omit<AuditEntry, 'id' | 'time'>

export interface Audit {
  /** Resolves when it is kept, or cannot be. Never rejects. */
  record(change: AuditRecord): Promise<void>
  /** Newest first, from `position` on. Throws `Fault` `store_unavailable`. */
  read(options: { readonly limit: number; readonly position?: string }): Promise<AuditPage>
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  readonly next?: string
}

const TEXT_CHARS_MAX = 500

export function createAudit(parts: { readonly trail: TrailStore; readonly log: Log }): Audit {
  const { trail, log } = parts
  const newId = createReferences()
  return {
    async record({ who, target, detail, ...change }) {
      const entry: AuditEntry = {
        id: newId(),
        time: new Date().toISOString(),
        who: plainText(who, TEXT_CHARS_MAX),
        ...change,
        ...(target === undefined ? {} : { target: plainText(target, TEXT_CHARS_MAX) }),
        ...(detail === undefined ? {} : { detail: plainText(detail, TEXT_CHARS_MAX) }),
      }
      const refused = entry.http_status === undefined ? '' : ` refused with ${entry.http_status}`
      log.info({ audit: entry }, `audit: ${entry.action}${refused}`)
      try {
        await trail.append(JSON.stringify(entry))
      } catch (err) {
        log.error(
          { err, audit: entry.id },
          'an audit entry could not be kept; its line in the log is all there is',
        )
      }
    },
    async read(options) {
      const { texts, next } = await trail.read(options)
      const entries = texts.flatMap((text) => readEntry(text) ?? [])
      return next === undefined ? { entries } : { entries, next }
    },
  }
}

function readEntry(text: string): AuditEntry | undefined {
  try {
    return ENTRY.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
