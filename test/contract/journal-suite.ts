// What every store of the journal promises. The adapters' own files run it.

import { afterEach, describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../src/journal/journal-entry.ts'
import type { JournalStore } from '../../src/journal/store.ts'
import { waitFor } from '../support/wait.ts'
import { entries, entry } from '../unit/journal/examples.ts'

export interface JournalBench {
  /** An empty journal, or another door to the one opened before with the same name. */
  open(maxEntries: number, name?: string): Promise<JournalStore>
  /** Entries that may stay beyond the bound, because the oldest are dropped in blocks. */
  readonly beyondBound: number
  end(): Promise<void>
}

const ids = (found: readonly JournalEntry[]) => found.map((one) => Number(one.request_id))
const numbered = (first: number, count: number) =>
  entries(count, (number) => ({ request_id: String(first + number - 1) }))

export function journalSuite(name: string, prepare: () => Promise<JournalBench>): void {
  describe(`the journal (${name})`, () => {
    const benches: JournalBench[] = []

    async function start(): Promise<JournalBench> {
      const bench = await prepare()
      benches.push(bench)
      return bench
    }

    async function open(maxEntries = 1000): Promise<JournalStore> {
      return (await start()).open(maxEntries)
    }

    afterEach(async () => {
      for (const bench of benches.splice(0)) await bench.end()
    })

    describeReading(open)
    describeBounds(start)

    it('tells its watchers, whatever one of them does, until they stop', async () => {
      const store = await open()
      const heard: number[] = []
      store.watch(() => {
        throw new Error('a watcher of its own kind')
      })
      const stop = store.watch((added) => heard.push(...ids(added)))
      await store.append(numbered(1, 2))
      await waitFor(() => heard.length === 2)
      stop()
      const other: number[] = []
      store.watch((added) => other.push(...ids(added)))
      await store.append(numbered(3, 1))
      await waitFor(() => other.includes(3))
      expect(heard).toEqual([1, 2])
    })
  })
}

function describeReading(open: () => Promise<JournalStore>): void {
  it('gives entries newest first and whole', async () => {
    const store = await open()
    const kept = entries(3)
    await store.append(kept)
    expect(await store.read({ limit: 10 })).toEqual({ entries: kept.toReversed() })
    expect(await store.get(kept[1]!.reference)).toEqual(kept[1])
  })

  it('goes on from a position, also when newer entries came in between', async () => {
    const store = await open()
    await store.append(numbered(1, 5))
    const first = await store.read({ limit: 2 })
    await store.append(numbered(6, 2))
    const second = await store.read({ limit: 2, position: first.next! })
    const third = await store.read({ limit: 2, position: second.next! })
    expect([first, second, third].map((page) => ids(page.entries))).toEqual([[5, 4], [3, 2], [1]])
    expect(third).not.toHaveProperty('next')
  })

  it('has no next position when a page ends with the oldest entry', async () => {
    const store = await open()
    await store.append(entries(4))
    const first = await store.read({ limit: 2 })
    expect(await store.read({ limit: 2, position: first.next! })).not.toHaveProperty('next')
  })

  it('gives the entries of one correlation id alone, oldest first', async () => {
    const store = await open()
    await store.append(entries(6, (number) => ({ correlation_id: number % 3 === 0 ? 'c' : `c${number}` })))
    expect(ids(await store.byCorrelation('c'))).toEqual([3, 6])
    expect(await store.byCorrelation('')).toEqual([])
  })

  it('orders by arrival, not by the clock (R6)', async () => {
    const store = await open()
    await store.append([entry({ request_id: '1', time: '2030-01-01T00:00:00.000Z' })])
    await store.append([entry({ request_id: '2', time: '2020-01-01T00:00:00.000Z' })])
    expect(ids((await store.read({ limit: 2 })).entries)).toEqual([2, 1])
  })

  it('takes many appends at once and loses none', async () => {
    const store = await open()
    await Promise.all(Array.from({ length: 50 }, (_, number) => store.append(numbered(number * 4, 4))))
    const found = ids((await store.read({ limit: 500 })).entries)
    expect(found.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 200 }, (_, n) => n))
  })

  it('is empty at first and does not mind an unknown reference or position', async () => {
    const store = await open()
    expect(await store.read({ limit: 2 })).toEqual({ entries: [] })
    expect(await store.read({ limit: 2, position: 'nonsense' })).toEqual({ entries: [] })
    expect(await store.get('01J00000000000000000000000')).toBeUndefined()
  })
}

function describeBounds(start: () => Promise<JournalBench>): void {
  it('drops the oldest entries past its bound, from every index', async () => {
    const bench = await start()
    const store = await bench.open(5)
    const count = 2 * bench.beyondBound + 12
    const kept = entries(count, (number) => ({ correlation_id: `c${number % 2}` }))
    for (const one of kept) await store.append([one])
    const { entries: found } = await store.read({ limit: 10_000 })
    expect(found.length).toBeGreaterThanOrEqual(5)
    expect(found.length).toBeLessThanOrEqual(5 + bench.beyondBound)
    expect(ids(found)).toEqual(Array.from(found, (_, index) => count - index))
    expect(await store.get(kept[0]!.reference)).toBeUndefined()
    expect(await store.get(kept.at(-1)!.reference)).toEqual(kept.at(-1))
    const even = ids(found).filter((id) => id % 2 === 0)
    expect(ids(await store.byCorrelation('c0'))).toEqual(even.toReversed())
  })

  it('takes more at once than it may hold', async () => {
    const bench = await start()
    const store = await bench.open(5)
    await store.append(numbered(1, 3))
    await store.append(numbered(4, 300))
    const found = ids((await store.read({ limit: 500 })).entries)
    expect(found.slice(0, 5)).toEqual([303, 302, 301, 300, 299])
    expect(found.length).toBeLessThanOrEqual(5 + bench.beyondBound)
  })
}
