// The journal as operators read it over HTTP: search, summary, one entry and a correlation.

import { afterEach, describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../src/journal/journal-entry.ts'
import { Fault } from '../../src/faults/fault.ts'
import { startAdmin, type TestAdmin } from '../unit/admin/admin-server.ts'
import { exchange, failure, recordFailures } from '../unit/journal/examples.ts'

let admin: TestAdmin
afterEach(() => admin.close())

const idsOf = (items: readonly JournalEntry[]) => items.map((entry) => entry.request_id)

const record = (count: number, members?: Parameters<typeof recordFailures>[2]): void =>
  recordFailures(admin.journal, count, members)

describe('GET /api/v1/errors', () => {
  it('has the newest first, without successes, in the form of the contract', async () => {
    admin = await startAdmin()
    admin.journal.record(exchange({ keep: true }))
    record(2)
    const { json } = await admin.call('/api/v1/errors')
    expect(idsOf(json.items)).toEqual(['2', '1'])
    expect(json).not.toHaveProperty('next_cursor')
    expect(json.items[0]).toMatchObject({
      time: '2026-03-01T12:00:00.000Z',
      author: 'hub',
      code: 4003,
      fault: 'dns_error',
      at: 'responder',
      reached: 'no',
      recovery: 'wait',
      http_status: 200,
      from: 'NL-EMS',
      to: 'DE-CPO',
      module: 'locations',
      interface: 'SENDER',
      method: 'GET',
      mode: 'direct',
      path: '/ocpi/2.2.1/sender/locations',
      correlation_id: 'correlation-1',
      duration_ms: expect.any(Number),
      phases: {},
    })
  })

  it.each([
    ['to=DE-CPO', ['4', '2']],
    ['to=de*cpo', ['4', '2']],
    ['to=DECPO&code=4002', ['4']],
    ['fault=http_response_timeout', ['4', '3']],
    ['at=requester', []],
    ['module=LOCATIONS&limit=2', ['4', '3']],
    ['correlation_id=c2', ['2']],
    ['responder_code=order_expired', ['1']],
    ['since=2026-03-01T12:00:03Z', ['4', '3']],
    ['until=2026-03-01T13:00:03%2B01:00', ['2', '1']],
    ['since=1h', []],
    ['author=responder', []],
  ])('obeys %s', async (query, expected) => {
    admin = await startAdmin()
    record(4, (number) => ({
      to: number % 2 === 0 ? 'DE-CPO' : 'FR-CPO',
      correlationId: `c${number}`,
      startedAt: Date.parse('2026-03-01T12:00:00Z') + number * 1000,
      ...(number > 2 ? { code: 4002, fault: 'http_response_timeout' } : {}),
      ...(number === 1 ? { responderCode: 'ORDER_EXPIRED' } : {}),
    }))
    const { json } = await admin.call(`/api/v1/errors?${query}`)
    expect(idsOf(json.items)).toEqual(expected)
  })

  it('goes through all pages with its cursor, also with a filter and a time relative to now', async () => {
    admin = await startAdmin()
    record(1205, (number) => ({ startedAt: Date.now(), to: number % 2 === 0 ? 'DE-CPO' : 'FR-CPO' }))
    const seen: string[] = []
    let cursor = ''
    do {
      const { json } = await admin.call(`/api/v1/errors?to=DE-CPO&since=1h&limit=250${cursor}`)
      seen.push(...idsOf(json.items))
      cursor = json.next_cursor === undefined ? '' : `&cursor=${json.next_cursor}`
    } while (cursor !== '')
    expect(seen).toEqual(Array.from({ length: 602 }, (_, index) => String(1204 - index * 2)))
  })

  it('refuses a cursor that was tampered with or belongs to another search', async () => {
    admin = await startAdmin()
    record(10)
    const { json } = await admin.call('/api/v1/errors?limit=3')
    for (const query of [
      `cursor=${json.next_cursor.slice(0, -3)}abc`,
      'cursor=x',
      `cursor=${json.next_cursor}&to=DE-CPO`,
    ]) {
      const answer = await admin.call(`/api/v1/errors?limit=3&${query}`)
      expect(answer.status).toBe(400)
      expect(answer.json.errors).toMatchObject([{ parameter: 'cursor' }])
    }
  })

  it('is 503 when the store does not answer, without its address', async () => {
    const query = () => Promise.reject(new Fault('store_unavailable', { detail: 'canary 10.0.0.1:6379' }))
    admin = await startAdmin({ parts: { journal: { query } as never } })
    const answer = await admin.call('/api/v1/errors')
    expect(answer.status).toBe(503)
    expect(answer.json).toMatchObject({ fault: 'store_unavailable' })
    expect(answer.text).not.toContain('canary')
  })
})

describe('a fault or mode that is not known', () => {
  it.each(['/errors', '/errors/summary', '/errors/stream'])(
    'is refused at %s, with what was meant',
    async (path) => {
      admin = await startAdmin()
      const { status, json } = await admin.call(`/api/v1${path}?fault=to_unknwon&mode=brodcast`)
      expect([status, json.errors]).toEqual([
        400,
        [
          { parameter: 'fault', message: 'is no fault of the hub; the nearest is to_unknown' },
          { parameter: 'mode', message: 'is no way of a request; the nearest is broadcast' },
        ],
      ])
    },
  )

  it('is not one that is written in capitals', async () => {
    admin = await startAdmin()
    record(1)
    const { json } = await admin.call('/api/v1/errors?fault=DNS_ERROR&mode=Direct')
    expect(idsOf(json.items)).toEqual(['1'])
  })
})

describe('GET /api/v1/errors/{reference}', () => {
  it('gives the entry the requester was told of, and 304 when it is known', async () => {
    admin = await startAdmin()
    const reference = admin.journal.newReference()
    record(1, () => ({ reference }))
    const answer = await admin.call(`/api/v1/errors/${reference}`)
    expect(answer.json).toMatchObject({ reference, request_id: '1' })
    expect((await admin.call(`/api/v1/errors/${reference.toLowerCase()}`)).json).toEqual(answer.json)
    const again = await admin.call(`/api/v1/errors/${reference}`, {
      headers: { 'if-none-match': answer.headers.get('etag')! },
    })
    expect([again.status, again.text]).toEqual([304, ''])
  })

  it('is 404 for every other', async () => {
    admin = await startAdmin()
    for (const path of ['01J00000000000000000000000', 'x', '%00', 'a'.repeat(400)]) {
      expect((await admin.call(`/api/v1/errors/${path}`)).status, path).toBe(404)
    }
  })
})

describe('GET /api/v1/errors/summary', () => {
  it('counts by what is asked for', async () => {
    admin = await startAdmin()
    record(5, (number) => ({ to: number === 1 ? 'FR-CPO' : 'DE-CPO' }))
    const { json } = await admin.call('/api/v1/errors/summary?by=from,to,code')
    expect(json).toEqual({
      total: 5,
      items: [
        {
          from: 'NL-EMS',
          to: 'DE-CPO',
          code: 4003,
          count: 4,
          latest: '2026-03-01T12:00:00.000Z',
          reference: expect.any(String),
        },
        {
          from: 'NL-EMS',
          to: 'FR-CPO',
          code: 4003,
          count: 1,
          latest: '2026-03-01T12:00:00.000Z',
          reference: expect.any(String),
        },
      ],
    })
    expect((await admin.call('/api/v1/errors/summary?by=responder&to=FR-CPO')).json).toMatchObject({
      total: 1,
      items: [{ responder: 'cpo', count: 1 }],
    })
  })

  it.each(['nope', 'from,from', 'from,to,code,at', ''])('refuses by=%s', async (by) => {
    admin = await startAdmin()
    const answer = await admin.call(`/api/v1/errors/summary?by=${by}`)
    expect(answer.json).toMatchObject({ status: 400, errors: [{ parameter: 'by' }] })
  })
})

describe('GET /api/v1/correlations/{id}', () => {
  it('tells the story from the beginning, successes included', async () => {
    admin = await startAdmin()
    const startedAt = Date.parse('2026-03-01T12:00:00Z')
    admin.journal.record(exchange({ keep: true, requestId: 'command', module: 'commands', startedAt }))
    admin.journal.record(
      exchange({
        keep: true,
        requestId: 'result',
        module: 'commands',
        mode: 'callback',
        startedAt: startedAt + 1500,
      }),
    )
    admin.journal.record(failure({ correlationId: 'another' }))
    const { json } = await admin.call('/api/v1/correlations/correlation-1')
    expect(json.correlation_id).toBe('correlation-1')
    expect(json.items).toMatchObject([
      { request_id: 'command', mode: 'direct', code: 1000, after_ms: 0 },
      { request_id: 'result', mode: 'callback', code: 1000, after_ms: 1500 },
    ])
    expect((await admin.call('/api/v1/correlations/unknown')).status).toBe(404)
  })
})
