// The journal as operators read it over HTTP: search, summary, one entry, a correlation, and the live stream.

import { afterEach, describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../src/journal/journal-entry.ts'
import { Fault } from '../../src/faults/fault.ts'
import { OPERATE_TOKEN, startAdmin, type TestAdmin } from '../unit/admin/admin-server.ts'
import { readEvents, type Event, type EventReader } from '../unit/admin/event-reader.ts'
import { exchange, failure } from '../unit/journal/examples.ts'

let admin: TestAdmin
const streams: EventReader[] = []
afterEach(async () => {
  await Promise.all(streams.splice(0).map((stream) => stream.close()))
  await admin.close()
})

const idsOf = (items: readonly JournalEntry[]) => items.map((entry) => entry.request_id)

function record(
  count: number,
  members: (number: number) => Parameters<typeof failure>[0] = () => ({}),
): void {
  for (let number = 1; number <= count; number++)
    admin.journal.record(failure({ requestId: String(number), ...members(number) }))
}

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

describe('GET /api/v1/errors/{reference}', () => {
  it('gives the entry the requester was told of, and 304 when it is known', async () => {
    admin = await startAdmin()
    const reference = admin.journal.newReference()
    record(1, () => ({ reference }))
    const answer = await admin.call(`/api/v1/errors/${reference}`)
    expect(answer.json).toMatchObject({ reference, request_id: '1' })
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

describe('GET /api/v1/errors/stream', () => {
  async function stream(query = '', headers: Record<string, string> = {}): Promise<EventReader> {
    const reader = await readEvents(`${admin.url}/api/v1/errors/stream${query}`, {
      authorization: `Bearer ${OPERATE_TOKEN}`,
      ...headers,
    })
    streams.push(reader)
    if (reader.status === 200) expect(await reader.next()).toEqual({ retry: '2000' })
    return reader
  }

  const idOf = (event: Event | undefined) => (event?.data as JournalEntry | undefined)?.request_id

  it('sends each new entry as it comes, with its reference as id', async () => {
    admin = await startAdmin()
    const reader = await stream()
    record(2)
    const first = await reader.next()
    expect(first).toMatchObject({ event: 'entry', data: { request_id: '1', code: 4003 } })
    expect(first?.id).toBe((first?.data as JournalEntry | undefined)?.reference)
    expect(idOf(await reader.next())).toBe('2')
  })

  it('sends only what the filter asks for, and no successes', async () => {
    admin = await startAdmin()
    const reader = await stream('?to=de*cpo&code=4003')
    admin.journal.record(exchange({ keep: true, requestId: 'success' }))
    record(4, (number) => ({ to: number === 3 ? 'DE-CPO' : 'FR-CPO' }))
    expect(idOf(await reader.next())).toBe('3')
  })

  it('sends what was missed since Last-Event-ID, then the new ones, each once', async () => {
    admin = await startAdmin()
    const before = await stream()
    record(1)
    const seen = await before.next()
    await before.close()
    record(3, (number) => ({ requestId: `missed-${number}` }))
    const after = await stream('', { 'last-event-id': seen!.id! })
    record(1, () => ({ requestId: 'new' }))
    const events = [await after.next(), await after.next(), await after.next(), await after.next()]
    expect(events.map(idOf)).toEqual(['missed-1', 'missed-2', 'missed-3', 'new'])
  })

  it('does not mind a Last-Event-ID that is none of the journal', async () => {
    admin = await startAdmin()
    const reader = await stream('', { 'last-event-id': "x' OR 1=1" })
    record(1)
    expect(idOf(await reader.next())).toBe('1')
  })

  it('keeps a silent stream open with comments', async () => {
    admin = await startAdmin({ options: { heartbeatMs: 10 } })
    expect(await (await stream()).next()).toEqual({ comment: 'heartbeat' })
  })

  it('cuts off a reader that takes nothing, and nobody else', async () => {
    admin = await startAdmin()
    const reader = await stream()
    const other = await stream()
    for (let round = 0; round < 40; round++) {
      record(100, () => ({ message: 'x'.repeat(1000), detail: 'y'.repeat(2000) }))
      for (let number = 0; number < 100; number++) expect(await other.next()).toBeDefined()
    }
    let received = 0
    while ((await reader.next()) !== undefined) received++
    expect(received).toBeLessThan(4000)
  })

  it('ends when the server closes, which does not wait for its readers', async () => {
    admin = await startAdmin()
    const reader = await stream()
    await admin.close()
    expect(await reader.next()).toBeUndefined()
    admin = await startAdmin()
  })

  it('is bounded in number', async () => {
    admin = await startAdmin()
    await Promise.all(Array.from({ length: 100 }, () => stream()))
    expect((await stream()).status).toBe(503)
    await streams.shift()!.close()
    await expect.poll(async () => (await stream()).status).toBe(200)
  })

  it('refuses a filter it does not know', async () => {
    admin = await startAdmin()
    expect((await stream('?form=DE-CPO')).status).toBe(400)
  })
})
