// What is known of the records of a store: each as it was read or written last, and how two such pictures differ.

import type { Log } from '../journal/log.ts'
import { counted } from '../journal/text.ts'
import { bodyText, readBody, readRecord, recordText, type StoredPlatform, type Unreadable } from './record.ts'
import type { Sealer } from './seal.ts'
import type { RecordHead, RecordWrite, StoreContent, StoredRecord, WriteResult } from './store.ts'

/** One record as last seen; `problem`: what is wrong with a broken one. */
export interface KnownRecord extends Partial<Unreadable> {
  /** Absent: an own write. Its body is not kept twice; what it was is written again when somebody asks (`asStored`). */
  readonly text?: string
  /** Absent: the text is not a record at all. */
  readonly record?: RecordHead
  /** Absent: a tombstone, or broken. */
  readonly stored?: StoredPlatform
}

export type KnownRecords = ReadonlyMap<string, KnownRecord>

/** Reads texts into records, by id; a text that was read before is not read again. */
export function readContent(
  content: Pick<StoreContent, 'records'>,
  known: KnownRecords,
  sealer: Sealer,
  log: Pick<Log, 'warn'>,
): KnownRecords {
  const found = new Map<string, KnownRecord>()
  for (const [id, text] of [...content.records].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const same = known.get(id)
    if (same && textOf(same, sealer) === text) {
      found.set(id, same)
      continue
    }
    const record = readRecord(id, text)
    const entry = record ? readKnown(record, sealer, text) : { text, problem: 'not a record' }
    if (entry.problem) log.warn({ platform: id, problem: entry.problem }, 'a stored platform is left out')
    found.set(id, entry)
  }
  return found
}

function readKnown({ body, ...record }: StoredRecord, sealer: Sealer, text: string): KnownRecord {
  if (body === null) return { text, record }
  const stored = readBody({ ...record, body }, sealer)
  return 'problem' in stored ? { text, record, ...stored } : { text, record, stored }
}

function textOf(entry: KnownRecord, sealer: Sealer): string | undefined {
  const record = entry.text === undefined ? asStored(entry, sealer) : undefined
  return record ? recordText(record) : entry.text
}

/** The record as the store has it, or had it; `undefined` for what is not one. */
export function asStored({ text, record, stored }: KnownRecord, sealer: Sealer): StoredRecord | undefined {
  if (!record) return undefined
  if (text !== undefined) return readRecord(record.id, text)
  return { ...record, body: stored ? bodyText(stored, sealer) : null }
}

/** Revision of what is no tombstone, 0 for everything else: what a writer must have seen. */
function liveRevisionOf({ record, stored, problem }: KnownRecord = {}): number {
  return record && (stored || problem !== undefined) ? record.revision : 0
}

/** Whether the picture says as much as the refusal of a write does: then there is nothing new to read. */
export function showsConflict(
  known: KnownRecords,
  refusal: Extract<WriteResult, { readonly conflict: 'stale' | 'party' | 'token' }>,
  { id, seen }: Pick<RecordWrite, 'id' | 'seen'>,
): boolean {
  if (refusal.conflict === 'stale') return seen !== liveRevisionOf(known.get(id))
  const holder = known.get(refusal.holder)?.record
  const claims = refusal.conflict === 'party' ? holder?.parties : holder?.tokens
  return claims?.includes(refusal.claim) ?? false
}

/**
 * A registry of which not one sealed record opens belongs to another secret_key: serving it would refuse everybody.
 * Gives the words for the operator; `undefined` when something opens, or nothing is sealed.
 */
export function foreignKeys(found: KnownRecords): string | undefined {
  const all = [...found.values()]
  const missing = all.flatMap(({ missingKey }) => missingKey ?? [])
  if (missing.length === 0 || all.some(({ stored }) => stored?.sealedWith !== undefined)) return undefined
  const [are, they, these] =
    missing.length === 1 ? ['is', 'it was', 'this platform'] : ['are', 'they were', 'these platforms']
  return `secret_key does not fit the registry: its ${counted(missing.length, 'platform')} ${are} sealed with key ${[...new Set(missing)].join(', ')}. Put the secret ${they} sealed with behind the new one (secret_key: [new, old]). If it is lost, "ocpi-hub registry forget-key" forgets ${these}`
}

/** What was known before and the store has not, or has in an older state. A removal leaves a tombstone, so it is none. */
export function lostRecords(before: KnownRecords, found: KnownRecords): KnownRecord[] {
  return [...before].flatMap(([id, entry]) =>
    entry.record && entry.record.revision > (found.get(id)?.record?.revision ?? 0) ? [entry] : [],
  )
}

/** Emptied or replaced, or more than half of the platforms and more than three gone at once. */
export function isShrunk(lost: readonly KnownRecord[], before: KnownRecords, reborn: boolean): boolean {
  const platforms = lost.filter(isRegistered).length
  return platforms > 0 && (reborn || (platforms > 3 && platforms * 2 > countLive(before)))
}

/** Platforms that registered themselves. */
export function countLive(records: KnownRecords): number {
  return [...records.values()].filter(isRegistered).length
}

// Overlays of file platforms are no loss worth an alarm: they are simply written back.
function isRegistered(entry: KnownRecord | undefined): boolean {
  return entry?.stored?.platform.source === 'registered'
}

/** `found`, with the own writes that came while it was loaded. */
export function withOwnWrites(found: KnownRecords, before: KnownRecords, now: KnownRecords): KnownRecords {
  if (before === now) return found
  const own = [...now].filter(([id, entry]) => before.get(id) !== entry)
  return overlayRecords(found, new Map(own))
}

/** `base` with what of `patches` is at least as new. */
export function overlayRecords(base: KnownRecords, patches: KnownRecords): KnownRecords {
  const next = new Map(base)
  for (const [id, patch] of patches) {
    const newer = (patch.record?.revision ?? Infinity) >= (next.get(id)?.record?.revision ?? 0)
    if (newer) next.set(id, patch)
  }
  return next
}

/** Whether any record is another one. */
export function differs(one: KnownRecords, other: KnownRecords): boolean {
  if (one.size !== other.size) return true
  return [...one].some(([id, { record }]) => {
    const now = other.get(id)?.record
    return record?.revision !== now?.revision || record?.writeId !== now?.writeId
  })
}
