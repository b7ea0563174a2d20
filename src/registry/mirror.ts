// The registry's picture of its store: pulls what changed, notices what a store has lost and puts it back, and keeps
// the picture it has when a store comes back suddenly empty, until an operator says which of the two is right.

import { Fault } from '../faults/fault.ts'
import type { Log } from '../journal/log.ts'
import { oneByOne } from '../journal/one-by-one.ts'
import { counted } from '../journal/text.ts'
import { patchMap } from './patched-map.ts'
import {
  liveRevision,
  readBody,
  readRecord,
  recordText,
  type StoredPlatform,
  type Unreadable,
} from './record.ts'
import { refuseNewer, schemaOf, upgradeRecords, type UpgradeStep } from './schema.ts'
import type { Sealer } from './seal.ts'
import type {
  RecordWrite,
  RegistryStore,
  StoreContent,
  StoreHead,
  StoredRecord,
  WriteResult,
} from './store.ts'

/** One record as last seen; `problem`: what is wrong with a broken one. */
export interface KnownRecord extends Partial<Unreadable> {
  readonly text: string
  /** Absent: the text is not a record at all. */
  readonly record?: StoredRecord
  /** Absent: a tombstone, or broken. */
  readonly stored?: StoredPlatform
}

export type KnownRecords = ReadonlyMap<string, KnownRecord>

/** A store that came back much smaller than it was. */
export interface Shrink {
  /** Records the store no longer has, or has in an older state. */
  readonly lost: readonly StoredRecord[]
  /** What the store has now. */
  readonly found: KnownRecords
}

export interface Mirror {
  known(): KnownRecords
  head(): StoreHead
  /** Whether anything was ever pulled. */
  loaded(): boolean
  shrink(): Shrink | undefined
  /** Brings the picture up to date; gives whether the store may be trusted. Never two at once. */
  pull(complete: boolean): Promise<boolean>
  /**
   * Takes over an own write without reading it back; `stored` as `writeBody` gave it, absent for a tombstone. Gives
   * false when a pull has read something later of that record meanwhile: only the store knows what counts.
   */
  note(record: StoredRecord, stored?: StoredPlatform): boolean
  /** Ends a shrink: what was lost is given up, in the store too, so that all hubs agree. */
  confirmShrink(): Promise<void>
  /** Ends a shrink: what was lost is written back. */
  restore(): Promise<void>
}

export interface MirrorOptions {
  readonly sealer: Sealer
  readonly steps: readonly UpgradeStep[]
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  /** Called when the picture has changed. */
  readonly changed: () => void
}

// A pull leads to another after an upgrade or a write-back: one or two more, unless the store is at odds with itself.
const ROUNDS_MAX = 5

/** A picture of `store`, empty until the first pull. */
export function createMirror(store: RegistryStore, options: MirrorOptions): Mirror {
  const { sealer, steps, log } = options
  const schema = schemaOf(steps)
  let known: KnownRecords = new Map()
  let head: StoreHead = { schema: 0, birth: '', revision: 0 }
  let loaded = false
  let shrink: Shrink | undefined
  // A pull that overtakes another would take old for lost.
  const alone = oneByOne()

  async function pull(complete: boolean, rounds = ROUNDS_MAX): Promise<boolean> {
    if (rounds === 0) throw new Fault('store_unavailable', { detail: 'the registry store does not settle' })
    const before = known
    const seen = head
    const content = await store.load(complete || !loaded ? undefined : head.revision)
    refuseNewer(content, steps)
    if (content.schema !== 0 && content.schema < schema) return upgrade(content, rounds)
    if (!content.complete) {
      // A number that fell or another birth: not the store this picture was taken of.
      if (content.birth !== seen.birth || content.revision < seen.revision) return pull(true, rounds - 1)
      return take({ content, seen, next: overlayRecords(known, read(content)) })
    }
    const found = read(content)
    const foreign = loaded ? undefined : foreignKeys(found)
    if (foreign !== undefined) throw new RangeError(foreign)
    const lost = lostRecords(before, found)
    if (lost.length === 0) return take({ content, seen, next: withOwnWrites(found, before, known) })
    const reborn = seen.birth !== '' && content.birth !== seen.birth
    if (isShrunk(lost, before, reborn)) {
      if (!shrink) log.error({ lost: lost.length, stored: countLive(found) }, 'the registry has shrunk')
      shrink = { lost, found }
      return false
    }
    await putBack(lost, 'the store had lost records')
    return pull(true, rounds - 1)
  }

  function read(content: StoreContent): KnownRecords {
    return readContent(content, shrink ? new Map([...known, ...shrink.found]) : known, sealer, log)
  }

  /** Takes over what a load gave that began when the head was `seen`. */
  function take({ content, seen, next }: { content: StoreHead; seen: StoreHead; next: KnownRecords }): true {
    const isNew = !loaded || differs(known, next)
    if (shrink) log.info({}, 'the registry is whole again')
    shrink = undefined
    // Own writes that came meanwhile may be ahead of it.
    const { schema: version, birth, revision } = content
    if (head === seen || revision > head.revision) head = { schema: version, birth, revision }
    loaded = true
    known = next
    if (isNew) options.changed()
    return true
  }

  async function upgrade(content: StoreContent, rounds: number): Promise<boolean> {
    const whole = content.complete ? content : await store.load()
    const done = await store.upgrade(upgradeRecords(whole, steps), { seen: whole, schema })
    if (done) log.info({ from: whole.schema, to: schema }, 'the registry was upgraded')
    return pull(true, rounds - 1)
  }

  /** Writes records back. One whose claims are held by others by now is given up. */
  async function putBack(records: readonly StoredRecord[], why: string): Promise<void> {
    const refused = new Set(await store.putBack(records, schema))
    const back = records.filter((record) => !refused.has(record.id)).map((record) => record.id)
    log.warn({ records: back, refused: [...refused] }, `${why}; they were written back`)
    if (refused.size > 0) known = new Map([...known].filter(([id]) => !refused.has(id)))
  }

  return {
    known: () => known,
    head: () => head,
    loaded: () => loaded,
    shrink: () => shrink,
    pull: (complete) => alone(() => pull(complete)),
    note(record, stored) {
      const pulled = known.get(record.id)?.record
      if (pulled?.writeId === record.writeId) return true
      const entry = {
        record,
        ...(stored ? { stored } : {}),
        // Only whoever loads everything anew compares it.
        get text() {
          return recordText(record)
        },
      }
      known = known.has(record.id)
        ? patchMap(known, new Map([[record.id, entry]]))
        : new Map(known).set(record.id, entry)
      if (record.revision === head.revision + 1) {
        head = { schema, birth: head.birth, revision: record.revision }
      }
      return (pulled?.revision ?? 0) < record.revision
    },
    confirmShrink: () =>
      alone(async () => {
        await pull(true)
        if (!shrink) return
        await store.putBack(givenUp(shrink, known), schema)
        log.warn({ records: shrink.lost.map((record) => record.id) }, 'the smaller registry was confirmed')
        await pull(true)
      }),
    restore: () =>
      alone(async () => {
        await pull(true)
        if (!shrink) return
        await putBack(shrink.lost, 'the registry had shrunk')
        await pull(true)
      }),
  }
}

/** Whether the picture says as much as the refusal of a write does: then there is nothing new to read. */
export function showsConflict(
  known: KnownRecords,
  refusal: Extract<WriteResult, { readonly conflict: 'stale' | 'party' | 'token' }>,
  { id, seen }: Pick<RecordWrite, 'id' | 'seen'>,
): boolean {
  if (refusal.conflict === 'stale') return seen !== liveRevision(known.get(id)?.record)
  const holder = known.get(refusal.holder)?.record
  const claims = refusal.conflict === 'party' ? holder?.parties : holder?.tokens
  return claims?.includes(refusal.claim) ?? false
}

/** Reads texts into records, by id; a text that was read before is not read again. */
function readContent(
  content: Pick<StoreContent, 'records'>,
  known: KnownRecords,
  sealer: Sealer,
  log: Pick<Log, 'warn'>,
): KnownRecords {
  const found = new Map<string, KnownRecord>()
  for (const [id, text] of [...content.records].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const same = known.get(id)
    if (same?.text === text) {
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

function readKnown(record: StoredRecord, sealer: Sealer, text: string): KnownRecord {
  if (record.body === null) return { text, record }
  const stored = readBody(record, sealer)
  return 'problem' in stored ? { text, record, ...stored } : { text, record, stored }
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
function lostRecords(before: KnownRecords, found: KnownRecords): StoredRecord[] {
  return [...before].flatMap(([id, { record }]) =>
    record && record.revision > (found.get(id)?.record?.revision ?? 0) ? [record] : [],
  )
}

/** Emptied or replaced, or more than half of the platforms and more than three gone at once. */
function isShrunk(lost: readonly StoredRecord[], before: KnownRecords, reborn: boolean): boolean {
  const platforms = lost.filter((record) => isRegistered(before.get(record.id))).length
  return platforms > 0 && (reborn || (platforms > 3 && platforms * 2 > countLive(before)))
}

function countLive(records: KnownRecords): number {
  return [...records.values()].filter(isRegistered).length
}

// Overlays of file platforms are no loss worth an alarm: they are simply written back.
function isRegistered(entry: KnownRecord | undefined): boolean {
  return entry?.stored?.platform.source === 'registered'
}

/** `found`, with the own writes that came while it was loaded. */
function withOwnWrites(found: KnownRecords, before: KnownRecords, now: KnownRecords): KnownRecords {
  if (before === now) return found
  const own = [...now].filter(([id, entry]) => before.get(id) !== entry)
  return overlayRecords(found, new Map(own))
}

function overlayRecords(base: KnownRecords, patches: KnownRecords): KnownRecords {
  const next = new Map(base)
  for (const [id, patch] of patches) {
    const newer = (patch.record?.revision ?? Infinity) >= (next.get(id)?.record?.revision ?? 0)
    if (newer) next.set(id, patch)
  }
  return next
}

function differs(one: KnownRecords, other: KnownRecords): boolean {
  if (one.size !== other.size) return true
  return [...one].some(([id, { record }]) => {
    const now = other.get(id)?.record
    return record?.revision !== now?.revision || record?.writeId !== now?.writeId
  })
}

/** Tombstones for what is gone and, newer than anything known, what the store has in an older state. */
function givenUp(shrink: Shrink, known: KnownRecords): StoredRecord[] {
  const top = 1 + Math.max(0, ...[...known.values()].map((entry) => entry.record?.revision ?? 0))
  return shrink.lost.map((record) => {
    const found = shrink.found.get(record.id)?.record
    const kept = found ?? { ...record, parties: [], tokens: [], body: null }
    return { ...kept, revision: top }
  })
}
