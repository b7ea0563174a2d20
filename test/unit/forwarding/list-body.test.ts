// Lists of several owners become one by their bytes (R64, T35).

import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { joinLists, readList } from '../../../src/forwarding/list-body.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

const readAll = (bodies: readonly Buffer[]) =>
  Promise.all(bodies.map(async (body) => (await readList(body))!))

describe('readList', () => {
  it.each([
    ['{"data":[],"status_code":1000}', '', 0],
    ['{"data":[ ]}', ' ', 0],
    ['\uFEFF{"status_code":1000,"data":[{"a":[1,2]},"]"]}', '{"a":[1,2]},"]"', 2],
    ['{"data":[1],"data":[2,3]}', '2,3', 2],
    ['{"x":{"data":[1]},"d\\u0061ta":[0.10]}', '0.10', 1],
    ['{"data": null ,"status_code":1000}', '', 0],
    ['{"status_code":1000}', '', 0],
  ])('takes the objects out of %s', async (text, items, count) => {
    const list = (await readList(Buffer.from(text)))!
    expect({ items: list.items.toString(), count: list.count }).toEqual({ items, count })
  })

  it.each([
    '',
    'null',
    '[]',
    '[1]',
    '"data"',
    '{}',
    '{"data":null}',
    '{"data":{}}',
    '{"data":[1}',
    '{"data":[1,]}',
    '<html>',
    '{"x":{"data":[]}}',
  ])('takes %j for no list', async (text) => {
    expect(await readList(Buffer.from(text))).toBeUndefined()
  })

  it('takes bytes that are not UTF-8 for no list', async () => {
    expect(
      await readList(Buffer.concat([Buffer.from('{"data":["'), Buffer.from([0xff]), Buffer.from('"]}')])),
    ).toBeUndefined()
  })

  it('knows what names the objects, and nothing else of them', async () => {
    const padding = 'x'.repeat(20_000)
    const objects = [
      { id: 'L1', uid: 7, padding: 1 },
      { padding, uid: 'U2', auth_id: 'A2', id: [[]] },
      [],
      null,
    ]
    const list = await readList(Buffer.from(JSON.stringify({ data: objects })))
    expect(list!.objects).toEqual([{ id: 'L1' }, { uid: 'U2', auth_id: 'A2' }, {}, {}])
  })

  it('makes no value of a large list, whose owner could fill the memory with it', async () => {
    const empty = '[],'.repeat(99_999)
    expect((await readList(Buffer.from(`{"data":[${empty}[]]}`)))!.count).toBe(100_000)
    expect(await readList(Buffer.from(`{"data":[${empty}[],[]]}`))).toBeUndefined()
    const parse = vi.spyOn(JSON, 'parse')
    onTestFinished(() => parse.mockRestore())
    expect((await readList(Buffer.from(`{"data":[{"id":[${empty}1]}]}`)))!.objects).toEqual([{}])
    expect(parse).not.toHaveBeenCalled()
  })
})

describe('joinLists', () => {
  it('keeps every byte of every object', async () => {
    const bodies = [
      '{"data":[{"kwh":0.10,"big":12345678901234567890 }],"status_code":1000}',
      '{"status_code":1000,"data":[]}',
      '{"status_code":1000,"data":[ {"b":1,"a":"\\u00e9é"},\n{} ],"timestamp":"x"}',
    ]
    const lists = await readAll(bodies.map((body) => Buffer.from(body)))
    expect(joinLists(lists, '2 of 3 parties answered', NOW).toString()).toBe(
      '{"data":[{"kwh":0.10,"big":12345678901234567890 }, {"b":1,"a":"\\u00e9é"},\n{} ],' +
        '"status_code":1000,"status_message":"2 of 3 parties answered","timestamp":"2026-01-01T00:00:00.000Z"}',
    )
  })

  it('makes an empty list of none', () => {
    expect(joinLists([], undefined, NOW).toString()).toBe(
      '{"data":[],"status_code":1000,"timestamp":"2026-01-01T00:00:00.000Z"}',
    )
  })

  it('is the concatenation that JSON gives, for any objects', async () => {
    const list = fc.record({ data: fc.array(fc.jsonValue()), indent: fc.nat(2), first: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(list), fc.option(fc.string(), { nil: undefined }), async (lists, message) => {
        const bodies = lists.map(({ data, indent, first }) =>
          Buffer.from(
            JSON.stringify(
              first ? { data, status_code: 1000 } : { status_code: 1000, x: { data: [0] }, data },
              null,
              indent,
            ),
          ),
        )
        const read = await readAll(bodies)
        expect(read.map(({ count }) => count)).toEqual(lists.map(({ data }) => data.length))
        const joined = JSON.parse(joinLists(read, message, NOW).toString())
        expect(joined.data).toEqual(JSON.parse(JSON.stringify(lists.flatMap(({ data }) => data))))
        expect(joined.status_code).toBe(1000)
        expect(joined.status_message).toBe(message)
      }),
    )
  })
})
