// A success of a party that does not speak OCPI: wrapped by bytes, never re-written.

import { describe, expect, it } from 'vitest'
import { readDialectAnswer } from '../../../src/dialects/dialect.ts'
import { readStatusCode } from '../../../src/ocpi/envelope.ts'
import { FIXTURES } from './fixture.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const TAIL = '"status_code":1000,"timestamp":"2026-01-02T03:04:05.678Z"}'

describe.each(FIXTURES)('$name', ({ name, rows, spell }) => {
  function wrap(body: string | Buffer, httpStatus = 200): string | undefined {
    const outcome = readDialectAnswer(name, { httpStatus, headers: {}, body: Buffer.from(body) }, NOW)
    if (outcome && outcome.kind !== 'success') throw new Error(outcome.kind)
    return outcome?.body.toString()
  }

  it('wraps JSON with numbers, key order, duplicate keys and blanks as they came', () => {
    for (const body of [
      '{"z":1.10,"a":12345678901234567890,"z":1e400,"__proto__":{"x":1}, "u":"\\u0041\\ud800"}',
      ' [ 1.0 ,\n-0 ] ',
      'null',
      '"status_code"',
      '0.10',
      '{"status_code":"none"}',
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    ]) {
      expect(wrap(body)).toBe(`{"data":${body},${TAIL}`)
      expect(readStatusCode(Buffer.from(wrap(body)!))).toBe(1000)
    }
  })

  it('cuts a byte order mark, which may not stand inside of JSON', () => {
    expect(wrap('\ufeff{"a":1}')).toBe(`{"data":{"a":1},${TAIL}`)
  })

  it('answers an empty body without data, under any 2xx', () => {
    for (const http of [200, 201, 202, 204, 205, 299]) {
      expect(wrap('', http)).toBe(`{${TAIL}`)
      expect(wrap('\r\n', http)).toBe(`{${TAIL}`)
      expect(wrap('\ufeff', http)).toBe(`{${TAIL}`)
    }
  })

  it('takes any JSON under 2xx for a success, one that looks like an error too', () => {
    const body = JSON.stringify(spell({ ...rows[0]!, message: 'm' }))
    expect(wrap(body, 200)).toBe(`{"data":${body},${TAIL}`)
  })

  it('leaves what is not JSON to the ordinary fault table', () => {
    for (const body of [
      '<html>',
      '{',
      '{"a":1}}',
      "{'a':1}",
      '{"a":1,}',
      'undefined',
      'NaN',
      '//x\n1',
      '\u00a0',
    ]) {
      expect(wrap(body), body).toBeUndefined()
    }
    expect(wrap(Buffer.from([0x22, 0xff, 0x22]))).toBeUndefined()
    expect(wrap(Buffer.from([0xff, 0xfe, 0x31, 0x00]))).toBeUndefined()
  })

  it('does not parse what is nested beyond reason', () => {
    expect(wrap(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`)).toBeUndefined()
    expect(wrap(`${'{"a":'.repeat(300_000)}1${'}'.repeat(300_000)}`)).toBeUndefined()
    expect(wrap(JSON.stringify('[{'.repeat(300_000)))).toBeDefined()
  })
})
