// `errors`: what it asks of the journal, what it prints, and how it follows.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cli, type CliOptions } from './run.ts'
import { json, scriptedServer, type Answer, type ScriptedServer } from './scripted-server.ts'

let server: ScriptedServer
let answer: Answer
beforeEach(async () => {
  answer = json({})
  server = await scriptedServer((request, response) => answer(request, response))
})
afterEach(() => server.close())

function run(argv: readonly string[], options: CliOptions = {}) {
  return cli(argv, { ...options, env: { OCPI_HUB_ADMIN_URL: server.url } })
}

const ENTRY = {
  reference: '01JCVZ4G6M5C8T3N0QXWB2R7KD',
  time: '2026-01-31T09:00:00.000Z',
  author: 'hub',
  code: 4003,
  fault: 'connection_refused',
  at: 'responder',
  http_status: 200,
  from: 'NL-EMS',
  to: 'DE-CPO',
  module: 'locations',
  method: 'GET',
  path: '/ocpi/2.2.1/sender/locations',
  request_id: 'r',
  correlation_id: 'c',
  duration_ms: 12.4,
  message: 'DE-CPO refused the connection.',
}

describe('errors', () => {
  test('prints a table, newest first', async () => {
    answer = json({ items: [ENTRY] })
    expect((await run(['errors'])).out).toBe(
      [
        'TIME                      CODE  WHAT                AT         FROM    TO      REQUEST        MS  REFERENCE',
        '2026-01-31T09:00:00.000Z  4003  connection_refused  responder  NL-EMS  DE-CPO  GET locations  12  01JCVZ4G6M5C8T3N0QXWB2R7KD',
      ].join('\n'),
    )
    expect(server.asked).toEqual(['GET /api/v1/errors?limit=20'])
  })

  test('marks a code that the version of the requester does not list', async () => {
    const { fault: _fault, at: _at, ...relayed } = ENTRY
    answer = json({ items: [{ ...relayed, author: 'responder', code: 2999, code_unlisted: true }] })
    expect((await run(['errors'])).out).toContain('2999  by responder, unlisted code')
  })

  test('counts by fields', async () => {
    const group = { count: 3, latest: ENTRY.time, reference: ENTRY.reference }
    const summary = { total: 4, items: [{ to: 'DE-CPO', fault: null, ...group }] }
    answer = json(summary)
    expect((await run(['errors', '--by', 'To, fault', '--since', '2026-01-31T09:00:00Z'])).out).toBe(
      [
        'COUNT  TO      FAULT  LATEST                    REFERENCE',
        '3      DE-CPO  -      2026-01-31T09:00:00.000Z  01JCVZ4G6M5C8T3N0QXWB2R7KD',
      ].join('\n'),
    )
    expect(server.asked).toEqual([
      'GET /api/v1/errors/summary?since=2026-01-31T09%3A00%3A00.000Z&by=to%2Cfault',
    ])
    expect(JSON.parse((await run(['errors', '--by', 'to', '--json'])).out)).toEqual(summary)
  })

  test('counts no more groups than --limit, in JSON as well', async () => {
    const groups = ['DE-CPO', 'FR-CPO'].map((to) => ({ to, count: 1, latest: '', reference: '' }))
    answer = json({ total: 2, items: groups })
    const { out } = await run(['errors', '--by', 'to', '--limit', '1', '--json'])
    expect(JSON.parse(out)).toEqual({ total: 2, items: groups.slice(0, 1) })
  })

  test('asks for no fault and no entry that cannot be', async () => {
    expect(await run(['errors', '--fault', 'to_unknwon'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('It must be a fault (did you mean to_unknown?)') as string,
    })
    expect(await run(['errors', '--code', 'to_unknown'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('names of faults go with --fault') as string,
    })
    for (const word of ['stream', 'summary', ENTRY.reference.slice(1)]) {
      expect(await run(['errors', word])).toMatchObject({ code: 2, out: '' })
    }
    expect(server.asked).toEqual([])
  })

  test('passes every filter on', async () => {
    answer = json({ items: [] })
    const argv = [
      '--from',
      'nl-ems',
      '--to',
      'DE*CPO',
      '--code',
      '4003',
      '--fault',
      'dns_error',
      '--at',
      'hub',
      '--module',
      'cdrs',
      '--correlation-id',
      'a&b',
      '--responder-code',
      'ORDER_EXPIRED',
      '--since',
      '2026-01-31T10:00:00+01:00',
      '--until',
      '2026-02-01',
      '--limit',
      '5',
    ]
    await run(['errors', ...argv])
    expect(server.asked).toEqual([
      'GET /api/v1/errors?from=NL-EMS&to=DE-CPO&code=4003&fault=dns_error&at=hub&module=cdrs&correlation_id=a%26b&responder_code=ORDER_EXPIRED&since=2026-01-31T09%3A00%3A00.000Z&until=2026-02-01T00%3A00%3A00.000Z&limit=5',
    ])
  })

  test('reads a duration as so long ago', async () => {
    answer = json({ items: [] })
    await run(['errors', '--since', '1h'])
    const since = new URL(server.asked[0]!.split(' ')[1]!, 'http://h').searchParams.get('since')!
    expect(Math.abs(Date.now() - 3_600_000 - Date.parse(since))).toBeLessThan(10_000)
  })

  test('never shows more than --limit, over several pages', async () => {
    answer = json({ items: Array.from({ length: 100 }, () => ENTRY), next_cursor: 'c' })
    const { out } = await run(['errors', '--limit', '150', '--json'])
    expect(server.asked.map((line) => /limit=(\d+)/.exec(line)?.[1])).toEqual(['100', '50'])
    expect((JSON.parse(out) as { items: unknown[] }).items).toHaveLength(150)
  })

  test('shows one entry in full by its reference', async () => {
    answer = json(ENTRY)
    const { out } = await run(['errors', ENTRY.reference.toLowerCase()])
    expect(server.asked).toEqual([`GET /api/v1/errors/${ENTRY.reference}`])
    expect(out).toContain('message: DE-CPO refused the connection.')
  })

  test('with --follow prints what there is, oldest first, then goes on where that ended, also after a break', async () => {
    const stop = new AbortController()
    const positions: (string | undefined)[] = []
    const lines: string[] = []
    answer = (request, response) => {
      if (!request.url!.startsWith('/api/v1/errors/stream'))
        return json({
          items: [
            { ...ENTRY, reference: 'R2' },
            { ...ENTRY, reference: 'R1' },
          ],
        })(request, response)
      positions.push(request.headers['last-event-id'] as string | undefined)
      const reference = `R${positions.length + 2}`
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(
        `: hello\nretry: 1\n\nid: ${reference}\nevent: entry\ndata: ${JSON.stringify({ ...ENTRY, reference })}\n\n`,
      )
    }
    const { code, err } = await run(['errors', '--follow', '--to', 'DE-CPO', '--since', '1h', '--json'], {
      stop: stop.signal,
      onOut(text) {
        lines.push((JSON.parse(text) as { reference: string }).reference)
        if (lines.length === 4) stop.abort()
      },
    })
    expect(code).toBe(0)
    expect(lines).toEqual(['R1', 'R2', 'R3', 'R4'])
    expect(positions).toEqual(['R2', 'R3'])
    expect(server.asked.find((line) => line.includes('stream'))).toBe('GET /api/v1/errors/stream?to=DE-CPO')
    expect(err).toMatch(/ended the stream; trying again/)
  })

  test('with --follow tells each break and its end, and ends when the hub refuses the token', async () => {
    let streams = 0
    answer = (request, response) => {
      if (!request.url!.includes('stream')) return json({ items: [] })(request, response)
      streams++
      if (streams === 5) return json({ title: 'No' }, 401, 'application/problem+json')(request, response)
      if (streams === 3) return void response.destroy()
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end()
    }
    const { code, err } = await run(['errors', '--follow'])
    const broke = `${server.url} ended the stream; trying again until it is back`
    const back = `${server.url} is back`
    const lines = err.split('\n')
    expect(lines.slice(0, -1)).toEqual([broke, back, broke, back, broke])
    expect(lines.at(-1)).toMatch(/^error: the hub at \S+ wants a token/)
    expect([code, streams]).toEqual([1, 5])
  })

  test('with --follow fails when the hub refuses at once', async () => {
    answer = (request, response) =>
      request.url!.includes('stream')
        ? json({ title: 'Too many streams' }, 503, 'application/problem+json')(request, response)
        : json({ items: [] })(request, response)
    expect(await run(['errors', '--follow'])).toEqual({ code: 1, out: '', err: 'error: Too many streams' })
  })
})
