// Links in memory and on the disk, and how they keep from growing without end.

import { describe, expect, it } from 'vitest'
import { openEnvironment } from '../../src/journal/environment.ts'
import { createEmbeddedLinks } from '../../src/links/embedded.ts'
import type { Link } from '../../src/links/links.ts'
import { createMemoryLinks } from '../../src/links/memory.ts'
import { makeDirectory } from '../support/directory.ts'
import { linksSuite } from './links-suite.ts'

linksSuite('memory', async () => {
  const links = createMemoryLinks()
  return { open: () => links, end: async () => undefined }
})

linksSuite('embedded', async () => {
  const directory = makeDirectory()
  const environment = await openEnvironment(directory.path)
  return {
    open: () => createEmbeddedLinks(environment),
    async end() {
      await environment.close()
      directory.remove()
    },
  }
})

const LINK: Link = {
  purpose: 'callback',
  caller: 'cpo',
  owner: 'emsp',
  url: 'https://emsp.example/result',
  module: 'commands',
  interface: 'SENDER',
  from: 'DE-CPO',
  to: 'NL-EMS',
  correlationId: 'c',
}

describe('links do not grow without end', () => {
  it('drops the oldest temporary link in memory first', async () => {
    const links = createMemoryLinks({ linksMax: 2 })
    await links.put('good', LINK)
    await links.put('old', LINK, 1000)
    await links.put('new', LINK, 1000)
    const found = await Promise.all(['good', 'old', 'new'].map((id) => links.get(id)))
    expect(found.map((link) => link !== undefined)).toEqual([true, false, true])
  })

  it('clears expired links off the disk and keeps prolonged ones', async () => {
    const directory = makeDirectory()
    const environment = await openEnvironment(directory.path)
    let time = 1_000_000
    const links = createEmbeddedLinks(environment, { now: () => time })
    for (let number = 0; number < 30; number++) await links.put(`old${number}`, LINK, 100)
    await links.put('old0', LINK, 10_000)
    time += 200
    for (const id of ['a', 'b', 'c']) await links.put(id, LINK, 100)
    const kept = [...environment.openDatabase({ name: 'links' }).getKeys()]
    expect(kept).toEqual(['a', 'b', 'c', 'old0'])
    expect(await links.get('old0')).toEqual(LINK)
    await environment.close()
    for (const asked of [links.put('a', LINK, 100), links.get('a')])
      await expect(asked).rejects.toMatchObject({ code: 'store_unavailable' })
    directory.remove()
  })
})
