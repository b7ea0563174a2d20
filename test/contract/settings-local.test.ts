// Settings and histories in memory and on the disk.

import { expect, it } from 'vitest'
import { type Environment, openEnvironment } from '../../src/journal/environment.ts'
import { createEmbeddedTrail } from '../../src/journal/trail-embedded.ts'
import { createMemoryTrail } from '../../src/journal/trail.ts'
import { createEmbeddedSettings } from '../../src/registry/settings-embedded.ts'
import { createMemorySettings } from '../../src/registry/settings.ts'
import { makeDirectory } from '../support/directory.ts'
import { settingsSuite } from './settings-suite.ts'
import { trailSuite } from './trail-suite.ts'

async function onDisk<Store>(open: (environment: Environment) => Store) {
  const directory = makeDirectory()
  const environment = await openEnvironment(directory.path)
  return {
    open: () => open(environment),
    end: async () => {
      await environment.close()
      directory.remove()
    },
  }
}

settingsSuite('memory', async () => {
  const settings = createMemorySettings()
  return { open: () => settings, end: async () => undefined }
})

settingsSuite('embedded', async () => {
  const bench = await onDisk(createEmbeddedSettings)
  // One object, as in the hub: the embedded store belongs to one process.
  const settings = bench.open()
  return { ...bench, open: () => settings }
})

trailSuite('memory', async () => ({
  open: (max) => createMemoryTrail({ name: 'test', max }),
  beyondBound: 0,
  end: async () => undefined,
}))

trailSuite('embedded', async () => {
  const directory = makeDirectory()
  const environment = await openEnvironment(directory.path)
  return {
    open: (max) => createEmbeddedTrail(environment, { name: 'test', max }),
    beyondBound: 0,
    end: async () => {
      await environment.close()
      directory.remove()
    },
  }
})

it('settings and histories on the disk are there after a restart', async () => {
  const directory = makeDirectory()
  const before = await openEnvironment(directory.path)
  await createEmbeddedSettings(before).write('one', 'kept', 0)
  await createEmbeddedTrail(before, { name: 'test', max: 10 }).append('kept')
  await before.close()
  const after = await openEnvironment(directory.path)
  expect(await createEmbeddedSettings(after).read('one')).toEqual({ version: 1, text: 'kept' })
  expect((await createEmbeddedTrail(after, { name: 'test', max: 10 }).read({ limit: 5 })).texts).toEqual([
    'kept',
  ])
  await after.close()
  directory.remove()
})
