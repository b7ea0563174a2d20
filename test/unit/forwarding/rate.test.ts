// Rates as token buckets: what one hub lets through, and what several do that tell each other.

import { afterEach, describe, expect, it } from 'vitest'
import { createRates, type RateExchange, type Rates } from '../../../src/forwarding/rate.ts'
import { waitFor } from '../../support/wait.ts'

const open: Rates[] = []
afterEach(() => {
  for (const rates of open.splice(0)) rates.close()
})

/** Rates under a clock that stands still until it is moved. */
function underClock() {
  let instant = 1_000
  const rates = createRates({ now: () => instant })
  open.push(rates)
  return { rates, wait: (milliseconds: number) => void (instant += milliseconds) }
}

function takeMany(
  rates: Rates,
  count: number,
  rate = { requests: 10, perMs: 1_000 },
  key = 'NL-EMS',
): number {
  return Array.from({ length: count }, () => rates.take(key, rate)).filter((wait) => wait === undefined)
    .length
}

describe('a rate', () => {
  it('lets as many through at once as it says, then one by one as time passes', () => {
    const { rates, wait } = underClock()
    expect(takeMany(rates, 25)).toBe(10)
    wait(99)
    expect(takeMany(rates, 5)).toBe(0)
    wait(1)
    expect(takeMany(rates, 5)).toBe(1)
    wait(500)
    expect(takeMany(rates, 25)).toBe(5)
    wait(60_000)
    expect(takeMany(rates, 25)).toBe(10)
  })

  it('says how long to wait, and looking takes nothing', () => {
    const { rates } = underClock()
    const slow = { requests: 2, perMs: 60_000 }
    for (let count = 0; count < 5; count++) expect(rates.look('NL-EMS', slow)).toBeUndefined()
    expect([rates.take('NL-EMS', slow), rates.take('NL-EMS', slow)]).toEqual([undefined, undefined])
    expect(rates.take('NL-EMS', slow)).toBeCloseTo(30_000)
    expect(rates.look('NL-EMS', slow)).toBeCloseTo(30_000)
  })

  it('is counted for each sender by itself', () => {
    const { rates } = underClock()
    expect(takeMany(rates, 25, undefined, 'NL-EMS')).toBe(10)
    expect(takeMany(rates, 25, undefined, 'FR-EMS')).toBe(10)
  })

  it.each([1, 3, 7, 100, 997, 6_000])('of %i a minute is exact over any time', (requests) => {
    const { rates, wait } = underClock()
    const rate = { requests, perMs: 60_000 }
    let taken = takeMany(rates, requests + 10, rate)
    expect(taken).toBe(requests)
    for (let step = 0; step < 600; step++) {
      wait(200)
      taken += takeMany(rates, requests, rate)
    }
    // Two minutes more, less what a rounding may cost.
    expect(taken).toBeLessThanOrEqual(requests * 3)
    expect(taken).toBeGreaterThanOrEqual(requests * 3 - 1)
  })
})

describe('a rate of several hubs', () => {
  /** A store as Redis is one: it adds up, and what it holds runs off. */
  function sharedStore() {
    const ends = new Map<string, number>()
    const store = { away: false, calls: 0 }
    const exchange: RateExchange = async (news) => {
      store.calls++
      if (store.away) throw new Error('away')
      const instant = performance.now()
      return new Map(
        [...news].map(([key, { takenMs }]) => {
          ends.set(key, Math.max(ends.get(key) ?? 0, instant) + takenMs)
          return [key, ends.get(key)! - instant]
        }),
      )
    }
    return Object.assign(store, { exchange })
  }

  function hub(exchange: RateExchange): Rates {
    const rates = createRates({ exchange, shareMs: 5 })
    open.push(rates)
    return rates
  }

  const RATE = { requests: 100, perMs: 60_000 }

  it('is one bucket once they have told each other', async () => {
    const store = sharedStore()
    const [one, other] = [hub(store.exchange), hub(store.exchange)]
    expect(takeMany(one, 100, RATE)).toBe(100)
    // The other knows of it with its own next news.
    expect(takeMany(other, 1, RATE)).toBe(1)
    await waitFor(() => other.look('NL-EMS', RATE) !== undefined)
    expect(takeMany(other, 50, RATE)).toBe(0)
  })

  it('lets a cluster go beyond it only by what each hub takes before it is told', async () => {
    const store = sharedStore()
    const hubs = [hub(store.exchange), hub(store.exchange), hub(store.exchange)]
    let taken = 0
    for (let more = true; more; ) {
      const calls = store.calls
      const before = taken
      for (const rates of hubs) taken += takeMany(rates, 2, RATE)
      more = taken > before
      if (more) await waitFor(() => store.calls > calls)
    }
    expect(taken).toBeGreaterThanOrEqual(100)
    expect(taken).toBeLessThanOrEqual(100 + hubs.length * 6)
  })

  it('is counted by each hub alone while the store is away, and together again afterwards', async () => {
    const store = sharedStore()
    store.away = true
    const [one, other] = [hub(store.exchange), hub(store.exchange)]
    expect(takeMany(one, 150, RATE)).toBe(100)
    expect(takeMany(other, 20, RATE)).toBe(20)
    await waitFor(() => store.calls >= 2)
    expect(takeMany(one, 10, RATE)).toBe(0)
    store.away = false
    expect(takeMany(other, 80, RATE)).toBe(80)
    const calls = store.calls
    await waitFor(() => store.calls > calls)
    expect(takeMany(other, 5, RATE)).toBe(0)
  })
})
