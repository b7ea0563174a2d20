// The registry's store in memory, for `:memory:` and for tests: gone when the process ends. Several registries of
// one process may share one.

import { createLocalStore, type LocalTables, type Table } from './local-store.ts'
import type { RegistryStore } from './store.ts'

/** A store over `records` and `bodies`, texts by id. */
export function createMemoryStore(
  records = new Map<string, string>(),
  bodies = new Map<string, string>(),
): RegistryStore {
  const tables: LocalTables = {
    head: toTable(new Map()),
    records: toTable(records),
    bodies: toTable(bodies),
    claims: toTable(new Map()),
  }
  // Nothing in a piece of work waits, so that it runs alone without more ado.
  return createLocalStore({ committed: tables, transaction: async (work) => work(tables) })
}

function toTable<Value>(map: Map<string, Value>): Table<Value> {
  return {
    get: (key) => map.get(key),
    set: (key, value) => void map.set(key, value),
    delete: (key) => void map.delete(key),
    entries: () => map.entries(),
  }
}
