// The registry's store on the hub's own disk: three sub-databases of its lmdb environment. What a write promises is
// on the disk when it resolves, and survives kill -9.

import type { Database } from 'lmdb'
import { Fault } from '../faults/fault.ts'
import type { Environment } from '../journal/environment.ts'
import { createLocalStore, type LocalTables, type Table } from './local-store.ts'
import type { RegistryStore, StoreHead } from './store.ts'

/** The store in an environment, which stays open when the store is closed. */
export function createEmbeddedStore(environment: Environment): RegistryStore {
  const head = environment.openDatabase<StoreHead>({ name: 'registry' })
  const records = environment.openDatabase<string>({ name: 'registry-records' })
  const claims = environment.openDatabase<string>({ name: 'registry-claims' })
  const committed: LocalTables = {
    head: committedTable(head),
    records: committedTable(records),
    claims: committedTable(claims),
  }
  let last: Promise<unknown> = Promise.resolve()

  async function decide<Result>(work: (tables: LocalTables) => Result): Promise<Result> {
    const changes: (() => void)[] = []
    const stage = <Value>(database: Database<Value, string>) => stagedTable(database, changes)
    try {
      const result = work({ head: stage(head), records: stage(records), claims: stage(claims) })
      if (changes.length > 0) await environment.write(() => changes.forEach((change) => change()))
      return result
    } catch (cause) {
      throw new Fault('store_unavailable', { detail: 'the registry cannot be written', cause })
    }
  }

  return createLocalStore({
    committed,
    // One after the other: lmdb writes in batches, and nobody may decide on half a change.
    transaction(work) {
      const done = last.then(() => decide(work))
      last = done.catch(() => undefined)
      return done
    },
  })
}

function committedTable<Value>(database: Database<Value, string>): Table<Value> {
  return {
    get: (key) => database.get(key),
    set: refuse,
    delete: refuse,
    *entries() {
      for (const { key, value } of database.getRange()) yield [key, value] as const
    },
  }
}

/** Reads what the work itself has set over what is committed, and collects what is to be written. */
function stagedTable<Value>(database: Database<Value, string>, changes: (() => void)[]): Table<Value> {
  const staged = new Map<string, Value | undefined>()
  return {
    ...committedTable(database),
    get: (key) => (staged.has(key) ? staged.get(key) : database.get(key)),
    set(key, value) {
      staged.set(key, value)
      changes.push(() => void database.put(key, value))
    },
    delete(key) {
      staged.set(key, undefined)
      changes.push(() => void database.remove(key))
    },
  }
}

function refuse(): never {
  throw new TypeError('what is committed is changed in a transaction only')
}
