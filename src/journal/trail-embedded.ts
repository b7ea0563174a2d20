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

  // Kept in memory: the directory is this process's alone, and looking for them costs more than the write.
  let last = newest()
  let oldest = [...texts.getKeys({ limit: 1 })][0] ?? last + 1

  return {
    async append(text) {
      const number = ++last
      const from = oldest
      oldest = Math.max(from, Math.min(number - max + 1, from + DROPS_MAX))
      const until = oldest
      try {
        await environment.write(() => {
          void texts.put(number, text)
          for (let old = from; old < until; old++) void texts.remove(old)
        })
      } catch (cause) {
        oldest = Math.min(oldest, from)
        throw new Fault('store_unavailable', { detail: `the history ${name} cannot be written`, cause })
      }
    },
    async read({ limit, position }) {
      if (position !== undefined && !TRAIL_NUMBER.test(position)) return { texts: [] }
      try {
        const start = position === undefined ? last : Number(position)
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
