// Cursors of GET ALL are the hub's own: nobody can make one, change one, or use somebody else's (T17).

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CursorScope, readCursor, writeCursor } from '../../../src/forwarding/cursor.ts'
import { BELOW_LENGTH_MAX } from '../../../src/forwarding/trail.ts'

const KEY = Buffer.alloc(32, 1)
const SCOPE: CursorScope = {
  requester: 'ems',
  from: 'NL-EMS',
  version: '2.2.1',
  module: 'locations',
  rest: '',
}
const CURSOR = {
  owner: 'DE-CPO',
  offset: 50,
  limit: 25,
  total: 1_234,
  filters: 'date_from=2026-01-01T00%3A00%3A00Z',
}

const TRAIL = { below: '/page?cursor=SECRET', size: 50, steps: 3, empty: 0, marks: ['abc', 'def'] }

describe('readCursor', () => {
  it('reads back where the Links of an owner led to, which nobody else can read', () => {
    const trail = fc.record({
      below: fc.string(),
      size: fc.nat(),
      steps: fc.nat(),
      empty: fc.nat(),
      marks: fc.array(fc.string()),
    })
    fc.assert(
      fc.property(trail, fc.option(fc.string(), { nil: undefined }), (value, page) => {
        const cursor = { ...CURSOR, trail: value, ...(page === undefined ? {} : { page }) }
        expect(readCursor(writeCursor(cursor, SCOPE, KEY), SCOPE, [KEY])).toEqual(cursor)
      }),
    )
    const text = writeCursor({ ...CURSOR, trail: TRAIL }, SCOPE, Buffer.alloc(32, 2))
    const [payload = ''] = text.split('.')
    const readable = Buffer.from(payload, 'base64url').toString()
    expect(readable).not.toContain('SECRET')
    expect(readable).not.toContain(Buffer.from(TRAIL.below).toString('base64url').slice(2, -2))
    expect(readCursor(text, SCOPE, [KEY, Buffer.alloc(32, 2)])).toMatchObject({ trail: TRAIL })
  })

  it('stays below what proxies take as a URL, with the longest filters and place of an owner', () => {
    const marks = Array.from({ length: 32 }, () => 'a'.repeat(10))
    const trail = { ...TRAIL, below: 'a'.repeat(BELOW_LENGTH_MAX), marks }
    const text = writeCursor({ ...CURSOR, filters: 'a'.repeat(2_048), trail }, SCOPE, KEY)
    expect(text.length).toBeLessThan(8_000)
  })

  it('reads back what was written, for any cursor', () => {
    const cursor = fc.record({
      owner: fc.string(),
      offset: fc.nat(),
      limit: fc.nat(),
      total: fc.nat(),
      filters: fc.string(),
    })
    fc.assert(
      fc.property(cursor, (value) => {
        const text = writeCursor(value, SCOPE, KEY)
        expect(text).toMatch(/^[A-Za-z0-9_.-]+$/)
        expect(readCursor(text, SCOPE, [KEY])).toEqual(value)
      }),
    )
  })

  it('refuses a cursor with any character changed, added or cut off', () => {
    const text = writeCursor(CURSOR, SCOPE, KEY)
    for (let at = 0; at < text.length; at++) {
      const other = text[at] === 'A' ? 'B' : 'A'
      expect(readCursor(text.slice(0, at) + other + text.slice(at + 1), SCOPE, [KEY])).toBeUndefined()
      expect(readCursor(text.slice(0, at), SCOPE, [KEY])).toBeUndefined()
      expect(readCursor(text.slice(0, at) + other + text.slice(at), SCOPE, [KEY])).toBeUndefined()
    }
  })

  it.each<[string, Partial<CursorScope>]>([
    ['platform', { requester: 'emt' }],
    ['party', { from: 'NL-EMT' }],
    ['version', { version: '2.3.0' }],
    ['module', { module: 'tariffs' }],
    ['path', { rest: '/terminals' }],
  ])('refuses a cursor made for another %s', (_what, change) => {
    expect(readCursor(writeCursor(CURSOR, SCOPE, KEY), { ...SCOPE, ...change }, [KEY])).toBeUndefined()
  })

  it('reads what an older key wrote', () => {
    expect(
      readCursor(writeCursor(CURSOR, SCOPE, Buffer.alloc(32, 2)), SCOPE, [KEY, Buffer.alloc(32, 2)]),
    ).toEqual(CURSOR)
  })

  it('refuses a cursor made with another key', () => {
    expect(readCursor(writeCursor(CURSOR, SCOPE, Buffer.alloc(32, 2)), SCOPE, [KEY])).toBeUndefined()
  })

  it('refuses any other text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String().map((text) => `${text}.${'A'.repeat(43)}`),
        ),
        (text) => {
          expect(readCursor(text, SCOPE, [KEY])).toBeUndefined()
        },
      ),
    )
  })
})
