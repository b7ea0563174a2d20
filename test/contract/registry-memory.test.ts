// The registry over the in-memory store.

import { createMemoryStore } from '../../src/registry/memory.ts'
import { registrySuite } from './registry-suite.ts'

registrySuite('memory', async () => {
  const records = new Map<string, string>()
  const store = createMemoryStore(records)
  return {
    open: () => store,
    plant: async (id, text) => void records.set(id, text),
    dump: () => JSON.stringify([...records]),
    end: async () => undefined,
  }
})
