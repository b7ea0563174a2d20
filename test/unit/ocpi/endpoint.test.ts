// URLs of platforms are taken apart and joined as they were written: nothing decoded, nothing normalised (R48).

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinPath, readTarget } from '../../../src/ocpi/endpoint.ts'

const segment = fc.string({
  unit: fc.constantFrom(...Array.from('abZ09-._~%2F%e2:@!$&\'()*+,;=[]|"<>`{}')),
  minLength: 1,
  maxLength: 8,
})
const path = fc
  .array(segment, { maxLength: 4 })
  .map((segments) => segments.map((each) => `/${each}`).join(''))
const query = fc.oneof(
  fc.constant(''),
  segment.map((text) => `?${text}`),
)

describe('readTarget', () => {
  it('keeps path and query as they are spelled', () => {
    fc.assert(
      fc.property(path, fc.constantFrom('', '/'), query, (written, slash, search) => {
        expect(readTarget(`https://Party.Example:8443${written}${slash}${search}#x`)).toEqual({
          origin: 'https://party.example:8443',
          host: 'party.example:8443',
          path: `${written}${slash}` || '/',
          query: search,
        })
      }),
    )
  })

  it('keeps dot segments, encoded slashes and double slashes, which a URL parser would change', () => {
    expect(readTarget('http://h/a/../b//c/%2e%2e/d%2Fe')?.path).toBe('/a/../b//c/%2e%2e/d%2Fe')
  })

  it.each([
    ['http://h:80', { origin: 'http://h', host: 'h', path: '/', query: '' }],
    ['https://h:443/x', { origin: 'https://h', host: 'h', path: '/x', query: '' }],
    ['HTTPS://H?a=1', { origin: 'https://h', host: 'h', path: '/', query: '?a=1' }],
    [' http://[::1]:9000/x ', { origin: 'http://[::1]:9000', host: '[::1]:9000', path: '/x', query: '' }],
  ])('reads %s', (url, target) => {
    expect(readTarget(url)).toEqual(target)
  })

  it.each([
    '',
    'x',
    '/ocpi',
    '//h/ocpi',
    'ftp://h/x',
    'file:///etc/passwd',
    'javascript:1',
    'http://',
    'http:///h/x',
    'https:h/x',
    'https:/h/x',
    'http:\\\\h\\x',
    'http://good\\@evil/x',
    'http://good\\evil',
    'http://u:p@h/x',
    'http://u@h/x',
    'http://h:99999/',
    'http://h/a b',
    'http://h/a\r\nX: y',
    'http://h/a\tb',
    'http://h/é',
    'http://h/x?a b',
    'ht\ntp://h/x',
    '\u0001http://h/x',
    'http://h /x',
  ])('refuses %j', (url) => {
    expect(readTarget(url)).toBeUndefined()
  })

  it('gives for any text nothing, or what may stand in a request line', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc.string().map((rest) => `http://h${rest}`),
    )
    fc.assert(
      fc.property(text, (url) => {
        const target = readTarget(url)
        if (!target) return
        expect(target.path).toMatch(/^\/[\x21-\x7e]*$/)
        expect(target.query).toMatch(/^(\?[\x21-\x7e]*)?$/)
        expect(target.origin).toBe(new URL(url).origin)
        expect(`${target.path}${target.query}`).not.toContain('#')
      }),
      { numRuns: 500 },
    )
  })
})

describe('joinPath', () => {
  const target = (text: string) => readTarget(`http://h${text}`)!

  it('puts exactly one slash at the joint and changes nothing else (R19)', () => {
    fc.assert(
      fc.property(
        path,
        fc.constantFrom('', '/'),
        path,
        fc.constantFrom('', '/'),
        query,
        (base, end, rest, last, search) => {
          const below = `${rest}${last}`
          const joined = joinPath(target(`${base}${end}`), below, search)
          expect(joined).toBe(`${below === '' ? `${base}${end}` || '/' : `${base}${below}`}${search}`)
        },
      ),
    )
  })

  it.each([
    ['/ocpi/locations', '', '', '/ocpi/locations'],
    ['/ocpi/locations/', '', '?limit=5', '/ocpi/locations/?limit=5'],
    ['/ocpi/locations/', '/LOC1', '', '/ocpi/locations/LOC1'],
    ['/ocpi/locations', '/', '', '/ocpi/locations/'],
    ['', '/LOC1', '', '/LOC1'],
    ['/x', '/a%2Fb/%E2%82%AC', '?a=%20', '/x/a%2Fb/%E2%82%AC?a=%20'],
    ['/x', '//evil/y', '', '/x//evil/y'],
  ])('joins %s and %s%s', (base, rest, search, joined) => {
    expect(joinPath(target(base), rest, search)).toBe(joined)
  })

  it('keeps the query of the endpoint in front of that of the request', () => {
    expect(joinPath(target('/x?key=1'), '/LOC1', '?limit=5')).toBe('/x/LOC1?key=1&limit=5')
    expect(joinPath(target('/x?key=1'), '', '')).toBe('/x?key=1')
  })

  it("never leaves the endpoint's origin: the result is a path", () => {
    fc.assert(
      fc.property(path, path, query, (base, rest, search) => {
        expect(joinPath(target(base), rest, search)).toMatch(/^\//)
      }),
    )
  })
})
