// A history on the hub's own disk: one sub-database of texts by a growing number.

import { Fault } from '../faults/fault.ts'
import type { Environment } from './environment.ts'
import { TRAIL_NUMBER, type TrailOptions, type TrailStore } from './trail.ts'

// After a restart with a smaller bound the rest goes bit by bit.
const DROPS_MAX = 100

/** The history in an environment. */
export function createEmbeddedTrail(environment: Environment, { name, max }: TrailOptions): TrailStore {
  const texts = environment.openDatabase<string, number>({ name: `trail-${name}` })

  function newest(): number {
    const [number] = texts.getKeys({ reverse: true, limit: 1 })
    return number ?? 0
  }

  return {
    async append(text) {
      try {
        await environment.write(() => {
          const number = newest() + 1
          void texts.put(number, text)
          for (const old of texts.getKeys({ end: number - max + 1, limit: DROPS_MAX })) void texts.remove(old)
        })
      } catch (cause) {
        throw new Fault('store_unavailable', { detail: `the history ${name} cannot be written`, cause })
      }
    },
    async read({ limit, position }) {
      if (position !== undefined && !TRAIL_NUMBER.test(position)) return { texts: [] }
      try {
        const start = position === undefined ? newest() : Number(position)
        const found = [...texts.getRange({ start, reverse: true, limit: limit + 1 })]
        const page = found.slice(0, limit).map(({ value }) => value)
        const rest = found[limit]
        return rest ? { texts: page, next: String(rest.key) } : { texts: page }
      } catch (cause) {
        throw new Fault('store_unavailable', { detail: `the history ${name} cannot be read`, cause })
      }
    },
  }
}
