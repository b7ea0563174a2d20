// How many wrong tokens an address may show, and what counts as one address.

import { beforeEach, expect, it } from 'vitest'
import { createGuesses, type Guesses } from '../../../src/http/guesses.ts'

let guesses: Guesses
let now: number
let warned: object[]

beforeEach(() => {
  now = 5_000
  warned = []
  const warn = (fields: object) => void warned.push(fields)
  guesses = createGuesses({ warn }, 'admin tokens', () => now)
})

const times = (count: number, address: string | undefined) =>
  Array.from({ length: count }, () => guesses(address) === undefined).filter(Boolean).length

it('an address is put off after ten, until the minute is over, and the log says so once', () => {
  expect(times(15, '192.0.2.1')).toBe(10)
  expect(warned).toEqual([{ address: '192.0.2.1' }])
  now += 20_000
  expect(guesses('192.0.2.1')).toBe(40_000)
  expect(guesses('192.0.2.2')).toBeUndefined()
  now += 40_000
  expect(times(15, '192.0.2.1')).toBe(10)
})

it('an IPv4 address is one in both of its spellings, a /64 of IPv6 is one, what is no address is one', () => {
  expect(times(5, '192.0.2.1') + times(10, '::ffff:192.0.2.1')).toBe(10)
  expect(times(5, '2001:db8:0:1::1') + times(10, '2001:db8:0:1:ffff::9')).toBe(10)
  expect(guesses('2001:db8:0:2::1')).toBeUndefined()
  expect(times(5, undefined) + times(10, 'nowhere')).toBe(10)
})

it('from everywhere together there are a thousand', () => {
  const answered = Array.from({ length: 3_000 }, (_, index) =>
    guesses(`198.51.${Math.floor(index / 250)}.${index % 250}`),
  ).filter((waitMs) => waitMs === undefined)
  expect(answered).toHaveLength(1_000)
})
