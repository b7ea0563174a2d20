// Every verb: what it asks of the hub, what it prints, and its exit code.

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

describe('parties', () => {
  test('prints a table', async () => {
    answer = json({
      items: [
        {
          address: 'DE-CPO',
          role: 'CPO',
          status: 'CONNECTED',
          platform: 'acme',
          name: 'Acme\u001b[31m',
          last_seen: '2026-01-31T09:00:00.000Z',
        },
        { address: 'NL-EMS', role: 'EMSP', status: 'OFFLINE', platform: 'other' },
      ],
    })
    expect((await run(['parties'])).out).toBe(
      [
        'PARTY   ROLE  STATUS     LAST SEEN                 PLATFORM  NAME',
        'DE-CPO  CPO   CONNECTED  2026-01-31T09:00:00.000Z  acme      Acme\uFFFD[31m',
        'NL-EMS  EMSP  OFFLINE    -                         other',
      ].join('\n'),
    )
  })

  test('prints what the hub said with --json', async () => {
    const items = [{ address: 'DE-CPO', role: 'CPO', status: 'CONNECTED', platform: 'acme' }]
    answer = json({ items })
    expect(JSON.parse((await run(['parties', '--json'])).out)).toEqual({ items })
  })

  test('prints colour on a terminal only', async () => {
    answer = json({ items: [{ address: 'DE-CPO', role: 'CPO', status: 'OFFLINE', platform: 'acme' }] })
    expect((await run(['parties'], { coloured: true })).out).toContain('\u001b[31mOFFLINE')
    expect((await run(['parties'])).out).not.toContain('\u001b')
  })

  test('prints nothing to standard output when there is none', async () => {
    answer = json({ items: [] })
    expect(await run(['parties'])).toEqual({ code: 0, out: '', err: 'no parties' })
  })
})

describe('platforms', () => {
  test('list prints id, status, version, source and parties', async () => {
    answer = json({
      items: [
        {
          id: 'acme',
          status: 'CONNECTED',
          version: '2.2.1',
          source: 'file',
          roles: [{ country_code: 'de', party_id: 'cpo', role: 'CPO' }],
        },
      ],
    })
    expect((await run(['platforms', 'list'])).out.split('\n')[1]).toBe(
      'acme      CONNECTED  2.2.1    file    DE-CPO CPO',
    )
  })

  test.each([
    ['show', 'GET /api/v1/platforms/a%20b%2F..'],
    ['remove', 'DELETE /api/v1/platforms/a%20b%2F..'],
    ['suspend', 'POST /api/v1/platforms/a%20b%2F../suspend'],
    ['resume', 'POST /api/v1/platforms/a%20b%2F../resume'],
    ['probe', 'POST /api/v1/platforms/a%20b%2F../probe'],
    ['rotate', 'POST /api/v1/platforms/a%20b%2F../rotate'],
  ])('%s asks %s', async (verb, expected) => {
    expect((await run(['platforms', verb, 'a b/..'])).code).toBe(0)
    expect(server.asked).toEqual([expected])
  })

  test('says done when there is nothing to show', async () => {
    answer = (_request, response) => void response.writeHead(204).end()
    expect(await run(['platforms', 'remove', 'acme'])).toEqual({ code: 0, out: 'done', err: '' })
  })

  test('add prepares a connection and prints its token', async () => {
    answer = json({ id: 'acme', token: 'token-a', versions_url: 'https://hub.example/ocpi/versions' }, 201)
    const { out } = await run([
      'platforms',
      'add',
      'acme',
      '--party',
      'de*cpo:cpo',
      '--party',
      'DE-EMS:EMSP',
      '--ocpi',
      '2.2.1',
    ])
    expect(out).toBe('id: acme\ntoken: token-a\nversions_url: https://hub.example/ocpi/versions')
    expect(server.asked).toEqual([
      'POST /api/v1/platforms {"id":"acme","roles":[{"country_code":"DE","party_id":"CPO","role":"CPO"},{"country_code":"DE","party_id":"EMS","role":"EMSP"}],"version":"2.2.1"}',
    ])
  })

  test('connect takes the token from standard input, so that it need not stand in the command line', async () => {
    const expected =
      'POST /api/v1/platforms {"id":"acme","versions_url":"https://acme.example/v","token":"given"}'
    await run(['platforms', 'connect', 'acme', 'https://acme.example/v'], { input: 'given\n' })
    await run(['platforms', 'connect', 'acme', 'https://acme.example/v', '--token', 'given'])
    expect(server.asked).toEqual([expected, expected])
    expect(await run(['platforms', 'connect', 'acme', 'https://acme.example/v'])).toMatchObject({ code: 1 })
  })
})

describe('routes', () => {
  test('list prints what each rule matches and does', async () => {
    answer = json({
      items: [
        { from: ['NL-*'], to: 'DE-CPO', module: 'commands', timeout: '60s' },
        { to: 'none', action: 'deny' },
        { from: '*' },
      ],
    })
    expect((await run(['routes', 'list'])).out).toBe(
      [
        '#  FROM  TO      MODULE    INTERFACE  METHOD  EFFECT',
        '1  NL-*  DE-CPO  commands  any        any     timeout 60s',
        '2  any   none    any       any        any     action deny',
        '3  *     any     any       any        any     none: later rules are not asked',
      ].join('\n'),
    )
  })

  test('explain asks for one request and prints the steps', async () => {
    answer = json({ way: 'direct', steps: ['a', 'b'] })
    const { out } = await run([
      'routes',
      'explain',
      '--from',
      'nl*ems',
      '--to',
      'DE-CPO',
      '--module',
      'locations',
    ])
    expect(server.asked).toEqual([
      'GET /api/v1/routes/explain?from=NL-EMS&to=DE-CPO&module=locations&interface=SENDER&method=GET',
    ])
    expect(out).toBe('way: direct\nsteps:\n  - a\n  - b')
  })
})

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
    const { out } = await run(['errors', ENTRY.reference])
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

  test('with --follow fails when the hub refuses at once', async () => {
    answer = (request, response) =>
      request.url!.includes('stream')
        ? json({ title: 'Too many streams' }, 503, 'application/problem+json')(request, response)
        : json({ items: [] })(request, response)
    expect(await run(['errors', '--follow'])).toEqual({ code: 1, out: '', err: 'error: Too many streams' })
  })
})

describe('healthcheck', () => {
  test('is 0 when the hub is alive, without a token', async () => {
    expect(await run(['healthcheck'])).toEqual({ code: 0, out: 'ok', err: '' })
    expect(await run(['healthcheck', '--ready'])).toMatchObject({ code: 0 })
    expect(server.asked).toEqual(['GET /health/live', 'GET /health/ready'])
  })

  test('is 1 when it is not', async () => {
    answer = json({}, 503)
    expect(await run(['healthcheck'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/answers HTTP 503$/) as string,
    })
    await server.close()
    expect(await run(['healthcheck'])).toMatchObject({ code: 1 })
    server = await scriptedServer(answer)
  })
})
