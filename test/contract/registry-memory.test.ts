// The registry over the in-memory store.

import { createMemoryStore } from '../../src/registry/memory.ts'
import { registrySuite } from './registry-suite.ts'

registrySuite('memory', async () => {
  const store = createMemoryStore()
  return {
    open: () => store,
    dump: async () => JSON.stringify([...(await store.load()).records]),
    end: async () => undefined,
  }
})
