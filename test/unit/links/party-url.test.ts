// Which URLs of parties the hub takes, and how references resolve: path and query keep the party's spelling.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  absoluteUrl,
  PARTY_URL_LENGTH_MAX,
  resolveLocation,
  resolveUrl,
} from '../../../src/links/party-url.ts'

const BASE = 'https://cpo.example/ocpi/2.2.1/cdrs?x=1'

describe('absoluteUrl', () => {
  it.each([
    ['https://cpo.example/a%2Fb/../c?q={"a":1}&c=a+b', 'https://cpo.example/a%2Fb/../c?q={"a":1}&c=a+b'],
    ['HTTPS://CPO.Example:443/A', 'https://cpo.example/A'],
    ['http://cpo.example:8080', 'http://cpo.example:8080/'],
    ['https://cpo.example?x', 'https://cpo.example/?x'],
    [' https://cpo.example/a#top ', 'https://cpo.example/a'],
    ['https://cpo.example/straße?q=ü b', 'https://cpo.example/stra%C3%9Fe?q=%C3%BC%20b'],
    ['https://[2001:db8::1]/a', 'https://[2001:db8::1]/a'],
  ])('takes %s with path and query as written', (text, expected) => {
    expect(absoluteUrl(text)).toBe(expected)
  })

  it.each([
    '',
    '/a',
    'cpo.example/a',
    '//cpo.example/a',
    'ftp://cpo.example/',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://user:secret@cpo.example/',
    'https://@cpo.example@evil/',
    'https:cpo.example',
    'https:/cpo.example/a',
    'https:\\\\cpo.example\\a',
    'https://cpo.example\\@evil.example/a',
    'https:///a',
    'https://a b/',
    'https://cpo.example/a\nb',
    `https://cpo.example/${'a'.repeat(PARTY_URL_LENGTH_MAX)}`,
  ])('refuses %j', (text) => {
    expect(absoluteUrl(text)).toBeUndefined()
  })
})

describe('resolveLocation', () => {
  it.each([
    ['https://emsp.example/cdrs/12', 'https://emsp.example/cdrs/12'],
    ['/ocpi/cdrs/12', 'https://cpo.example/ocpi/cdrs/12'],
    ['/ocpi/cdrs/a%2Fb?c=d%27\'"', 'https://cpo.example/ocpi/cdrs/a%2Fb?c=d%27\'"'],
    ['12', 'https://cpo.example/ocpi/2.2.1/12'],
    ['cdrs/12', 'https://cpo.example/ocpi/2.2.1/cdrs/12'],
    ['../12', 'https://cpo.example/ocpi/12'],
    ['?id=12', 'https://cpo.example/ocpi/2.2.1/cdrs?id=12'],
    ['//other.example/12', 'https://other.example/12'],
    ['/cdrs/\xc3\xa9', 'https://cpo.example/cdrs/%C3%A9'],
    ['/cdrs/12#a', 'https://cpo.example/cdrs/12'],
  ])('resolves %s against the request (R82)', (value, expected) => {
    expect(resolveLocation(value, BASE)).toBe(expected)
  })

  it.each([
    '',
    ' ',
    '#a',
    'ftp://x/',
    '//user@evil.example/',
    'https://user@evil.example/',
    'mailto:a@b',
    'https://',
  ])('refuses %j', (value) => {
    expect(resolveLocation(value, BASE)).toBeUndefined()
  })
})

describe('resolveUrl', () => {
  it('never throws, and gives only absolute http(s) URLs that it takes again as they are', () => {
    const pieces = fc.constantFrom(
      'http:',
      'https:',
      '/',
      '//',
      '\\',
      '?',
      '#',
      '@',
      ':',
      '%',
      '%2e',
      '..',
      'a',
      '\xe9',
      '\t',
      ' ',
      '\u20ac',
      '[',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(pieces).map((parts) => parts.join('')),
      fc.webUrl({ withQueryParameters: true }),
    )
    fc.assert(
      fc.property(text, (reference) => {
        const url = resolveUrl(reference, BASE)
        if (url === undefined) return
        expect(url).toMatch(/^https?:\/\/[^/@]+\/[\x21-\x7e]*$/)
        expect(resolveUrl(url, BASE)).toBe(url)
      }),
      { numRuns: 1_000 },
    )
  })
})
