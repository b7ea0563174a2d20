// What the benchmark says of the slowest requests.

import { expect, it } from 'vitest'
import { pooledQuantile, ratioOfQuantiles } from '../../bench/slowest.ts'

const upTo = (count: number, factor = 1) => Array.from({ length: count }, (_, index) => (index + 1) * factor)

it('a quantile is that of all rounds together, whatever single rounds have', () => {
  expect(pooledQuantile([[1, 2, 3], [], [4, 5, 6]], 0.5)).toBe(3)
  expect(pooledQuantile([upTo(100)], 0.99)).toBe(99)
  expect(pooledQuantile([upTo(50), upTo(50)], 0.99)).toBe(50)
  expect(pooledQuantile([[7, 7, 7]], 0.01)).toBe(7)
  expect(pooledQuantile([[]], 0.99)).toBe(0)
})

it('a ratio has an interval that is as wide as the rounds differ', () => {
  const same = Array.from({ length: 8 }, () => upTo(100))
  expect(ratioOfQuantiles(same, same, 0.99)).toEqual({ ratio: 1, from: 1, to: 1 })
  const twice = Array.from({ length: 8 }, () => upTo(100, 2))
  expect(ratioOfQuantiles(twice, same, 0.99)).toEqual({ ratio: 2, from: 2, to: 2 })
  const uneven = Array.from({ length: 8 }, (_, round) => upTo(100, round < 4 ? 1 : 3))
  const { ratio, from, to } = ratioOfQuantiles(uneven, same, 0.99)
  expect(from).toBeLessThan(ratio)
  expect(ratio).toBeLessThanOrEqual(to)
})
