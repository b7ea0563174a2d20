// New entries of the journal as operators follow them over HTTP: what is sent, to whom, and when a stream ends.

import { afterEach, describe, expect, it } from 'vitest'
import { hashAdminToken } from '../../src/admin/guard.ts'
import type { JournalEntry } from '../../src/journal/journal-entry.ts'
import { OPERATE_TOKEN, startAdmin, type TestAdmin } from '../unit/admin/admin-server.ts'
import { readEvents, type Event, type EventReader } from '../unit/admin/event-reader.ts'
import { exchange, recordFailures } from '../unit/journal/examples.ts'

let admin: TestAdmin
const streams: EventReader[] = []
afterEach(async () => {
  await Promise.all(streams.splice(0).map((stream) => stream.close()))
  await admin.close()
})

const record = (count: number, members?: Parameters<typeof recordFailures>[2]): void =>
  recordFailures(admin.journal, count, members)

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

  it('sends nothing older than Last-Event-ID, also when the filter leaves that entry out', async () => {
    admin = await startAdmin()
    record(2, (number) => ({ requestId: `old-${number}`, to: 'DE-CPO' }))
    const reference = admin.journal.newReference()
    record(1, () => ({ reference, to: 'FR-CPO' }))
    record(1, () => ({ requestId: 'missed', to: 'DE-CPO' }))
    const reader = await stream('?to=DE-CPO', { 'last-event-id': reference })
    expect(idOf(await reader.next())).toBe('missed')
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

  it('ends before anything is sent to a token that counts no more', async () => {
    const tokens = [{ name: 'passing', role: 'read' as const, sha256: hashAdminToken('passing') }]
    admin = await startAdmin({ options: { tokens: () => tokens } })
    const reader = await stream('', { authorization: 'Bearer passing' })
    record(1)
    expect(idOf(await reader.next())).toBe('1')
    tokens.splice(0)
    record(1)
    expect(await reader.next()).toBeUndefined()
  })

  it('has no HEAD, which would wait for an end that never comes', async () => {
    admin = await startAdmin()
    const answer = await admin.call('/api/v1/errors/stream', { method: 'HEAD' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET'])
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
