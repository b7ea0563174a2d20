// response_url in a body is replaced in its bytes: that value changes and nothing else (R75, R76, T35).

import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { findResponseUrl, replaceResponseUrl } from '../../../src/links/response-url.ts'

const HUB = 'https://hub.example/ocpi/2.2.1/sender/commands/abc'

function rewrite(text: string): { url: string | undefined; text: string } | undefined {
  const body = Buffer.from(text)
  const found = findResponseUrl(body)
  return found && { url: found.url, text: replaceResponseUrl(body, found.spans, HUB).toString() }
}

describe('findResponseUrl and replaceResponseUrl', () => {
  it.each([
    ['{"response_url":"https://emsp.example/cb/1"}', `{"response_url":"${HUB}"}`],
    [
      '{ "token" : {"uid":"012345678"},\n\t"response_url" :\t"https://emsp.example/cb/1" ,"kwh":0.10,"big":12345678901234567890 }',
      `{ "token" : {"uid":"012345678"},\n\t"response_url" :\t"${HUB}" ,"kwh":0.10,"big":12345678901234567890 }`,
    ],
    ['\uFEFF{"response_url":"https://emsp.example/cb/1"}\n', `\uFEFF{"response_url":"${HUB}"}\n`],
    [
      '{"n":"Zürich €😀","response_url":"https://emsp.example/cb/1"}',
      `{"n":"Zürich €😀","response_url":"${HUB}"}`,
    ],
    ['{"response_url":"https:\\/\\/emsp.example\\u002fcb/1"}', `{"response_url":"${HUB}"}`],
    ['{"response\\u005furl":"https://emsp.example/cb/1"}', `{"response\\u005furl":"${HUB}"}`],
    [
      '{"response_url":"https://old.example/","a":1,"response_url":"https://emsp.example/cb/1"}',
      `{"response_url":"${HUB}","a":1,"response_url":"${HUB}"}`,
    ],
    [
      '{"response_url":null,"response_url":"https://emsp.example/cb/1"}',
      `{"response_url":"${HUB}","response_url":"${HUB}"}`,
    ],
  ])('changes only the value in %s', (text, expected) => {
    expect(rewrite(text)).toEqual({ url: 'https://emsp.example/cb/1', text: expected })
  })

  it('leaves decoys alone: nested, in strings, in other spellings', () => {
    const decoys =
      '"a":{"response_url":"https://x.example/"},"b":"\\"response_url\\":\\"https://x/\\"","c":["response_url","https://x/"],"Response_URL":"https://x/","response_url_":1'
    expect(rewrite(`{${decoys}}`)).toBeUndefined()
    expect(rewrite(`{${decoys},"response_url":"https://emsp.example/cb/1"}`)).toEqual({
      url: 'https://emsp.example/cb/1',
      text: `{${decoys},"response_url":"${HUB}"}`,
    })
  })

  it('keeps the query of the URL as it was written', () => {
    expect(rewrite('{"response_url":"https://emsp.example/cb?id=1&t=a+b%2Fc"}')?.url).toBe(
      'https://emsp.example/cb?id=1&t=a+b%2Fc',
    )
  })

  it.each([
    'null',
    '1',
    '""',
    '"cb/1"',
    '"ftp://emsp.example/"',
    '"https://u:p@emsp.example/"',
    '{"url":"https://emsp.example/"}',
    '["https://emsp.example/"]',
  ])('reports a value that is no http(s) URL: %s', (value) => {
    const body = Buffer.from(`{"response_url":${value}}`)
    expect(findResponseUrl(body)).toEqual({ spans: [{ start: 16, end: 16 + value.length }], url: undefined })
  })

  it.each(['{}', '[]', '"response_url"', 'null', '{"a":1}'])('finds nothing in %s', (text) => {
    expect(findResponseUrl(Buffer.from(text))).toBeUndefined()
  })

  it('changes only that member, for any object it stands in', () => {
    const url = fc.webUrl({ withQueryParameters: true })
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        url,
        fc.nat(2),
        fc.boolean(),
        (object, original, indent, last) => {
          const { response_url: _, ...others } = object
          const members = last ? { ...others, response_url: original } : { response_url: original, ...others }
          const body = Buffer.from(JSON.stringify(members, null, indent))
          const found = findResponseUrl(body)!
          expect(found.url).toBeDefined()
          expect(new URL(found.url!).href).toBe(new URL(original).href)
          const replaced = replaceResponseUrl(body, found.spans, HUB)
          expect(
            replaced.equals(Buffer.from(JSON.stringify({ ...members, response_url: HUB }, null, indent))),
          ).toBe(true)
        },
      ),
    )
  })
})

it('takes no URL of a body that has it too often, or as anything large', () => {
  const url = '"response_url":"https://emsp.example/r"'
  const often = (count: number) => Buffer.from(`{${Array(count).fill(url).join(',')}}`)
  expect(findResponseUrl(often(8))!.url).toBe('https://emsp.example/r')
  expect(findResponseUrl(often(9))!.url).toBeUndefined()
  const parse = vi.spyOn(JSON, 'parse')
  onTestFinished(() => parse.mockRestore())
  expect(findResponseUrl(Buffer.from(`{"response_url":[${'[],'.repeat(50_000)}1]}`))!.url).toBeUndefined()
  expect(parse).not.toHaveBeenCalled()
})
