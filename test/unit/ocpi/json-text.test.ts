// Whether bytes are JSON is told as a JSON parser tells it, for any bytes, and without holding up others.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJson, isJsonInSteps, NESTING_MAX } from '../../../src/ocpi/json-text.ts'

function isParsed(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const json = fc.json({ maxDepth: 5, stringUnit: 'binary' })
const snippets = fc.constantFrom(
  ...'{ } [ ] , : " \\ \\u00e \\" - 0 01 1. .5 1e E+2 -0.0e-0 true tru null nul NaN "" {} [] /**/ '.split(
    ' ',
  ),
  ' ',
  '\n',
  '\u00a0',
  '\ufeff',
  '\0',
  '"\t"',
  "'a'",
)
const mutated = fc
  .tuple(json, fc.array(fc.tuple(fc.nat(), snippets, fc.nat({ max: 3 })), { maxLength: 3 }))
  .map(([text, changes]) =>
    changes.reduce((before, [place, snippet, cut]) => {
      const at = place % (before.length + 1)
      return before.slice(0, at) + snippet + before.slice(at + cut)
    }, text),
  )
const jumbled = fc.array(snippets, { maxLength: 12 }).map((parts) => parts.join(''))

describe('isJson', () => {
  it('says what JSON.parse says', () => {
    fc.assert(
      fc.property(fc.oneof(json, mutated, jumbled), (text) => {
        // Half a character becomes U+FFFD in the bytes; both readers get the same.
        const body = Buffer.from(text)
        return isJson(body) === isParsed(body.toString('utf8'))
      }),
      { numRuns: 20_000 },
    )
  })

  it('says so of every scalar and its mistakes', () => {
    for (const text of [
      '0',
      '-0',
      '10',
      '1.5',
      '1e5',
      '1E+5',
      '-1.0e-7',
      'true',
      'false',
      'null',
      '""',
      '"\\uABcd"',
    ])
      expect([text, isJson(Buffer.from(text))]).toEqual([text, true])
    for (const text of [
      '',
      '-',
      '00',
      '-01',
      '1.',
      '1e',
      '1e+',
      '+1',
      '.5',
      '0x1',
      'True',
      'nulll',
      '"',
      '"\\x"',
      '"\\u12g4"',
      '"\u0001"',
    ])
      expect([text, isJson(Buffer.from(text))]).toEqual([text, false])
  })

  it('takes nesting up to its bound, and never overflows a stack', () => {
    const nested = (depth: number) => Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)}`)
    expect([isJson(nested(NESTING_MAX)), isJson(nested(NESTING_MAX + 2))]).toEqual([true, false])
    expect(isJson(Buffer.from('['.repeat(5_000_000)))).toBe(false)
    expect(isJson(Buffer.from('{"a":'.repeat(1_000_000)))).toBe(false)
  })
})

describe('isJsonInSteps', () => {
  it('lets others have their turn while it looks through a large text', async () => {
    const body = Buffer.from(`[${'{"id":1,"tags":["a",null]},'.repeat(120_000)}1]`)
    let turns = 0
    let done = false
    const count = (): void => {
      turns++
      if (!done) setImmediate(count)
    }
    setImmediate(count)
    expect(await isJsonInSteps(body)).toBe(true)
    done = true
    expect(turns).toBeGreaterThan(5)
    expect(await isJsonInSteps(body.subarray(0, -1))).toBe(false)
  })
})
