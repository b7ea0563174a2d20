// The registry's store in memory, for `:memory:` and for tests: gone when the process ends. Several registries of
// one process may share one.

import { createLocalStore, type LocalTables, type Table } from './local-store.ts'
import type { RegistryStore } from './store.ts'

/** An empty store. */
export function createMemoryStore(): RegistryStore {
  const tables: LocalTables = { head: createTable(), records: createTable(), claims: createTable() }
  // Nothing in a piece of work waits, so that it runs alone without more ado.
  return createLocalStore({ committed: tables, transaction: async (work) => work(tables) })
}

function createTable<Value>(): Table<Value> {
  const map = new Map<string, Value>()
  return {
    get: (key) => map.get(key),
    set: (key, value) => void map.set(key, value),
    delete: (key) => void map.delete(key),
    entries: () => map.entries(),
  }
}
