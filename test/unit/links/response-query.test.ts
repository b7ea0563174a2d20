// response_url in a query (R75, R76): encoded or not, found as its owner means it, written encoded, the rest untouched.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findQueryResponseUrl, replaceQueryResponseUrl } from '../../../src/links/response-query.ts'

const HUB = 'https://hub.example/ocpi/2.2.1/sender/chargingprofiles/abc'
const H = encodeURIComponent(HUB)

function rewrite(query: string): { url: string | undefined; query: string } | undefined {
  const found = findQueryResponseUrl(query)
  return found && { url: found.url, query: replaceQueryResponseUrl(query, found.spans, HUB) }
}

/** What it is, the query, the URL in it, the query that the responder gets. */
const FORMS = [
  [
    'encoded',
    '?duration=900&response_url=https%3A%2F%2Fe.example%2Fcb%3Fid%3D1%26x%3D2',
    'https://e.example/cb?id=1&x=2',
    `?duration=900&response_url=${H}`,
  ],
  [
    'encoded, in front',
    '?response_url=https%3a%2f%2fe.example%2fcb&duration=900',
    'https://e.example/cb',
    `?response_url=${H}&duration=900`,
  ],
  [
    'without question mark',
    'response_url=https%3A%2F%2Fe.example%2Fcb',
    'https://e.example/cb',
    `response_url=${H}`,
  ],
  ['un-encoded', '?response_url=https://e.example/cb/1', 'https://e.example/cb/1', `?response_url=${H}`],
  [
    'un-encoded, in front',
    '?response_url=https://e.example/cb/1&duration=900',
    'https://e.example/cb/1',
    `?response_url=${H}&duration=900`,
  ],
  [
    'un-encoded with its own query (R76)',
    '?duration=900&response_url=https://e.example/cb?id=1&x=2',
    'https://e.example/cb?id=1&x=2',
    `?duration=900&response_url=${H}`,
  ],
  [
    'un-encoded with its own query and duration',
    '?duration=900&response_url=https://e.example/cb?id=1&duration=5',
    'https://e.example/cb?id=1&duration=5',
    `?duration=900&response_url=${H}`,
  ],
  [
    'un-encoded with its own query before the outer duration',
    '?response_url=https://e.example/cb?id=1&x=2&duration=900',
    'https://e.example/cb?id=1&x=2',
    `?response_url=${H}&duration=900`,
  ],
  [
    'un-encoded with percent signs of its own',
    '?response_url=https://e.example/cb?id=a%26b&x=%2F',
    'https://e.example/cb?id=a%26b&x=%2F',
    `?response_url=${H}`,
  ],
  [
    'un-encoded with an encoded slash',
    '?response_url=https://e.example/cb/a%2Fb',
    'https://e.example/cb/a%2Fb',
    `?response_url=${H}`,
  ],
  [
    'only delimiters encoded',
    '?response_url=https://e.example/cb?id%3D1%26x%3D2&duration=900',
    'https://e.example/cb?id=1&x=2',
    `?response_url=${H}&duration=900`,
  ],
  [
    'all but colon and slash encoded',
    '?response_url=https://e.example/cb%3Fid%3D1&a=b',
    'https://e.example/cb?id=1',
    `?response_url=${H}&a=b`,
  ],
  [
    'all but slash encoded',
    '?response_url=https%3A//e.example/cb%3Fid%3D1',
    'https://e.example/cb?id=1',
    `?response_url=${H}`,
  ],
  [
    'plus signs',
    '?response_url=https%3A%2F%2Fe.example%2Fcb%3Ft%3Da+b%2Bc',
    'https://e.example/cb?t=a+b+c',
    `?response_url=${H}`,
  ],
  [
    'encoded twice within',
    '?response_url=https%3A%2F%2Fe.example%2Fa%252Fb',
    'https://e.example/a%2Fb',
    `?response_url=${H}`,
  ],
  [
    'a name with escapes',
    '?response%5Furl=https%3A%2F%2Fe.example%2Fcb',
    'https://e.example/cb',
    `?response%5Furl=${H}`,
  ],
  [
    'other parameters of any kind',
    '?&&x&=&y=%ZZ&response_url=https%3A%2F%2Fe.example%2Fcb&z=%2F+;',
    'https://e.example/cb',
    `?&&x&=&y=%ZZ&response_url=${H}&z=%2F+;`,
  ],
  [
    'beyond ASCII',
    '?response_url=https%3A%2F%2Fe.example%2F%C3%A9',
    'https://e.example/%C3%A9',
    `?response_url=${H}`,
  ],
  ['upper-case scheme', '?response_url=HTTPS://E.example/cb', 'https://e.example/cb', `?response_url=${H}`],
]

describe('findQueryResponseUrl and replaceQueryResponseUrl', () => {
  it.each(FORMS)('reads the form: %s', (_form, query, url, rewritten) => {
    expect(rewrite(query)).toEqual({ url, query: rewritten })
  })

  it('replaces every occurrence; the first usable one counts', () => {
    expect(
      rewrite('?response_url=&response_url=https://a.example/cb?x=1&response_url=https%3A%2F%2Fb.example'),
    ).toEqual({
      url: 'https://a.example/cb?x=1',
      query: `?response_url=${H}&response_url=${H}&response_url=${H}`,
    })
  })

  it.each([
    '?response_url=',
    '?response_url=cb',
    '?response_url=%ZZ',
    '?response_url=https%3A%2F%2Fu%40e.example',
    '?response_url=ftp://e.example/',
  ])('reports a value that is no http(s) URL: %s', (query) => {
    const found = findQueryResponseUrl(query)
    expect(found?.spans).toHaveLength(1)
    expect(found?.url).toBeUndefined()
  })

  it.each([
    '',
    '?',
    '?duration=900',
    '?Response_url=https://x/',
    '?a=response_url=https://x/',
    '?response_url',
    '?xresponse_url=a',
  ])('finds nothing in %j', (query) => {
    expect(findQueryResponseUrl(query)).toBeUndefined()
  })
})

describe('queries with a response_url as a whole', () => {
  it('takes no URL of a query that has it too often, which would grow to many times its size', () => {
    const times = (count: number) => `?response_url=https://e.example/${'&response_url='.repeat(count - 1)}`
    expect(findQueryResponseUrl(times(8))?.url).toBe('https://e.example/')
    expect(findQueryResponseUrl(times(9))?.url).toBeUndefined()
  })

  it('reads any encoded URL back and keeps every other parameter byte for byte', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'B', '1', '%20', '%C3%A9', '+', ';', '/', '?', ':', '%'),
    })
    const pair = fc
      .tuple(
        word.filter((name) => decodeName(name) !== 'response_url'),
        word,
      )
      .map(([name, value]) => `${name}=${value}`)
    fc.assert(
      fc.property(
        fc.array(pair),
        fc.array(pair),
        fc.webUrl({ withQueryParameters: true }),
        (before, after, url) => {
          const query = (value: string) => `?${[...before, `response_url=${value}`, ...after].join('&')}`
          const found = rewrite(query(encodeURIComponent(url)))!
          expect(new URL(found.url!).href).toBe(new URL(url).href)
          expect(found.query).toBe(query(H))
        },
      ),
    )
  })

  it('reads any un-encoded URL at the end of the query, unless its path has an & in it', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (generated) => {
        const url = new URL(generated).href
        fc.pre(
          !/%(2[356B]|3[DF])/i.test(url) && !/^[^?]*&/.test(url) && !/(duration|response_url)=/.test(url),
        )
        const found = rewrite(`?duration=900&response_url=${url}`)!
        expect(new URL(found.url!).href).toBe(url)
        expect(found.query).toBe(`?duration=900&response_url=${H}`)
      }),
    )
  })

  it('never throws and leaves no value of a response_url behind', () => {
    const piece = fc.constantFrom(
      'response_url=',
      '&',
      '?',
      '=',
      'https://secret.example/',
      'https%3A%2F%2Fsecret.example',
      '%',
      '%3D',
      'duration=1',
      'response_url',
    )
    fc.assert(
      fc.property(fc.array(piece), (parts) => {
        const query = `?response_url=https://secret.example/&a=b&${parts.join('')}`.replace(
          /&(?!response_url=)[^&]*secret[^&]*/g,
          '',
        )
        expect(rewrite(query)!.query).not.toContain('secret')
      }),
      { numRuns: 2_000 },
    )
  })
})

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
