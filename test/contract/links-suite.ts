// What every store of links promises. The adapters' own files run it.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KeptLink, linkId, type Link, type LinkStore } from '../../src/links/links.ts'
import { SECRET } from '../support/platforms.ts'
import { waitFor } from '../support/wait.ts'

export interface LinkBench {
  /** A store over the same data each time it is called. */
  open(): Promise<LinkStore> | LinkStore
  end(): Promise<void>
}

const PAGE: Link = {
  purpose: 'page',
  caller: 'emsp',
  owner: 'cpo',
  url: 'https://cpo.example/ocpi/2.2.1/locations?offset=50&limit=50',
  module: 'locations',
  interface: 'SENDER',
  from: 'NL-EMS',
  to: 'DE-CPO',
  correlationId: 'c-1',
  listQuery: 'date_from=2026-01-02T03%3A04%3A05Z',
}
const ID = linkId(PAGE, SECRET)
const LONG_MS = 3_600_000
const SHORT_MS = 60

export function linksSuite(name: string, prepare: () => Promise<LinkBench>): void {
  describe(`the links (${name})`, () => {
    let bench: LinkBench
    let links: LinkStore

    beforeEach(async () => {
      bench = await prepare()
      links = await bench.open()
    })
    afterEach(async () => {
      await links.close()
      await bench.end()
    })

    it('gives a link back as it was, also to another hub on the same store', async () => {
      await links.put(ID, PAGE, LONG_MS)
      expect(await links.get(ID)).toEqual(PAGE)
      expect(await (await bench.open()).get(ID)).toEqual(PAGE)
    })

    it('knows no other id', async () => {
      await links.put(ID, PAGE, LONG_MS)
      for (const other of [{ caller: 'other' }, { listQuery: 'date_from=2026-02-03T04%3A05%3A06Z' }]) {
        expect(await links.get(linkId({ ...PAGE, ...other }, SECRET))).toBeUndefined()
      }
      expect(await links.get('')).toBeUndefined()
    })

    it('forgets a link at the end of its life', async () => {
      await links.put(ID, PAGE, SHORT_MS)
      await waitFor(async () => (await links.get(ID)) === undefined)
    })

    it('keeps a link without end for good, and one that was promised longer as long', async () => {
      const other = linkId({ ...PAGE, url: 'https://cpo.example/other' }, SECRET)
      const brief = linkId({ ...PAGE, url: 'https://cpo.example/brief' }, SECRET)
      await links.put(ID, { ...PAGE, purpose: 'location' })
      await links.put(ID, { ...PAGE, purpose: 'location' }, SHORT_MS)
      await links.put(other, PAGE, LONG_MS)
      await links.put(other, PAGE, SHORT_MS)
      await links.put(brief, PAGE, SHORT_MS)
      await waitFor(async () => (await links.get(brief)) === undefined)
      expect(await links.get(ID)).toMatchObject({ purpose: 'location' })
      expect(await links.get(other)).toEqual(PAGE)
    })

    it('prolongs the life of a link that is put again, or keeps it for good then', async () => {
      const lasting = linkId({ ...PAGE, url: 'https://cpo.example/lasting' }, SECRET)
      const brief = linkId({ ...PAGE, url: 'https://cpo.example/brief' }, SECRET)
      for (const id of [ID, lasting]) await links.put(id, PAGE, SHORT_MS)
      await links.put(ID, PAGE, LONG_MS)
      await links.put(lasting, PAGE)
      await links.put(brief, PAGE, SHORT_MS)
      await waitFor(async () => (await links.get(brief)) === undefined)
      expect(await links.get(ID)).toEqual(PAGE)
      expect(await links.get(lasting)).toEqual(PAGE)
    })

    it('lists what has not ended, with the ends, for a backup', async () => {
      const start = Date.now()
      const lasting = linkId({ ...PAGE, url: 'https://cpo.example/lasting' }, SECRET)
      const brief = linkId({ ...PAGE, url: 'https://cpo.example/brief' }, SECRET)
      await links.put(ID, PAGE, LONG_MS)
      await links.put(lasting, { ...PAGE, purpose: 'location' })
      await links.put(brief, PAGE, SHORT_MS)
      await waitFor(async () => (await links.get(brief)) === undefined)
      const found = await all()
      expect([...found.keys()].toSorted()).toEqual([ID, lasting].toSorted())
      expect(found.get(lasting)).toEqual({ id: lasting, link: { ...PAGE, purpose: 'location' } })
      const { expiresAt, ...rest } = found.get(ID)!
      expect(rest).toEqual({ id: ID, link: PAGE })
      expect(expiresAt).toBeGreaterThanOrEqual(start + LONG_MS - 1_000)
      expect(expiresAt).toBeLessThanOrEqual(Date.now() + LONG_MS + 1_000)
    })

    it('lists thousands, each of them', async () => {
      const ids = Array.from({ length: 2_500 }, (_, number) =>
        linkId({ ...PAGE, url: `https://cpo.example/${number}` }, SECRET),
      )
      for (let at = 0; at < ids.length; at += 100) {
        await Promise.all(ids.slice(at, at + 100).map((id) => links.put(id, PAGE)))
      }
      expect([...(await all()).keys()].toSorted()).toEqual(ids.toSorted())
    })

    async function all(): Promise<Map<string, KeptLink>> {
      const found = new Map<string, KeptLink>()
      for await (const one of links.all()) found.set(one.id, one)
      return found
    }

    it('takes many at once', async () => {
      const ids = Array.from({ length: 50 }, (_, number) =>
        linkId({ ...PAGE, url: `https://cpo.example/${number}` }, SECRET),
      )
      await Promise.all(
        ids.map((id, number) => links.put(id, { ...PAGE, correlationId: `${number}` }, LONG_MS)),
      )
      const found = await Promise.all(ids.map((id) => links.get(id)))
      expect(found.map((link) => link?.correlationId)).toEqual(ids.map((_, number) => `${number}`))
    })
  })
}
