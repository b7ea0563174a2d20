// Which Links of an owner a GET ALL follows, which it needs not, and where the way along them ends.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Position, Trail } from '../../../src/forwarding/pages.ts'
import { BELOW_LENGTH_MAX, endpointOf, type PageAsked, readOnward } from '../../../src/forwarding/trail.ts'
import { joinPath, readTarget } from '../../../src/ocpi/endpoint.ts'

const ENDPOINT = readTarget('https://cpo.example:8443/ocpi/locations')!
const AT: Position = { key: 'DE-CPO', offset: 10 }
const PAGE = { count: 5, total: 100 }

function asked(change: Partial<PageAsked> = {}): PageAsked {
  const one = {
    position: AT,
    endpoint: ENDPOINT,
    rest: '',
    filters: 'date_from=2026-01-01T00:00:00Z',
    ...change,
  }
  return { ...one, url: `${one.endpoint.origin}${one.endpoint.path}${one.rest}?offset=10` }
}

const next = (url: string) => [`<${url}>; rel="next"`]
const onward = (
  url: string,
  change: Partial<PageAsked> = {},
  page: { count: number; total?: number } = PAGE,
) => readOnward(next(url), asked(change), page)

describe('a Link that says what the hub would ask next', () => {
  it.each([
    '?offset=15&limit=5&date_from=2026-01-01T00:00:00Z',
    '?date_from=2026-01-01T00%3A00%3A00Z&offset=15',
    '/ocpi/locations/?offset=15&limit=50',
    '?offset=15',
    // Behind where it is already: its own offsets are no good, those of the hub may be.
    '?offset=10&limit=5',
    '?limit=5',
  ])('is not needed: %s', (url) => {
    expect(onward(url)).toEqual({ more: true })
  })

  it('may repeat what stands in the endpoint itself', () => {
    const endpoint = readTarget('https://cpo.example/ocpi/locations?tenant=7')!
    expect(onward('?tenant=7&offset=15', { endpoint })).toEqual({ more: true })
  })
})

describe('a Link of its own', () => {
  it.each([
    ['?cursor=abc%2Fd==', '?cursor=abc%2Fd=='],
    ['https://cpo.example:8443/ocpi/locations?page=2', '?page=2'],
    ['HTTPS://CPO.example:8443/ocpi/locations/page/2', '/page/2'],
    ['/ocpi/locations/?after=9', '/?after=9'],
    ['?offset=20&limit=5', '?offset=20&limit=5'],
    ['?offset=15&snapshot=1', '?offset=15&snapshot=1'],
    ['?offset=AAA', '?offset=AAA'],
  ])('is followed as it is written: %s', (url, below) => {
    expect(onward(url)).toMatchObject({ more: true, trail: { below, size: 5, steps: 1, empty: 0 } })
  })

  it.each([
    'https://other.example/ocpi/locations?page=2',
    'http://cpo.example:8443/ocpi/locations?page=2',
    'https://cpo.example/ocpi/locations?page=2',
    '/ocpi/tokens?page=2',
    '/ocpi/locations2?page=2',
    '/ocpi/locations/..%2ftokens?page=2',
    '/ocpi/locations/..;/tokens?page=2',
    'https://cpo.example:8443/ocpi/locations/../tokens?page=2',
    'https://cpo.example:8443/ocpi/locations/%2e%2E/tokens?page=2',
    `?cursor=${'a'.repeat(BELOW_LENGTH_MAX)}`,
    'ftp://cpo.example/ocpi/locations',
    '',
  ])('is not followed elsewhere, or when it cannot be carried: %.60s', (url) => {
    expect(onward(url)).toEqual({ more: true, astray: true })
    const { trail } = onward('?page=2')
    expect(onward(url, { position: { ...AT, trail } })).toEqual({
      more: false,
      ended: 'has more behind a Link that the hub cannot follow',
    })
  })

  it('is what its next page is asked by, byte for byte, also where the endpoint ends in a slash', () => {
    for (const path of ['/ocpi/locations', '/ocpi/locations/', '/']) {
      for (const below of ['/page/2?x=%2F', '/?x', '/p']) {
        const endpoint = { ...ENDPOINT, path, query: '?tenant=7' }
        const base = path.replace(/\/$/, '')
        const { trail } = onward(`${ENDPOINT.origin}${base}${below}`, { endpoint })
        expect(joinPath(endpointOf(trail!, endpoint), '', '')).toBe(base + below)
      }
    }
    const { trail } = onward('/ocpi/locations?x=1', { endpoint: { ...ENDPOINT, path: '/ocpi/locations/' } })
    expect(joinPath(endpointOf(trail!, ENDPOINT), '', '')).toBe('/ocpi/locations?x=1')
  })
})

describe('the way along Links', () => {
  /** Follows a chain of links; gives how many pages were read and why it ended. */
  function walk(link: (page: number) => string | undefined, count: (page: number) => number, total?: number) {
    let position: Position = { key: 'DE-CPO', offset: 0 }
    for (let page = 0; ; page++) {
      const url = link(page)
      const given = count(page)
      const known = total === undefined ? {} : { total }
      const links = url === undefined ? [] : next(url)
      const { trail, ended } = readOnward(links, asked({ position }), { count: given, ...known })
      if (!trail) return { pages: page + 1, ended }
      expect(trail.marks.length).toBeLessThanOrEqual(32)
      position = { key: 'DE-CPO', offset: position.offset + given, trail }
    }
  }

  it('goes to its end, however long it is', () => {
    const all = walk(
      (page) => (page < 5_000 ? `?page=${page}` : undefined),
      () => 1,
    )
    expect(all).toEqual({ pages: 5_001, ended: undefined })
  })

  it('ends in any circle, at once in one of up to 30 pages', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 300 }), (before, length) => {
        const { pages, ended } = walk(
          (page) => `?page=${page < before ? page : before + ((page - before) % length)}`,
          () => 1,
        )
        expect(ended).toBe('leads back by its Link to a page it gave before')
        if (length <= 30) expect(pages).toBe(before + length + 1)
        else expect(pages).toBeLessThanOrEqual(4 * (before + length))
      }),
    )
  })

  it('ends where a Link asks for the list from its beginning', () => {
    const links = ['?page=1', '?page=2', '/ocpi/locations?limit=5']
    expect(
      walk(
        (page) => links[page],
        () => 1,
      ),
    ).toMatchObject({ pages: 3, ended: 'leads back by its Link to a page it gave before' })
  })

  it('goes on through empty pages while there is more, and not for ever', () => {
    const link = (page: number) => (page < 10 ? `?page=${page}` : undefined)
    expect(walk(link, (page) => (page % 5 === 0 ? 1 : 0))).toEqual({ pages: 11, ended: undefined })
    expect(walk(link, (page) => (page === 9 ? 1 : 0), 1)).toEqual({ pages: 11, ended: undefined })
    const endless = walk(
      (page) => `?page=${page}`,
      () => 0,
    )
    expect(endless).toEqual({ pages: 17, ended: 'leads by its Link from one empty page to the next' })
  })

  it('ends in silence at an empty page when the total was given, or offsets alone lead on', () => {
    const counted = walk(
      (page) => `?page=${page}`,
      (page) => (page < 3 ? 1 : 0),
      3,
    )
    expect(counted).toEqual({ pages: 4, ended: undefined })
    const offsets = walk(
      (page) => `?offset=${(page + 1) * 50}`,
      (page) => (page < 3 ? 1 : 0),
    )
    expect(offsets).toEqual({ pages: 4, ended: undefined })
  })

  it('ends where nothing is told of a next page', () => {
    const trail: Trail = { below: '?page=2', size: 5, steps: 1, empty: 0, marks: [] }
    expect(readOnward([], asked({ position: { ...AT, trail } }), PAGE)).toEqual({ more: false })
  })
})
