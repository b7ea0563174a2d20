// The status code of an answer, read without parsing its data: both readers agree with JSON.parse on every envelope,
// however it is spelled and cut into pieces, and never take a decoy.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStatusCodeScanner, readStatusCode, writeEnvelope } from '../../../src/ocpi/envelope.ts'

/** A member of the top-level object as it is written. */
type Member = readonly [key: string, value: string]

const blank = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 })

/** `text` as JSON, with any of its characters written as escapes. */
function spellings(text: string): fc.Arbitrary<string> {
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return fc
    .array(fc.integer({ min: 0, max: 5 }), { minLength: text.length, maxLength: text.length })
    .map(
      (dice) => `"${Array.from(text, (unit, index) => (dice[index] === 0 ? escape(unit) : unit)).join('')}"`,
    )
}

const ours = fc.oneof(
  { weight: 3, arbitrary: fc.constant('"status_code"') },
  { weight: 1, arbitrary: spellings('status_code') },
)
const decoyText = fc.constantFrom(
  '"status_code":4000',
  '{"status_code":3000}',
  '\\"status_code\\":2000',
  'status_code',
  '\\',
  '\\\\',
  '"',
  '}',
  '{',
  ']',
  '":1000,',
  '\\u0022status_code\\u0022:1001',
)
const string = fc
  .oneof(decoyText, fc.string({ unit: 'binary', maxLength: 12 }))
  .map((text) => JSON.stringify(text))
const { value: anyValue } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    string,
    fc.constantFrom('null', 'true', '0', '-1.5e3', '1000', '4999'),
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(',')}]`),
  object: fc
    .array(fc.tuple(fc.oneof(ours, string), tie('value')), { maxLength: 3 })
    .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join(',')}}`),
}))
const code = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1000, max: 4999 }).map(String) },
  { weight: 1, arbitrary: fc.integer({ min: -5000, max: 99_999 }).map(String) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.constantFrom('"1000"', 'null', '1e3', '1000.0', '10000000000', '[1000]', '{"a":1000}', 'true', '""'),
      anyValue,
    ),
  },
)
const otherKey = fc.oneof(
  fc.constantFrom(
    '"data"',
    '"status_message"',
    '"timestamp"',
    '"Status_code"',
    '"status_cod"',
    '"status_codes"',
    '"x_status_code"',
    '"\\\\status_code"',
    '""',
  ),
  string.filter((text) => JSON.parse(text) !== 'status_code'),
)
const member: fc.Arbitrary<Member> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(ours, code) },
  { weight: 3, arbitrary: fc.tuple(otherKey, anyValue) },
)

interface Written {
  readonly bytes: Buffer
  readonly expected: number | undefined
}

const envelope: fc.Arbitrary<Written> = fc
  .tuple(fc.array(member, { maxLength: 5 }), fc.infiniteStream(blank), fc.boolean())
  .map(([members, blanks, mark]) => {
    const gap = () => blanks.next().value as string
    const text = members.map(([key, value]) => `${gap()}${key}${gap()}:${gap()}${value}${gap()}`).join(',')
    const last = members.findLast(([key]) => JSON.parse(key) === 'status_code')?.[1]
    const bare = last !== undefined && /^[1-4]\d{3}$/.test(last)
    return {
      bytes: Buffer.from(`${mark ? '\ufeff' : ''}${gap()}{${text === '' ? gap() : text}}${gap()}`),
      expected: bare ? Number(last) : undefined,
    }
  })

function scan(bytes: Buffer, cuts: readonly number[] = []): number | undefined {
  const scanner = createStatusCodeScanner()
  let from = 0
  for (const cut of cuts.map((each) => each % (bytes.length + 1)).toSorted((a, b) => a - b)) {
    scanner.push(bytes.subarray(from, cut))
    from = cut
  }
  scanner.push(bytes.subarray(from))
  return scanner.end()
}

const cuts = fc.array(fc.nat(), { maxLength: 12 })

describe('readStatusCode and the scanner', () => {
  it('read the last top-level code of every envelope and no decoy', () => {
    fc.assert(
      fc.property(envelope, ({ bytes, expected }) => {
        expect(() => JSON.parse(bytes.toString().replace('\ufeff', ''))).not.toThrow()
        expect(readStatusCode(bytes)).toBe(expected)
        expect(scan(bytes)).toBe(expected)
      }),
      { numRuns: 5000 },
    )
  })

  it('read the same in whatever pieces the bytes come', () => {
    fc.assert(
      fc.property(envelope, cuts, ({ bytes, expected }, at) => {
        expect(scan(bytes, at)).toBe(expected)
      }),
      { numRuns: 3000 },
    )
    const bytes = Buffer.from('\ufeff {"data":"\\"}","st\\u0061tus_code" : 1000 }')
    for (let size = 1; size <= bytes.length; size++) {
      const every = Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => (index + 1) * size)
      expect(scan(bytes, every)).toBe(1000)
    }
  })

  it('read no code from an envelope that was cut short', () => {
    fc.assert(
      fc.property(envelope, fc.nat(), ({ bytes }, at) => {
        const end = bytes.lastIndexOf(0x7d)
        expect(scan(bytes.subarray(0, at % (end + 1)))).toBeUndefined()
      }),
    )
  })

  it('give a code or nothing for any bytes, and never throw', () => {
    const damaged = fc
      .tuple(
        envelope,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      )
      .map(([{ bytes: whole }, changes]) => {
        const bytes = Buffer.from(whole)
        for (const [position, byte] of changes) bytes[position % bytes.length] = byte
        return bytes
      })
    const anyBytes = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(damaged, anyBytes), cuts, (bytes, at) => {
        for (const read of [readStatusCode(bytes), scan(bytes), scan(bytes, at)]) {
          expect(read === undefined || (Number.isInteger(read) && read >= 1000 && read <= 4999)).toBe(true)
        }
        expect(scan(bytes, at)).toBe(scan(bytes))
      }),
      { numRuns: 3000 },
    )
  })

  it('read nothing from what is no object or goes on behind it', () => {
    for (const text of [
      '',
      ' ',
      '\ufeff',
      '{',
      '}',
      '{}',
      '[]',
      'null',
      '1000',
      '"status_code"',
      '[{"status_code":1000}]',
      '{"status_code":1000}]',
      '{"status_code":1000',
      '"status_code":1000}',
      '{"status_code":1000}x',
      '{"status_code":10 00}',
      '{"status_code":1000 0}',
      '{"status_code":"1000"}',
      '<html>{"status_code":1000}',
      '{"status_code":1000}</html>',
    ]) {
      expect(readStatusCode(Buffer.from(text)), text).toBeUndefined()
      expect(scan(Buffer.from(text)), text).toBeUndefined()
    }
  })

  it('reads hostile answers of 4 MB in moments and in constant memory', () => {
    const size = 4_000_000
    const deep = `{"status_code":${'['.repeat(size)}`
    const slashes = `{"${'\\\\'.repeat(size / 2)}":1,"status_code":1000}`
    const quotes = `{"status_code":1000,"data":"${'\\"'.repeat(size / 2)}"}`
    const keys = `{${'"a":1,'.repeat(size / 6)}"data":[],"status_code":2001,"x":{}}`
    expect(scan(Buffer.from(deep))).toBeUndefined()
    expect(readStatusCode(Buffer.from(deep))).toBeUndefined()
    for (const [text, expected] of [
      [slashes, 1000],
      [quotes, 1000],
      [keys, 2001],
    ] as const) {
      expect(scan(Buffer.from(text))).toBe(expected)
      expect(readStatusCode(Buffer.from(text))).toBe(expected)
    }
  })
})

describe('the scanner on its way', () => {
  it('knows the code as soon as its member is over, and what cannot be an object any more', () => {
    const scanner = createStatusCodeScanner()
    expect([scanner.plausible, scanner.code]).toEqual([true, undefined])
    scanner.push(Buffer.from('{"status_code":100'))
    expect([scanner.plausible, scanner.code]).toEqual([true, undefined])
    scanner.push(Buffer.from('0,"data":['))
    expect([scanner.plausible, scanner.code, scanner.end()]).toEqual([true, 1000, undefined])
    scanner.push(Buffer.from(']} x'))
    expect([scanner.plausible, scanner.end()]).toEqual([false, undefined])
  })

  it('finds HTML and lists implausible at their first byte', () => {
    for (const text of ['<', '[', '"', '1', '\u00a0', ' \ufeff']) {
      const scanner = createStatusCodeScanner()
      scanner.push(Buffer.from(text))
      expect(scanner.plausible, text).toBe(false)
    }
  })
})

describe('writeEnvelope', () => {
  it('writes what every reader understands, and leaves absent members out (R12)', () => {
    fc.assert(
      fc.property(
        fc.option(fc.jsonValue(), { nil: undefined }),
        fc.integer({ min: 1000, max: 4999 }),
        fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
        (data, statusCode, statusMessage) => {
          const text = writeEnvelope({ data, statusCode, statusMessage }, 0)
          expect(readStatusCode(Buffer.from(text))).toBe(statusCode)
          const parsed = JSON.parse(text) as Record<string, unknown>
          expect(parsed.timestamp).toBe('1970-01-01T00:00:00.000Z')
          expect('data' in parsed).toBe(data !== undefined)
          expect('status_message' in parsed).toBe(statusMessage !== undefined)
        },
      ),
    )
  })
})
