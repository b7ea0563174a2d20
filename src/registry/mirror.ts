// The registry's picture of its store: pulls what changed, notices what a store has lost and puts it back, and keeps
// the picture it has when a store comes back suddenly empty, until an operator says which of the two is right.

import { Fault } from '../faults/fault.ts'
import type { Log } from '../journal/log.ts'
import { oneByOne } from '../journal/one-by-one.ts'
import {
  asStored,
  countLive,
  differs,
  foreignKeys,
  isShrunk,
  type KnownRecord,
  type KnownRecords,
  lostRecords,
  overlayRecords,
  readContent,
  withOwnWrites,
} from './known.ts'
import { patchMap } from './patched-map.ts'
import type { StoredPlatform } from './record.ts'
import { refuseNewer, schemaOf, upgradeRecords, type UpgradeStep } from './schema.ts'
import type { Sealer } from './seal.ts'
import type { RecordHead, RegistryStore, StoreContent, StoreHead, StoredRecord } from './store.ts'

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
  note(record: RecordHead, stored?: StoredPlatform): boolean
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
const SILENT = { warn: () => undefined }

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
    if (loaded && content.schema > schema) await follow(content)
    refuseNewer(content, steps)
    if (content.schema !== 0 && content.schema < schema) return upgrade(content, rounds)
    if (!content.complete) {
      if (!goesOn(content, seen)) return pull(true, rounds - 1)
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
      shrink = { lost: toStored(lost), found }
      return false
    }
    await putBack(toStored(lost), 'the store had lost records')
    return pull(true, rounds - 1)
  }

  function read(content: StoreContent): KnownRecords {
    return readContent(content, shrink ? new Map([...known, ...shrink.found]) : known, sealer, log)
  }

  function toStored(entries: readonly KnownRecord[]): StoredRecord[] {
    return entries.flatMap((entry) => asStored(entry, sealer) ?? [])
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

  /**
   * A newer hub has taken the store over while this one still runs: it reads what it can, so that a token that was
   * renewed there is good here as well, and writes nothing. What it cannot read any more stays as it was known.
   */
  async function follow(content: StoreContent): Promise<void> {
    const [before, seen] = [known, head]
    const theirs = content.complete || goesOn(content, seen) ? content : await store.load()
    const found = readContent(theirs, known, sealer, SILENT)
    // What is missing may be lost, and is not this hub's to put back.
    if (shrink || (theirs.complete && lostRecords(before, found).length > 0)) return
    const legible = new Map([...found].map(([id, now]) => [id, now.problem ? (before.get(id) ?? now) : now]))
    take({ content: theirs, seen, next: theirs.complete ? legible : overlayRecords(before, legible) })
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
      const entry = stored ? { record, stored } : { record }
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
        await store.putBack(givenUp(shrink, known, sealer), schema)
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

/** With another birth or a number that fell it is not the store that the picture was taken of. */
function goesOn(content: StoreHead, seen: StoreHead): boolean {
  return content.birth === seen.birth && content.revision >= seen.revision
}

/** Tombstones for what is gone and, newer than anything known, what the store has in an older state. */
function givenUp(shrink: Shrink, known: KnownRecords, sealer: Sealer): StoredRecord[] {
  const top = 1 + Math.max(0, ...[...known.values()].map((entry) => entry.record?.revision ?? 0))
  return shrink.lost.map((record) => {
    const found = shrink.found.get(record.id)
    const kept = (found && asStored(found, sealer)) ?? { ...record, parties: [], tokens: [], body: null }
    return { ...kept, revision: top }
  })
}
