// The journal in memory and on the disk.

import { openEnvironment } from '../../src/journal/environment.ts'
import { createEmbeddedJournal } from '../../src/journal/embedded.ts'
import { createMemoryJournal } from '../../src/journal/memory.ts'
import { makeDirectory } from '../support/directory.ts'
import { journalSuite } from './journal-suite.ts'

journalSuite('memory', async () => ({
  open: async (maxEntries) => createMemoryJournal({ maxEntries }),
  beyondBound: 0,
  end: async () => undefined,
}))

journalSuite('embedded', async () => {
  const directory = makeDirectory()
  const environment = await openEnvironment(directory.path)
  return {
    open: async (maxEntries) => createEmbeddedJournal(environment, { maxEntries }),
    beyondBound: 0,
    async end() {
      await environment.close()
      directory.remove()
    },
  }
})
