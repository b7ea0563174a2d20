// The rules of a store in this process, over any four tables: the in-memory and the embedded store are this plus
// where they keep the tables. registry/redis-scripts.ts says the same in Lua; one contract suite checks all.

import { randomUUID } from 'node:crypto'
import { isRecordHead, liveRevision, readRecord, recordHead, recordText, withBody } from './record.ts'
import type { RegistryStore, StoreHead, StoreHint, StoredRecord, WriteResult } from './store.ts'

export interface Table<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  /** What is committed; nobody asks within a transaction. */
  entries(): Iterable<readonly [string, Value]>
}

export interface LocalTables {
  /** `head` only. */
  readonly head: Table<StoreHead>
  /** Text of the records by id, as far as their bodies: a change of status reads none. Whole where there is no body. */
  readonly records: Table<string>
  readonly bodies: Table<string>
  /** `party NL-CPO CPO` and `token <hash>` -> id of the record that claims it. */
  readonly claims: Table<string>
}

export interface LocalData {
  /** What is committed; only read. */
  readonly committed: LocalTables
  /** Runs the work alone; all of it is durable and visible when this resolves, none of it when it rejects. */
  transaction<Result>(work: (tables: LocalTables) => Result): Promise<Result>
  /** Why a transaction would fail now. */
  readonly refusal?: () => Promise<string | undefined>
}

/** A store over data of this process. */
export function createLocalStore(data: LocalData): RegistryStore {
  const { committed } = data
  const listeners = new Set<(hint: StoreHint) => void>()

  async function change<Result>(work: (tables: LocalTables) => Result): Promise<Result> {
    const done = await data.transaction((tables) => {
      const before = headOf(tables).revision
      const result = work(tables)
      const { revision } = headOf(tables)
      return { result, revision, changed: revision !== before }
    })
    if (done.changed) for (const listener of listeners) listener({ revision: done.revision })
    return done.result
  }

  return {
    shared: false,
    async head() {
      const head = headOf(committed)
      const refusal = await data.refusal?.()
      return refusal === undefined ? head : { ...head, refusal }
    },
    load: async () => ({
      ...headOf(committed),
      complete: true,
      records: new Map(textsOf(committed)),
    }),
    write: ({ seen, ...record }, schema) =>
      change((tables): WriteResult => {
        const { schema: theirs, revision } = headOf(tables)
        if (theirs !== 0 && theirs !== schema) return { ok: false, conflict: 'schema' }
        const kept = readFrom(tables, record.id)
        if (kept?.writeId === record.writeId) return { ok: true, revision: kept.revision }
        // A record nobody can read is as good as none.
        if (seen !== liveRevision(kept)) return { ok: false, conflict: 'stale' }
        const taken = takenClaim(tables, record)
        if (taken) return { ok: false, ...taken }
        // A record's revision grows even if the store's own number was lost.
        const next = 1 + Math.max(revision, kept?.revision ?? 0)
        replace(tables, kept, Object.assign(record, { revision: next }))
        advance(tables, schema, next)
        return { ok: true, revision: next }
      }),
    putBack: (records, schema) =>
      change((tables) => {
        const refused: string[] = []
        for (const record of records) {
          const kept = readFrom(tables, record.id)
          if ((kept?.revision ?? 0) >= record.revision) continue
          if (takenClaim(tables, record)) refused.push(record.id)
          else {
            replace(tables, kept, record)
            advance(tables, schema, Math.max(headOf(tables).revision + 1, record.revision))
          }
        }
        return refused
      }),
    upgrade: (records, { seen, schema }) =>
      change((tables) => {
        const now = headOf(tables)
        if (now.revision !== seen.revision || now.schema !== seen.schema) return false
        for (const record of records) setRecord(tables, record)
        advance(tables, schema, now.revision + 1)
        return true
      }),
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => undefined,
  }
}

const CLAIM_LISTS = [
  ['party', 'parties'],
  ['token', 'tokens'],
] as const

function headOf(tables: LocalTables): StoreHead {
  return tables.head.get('head') ?? { schema: 0, birth: '', revision: 0 }
}

function advance(tables: LocalTables, schema: number, revision: number): void {
  tables.head.set('head', { schema, birth: headOf(tables).birth || randomUUID(), revision })
}

/** The record, `body` being whatever is not `null` where there is one. */
function readFrom(tables: LocalTables, id: string): StoredRecord | undefined {
  const text = tables.records.get(id)
  return text === undefined ? undefined : readRecord(id, isRecordHead(text) ? withBody(text, '') : text)
}

function* textsOf({ records, bodies }: LocalTables): Iterable<readonly [string, string]> {
  for (const [id, text] of records.entries()) {
    // A body that is lost is no platform: it is told as broken.
    yield [id, isRecordHead(text) ? withBody(text, bodies.get(id) ?? '') : text]
  }
}

function setRecord({ records, bodies }: LocalTables, record: StoredRecord): void {
  if (record.body === null) {
    records.set(record.id, recordText(record))
    bodies.delete(record.id)
  } else {
    records.set(record.id, recordHead(record))
    bodies.set(record.id, record.body)
  }
}

/** The claim of `record` that another record really holds. */
function takenClaim(tables: LocalTables, record: Pick<StoredRecord, 'id' | 'parties' | 'tokens'>) {
  for (const [kind, list] of CLAIM_LISTS) {
    for (const claim of record[list]) {
      const holder = tables.claims.get(`${kind} ${claim}`)
      // An index entry counts only if its record still says so: a broken index heals itself.
      if (holder === undefined || holder === record.id) continue
      if (readFrom(tables, holder)?.[list].includes(claim)) return { conflict: kind, claim, holder }
    }
  }
  return undefined
}

/** Writes only those claims that are not as they should be: a change of status changes none. */
function replace(tables: LocalTables, before: StoredRecord | undefined, record: StoredRecord): void {
  for (const [kind, list] of CLAIM_LISTS) {
    const claims = new Set(record[list])
    for (const claim of before?.[list] ?? []) {
      const key = `${kind} ${claim}`
      if (!claims.has(claim) && tables.claims.get(key) === record.id) tables.claims.delete(key)
    }
    for (const claim of claims) {
      const key = `${kind} ${claim}`
      if (tables.claims.get(key) !== record.id) tables.claims.set(key, record.id)
    }
  }
  setRecord(tables, record)
}
