// The journal as the hub uses it: what is counted, logged and kept, and that a bad store harms no exchange.

import { describe, expect, it, vi } from 'vitest'
import { createJournal } from '../../../src/journal/journal.ts'
import { createLog } from '../../../src/journal/log.ts'
import { createMemoryJournal } from '../../../src/journal/memory.ts'
import { createMetrics } from '../../../src/journal/metrics.ts'
import { REFERENCE } from '../../../src/journal/reference.ts'
import type { JournalStore } from '../../../src/journal/store.ts'
import { PER_MINUTE } from '../../../src/journal/strangers.ts'
import { waitFor } from '../../support/wait.ts'
import { exchange, failure } from './examples.ts'

const MAX_ENTRIES = 20_000

function setUp(options: { store?: JournalStore; exchanges?: 'errors' | 'all'; patienceMs?: number } = {}) {
  const {
    store = createMemoryJournal({ maxEntries: MAX_ENTRIES }),
    exchanges = 'errors',
    ...limits
  } = options
  const lines: { msg: string; code?: number }[] = []
  const write = (line: string) => void lines.push(JSON.parse(line))
  const log = createLog({ level: 'info', exchanges }, { write })
  const metrics = createMetrics({ version: '1' })
  const journal = createJournal({ store, maxEntries: MAX_ENTRIES, log, metrics, ...limits })
  return { journal, store, lines, metrics }
}

async function droppedOf(metrics: { text(): Promise<string> }): Promise<number> {
  return Number(/^ocpi_hub_journal_dropped_total (\d+)$/m.exec(await metrics.text())?.[1])
}

describe('recording an exchange', () => {
  it('counts a success and neither logs nor keeps it', async () => {
    const { journal, lines, metrics } = setUp()
    journal.record(exchange())
    expect(lines).toEqual([])
    expect(await journal.query({ successes: true }, { limit: 10 })).toEqual({ items: [] })
    expect(await metrics.text()).toContain('outcome="relayed"} 1')
  })

  it('logs a success when all exchanges are asked for, and still does not keep it', async () => {
    const { journal, lines } = setUp({ exchanges: 'all' })
    journal.record(exchange())
    expect(lines).toMatchObject([{ msg: 'exchange', code: 1000 }])
    expect(await journal.query({ successes: true }, { limit: 10 })).toEqual({ items: [] })
  })

  it('counts, logs and keeps what is not 1xxx', async () => {
    const { journal, lines, metrics } = setUp()
    journal.record(failure())
    journal.record(exchange({ code: 2003 }))
    expect(lines.map(({ code }) => code)).toEqual([4003, 2003])
    expect((await journal.query({}, { limit: 10 }))?.items.map(({ code }) => code)).toEqual([2003, 4003])
    expect((await journal.summary({}, ['code'])).total).toBe(2)
    expect(await metrics.text()).toContain('ocpi_hub_errors_total{code="4003"')
  })

  it('keeps a success marked for the time line of its correlation id, without logging it', async () => {
    const { journal, lines } = setUp()
    journal.record(exchange({ keep: true, requestId: 'first' }))
    journal.record(exchange({ keep: true, requestId: 'second', mode: 'callback' }))
    expect(lines).toEqual([])
    expect((await journal.correlation('correlation-1')).map((entry) => entry.request_id)).toEqual([
      'first',
      'second',
    ])
    expect((await journal.query({}, { limit: 10 }))?.items).toEqual([])
  })

  it('keeps a burst and then so many a minute of requests whose sender is not known, and tells how many it did not keep', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { journal, lines, metrics } = setUp()
    const unkept = async () => /^ocpi_hub_journal_unkept_total (\d+)$/m.exec(await metrics.text())?.[1]
    const flood = (requests: number) => {
      for (let count = 0; count < requests; count++)
        journal.record(exchange({ requester: undefined, code: 2000, requestId: 'stranger' }))
    }
    journal.record(failure())
    flood(MAX_ENTRIES / 100 + 5)
    journal.record(failure())
    vi.advanceTimersByTime(60_000)
    const told = () => lines.filter(({ msg }) => msg.startsWith('journal entries were not kept'))
    expect(told()).toMatchObject([{ level: 'warn', entries: 5 }])
    flood(PER_MINUTE + 5)
    vi.useRealTimers()
    const kept = MAX_ENTRIES / 100 + PER_MINUTE + 2
    expect((await journal.query({}, { limit: 2_000 }))?.items).toHaveLength(kept)
    expect(await unkept()).toBe('10')
    await journal.close()
    expect(told()).toHaveLength(2)
  })

  it('finds the entry by the reference the requester was told, at once', async () => {
    const { journal } = setUp()
    const reference = journal.newReference()
    journal.record(failure({ reference }))
    expect(reference).toMatch(REFERENCE)
    expect(await journal.get(reference)).toMatchObject({ reference, code: 4003 })
    await journal.query({}, { limit: 1 })
    expect(await journal.get(reference)).toMatchObject({ reference, code: 4003 })
  })

  it('gives references that grow', () => {
    const { journal } = setUp()
    const references = Array.from({ length: 1000 }, () => journal.newReference())
    expect(references).toEqual(references.toSorted())
    expect(new Set(references).size).toBe(1000)
  })

  it('does not ask the store for what is no reference', async () => {
    const { journal } = setUp({
      store: { ...createMemoryJournal({ maxEntries: 1 }), get: () => Promise.reject(new Error('asked')) },
    })
    for (const text of ['', 'x'.repeat(5000), '../..', '\u0000', '01j00000000000000000000000']) {
      expect(await journal.get(text)).toBeUndefined()
    }
  })

  it('finds the correlation of an id that could not be kept as it came', async () => {
    const { journal } = setUp()
    journal.record(failure({ correlationId: 'a\nb' }))
    expect(await journal.correlation('a\nb')).toHaveLength(1)
  })

  it('writes what is waiting before it closes', async () => {
    const store = createMemoryJournal({ maxEntries: 10_000 })
    const { journal } = setUp({ store })
    for (let number = 0; number < 1200; number++) journal.record(failure())
    await journal.close()
    expect((await store.read({ limit: 10_000 })).entries).toHaveLength(1200)
  })
})

describe('a store that fails', () => {
  /** A store that can be broken, and how often it was written to meanwhile. */
  function breakable() {
    const memory = createMemoryJournal({ maxEntries: MAX_ENTRIES })
    const state = { broken: true, failed: 0 }
    const append: JournalStore['append'] = (entries) => {
      if (!state.broken) return memory.append(entries)
      state.failed++
      return Promise.reject(new Error('disk full'))
    }
    return { state, store: { ...memory, append } }
  }
  const idsOf = async ({ journal }: ReturnType<typeof setUp>) =>
    (await journal.query({}, { limit: 1_000 }))?.items.map((entry) => entry.request_id)

  it('for a short while costs no entry: they wait, in their order, and that is logged once', async () => {
    const { state, store } = breakable()
    const scene = setUp({ store })
    for (const requestId of ['first', 'second']) {
      const failedBefore = state.failed
      scene.journal.record(failure({ requestId }))
      await waitFor(() => state.failed > failedBefore)
    }
    const reference = scene.journal.newReference()
    scene.journal.record(failure({ requestId: 'third', reference }))
    expect(await scene.journal.get(reference)).toMatchObject({ request_id: 'third' })
    expect(scene.lines.filter(({ msg }) => msg.includes('cannot be kept'))).toMatchObject([{ level: 'warn' }])
    state.broken = false
    await waitFor(async () => (await idsOf(scene))?.length === 3)
    expect(await idsOf(scene)).toEqual(['third', 'second', 'first'])
    expect(scene.lines.filter(({ msg }) => msg.includes('kept again'))).toHaveLength(1)
    expect(await droppedOf(scene.metrics)).toBe(0)
  })

  it('for long costs the entries and nothing else: they are counted, and the loss is logged once', async () => {
    const { state, store } = breakable()
    const scene = setUp({ store, patienceMs: 0 })
    for (let number = 1; number <= 3; number++) {
      scene.journal.record(failure())
      await waitFor(async () => (await droppedOf(scene.metrics)) === number)
    }
    expect(scene.lines.filter(({ msg }) => msg.includes('are lost'))).toHaveLength(1)
    state.broken = false
    scene.journal.record(failure({ requestId: 'after' }))
    expect(await idsOf(scene)).toEqual(['after'])
    expect(scene.lines.filter(({ msg }) => msg.includes('kept again'))).toHaveLength(1)
    expect(await droppedOf(scene.metrics)).toBe(3)
  })

  it('is not waited for when the hub ends: what cannot be kept then is counted', async () => {
    const { state, store } = breakable()
    const { journal, metrics } = setUp({ store })
    for (let number = 0; number < 1_200; number++) journal.record(failure())
    await waitFor(() => state.failed > 0)
    await journal.close()
    expect(await droppedOf(metrics)).toBe(1_200)
  })

  it('that hangs drops what does not fit in the buffer, and readers do not wait for it', async () => {
    const memory = createMemoryJournal({ maxEntries: 100 })
    let begun = 0
    const append: JournalStore['append'] = (entries) => {
      begun += entries.length
      return new Promise(() => {})
    }
    const { journal, metrics } = setUp({ store: { ...memory, append } })
    journal.record(failure())
    await waitFor(() => begun === 1)
    for (let number = 0; number < 10_005; number++) journal.record(failure())
    expect(await droppedOf(metrics)).toBe(5)
    expect(await journal.query({}, { limit: 10 })).toEqual({ items: [] })
  })
})
