// What every store of the journal must do, run against the ring in memory and the one on disk.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createEmbeddedJournal } from '../../../src/journal/embedded.ts'
import { openEnvironment } from '../../../src/journal/environment.ts'
import type { JournalEntry } from '../../../src/journal/journal-entry.ts'
import { createMemoryJournal } from '../../../src/journal/memory.ts'
import type { JournalStore } from '../../../src/journal/store.ts'
import { entries, entry } from './examples.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function embedded(maxEntries: number, path = directory()): Promise<JournalStore> {
  const environment = await openEnvironment(path)
  cleanups.push(() => environment.close())
  return createEmbeddedJournal(environment, { maxEntries })
}

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'journal-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const ids = (found: readonly JournalEntry[]) => found.map((one) => Number(one.request_id))

const ADAPTERS = {
  memory: async (maxEntries: number) => createMemoryJournal({ maxEntries }),
  embedded: (maxEntries: number) => embedded(maxEntries),
}

describe.each(Object.entries(ADAPTERS))('the %s journal', (_name, open) => {
  it('gives entries newest first and whole', async () => {
    const store = await open(100)
    const kept = entries(3)
    await store.append(kept)
    expect(await store.read({ limit: 10 })).toEqual({ entries: kept.toReversed() })
  })

  it('goes on from a position, also when newer entries came in between', async () => {
    const store = await open(100)
    await store.append(entries(5))
    const first = await store.read({ limit: 2 })
    await store.append(entries(2, (number) => ({ request_id: String(number + 5) })))
    const second = await store.read({ limit: 2, position: first.next! })
    const third = await store.read({ limit: 2, position: second.next! })
    expect([first, second, third].map((page) => ids(page.entries))).toEqual([[5, 4], [3, 2], [1]])
    expect(third).not.toHaveProperty('next')
  })

  it('has no next position when a page ends with the oldest entry', async () => {
    const store = await open(100)
    await store.append(entries(4))
    const first = await store.read({ limit: 2 })
    expect(await store.read({ limit: 2, position: first.next! })).not.toHaveProperty('next')
  })

  it('drops the oldest entries past its bound, from every index', async () => {
    const store = await open(5)
    const kept = entries(12, (number) => ({ correlation_id: `c${number % 2}` }))
    for (const one of kept) await store.append([one])
    expect(ids((await store.read({ limit: 100 })).entries)).toEqual([12, 11, 10, 9, 8])
    expect(await store.get(kept[6]!.reference)).toBeUndefined()
    expect(await store.get(kept[7]!.reference)).toEqual(kept[7])
    expect(ids(await store.byCorrelation('c0'))).toEqual([8, 10, 12])
  })

  it('takes more at once than it may hold', async () => {
    const store = await open(5)
    await store.append(entries(3))
    await store.append(entries(20))
    expect(ids((await store.read({ limit: 100 })).entries)).toEqual([20, 19, 18, 17, 16])
  })

  it('gives the entries of one correlation id alone, oldest first', async () => {
    const store = await open(100)
    await store.append(entries(6, (number) => ({ correlation_id: number % 3 === 0 ? 'c' : `c${number}` })))
    expect(ids(await store.byCorrelation('c'))).toEqual([3, 6])
    expect(await store.byCorrelation('')).toEqual([])
  })

  it('orders by arrival, not by the clock (R6)', async () => {
    const store = await open(100)
    await store.append([entry({ request_id: '1', time: '2030-01-01T00:00:00.000Z' })])
    await store.append([entry({ request_id: '2', time: '2020-01-01T00:00:00.000Z' })])
    expect(ids((await store.read({ limit: 2 })).entries)).toEqual([2, 1])
  })

  it('is empty at first and does not mind an unknown reference or position', async () => {
    const store = await open(100)
    expect(await store.read({ limit: 2 })).toEqual({ entries: [] })
    expect(await store.read({ limit: 2, position: 'nonsense' })).toEqual({ entries: [] })
    expect(await store.get('01J00000000000000000000000')).toBeUndefined()
  })

  it('tells its watchers, whatever one of them does, until they stop', async () => {
    const store = await open(100)
    const heard: number[][] = []
    store.watch(() => {
      throw new Error('a watcher of its own kind')
    })
    const stop = store.watch((added) => heard.push(ids(added)))
    await store.append(entries(2))
    stop()
    await store.append(entries(1))
    expect(heard).toEqual([[1, 2]])
  })
})

describe('the embedded journal', () => {
  it('is there again after a restart and counts on', async () => {
    const path = directory()
    const before = await openEnvironment(path)
    const kept = entries(3)
    await createEmbeddedJournal(before, { maxEntries: 100 }).append(kept)
    await before.close()

    const store = await embedded(100, path)
    await store.append(entries(1, () => ({ request_id: '4' })))
    expect(ids((await store.read({ limit: 10 })).entries)).toEqual([4, 3, 2, 1])
    expect(await store.get(kept[0]!.reference)).toEqual(kept[0])
  })

  it('obeys a smaller bound after a restart', async () => {
    const path = directory()
    const before = await openEnvironment(path)
    await createEmbeddedJournal(before, { maxEntries: 100 }).append(entries(10))
    await before.close()

    const store = await embedded(4, path)
    await store.append(entries(1, () => ({ request_id: '11' })))
    expect(ids((await store.read({ limit: 10 })).entries)).toEqual([11, 10, 9, 8])
  })
})
