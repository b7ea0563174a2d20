// Whatever a file holds, reading it throws nothing, and every fault has a place inside of the file.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { readConfig } from '../../../src/config/load.ts'

const WORDS = [
  'hub',
  'listen',
  'ocpi',
  'admin',
  'tokens',
  'token',
  'registry',
  'forwarding',
  'timeout',
  'platforms',
  'roles',
  'routes',
  'from',
  'to',
  'id',
  'country_code',
  'party_id',
  'role',
  'network',
  'allow',
  'secret_key',
  'sandbox',
  '__proto__',
  '<<',
  'constructor',
  'NL',
  'HUB',
  '30s',
  '10MiB',
  '${A}',
  '${A:-x}',
  '${',
  'redis',
  '::1',
  '*',
  'none',
  '"',
  "'",
  '- ',
  ': ',
  ', ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '!!set ',
  '|',
  '>',
  '# ',
  '\n',
  '\n  ',
  '\n  - ',
  '\t',
  '---',
  '...',
  '?',
  '\uF8D0',
  '\r\n',
  '\uFEFF',
  '%YAML 9',
]

function holds(text: string): void {
  const result = readConfig(text, 'f', { A: 'x: {y' })
  const lines = text.split('\n').length
  for (const { line, col, message } of result.faults) {
    expect(line).toBeGreaterThanOrEqual(1)
    expect(line).toBeLessThanOrEqual(lines)
    expect(col).toBeGreaterThanOrEqual(1)
    expect(message).not.toBe('')
  }
  expect(result.faults.length === 0).toBe(result.config !== undefined)
}

test('reads any text without throwing', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), holds), { numRuns: 1000 })
})

test('reads any sequence of its own words without throwing', () => {
  const words = fc.array(fc.constantFrom(...WORDS), { maxLength: 40 })
  fc.assert(
    fc.property(words, (parts) => holds(parts.join(''))),
    { numRuns: 3000 },
  )
})

test('reads any data in the place of any section without throwing', () => {
  const keys = fc.constantFrom(...WORDS.filter((word) => /^\w+$/.test(word)))
  const { data } = fc.letrec((tie) => ({
    data: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(...WORDS, 1, 1.5, -1, true, null, ''),
      fc.array(tie('data'), { maxLength: 4 }),
      fc.dictionary(keys, tie('data'), { maxKeys: 5 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(keys, data, { maxKeys: 6 }), (value) => holds(stringify(value))),
    { numRuns: 1000 },
  )
})

test('stops at a file of many nested aliases', () => {
  const levels = Array.from(
    { length: 30 },
    (_, index) => `l${index + 1}: &l${index + 1} [${`*l${index}, `.repeat(9)}]`,
  )
  const { faults } = readConfig(`l0: &l0 x\n${levels.join('\n')}`, 'f', {})
  expect(faults.some(({ message }) => message === 'there are more than 100 aliases')).toBe(true)
})
