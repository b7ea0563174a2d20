// Query parameters and headers of the hub's own paginated lists.

import { describe, expect, it } from 'vitest'
import { datesOf, pageHeaders, readDateTime, readInstant, readPageQuery } from '../../../src/ocpi/page.ts'

describe('the query of a paginated list', () => {
  it.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02t03:04:05.1234z', '2026-01-02T03:04:05.123Z'],
    ['2026-01-02T03:04:05+00:00', undefined],
    ['2026-01-02', undefined],
    ['2026-13-02T03:04:05Z', undefined],
    ['yesterday', undefined],
  ])('reads the DateTime %s (R110)', (text, expected) => {
    const time = readDateTime(text)
    expect(time === undefined ? undefined : new Date(time).toISOString()).toBe(expected)
  })

  it.each([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05+00:00', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05 00:00', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02T03:04:05.123+0100', '2026-01-02T02:04:05.123Z'],
    ['2026-01-02T03:04:05-05:00', '2026-01-02T08:04:05.000Z'],
    ['2026-01-02 03:04:05.182631', '2026-01-02T03:04:05.182Z'],
    ['2026-01-02 03:04:05.182631+00:00', '2026-01-02T03:04:05.182Z'],
    ['2026-01-02', undefined],
    ['2026-13-02T03:04:05+00:00', undefined],
    ['None', undefined],
    ['', undefined],
  ])('takes the instant %s as programs write it', (text, expected) => {
    const time = readInstant(text)
    expect(time === undefined ? undefined : new Date(time).toISOString()).toBe(expected)
  })

  it('reads dates, offset and limit, also encoded (R68)', () => {
    expect(
      readPageQuery('?date_from=2026-01-02T03%3A04%3A05Z&date_to=2026-02-02T00:00:00Z&offset=5&limit=7', 50),
    ).toEqual({
      ok: true,
      page: { dateFrom: Date.UTC(2026, 0, 2, 3, 4, 5), dateTo: Date.UTC(2026, 1, 2), offset: 5, limit: 7 },
    })
  })

  it.each([
    ['', undefined],
    ['?offset=5&date_from=&date_to', undefined],
    [`?date_from=${'2'.repeat(65)}`, undefined],
    ['?limit=7&date_to=2026-02-02T00%3A00%3A00Z&x=1', 'date_to=2026-02-02T00%3A00%3A00Z'],
    ['?date_to=b&date_from=a', 'date_from=a&date_to=b'],
  ])('has the dates of %j alone', (query, dates) => {
    expect(datesOf(query)).toBe(dates)
  })

  it('begins at 0 and gives as much as the server allows when nothing is asked, or more', () => {
    expect(readPageQuery('', 50)).toEqual({ ok: true, page: { offset: 0, limit: 50 } })
    expect(readPageQuery('?limit=&date_from=&custom=1', 50)).toEqual({
      ok: true,
      page: { offset: 0, limit: 50 },
    })
    expect(readPageQuery('?limit=5000', 50)).toEqual({ ok: true, page: { offset: 0, limit: 50 } })
  })

  it.each([
    'date_from=x',
    'date_to=2026-01-01',
    'offset=-1',
    'offset=1e3',
    'limit=0',
    'limit=-5',
    'limit=ten',
  ])('names the parameter that is wrong: %s', (parameter) => {
    const reading = readPageQuery(`?${parameter}`, 50)
    expect(reading.ok ? '' : reading.problem).toMatch(new RegExp(`^${parameter.split('=')[0]} `))
  })
})

describe('the headers of a page', () => {
  const list = {
    url: 'https://hub.example/list',
    query: '?date_from=2026-01-01T00:00:00Z&limit=2',
    total: 5,
    limitMax: 50,
  }

  it('link to the next page with the same filters (R69)', () => {
    expect(pageHeaders(list, { offset: 2, limit: 2 })).toEqual({
      'X-Total-Count': '5',
      'X-Limit': '50',
      Link: '<https://hub.example/list?date_from=2026-01-01T00%3A00%3A00Z&limit=2&offset=4>; rel="next"',
    })
  })

  it('have no Link on the last page, on an empty one and past the end (R69)', () => {
    const headers = { 'X-Total-Count': '5', 'X-Limit': '50' }
    expect(pageHeaders(list, { offset: 4, limit: 2 })).toEqual(headers)
    expect(pageHeaders(list, { offset: 9, limit: 2 })).toEqual(headers)
    expect(pageHeaders({ ...list, total: 0 }, { offset: 0, limit: 2 })).toEqual({
      ...headers,
      'X-Total-Count': '0',
    })
  })
})
