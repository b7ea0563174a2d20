// A map with a few values replaced is the map that replacing them would give, whatever came before; and what differs
// between two of them is exactly what replacing them has changed.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changedKeys, patchMap } from '../../../src/registry/patched-map.ts'

const SIZE = 1_000
const START: ReadonlyMap<string, number> = new Map(
  Array.from({ length: SIZE }, (_, key) => [`k${key}`, -key]),
)

/** Rounds of changes: keys, and the number of the round as their value. */
const ROUNDS = fc.array(fc.array(fc.nat({ max: SIZE - 1 }), { maxLength: 12 }), {
  minLength: 1,
  maxLength: 60,
})

const changesOf = (keys: readonly number[], round: number) =>
  new Map(keys.map((key) => [`k${key}`, round] as const))

describe('a patched map', () => {
  it('has the values, the keys and their order that a plain one has', () => {
    fc.assert(
      fc.property(ROUNDS, (rounds) => {
        const plain = new Map(START)
        let patched = START
        for (const [round, keys] of rounds.entries()) {
          for (const [key, value] of changesOf(keys, round)) plain.set(key, value)
          patched = patchMap(patched, changesOf(keys, round))
        }
        expect([...patched]).toEqual([...plain])
        expect([...patched.values()]).toEqual([...plain.values()])
        expect(patched.get('k1')).toBe(plain.get('k1'))
        expect([patched.size, patched.has('k1'), patched.has('other')]).toEqual([SIZE, true, false])
      }),
    )
  })

  it('differs from any map in exactly the keys whose values are not the same', () => {
    fc.assert(
      fc.property(ROUNDS, fc.nat({ max: 60 }), (rounds, at) => {
        const maps = [START]
        for (const [round, keys] of rounds.entries())
          maps.push(patchMap(maps.at(-1)!, changesOf(keys, round)))
        const [before, after] = [maps[Math.min(at, maps.length - 1)]!, maps.at(-1)!]
        const changed = [...START.keys()].filter((key) => after.get(key) !== before.get(key))
        expect(changedKeys(after, before)).toEqual(changed)
        expect(changedKeys(new Map(after), before)).toEqual(changed)
      }),
    )
    const [fewer, once] = [new Map([...START].slice(1)), patchMap(START, changesOf([1], 7))]
    expect([changedKeys(once, fewer), changedKeys(fewer, once)]).toEqual([
      ['k0', 'k1'],
      ['k1', 'k0'],
    ])
  })

  it('is what it was after it was patched', () => {
    const once = patchMap(START, changesOf([1], 7))
    patchMap(once, changesOf([1], 8))
    expect([START.get('k1'), once.get('k1')]).toEqual([-1, 7])
  })
})
