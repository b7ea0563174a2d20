// A party has many spellings and one key (R108).

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPartyId, partyKey, readPartyText } from '../../../src/ocpi/party.ts'

const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')
const country = fc.string({ unit: fc.constantFrom(...letters), minLength: 2, maxLength: 2 })
const id = fc.string({
  unit: fc.constantFrom(...letters, ...Array.from('0123456789')),
  minLength: 3,
  maxLength: 3,
})
const cased = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((lower) => Array.from(text, (unit, index) => (lower[index] ? unit.toLowerCase() : unit)).join(''))

describe('readPartyText', () => {
  it('reads every spelling of a party into one key', () => {
    const spelled = fc
      .tuple(country, id, fc.constantFrom('-', '*', ''))
      .chain(([countryCode, partyId, joint]) =>
        fc.tuple(fc.constant(`${countryCode}-${partyId}`), cased(`${countryCode}${joint}${partyId}`)),
      )
    fc.assert(
      fc.property(spelled, fc.constantFrom('', ' '), ([key, text], blank) => {
        const party = readPartyText(`${blank}${text}${blank}`)
        expect(party && partyKey(party)).toBe(key)
        expect(party && isPartyId(party)).toBe(true)
      }),
    )
  })

  it.each([
    '',
    'DE',
    'DE-',
    'DE-CP',
    'DE-CPOX',
    'DEU-CPO',
    'D-CPO',
    'DE--CPO',
    'DE_CPO',
    'DE CPO',
    '1E-CPO',
    'DE-C*O',
    'DE-C\u00d6P',
    'DE-*',
    '*',
    'DE-CPO\nX',
  ])('refuses %j', (text) => {
    expect(readPartyText(text)).toBeUndefined()
  })
})

describe('partyKey', () => {
  it('is the same in whatever case a party is written', () => {
    const pair = fc
      .tuple(country, id)
      .chain(([a, b]) => fc.tuple(fc.constant([a, b] as const), cased(a), cased(b)))
    fc.assert(
      fc.property(pair, ([[a, b], countryCode, partyId]) => {
        expect(partyKey({ countryCode, partyId })).toBe(`${a}-${b}`)
      }),
    )
  })

  it('is a key for any strings, legal or not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (countryCode, partyId) => {
        expect(typeof partyKey({ countryCode, partyId })).toBe('string')
      }),
    )
  })

  it('is different for different parties of legal form', () => {
    const ascii = fc.constantFrom(...Array.from('AB-1*'))
    const party = fc.record({
      countryCode: fc.string({ unit: ascii, minLength: 2, maxLength: 2 }),
      partyId: fc.string({ unit: ascii, minLength: 3, maxLength: 3 }),
    })
    fc.assert(
      fc.property(party, party, (one, other) => {
        const same = one.countryCode === other.countryCode && one.partyId === other.partyId
        expect(partyKey(one) === partyKey(other)).toBe(same)
      }),
    )
  })
})

describe('isPartyId', () => {
  it('takes two and three printable characters and nothing else (R108)', () => {
    expect(isPartyId({ countryCode: 'NL', partyId: 'T-1' })).toBe(true)
    for (const [countryCode, partyId] of [
      ['N', 'TNM'],
      ['NLD', 'TNM'],
      ['NL', 'TN'],
      ['NL', 'TNMX'],
      ['N ', 'TNM'],
      ['NL', 'T\u00e9M'],
      ['NL', 'TN\n'],
      ['..', 'TNM'],
      ['', ''],
    ] as const) {
      expect(isPartyId({ countryCode, partyId })).toBe(false)
    }
  })
})
