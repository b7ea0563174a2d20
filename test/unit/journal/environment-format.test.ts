// The format of an embedded hub's data: a newer one is refused, an older one is taken over by the first write alone.

import { open, type Database } from 'lmdb'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openEnvironment } from '../../../src/journal/environment.ts'
import { makeDirectory } from '../../support/directory.ts'

let directory: ReturnType<typeof makeDirectory>
beforeEach(async () => {
  directory = makeDirectory()
  await (await openEnvironment(directory.path)).close()
})
afterEach(() => directory.remove())

async function withMeta<Result>(
  use: (meta: Database<unknown, string>) => Result | Promise<Result>,
): Promise<Result> {
  const root = open({ path: directory.path, noSubdir: false, encoding: 'json' })
  const result = await use(root.openDB<unknown, string>({ name: 'meta', encoding: 'json' }))
  await root.close()
  return result
}

const setFormat = (format: number) => withMeta((meta) => meta.put('schema', format))
const format = () => withMeta((meta) => meta.get('schema'))

it('refuses data that a newer hub wrote, each time, and says how to go back', async () => {
  await setFormat(99)
  for (let time = 1; time <= 2; time++) {
    await expect(openEnvironment(directory.path)).rejects.toThrow(
      /newer ocpi-hub: its data has format 99, this version reads up to 2\..*imported into an empty directory/,
    )
  }
})

it('leaves data of an older hub to it while it is only read', async () => {
  await setFormat(1)
  const environment = await openEnvironment(directory.path)
  expect(environment.openDatabase<string>({ name: 'links' }).get('one')).toBeUndefined()
  await environment.close()
  expect(await format()).toBe(1)
})

it('takes data of an older hub over with the first write', async () => {
  await setFormat(1)
  const environment = await openEnvironment(directory.path)
  const links = environment.openDatabase<string>({ name: 'links' })
  await environment.write(() => void links.put('one', 'here'))
  await environment.close()
  expect(await format()).toBe(2)
})
