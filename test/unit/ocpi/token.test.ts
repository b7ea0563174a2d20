// The Authorization header in all the forms that peers write, and what is kept of a token.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createToken,
  hashToken,
  readAuthorization,
  tokenFingerprint,
  writeAuthorization,
} from '../../../src/ocpi/token.ts'

const printable = Array.from({ length: 0x7e - 0x21 + 1 }, (_, index) => String.fromCharCode(0x21 + index))
const token = fc.string({ unit: fc.constantFrom(...printable), minLength: 1, maxLength: 64 })

describe('readAuthorization', () => {
  it('reads every token in Base64 first, as 2.2 and newer write it (R3)', () => {
    fc.assert(
      fc.property(token, (text) => {
        expect(readAuthorization(writeAuthorization(text, 'base64'))[0]).toEqual({
          token: text,
          form: 'base64',
        })
      }),
    )
  })

  it('reads every raw token too, as 2.1.1 and older write it (R4)', () => {
    fc.assert(
      fc.property(token, (text) => {
        expect(readAuthorization(writeAuthorization(text, 'raw'))).toContainEqual({
          token: text,
          form: 'raw',
        })
      }),
    )
  })

  it('cuts the line break that an encoder put behind the token', () => {
    expect(readAuthorization('Token ZXhhbXBsZS10b2tlbgo=')[0]).toEqual({
      token: 'example-token',
      form: 'base64',
    })
    expect(readAuthorization('Token ZXhhbXBsZS10b2tlbg==')[0]).toEqual({
      token: 'example-token',
      form: 'base64',
    })
    const windows = Buffer.from('example-token\r\n').toString('base64')
    expect(readAuthorization(`Token ${windows}`)[0]?.token).toBe('example-token')
  })

  it('looks into nothing that is longer than a token makes it, whatever it would be cut to', () => {
    const encoded = (text: string) => `Token ${Buffer.from(text).toString('base64')}`
    const longest = 'x'.repeat(256)
    expect(readAuthorization(encoded(`${longest}\n`))).toEqual([{ token: longest, form: 'base64' }])
    expect(readAuthorization(encoded(`abc${'\n'.repeat(12_000)}`))).toEqual([])
    expect(readAuthorization(`Token ${' '.repeat(12_000)}abc`)).toEqual([])
  })

  it('takes the scheme in any case and with several blanks', () => {
    for (const scheme of ['Token ', 'token ', 'TOKEN  ', 'Token    ']) {
      expect(readAuthorization(`${scheme}abc `)).toEqual([{ token: 'abc', form: 'raw' }])
    }
  })

  it.each([
    undefined,
    '',
    'Token',
    'Token ',
    'Token    ',
    'Tokenabc',
    'Bearer abc',
    'Basic dTpw',
    ' Token abc',
    'abc',
    'Token a b',
    'Token a\tb',
    'Token \u00e9',
    'Token a\r\nX: y',
    'Token\tabc',
  ])('takes nothing from %j', (value) => {
    expect(readAuthorization(value)).toEqual([])
  })

  it('takes for a token only what is not Base64 of something else', () => {
    expect(readAuthorization('Token !!!!')).toEqual([{ token: '!!!!', form: 'raw' }])
    expect(readAuthorization('Token AAAA')).toEqual([{ token: 'AAAA', form: 'raw' }])
    expect(readAuthorization(`Token ${'a'.repeat(257)}`)).toEqual([])
    expect(readAuthorization(`Token ${Buffer.from('a'.repeat(257)).toString('base64')}`)).toEqual([])
  })

  it('gives for any header at most two tokens, each one fit for a header', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }).map((text) => `Token ${text}`),
      fc.base64String().map((text) => `Token ${text}`),
    )
    fc.assert(
      fc.property(value, (header) => {
        const candidates = readAuthorization(header)
        expect(candidates.length).toBeLessThanOrEqual(2)
        for (const candidate of candidates) expect(candidate.token).toMatch(/^[\x21-\x7e]{1,256}$/)
      }),
      { numRuns: 500 },
    )
  })
})

describe('tokens of the hub', () => {
  it('are 43 printable characters and never the same (R9)', () => {
    const tokens = Array.from({ length: 100 }, createToken)
    for (const each of tokens) expect(each).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(new Set(tokens).size).toBe(100)
  })

  it('are kept as a keyed hash, of which people see eight digits', () => {
    const hash = hashToken('example-token', Buffer.alloc(32, 1))
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(hashToken('example-token', Buffer.alloc(32, 1))).toBe(hash)
    expect(hashToken('example-token', Buffer.alloc(32, 2))).not.toBe(hash)
    expect(hashToken('example-tokem', Buffer.alloc(32, 1))).not.toBe(hash)
    expect(tokenFingerprint(hash)).toBe(hash.slice(0, 8))
  })
})
