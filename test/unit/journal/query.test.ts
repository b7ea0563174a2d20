// Search, cursors and summary, over a journal longer than one chunk of the scan.

import { beforeEach, describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../../src/journal/journal-entry.ts'
import { createMemoryJournal } from '../../../src/journal/memory.ts'
import { searchJournal, summarizeJournal, type JournalFilter } from '../../../src/journal/query.ts'
import type { JournalStore } from '../../../src/journal/store.ts'
import { entries, entry } from './examples.ts'

let store: JournalStore
beforeEach(() => {
  store = createMemoryJournal({ maxEntries: 2000 })
})

const ids = (found: readonly JournalEntry[]) => found.map((one) => Number(one.request_id))

async function search(filter: JournalFilter, page: { limit: number; cursor?: string } = { limit: 100 }) {
  const result = await searchJournal(store, filter, page)
  if (!result) throw new Error('the cursor was refused')
  return result
}

/** All pages, each after `between` was called. */
async function walk(filter: JournalFilter, limit: number, between = async () => {}): Promise<number[]> {
  const seen: number[] = []
  let cursor: string | undefined
  do {
    const page = await search(filter, { limit, ...(cursor === undefined ? {} : { cursor }) })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    seen.push(...ids(page.items))
    cursor = page.nextCursor
    await between()
  } while (cursor !== undefined)
  return seen
}

const downFrom = (count: number) => Array.from({ length: count }, (_, index) => count - index)

describe('search in the journal', () => {
  it('gives what matches every field, newest first', async () => {
    await store.append(
      entries(9, (number) => ({
        to: number % 3 === 0 ? 'DE-CPO' : 'FR-CPO',
        code: number > 4 ? 4002 : 4003,
      })),
    )
    expect(ids((await search({ fields: { to: 'DE-CPO', code: '4002' } })).items)).toEqual([9, 6])
  })

  it('compares without regard to case', async () => {
    await store.append([entry({ to: 'DE-CPO', responder_code: 'ORDER_EXPIRED' })])
    expect((await search({ fields: { to: 'de-cpo', responder_code: 'order_expired' } })).items).toHaveLength(
      1,
    )
  })

  it('leaves an entry out that lacks the field asked for', async () => {
    const { fault: _fault, ...relayed } = entry()
    await store.append([relayed])
    expect((await search({ fields: { fault: 'dns_error' } })).items).toEqual([])
    expect((await search({ fields: { fault: 'undefined' } })).items).toEqual([])
  })

  it('reads no further back than an entry can be that arrived since then', async () => {
    const hours = (number: number) => new Date(Date.parse('2026-03-01T00:00:00Z') + number * 60_000)
    await store.append(entries(2000, (number) => ({ time: hours(number).toISOString() })))
    let read = 0
    const counting: JournalStore = {
      ...store,
      async read(options) {
        const page = await store.read(options)
        read += page.entries.length
        return page
      },
    }
    const since = hours(1990).getTime()
    expect((await searchJournal(counting, { since }, { limit: 100 }))!.items).toHaveLength(11)
    expect(read).toBe(1000)
    expect((await summarizeJournal(counting, { since }, ['to'])).total).toBe(11)
    expect(read).toBe(2000)
  })

  it('finds what arrived since then behind entries whose clock went wrong, or that took long', async () => {
    const time = '2026-03-01T12:00:00.000Z'
    await store.append([entry({ time, request_id: '1' })])
    await store.append(entries(499, () => ({ time: '2020-01-01T00:00:00.000Z', request_id: 'x' })))
    await store.append(entries(499, () => ({ time: '2020-01-01T00:00:00.000Z', request_id: 'x' })))
    await store.append([entry({ time: '2026-03-01T10:00:00.000Z', duration_ms: 7_200_000 })])
    const since = Date.parse('2026-03-01T11:59:00.000Z')
    expect(ids((await search({ since })).items)).toEqual([1])
  })

  it('counts since as part of the time asked for and until as not', async () => {
    await store.append(entries(3, (number) => ({ time: `2026-03-01T12:00:0${number}.000Z` })))
    const since = Date.parse('2026-03-01T12:00:01.000Z')
    const until = Date.parse('2026-03-01T12:00:03.000Z')
    expect(ids((await search({ since, until })).items)).toEqual([2, 1])
  })

  it('leaves kept successes out unless they are asked for', async () => {
    await store.append(entries(2, (number) => ({ code: number === 1 ? 1000 : 3000 })))
    expect(ids((await search({})).items)).toEqual([2])
    expect(ids((await search({ successes: true })).items)).toEqual([2, 1])
  })
})

describe('the pages of a search', () => {
  it.each([1, 7, 499, 500, 501, 1300])('hold every entry once with %d a page', async (limit) => {
    await store.append(entries(1300))
    expect(await walk({}, limit)).toEqual(downFrom(1300))
  })

  it('hold every entry once although new ones come in all the time', async () => {
    await store.append(entries(1300))
    expect(await walk({}, 90, () => store.append(entries(7, () => ({ request_id: '0' }))))).toEqual(
      downFrom(1300),
    )
  })

  it('end where the journal has forgotten the rest', async () => {
    await store.append(entries(1300))
    const first = await search({}, { limit: 10 })
    await store.append(entries(2000, () => ({ request_id: '0' })))
    expect(await search({}, { limit: 10, cursor: first.nextCursor! })).toEqual({ items: [] })
  })

  it('have no next cursor when nothing more matches', async () => {
    await store.append(entries(10))
    expect(await search({}, { limit: 10 })).not.toHaveProperty('nextCursor')
  })

  it('refuse a cursor that was changed, cut, invented or made for another query', async () => {
    await store.append(entries(1300))
    const { nextCursor: cursor = '' } = await search({}, { limit: 600 })
    const decoded = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    const changed = Buffer.from(JSON.stringify(['1', ...decoded.slice(1)])).toString('base64url')
    for (const broken of [changed, cursor.slice(0, -2), `${cursor}AA`, '', 'x', 'bnVsbA', 'W10']) {
      expect(await searchJournal(store, {}, { limit: 10, cursor: broken }), broken).toBeUndefined()
    }
    expect(await searchJournal(store, { fields: { to: 'DE-CPO' } }, { limit: 10, cursor })).toBeUndefined()
    expect(await searchJournal(store, {}, { limit: 10, cursor })).toBeDefined()
  })
})

describe('the summary', () => {
  it('counts by several fields, the most frequent first, with the newest entry of each', async () => {
    const kept = entries(1000, (number) => ({
      from: 'NL-EMS',
      to: number % 10 === 0 ? 'FR-CPO' : 'DE-CPO',
      code: number % 10 === 0 ? 4001 : 4003,
    }))
    await store.append(kept)
    expect(await summarizeJournal(store, {}, ['from', 'to', 'code'])).toEqual({
      total: 1000,
      groups: [
        {
          values: { from: 'NL-EMS', to: 'DE-CPO', code: 4003 },
          count: 900,
          latest: kept[998]!.time,
          reference: kept[998]!.reference,
        },
        {
          values: { from: 'NL-EMS', to: 'FR-CPO', code: 4001 },
          count: 100,
          latest: kept[999]!.time,
          reference: kept[999]!.reference,
        },
      ],
    })
  })

  it('has a group for entries without the field', async () => {
    const { to: _to, ...addressless } = entry()
    await store.append([addressless])
    expect((await summarizeJournal(store, {}, ['to'])).groups).toMatchObject([
      { values: { to: null }, count: 1 },
    ])
  })

  it('counts only what matches, and is bounded while its total is not', async () => {
    await store.append(
      entries(1500, (number) => ({ responder: `p${number}`, code: number <= 1200 ? 4003 : 1000 })),
    )
    const summary = await summarizeJournal(store, {}, ['responder'])
    expect(summary.total).toBe(1200)
    expect(summary.groups).toHaveLength(1000)
  })
})
