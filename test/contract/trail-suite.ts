// What every store of a short history promises. The adapters' own files run it.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TrailStore } from '../../src/journal/trail.ts'

export interface TrailBench {
  /** The same data each time it is called. */
  open(max: number): Promise<TrailStore> | TrailStore
  /** How many texts beyond its bound a store may keep. */
  readonly beyondBound: number
  end(): Promise<void>
}

export function trailSuite(name: string, prepare: () => Promise<TrailBench>): void {
  describe(`a history (${name})`, () => {
    let bench: TrailBench
    beforeEach(async () => {
      bench = await prepare()
    })
    afterEach(() => bench.end())

    async function write(trail: TrailStore, count: number): Promise<string[]> {
      const texts = Array.from({ length: count }, (_, index) => `text ${index}`)
      for (const text of texts) await trail.append(text)
      return texts.toReversed()
    }

    it('is read newest first, page by page, to its end', async () => {
      const trail = await bench.open(100)
      const newestFirst = await write(trail, 25)
      const seen: string[] = []
      let position: string | undefined
      do {
        const page = await trail.read({ limit: 10, ...(position === undefined ? {} : { position }) })
        seen.push(...page.texts)
        position = page.next
      } while (position !== undefined)
      expect(seen).toEqual(newestFirst)
    })

    it('goes on from the same place when something was added meanwhile', async () => {
      const trail = await bench.open(100)
      const newestFirst = await write(trail, 6)
      const { next } = await trail.read({ limit: 2 })
      await trail.append('newer')
      expect((await trail.read({ limit: 2, position: next! })).texts).toEqual(newestFirst.slice(2, 4))
    })

    it('is bounded, the oldest go first', async () => {
      const trail = await bench.open(10)
      const newestFirst = await write(trail, 250)
      const { texts } = await trail.read({ limit: 1000 })
      expect(texts.length).toBeGreaterThanOrEqual(10)
      expect(texts.length).toBeLessThanOrEqual(10 + bench.beyondBound)
      expect(texts).toEqual(newestFirst.slice(0, texts.length))
    })

    it('is empty at first, and behind a position that is none', async () => {
      const trail = await bench.open(10)
      expect(await trail.read({ limit: 5 })).toEqual({ texts: [] })
      await trail.append('one')
      expect(await trail.read({ limit: 5, position: 'nonsense' })).toEqual({ texts: [] })
    })
  })
}
