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

describe('what an operator gets wrong', () => {
  test('an empty list of rules is never taken from an empty input', async () => {
    const empty = await cli(['routes', 'apply', '-'], { env: { OCPI_HUB_ADMIN_URL: server.url }, input: '' })
    expect(empty).toEqual({
      code: 1,
      out: '',
      err: 'error: standard input holds no list of rules; [] is one without any',
    })
    expect(server.asked).toEqual([])
    answer = json({ items: [], source: 'registry', version: 1 })
    const none = await cli(['routes', 'apply', '-'], { env: { OCPI_HUB_ADMIN_URL: server.url }, input: '[]' })
    expect(none.out).toBe('version 1: 0 rules in effect')
  })

  test('the OCPI side of a hub is told from its admin side', async () => {
    answer = (_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"status_code":2000}')
    }
    expect((await run(['parties'])).err).toMatch(
      /is not the admin API of a hub \(HTTP 401, .*by default 8081/,
    )
  })

  test('numbers that the hub would refuse are not even sent', async () => {
    for (const argv of [
      ['captures', 'arm', 'DE-CPO', 'cdrs', '--minutes', '16'],
      ['view-link', 'acme', '--days', '91'],
    ]) {
      expect(await run(argv)).toMatchObject({
        code: 2,
        err: expect.stringContaining('whole number from 1 to'),
      })
    }
    expect(server.asked).toEqual([])
  })

  test('a page that was kept is shown without the line end it closes with', async () => {
    const page = { bytes: 5, text: 'a\n\nb\n', plain: true }
    const item = { time: 'now', method: 'GET', path: '/x', fault: 'answer_not_ocpi', answer: page }
    answer = json({ id: 'c1', count: 1, left_out: 0, items: [item] })
    const { out } = await run(['captures', 'show', 'c1'])
    expect(out.split('\n').slice(1)).toEqual(['  answer, 5 bytes, not JSON', '  a', '  ', '  b'])
  })

  test('a probe of a platform that does not answer is 1', async () => {
    answer = json({ id: 'acme', ok: false, fault: 'connection_refused', duration_ms: 2, status: 'OFFLINE' })
    expect(await run(['platforms', 'probe', 'acme'])).toMatchObject({ code: 1, err: '' })
    answer = json({ id: 'acme', ok: true, duration_ms: 2, status: 'CONNECTED' })
    expect((await run(['platforms', 'probe', 'acme'])).code).toBe(0)
  })
})

describe('timeline', () => {
  const ITEM = {
    reference: '01JCVZ4G6M5C8T3N0QXWB2R7KD',
    time: '2026-01-31T09:00:00.000Z',
    author: 'responder',
    code: 1000,
    http_status: 200,
    from: 'NL-EMS',
    to: 'DE-CPO',
    module: 'commands',
    method: 'POST',
    path: '/',
    mode: 'direct',
    request_id: 'r',
    correlation_id: 'c',
    duration_ms: 30.2,
    phases: { connect: 3.2, tls: 9, first_byte: 20, total: 21.5 },
    after_ms: 0,
  }
  const { phases: _phases, ...callback } = { ...ITEM, mode: 'callback', from: 'DE-CPO', to: 'NL-EMS' }

  test('prints what is kept of an exchange in order, with its phases', async () => {
    answer = json({ correlation_id: 'c', items: [ITEM, { ...callback, after_ms: 812 }] })
    expect((await run(['timeline', 'a/b'])).out.split('\n')).toEqual([
      'AFTER MS  CODE  WHAT          WAY       FROM    TO      REQUEST        MS  PHASES                                   REFERENCE',
      '0         1000  by responder  direct    NL-EMS  DE-CPO  POST commands  30  connect 3, tls 9, first byte 20, end 22  01JCVZ4G6M5C8T3N0QXWB2R7KD',
      '812       1000  by responder  callback  DE-CPO  NL-EMS  POST commands  30  -                                        01JCVZ4G6M5C8T3N0QXWB2R7KD',
    ])
    expect(server.asked).toEqual(['GET /api/v1/correlations/a%2Fb'])
  })

  test('finds it by the reference that a requester was told', async () => {
    answer = json({ ...ITEM, items: [ITEM] })
    await run(['timeline', ITEM.reference])
    expect(server.asked).toEqual([`GET /api/v1/errors/${ITEM.reference}`, 'GET /api/v1/correlations/c'])
  })
})

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

  test('connect orders the version that is asked for', async () => {
    const url = 'https://acme.example/v'
    await run(['platforms', 'connect', 'acme', url, '--token', 'given', '--ocpi', '2.2.1'])
    expect(server.asked).toEqual([
      `POST /api/v1/platforms {"id":"acme","versions_url":"${url}","token":"given","version":"2.2.1"}`,
    ])
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
    answer = json({
      way: 'direct',
      steps: [
        { step: 'from', finding: 'a' },
        { step: 'to', finding: 'b' },
      ],
    })
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
    expect(out).toBe('STEP  FINDING\nfrom  a\nto    b\n\nway: direct')
  })

  test('explain asks about the hub itself, a path and a version', async () => {
    answer = json({ way: 'broadcast', steps: [] })
    const options = 'explain --from DE-CPO --to hub --module locations --interface RECEIVER --method PUT'
    await run(['routes', ...options.split(' '), '--path', '/DE/CPO/LOC1', '--ocpi', '2.3.0'])
    expect(server.asked).toEqual([
      'GET /api/v1/routes/explain?from=DE-CPO&to=hub&module=locations&interface=RECEIVER&method=PUT&path=%2FDE%2FCPO%2FLOC1&version=2.3.0',
    ])
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
