// Members are found by their place in the bytes: whatever stands around them, nested or in strings, is passed over.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memberSpans, readMembers } from '../../../src/ocpi/json-members.ts'

function values(text: string, name: string): string[] {
  const body = Buffer.from(text)
  return memberSpans(body, name).map(({ start, end }) => body.toString('utf8', start, end))
}

describe('memberSpans', () => {
  it.each([
    ['{"a":1}', ['1']],
    [' { "a" : 1 } ', ['1']],
    ['\uFEFF{"a":1}', ['1']],
    ['{"b":"ü€😀","a":"x"}', ['"x"']],
    ['{"a":{"a":2},"b":1}', ['{"a":2}']],
    ['{"b":{"a":2},"c":[{"a":3}]}', []],
    ['{"b":"\\"a\\":1","a":2}', ['2']],
    ['{"b":"\\\\","a":2}', ['2']],
    ['{"a":1,"\\u0061":2,"a":[3,"]"]}', ['1', '2', '[3,"]"]']],
    ['{"a":0.10,"b":0}', ['0.10']],
    ['{"a" :\n-1e+400\n}', ['-1e+400']],
    ['{"a":null}', ['null']],
    ['{}', []],
    ['[{"a":1}]', []],
    ['"a"', []],
    ['{"ab":1,"A":2,"":3}', []],
  ])('reads %s', (text, expected) => {
    expect(values(text, 'a')).toEqual(expected)
  })

  it('gives what JSON.parse gives, for any object and any of its names', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (object, indent) => {
        const text = JSON.stringify(object, null, indent)
        const parsed = JSON.parse(text)
        for (const name of Object.keys(parsed)) {
          expect(values(text, name).map((value) => JSON.parse(value))).toEqual([parsed[name]])
        }
      }),
    )
  })

  it('takes no name without its colon', () => {
    for (const text of ['{"a', '{"a{', '{"a"', '{"a" ', '{"a" 1}']) expect(values(text, 'a')).toEqual([])
  })

  it('ends on any bytes, with spans inside them', () => {
    const pieces = fc.array(
      fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', ' ', '1', '{"a":', '\u00e9'),
    )
    fc.assert(
      fc.property(pieces, (parts) => {
        const body = Buffer.from(parts.join(''))
        for (const { start, end } of memberSpans(body, 'a')) {
          expect(start).toBeLessThanOrEqual(end)
          expect(end).toBeLessThanOrEqual(body.length)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('passes over a large value in linear time', () => {
    const body = Buffer.from(
      `{"b":"${'\\"'.repeat(2_000_000)}","c":${'['.repeat(500_000)}${']'.repeat(500_000)},"a":1}`,
    )
    expect(memberSpans(body, 'a')).toEqual([{ start: body.length - 2, end: body.length - 1 }])
  })
})

describe('readMembers', () => {
  it('gives what a parser gives, of small objects and large ones', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constant({ a: 'nested' }))
    fc.assert(
      fc.property(fc.record({ a: value, b: value }, { requiredKeys: [] }), fc.boolean(), (object, large) => {
        const text = JSON.stringify(large ? { padding: 'x'.repeat(20_000), ...object } : object)
        const { a, b } = readMembers(Buffer.from(text), ['a', 'b'])
        expect({ a, b }).toEqual(pick(JSON.parse(text)))
      }),
    )
  })

  it('takes the last of equal names, and none of what is no object', () => {
    const padding = `"x":"${'x'.repeat(20_000)}"`
    expect(readMembers(Buffer.from(`{"a":1,${padding},"\\u0061":2}`), ['a'])).toEqual({ a: 2 })
    expect(readMembers(Buffer.from(`[{"a":1,${padding}}]`), ['a'])).toEqual({})
    expect(readMembers(Buffer.from('null'), ['a'])).toEqual({})
  })

  it('leaves out what is large in a large object', () => {
    const body = Buffer.from(`{"a":[${'[],'.repeat(10_000)}1],"b":"c"}`)
    expect(readMembers(body, ['a', 'b']).a).toBeUndefined()
    expect(readMembers(body, ['a', 'b']).b).toBe('c')
  })
})

function pick({ a, b }: { readonly a?: unknown; readonly b?: unknown }) {
  return { a, b }
}
