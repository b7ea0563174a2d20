// The registry's store in memory, for `:memory:` and for tests: gone when the process ends. Several registries of
// one process may share one.

import { createLocalStore, type Table } from './local-store.ts'
import type { RegistryStore, StoreHead } from './store.ts'

/** An empty store. */
export function createMemoryStore(): RegistryStore {
  return createLocalStore({
    head: createTable<StoreHead>(),
    records: createTable<string>(),
    claims: createTable<string>(),
    // Nothing in a piece of work waits, so that it runs alone without more ado.
    transaction: async (work) => work(),
  })
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
