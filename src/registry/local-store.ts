// The rules of a store in this process, over any four tables: the in-memory and the embedded store are this plus
// where they keep the tables. registry/redis-scripts.ts says the same in Lua; one contract suite checks all.

import { randomUUID } from 'node:crypto'
import { readRecord, recordText } from './record.ts'
import type { RegistryStore, StoreHead, StoreHint, StoredRecord, WriteResult } from './store.ts'

export interface Table<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  entries(): Iterable<readonly [string, Value]>
}

export interface LocalTables {
  /** `head` only. */
  readonly head: Table<StoreHead>
  /** Text of the records by id. */
  readonly records: Table<string>
  /** `party NL-CPO CPO` and `token <hash>` -> id of the record that claims it. */
  readonly claims: Table<string>
  /** Runs the work alone; durable and visible when it resolves, nothing of it kept when it rejects. */
  transaction<Result>(work: () => Result): Promise<Result>
}

export interface StoreHints extends Pick<RegistryStore, 'watch'> {
  tell(hint: StoreHint): void
}

/** Those who watch a store. */
export function createStoreHints(): StoreHints {
  const listeners = new Set<(hint: StoreHint) => void>()
  return {
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tell(hint) {
      for (const listener of listeners) listener(hint)
    },
  }
}

/** A store over tables of this process. */
export function createLocalStore(tables: LocalTables): RegistryStore {
  const hints = createStoreHints()
  const head = () => tables.head.get('head') ?? { schema: 0, birth: '', revision: 0 }
  const current = (id: string) => {
    const text = tables.records.get(id)
    return text === undefined ? undefined : readRecord(id, text)
  }

  function advance(schema: number, revision: number): void {
    tables.head.set('head', { schema, birth: head().birth || randomUUID(), revision })
  }

  /** The claim of `record` that another record really holds. */
  function takenClaim(record: Pick<StoredRecord, 'id' | 'parties' | 'tokens'>) {
    for (const kind of ['party', 'token'] as const) {
      for (const claim of record[CLAIMS[kind]]) {
        const holder = tables.claims.get(`${kind} ${claim}`)
        // An index entry counts only if its record still says so: a broken store heals itself.
        if (holder === undefined || holder === record.id) continue
        if (current(holder)?.[CLAIMS[kind]].includes(claim)) return { conflict: kind, claim, holder }
      }
    }
    return undefined
  }

  function replace(record: StoredRecord): void {
    for (const [kind, list] of CLAIM_LISTS) {
      for (const claim of current(record.id)?.[list] ?? []) {
        if (tables.claims.get(`${kind} ${claim}`) === record.id) tables.claims.delete(`${kind} ${claim}`)
      }
    }
    tables.records.set(record.id, recordText(record))
    for (const [kind, list] of CLAIM_LISTS) {
      for (const claim of record[list]) tables.claims.set(`${kind} ${claim}`, record.id)
    }
  }

  async function change<Result>(work: () => Result): Promise<Result> {
    const before = head().revision
    const result = await tables.transaction(work)
    if (head().revision !== before) hints.tell({ revision: head().revision })
    return result
  }

  return {
    shared: false,
    head: async () => head(),
    load: async () => ({ ...head(), complete: true, records: new Map(tables.records.entries()) }),
    write: ({ seen, ...record }, schema) =>
      change((): WriteResult => {
        const { schema: theirs, revision } = head()
        if (theirs !== 0 && theirs !== schema) return { ok: false, conflict: 'schema' }
        const kept = current(record.id)
        if (kept?.writeId === record.writeId) return { ok: true, revision: kept.revision }
        // A tombstone, like a record nobody can read, is as good as none.
        if (seen !== (kept && kept.body !== null ? kept.revision : 0)) return { ok: false, conflict: 'stale' }
        const taken = takenClaim(record)
        if (taken) return { ok: false, ...taken }
        replace({ ...record, revision: revision + 1 })
        advance(schema, revision + 1)
        return { ok: true, revision: revision + 1 }
      }),
    putBack: (records, schema) =>
      change(() => {
        const refused: string[] = []
        for (const record of records) {
          if ((current(record.id)?.revision ?? 0) >= record.revision) continue
          if (takenClaim(record)) refused.push(record.id)
          else {
            replace(record)
            advance(schema, Math.max(head().revision + 1, record.revision))
          }
        }
        return refused
      }),
    upgrade: (records, { seen, schema }) =>
      change(() => {
        const now = head()
        if (now.revision !== seen.revision || now.schema !== seen.schema) return false
        for (const record of records) tables.records.set(record.id, recordText(record))
        advance(schema, now.revision + 1)
        return true
      }),
    watch: hints.watch,
    close: async () => undefined,
  }
}

const CLAIMS = { party: 'parties', token: 'tokens' } as const
const CLAIM_LISTS = [
  ['party', 'parties'],
  ['token', 'tokens'],
] as const
