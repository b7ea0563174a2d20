// The Link header of lists (R69, R70): every form of RFC 8288 is read, no other link gets through, and a next page
// is never lost in silence.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLinkHeader, writeLinkHeader } from '../../../src/links/link-header.ts'
import { cpuMsOf } from '../../support/in-time.ts'

const BASE = 'https://cpo.example:8443/ocpi/2.2.1/locations?limit=50'
const NEXT = 'https://cpo.example:8443/ocpi/2.2.1/locations?offset=50&limit=50'

function read(...values: string[]) {
  return readLinkHeader(values, BASE)
}

describe('readLinkHeader, legal forms', () => {
  it.each([
    ['quoted', `<${NEXT}>; rel="next"`],
    ['unquoted (R70)', `<${NEXT}>; rel=next`],
    ['without blanks', `<${NEXT}>;rel="next"`],
    ['blanks and tabs everywhere', ` \t<${NEXT}> \t; \trel \t= \t"next" \t`],
    ['upper case', `<${NEXT}>; REL="NEXT"`],
    ['blanks in the quotes', `<${NEXT}>; rel=" next "`],
    ['a quoted pair', `<${NEXT}>; rel="n\\ext"`],
    ['other parameters before', `<${NEXT}>; title="page 2"; type=application/json; rel=next`],
    ['other parameters after', `<${NEXT}>; rel=next; title="page 2"; hreflang=de`],
    ['title*', `<${NEXT}>; title*=UTF-8''n%c3%a4chste%20Seite; rel=next`],
    ['a parameter without value', `<${NEXT}>; crossorigin; rel=next`],
    [
      'quoted commas, semicolons and angle brackets',
      `<${NEXT}>; title="a, <https://x/>; rel=prev"; rel=next`,
    ],
    ['quoted quotes', `<${NEXT}>; title="a\\", <https://x/>; rel=\\"prev"; rel=next`],
    ['empty list elements (RFC 9110 §5.6.1)', `, ,<${NEXT}>; rel=next, ,`],
    ['empty parameters', `<${NEXT}>;; rel=next;`],
    ['a second rel, which counts for nothing (RFC 8288 §3.3)', `<${NEXT}>; rel=next; rel=prev`],
    ['an anchor that is this page', `<${NEXT}>; rel=next; anchor="?limit=50"`],
    ['an empty anchor', `<${NEXT}>; rel=next; anchor=""`],
    ['a relative path', '</ocpi/2.2.1/locations?offset=50&limit=50>; rel=next'],
    ['a relative name', '<locations?offset=50&limit=50>; rel=next'],
    ['a relative query', '<?offset=50&limit=50>; rel=next'],
    ['without scheme', '<//cpo.example:8443/ocpi/2.2.1/locations?offset=50&limit=50>; rel=next'],
    ['blanks around the URL', `< ${NEXT} >; rel=next`],
  ])('reads next in the form: %s', (_form, value) => {
    expect(read(value)).toEqual({ targets: [{ rel: 'next', url: NEXT }], broken: false })
  })

  it('keeps a cursor in the path and any query as they were written', () => {
    for (const url of [
      'https://cpo.example/pages/eyJhIjoxfQ==/a%2Fb%20c',
      'https://cpo.example/l?cursor=a,b;c+d/e==&date_from=2026-01-01T00:00:00Z&x=%C3%A9&y=[1]|{2}',
    ]) {
      expect(read(`<${url}>; rel="next"`).targets).toEqual([{ rel: 'next', url }])
    }
  })

  it('reads several values, in one header or in several', () => {
    const values = ['</l?o=0>;rel=first', '</l?o=2>;rel="next"', '</l?o=9>; rel=last', '</l?o=0>; rel="prev"']
    const expected = [
      { rel: 'first', url: 'https://cpo.example:8443/l?o=0' },
      { rel: 'next', url: 'https://cpo.example:8443/l?o=2' },
      { rel: 'last', url: 'https://cpo.example:8443/l?o=9' },
      { rel: 'prev', url: 'https://cpo.example:8443/l?o=0' },
    ]
    expect(read(...values)).toEqual({ targets: expected, broken: false })
    expect(read(values.join(','))).toEqual({ targets: expected, broken: false })
    expect(read(values.join(' , '))).toEqual({ targets: expected, broken: false })
  })

  it('keeps several relations of one link together and leaves out those that are none of paging', () => {
    expect(read(`<${NEXT}>; rel="last next"`).targets).toEqual([{ rel: 'next last', url: NEXT }])
    expect(read(`<${NEXT}>; rel="next https://cpo.example/rels/page"`).targets).toEqual([
      { rel: 'next', url: NEXT },
    ])
  })

  it('drops links that are none of paging, so that no host of the party gets through', () => {
    const value =
      '<https://cpo.example/schema>; rel=describedby; title="next", <https://cpo.example/>; rel="https://cpo.example/next", <https://cpo.example/x>'
    expect(read(value)).toEqual({ targets: [], broken: false })
    expect(read(value, `<${NEXT}>; rel=next`)).toEqual({
      targets: [{ rel: 'next', url: NEXT }],
      broken: false,
    })
  })

  it('has nothing to say of no header and of an empty one', () => {
    expect(read()).toEqual({ targets: [], broken: false })
    expect(read('', ' , ')).toEqual({ targets: [], broken: false })
  })
})

describe('readLinkHeader, broken forms', () => {
  it.each([
    ['a missing semicolon', `<${NEXT}> rel="next"`],
    ['single quotes', `<${NEXT}>; rel='next'`],
    ['a missing closing quote at the end', `<${NEXT}>; rel="next`],
    ['a missing comma', `</schema>; rel=describedby <${NEXT}>; rel=next`],
    ['rubbish before', `rubbish, <${NEXT}>; rel=next`],
    ['rubbish after', `<${NEXT}>; rel=next, rubbish`],
    ['bytes beyond ASCII', `<${NEXT}>; title="\xe9\xff"; rel=next`],
  ])('recovers what can be read in one way only: %s', (_form, value) => {
    expect(read(value)).toEqual({ targets: [{ rel: 'next', url: NEXT }], broken: false })
  })

  it.each([
    ['no brackets', `${NEXT}; rel="next"`],
    ['no closing bracket', `<${NEXT}; rel="next"`],
    ['escaped brackets', `&lt;${NEXT}&gt;; rel=&quot;next&quot;`],
    ['a comma for the semicolon', `<${NEXT}>, rel="next"`],
    ['a colon for the equals sign', `<${NEXT}>; rel:"next"`],
    ['a colon without quotes', `<${NEXT}>; rel:next`],
    ['no rel', `<${NEXT}>; "next"`],
    ['a bare word', `<${NEXT}>; next`],
    ['another word', `<${NEXT}>; rel="next-page"`],
    ['a quote that swallows it', `</a>; title="x, <${NEXT}>; rel=next`],
    ['a quote in rubbish', `x" <${NEXT}>; rel=next`],
    ['no URL', '<>; rel=next'],
    ['this very page', '<#>; rel=next'],
    ['another scheme', '<ftp://cpo.example/l>; rel=next'],
    ['a URL with user info', '<https://user:secret@cpo.example/l>; rel=next'],
    ['no host', '<https:///l>; rel=next'],
    ['two opening brackets', `<https://x <${NEXT}>; rel=next`],
    ['an anchor that is another page', `<${NEXT}>; rel=next; anchor="https://other.example/"`],
  ])('reports a next page that cannot be told: %s', (_form, value) => {
    const { targets, broken } = read(value)
    expect(broken).toBe(true)
    expect(targets.filter((target) => target.rel.includes('next'))).toEqual([])
  })

  it('reports a header with more links than a list can have, and keeps none', () => {
    const value = Array.from({ length: 9 }, (_, page) => `</l?o=${page}>; rel=next`).join(', ')
    expect(read(value)).toEqual({ targets: [], broken: true })
  })

  it('reports nothing when rubbish says nothing of a next page', () => {
    expect(read('rubbish', '<https://cpo.example/x', '"', '<ftp://x/>; rel=last')).toEqual({
      targets: [],
      broken: false,
    })
  })
})

describe('Link headers as a whole', () => {
  const blank = fc.constantFrom('', ' ', '\t', '  ')
  const url = fc.webUrl({ withQueryParameters: true, validSchemes: ['http', 'https'] })
  const quotable = fc.string({
    unit: fc.constantFrom('a', ',', ';', '<', '>', '"', '\\', ' ', '=', 'rel', 'next'),
  })
  const rel = fc.constantFrom(
    'next',
    'NEXT',
    'prev',
    'last',
    'describedby',
    'next last',
    'up next',
    'https://x.example/rel',
  )
  const parameter = fc.oneof(
    quotable.map((text) => `title="${text.replace(/["\\]/g, '\\$&')}"`),
    fc.constantFrom('crossorigin', "title*=UTF-8''%e2%82%ac", 'type=text/html', 'hreflang=en'),
  )
  const link = fc.record({
    url,
    rel,
    quoted: fc.boolean(),
    before: fc.array(parameter),
    after: fc.array(parameter),
    blank,
  })
  const asText = (item: typeof link extends fc.Arbitrary<infer T> ? T : never): string => {
    const value = item.quoted || /[ :]/.test(item.rel) ? `"${item.rel}"` : item.rel
    const parameters = [...item.before, `rel${item.blank}=${item.blank}${value}`, ...item.after]
    return `<${item.url}>${parameters.map((text) => `${item.blank};${item.blank}${text}`).join('')}`
  }

  it('finds every paging link that was written, in order, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(link, { maxLength: 6 }), fc.boolean(), (links, joined) => {
        const texts = links.map(asText)
        const { targets, broken } = readLinkHeader(joined ? [texts.join(', ')] : texts, BASE)
        const expected = links.filter((item) => /next|prev|last/i.test(item.rel))
        expect(broken).toBe(false)
        expect(targets.map((target) => new URL(target.url).href)).toEqual(
          expected.map((item) => new URL(item.url.replace(/#.*/, '')).href),
        )
      }),
    )
  })

  it('survives damage to any byte: still the same next page, or reported, never lost', () => {
    const legal = `<https://h.example/d>; rel=describedby, <${NEXT}>; title="a, b"; rel="next", </l>; rel=last`
    fc.assert(
      fc.property(
        fc.nat(legal.length - 1),
        fc.constantFrom('', '"', '<', '>', ',', ';', '=', ' ', '\\'),
        (at, damage) => {
          const { targets, broken } = read(legal.slice(0, at) + damage + legal.slice(at + 1))
          const next = targets.some((target) => target.rel.split(' ').includes('next'))
          const wordHit = at >= legal.indexOf('next"') && at < legal.indexOf('next"') + 4
          expect(next || broken || wordHit).toBe(true)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('never throws and writes no host but that of the hub', () => {
    const pieces = fc.constantFrom(
      '<https://secret.example/a>',
      '<//secret.example>',
      '; rel=next',
      ';rel="last',
      '"',
      '<',
      '>',
      ',',
      ';',
      '=',
      '\\',
      'rel',
      ' ',
      '\xe9',
      'anchor=',
    )
    fc.assert(
      fc.property(
        fc.array(
          fc.array(pieces).map((parts) => parts.join('')),
          { maxLength: 3 },
        ),
        (values) => {
          const { targets } = readLinkHeader(values, BASE)
          const written = writeLinkHeader(
            targets.map(({ rel: words }, index) => ({ rel: words, url: `https://hub.example/${index}` })),
          )
          expect(written ?? '').toMatch(/^(<https:\/\/hub\.example\/\d+>; rel="[a-z ]+"(, |$))*$/)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('reads back what it writes', () => {
    const targets = [
      { rel: 'next last', url: 'https://hub.example/ocpi/2.2.1/sender/locations/A' },
      { rel: 'first', url: 'https://hub.example/ocpi/2.2.1/sender/locations/B' },
    ]
    expect(readLinkHeader([writeLinkHeader(targets)!], BASE)).toEqual({ targets, broken: false })
    expect(writeLinkHeader([])).toBeUndefined()
  })

  it('reads a header of any length in linear time', () => {
    for (const piece of ['<', '"', '\\"', '<a>;', ';', ',', '<a>;rel="', ' ', 'a=']) {
      const tookMs = cpuMsOf(() => void read(`<a>; title="${piece.repeat(50_000)}`, piece.repeat(50_000)))
      expect(tookMs).toBeLessThan(2_000)
    }
  })
})
