// Examining a party before it is connected: every check against a real party of which one thing is wrong, hostile
// servers, and the two ways to ask for it.

import { afterEach, describe, expect, it } from 'vitest'
import { CHECKS, examine, type CheckReport, type Examination } from '../../src/modules/examine.ts'
import { BEHAVIOURS, type BehaviourName } from '../support/fault-behaviours.ts'
import { closedPort, faultServer, TLS_BEHAVIOURS } from '../support/fault-server.ts'
import { examinedParty, TOKEN, type ExaminedParty, type Spoil } from '../support/examined-party.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

async function party(options: Parameters<typeof examinedParty>[0] = {}): Promise<ExaminedParty> {
  const made = await examinedParty(options)
  open.push(made)
  return made
}

const OPTIONS = {
  network: { requireHttps: false, allow: ['127.0.0.0/8'] },
  versions: ['2.3.0', '2.2.1', '2.1.1'],
  from: { countryCode: 'NL', partyId: 'HUB' },
  timeoutMs: 2_000,
  totalMs: 10_000,
} as const

function look(url: string, options: Partial<Parameters<typeof examine>[1]> = {}): Promise<Examination> {
  return examine({ url, token: TOKEN }, { ...OPTIONS, ...options })
}

function check({ checks }: Examination, id: string): CheckReport {
  return checks.find((one) => one.id === id)!
}

describe('a party that does everything right', () => {
  it('passes every check that plain http allows, and is asked with GET alone', async () => {
    const cpo = await party()
    const report = await look(cpo.versionsUrl)
    expect(
      report.checks.filter(({ result }) => result !== 'pass').map(({ id, result }) => [id, result]),
    ).toEqual([
      ['url', 'warn'],
      ['tls', 'skip'],
      ['certificate', 'skip'],
      ['certificate_days', 'skip'],
    ])
    expect(report).toMatchObject({ result: 'warn', version: '2.2.1', party: 'DE-CPO', url: cpo.versionsUrl })
    expect(new Set(cpo.requests.map(({ method }) => method))).toEqual(new Set(['GET']))
    expect(cpo.requests.length).toBeLessThan(25)
  })

  it('is told in one row per check, in their order, and never with the token in it', async () => {
    const cpo = await party({
      spoil: (answer) => ({ ...answer, status: 301, headers: { location: `/?${TOKEN}` } }),
    })
    const report = await look(cpo.versionsUrl)
    expect(report.checks.map(({ id }) => id)).toEqual(CHECKS.map(({ id }) => id))
    expect(JSON.stringify(report)).not.toContain(TOKEN)
    expect(check(report, 'token').found).toContain('[token]')
  })
})

/** `where` names the answers that are spoiled by the end of their path; none = all. */
interface Case {
  readonly id: string
  readonly result: 'pass' | 'warn' | 'fail' | 'skip'
  readonly found: RegExp
  readonly spoil: Spoil
}

const at =
  (end: string, change: Spoil): Spoil =>
  (answer, request, base) =>
    request.path.endsWith(end) && answer.status !== 401 ? change(answer, request, base) : answer

const withData =
  (data: (data: never, base: string) => unknown): Spoil =>
  (answer, _request, base) => ({
    ...answer,
    json: { ...answer.json, data: data(answer.json?.data as never, base) },
  })

const withHeaders =
  (headers: Record<string, string | undefined>): Spoil =>
  (answer) => {
    const merged = Object.entries({ ...answer.headers, ...headers })
    return {
      ...answer,
      headers: Object.fromEntries(merged.filter((pair): pair is [string, string] => pair[1] !== undefined)),
    }
  }

const endpoints = (change: (list: Record<string, string>[], base: string) => unknown[]): Spoil =>
  at(
    '/2.2.1',
    withData(({ endpoints: list }: { endpoints: Record<string, string>[] }, base) => ({
      endpoints: change(list, base),
    })),
  )

const everywhere =
  (json: Record<string, unknown>): Spoil =>
  (answer) => ({
    ...answer,
    json: { ...answer.json, ...json },
  })

const clockOff =
  (milliseconds: number): Spoil =>
  (answer) => ({
    ...answer,
    json: { ...answer.json, timestamp: new Date(Date.now() + milliseconds).toISOString() },
  })

const CASES: readonly Case[] = [
  {
    id: 'wrong_token',
    result: 'fail',
    found: /made up is accepted/,
    spoil: (answer, _request, base) =>
      answer.status === 401
        ? {
            status: 200,
            headers: {},
            json: { data: [{ version: '2.2.1', url: `${base}/2.2.1` }], status_code: 1000 },
          }
        : answer,
  },
  {
    id: 'wrong_token',
    result: 'warn',
    found: /HTTP 200, OCPI status code 2000: unknown token/,
    spoil: (answer) => (answer.status === 401 ? { ...answer, status: 200 } : answer),
  },
  { id: 'token', result: 'fail', found: /HTTP 403/, spoil: (answer) => ({ ...answer, status: 403 }) },
  {
    id: 'token',
    result: 'fail',
    found: /HTTP 200 with 15 bytes \(text\/html\) and no OCPI envelope/,
    spoil: () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>hi</html>' }),
  },
  {
    id: 'token',
    result: 'fail',
    found: /HTTP 302, a redirect to http:\/\/169\.254\.169\.254/,
    spoil: () => ({ status: 302, headers: { location: 'http://169.254.169.254/' }, body: '' }),
  },
  {
    id: 'token',
    result: 'fail',
    found: /larger than the hub takes/,
    spoil: () => ({ status: 200, headers: {}, body: ' '.repeat(2 * 1024 * 1024) }),
  },
  {
    id: 'token',
    result: 'fail',
    found: /no OCPI envelope/,
    spoil: () => ({ status: 200, headers: {}, body: '['.repeat(900_000) }),
  },
  {
    id: 'versions',
    result: 'fail',
    found: /no list/,
    spoil: at(
      '/versions',
      withData(() => ({})),
    ),
  },
  {
    id: 'versions',
    result: 'fail',
    found: /no version/,
    spoil: at(
      '/versions',
      withData(() => [1, null]),
    ),
  },
  {
    id: 'versions',
    result: 'fail',
    found: /2\.2\.1 is not absolute/,
    spoil: at(
      '/versions',
      withData(() => [{ version: '2.2.1', url: '/2.2.1' }]),
    ),
  },
  {
    id: 'versions',
    result: 'warn',
    found: /other entries/,
    spoil: at(
      '/versions',
      withData((list: unknown[]) => [...list, { version: 3 }]),
    ),
  },
  {
    id: 'mutual_version',
    result: 'fail',
    found: /none/,
    spoil: at(
      '/versions',
      withData((_, base) => [{ version: '2.0', url: `${base}/2.0` }]),
    ),
  },
  {
    id: 'details',
    result: 'fail',
    found: /no list of endpoints/,
    spoil: at(
      '/2.2.1',
      withData(() => []),
    ),
  },
  {
    id: 'details',
    result: 'fail',
    found: /2\.2\.1: HTTP 500/,
    spoil: at('/2.2.1', () => ({ status: 500, headers: {}, body: 'oops' })),
  },
  {
    id: 'endpoint_urls',
    result: 'fail',
    found: /not absolute: 2\.2\.1 locations/,
    spoil: endpoints((list) =>
      list.map((one) => (one.identifier === 'locations' ? { ...one, url: '/l' } : one)),
    ),
  },
  {
    id: 'endpoint_urls',
    result: 'warn',
    found: /other hosts.*test\.example/,
    spoil: endpoints((list) => [
      ...list,
      { identifier: 'tariffs', role: 'RECEIVER', url: 'http://test.example/t' },
    ]),
  },
  {
    id: 'interfaces',
    result: 'fail',
    found: /no functional module/,
    spoil: endpoints((list) => list.filter(({ identifier }) => identifier === 'credentials')),
  },
  {
    id: 'interfaces',
    result: 'fail',
    found: /without a role: .*tokens/,
    spoil: endpoints((list) => list.map(({ role: _role, ...one }) => one)),
  },
  {
    id: 'interfaces',
    result: 'warn',
    found: /RECEIVER none/,
    spoil: endpoints((list) => list.filter(({ role }) => role === 'SENDER')),
  },
  {
    id: 'interfaces',
    result: 'warn',
    found: /twice: locations SENDER/,
    spoil: endpoints((list) => [...list, list[1]!]),
  },
  {
    id: 'credentials',
    result: 'fail',
    found: /none/,
    spoil: endpoints((list) => list.filter(({ identifier }) => identifier !== 'credentials')),
  },
  {
    id: 'credentials',
    result: 'pass',
    found: /GET is answered HTTP 405/,
    spoil: at('/credentials', (answer) => ({ ...answer, status: 405, json: { status_code: 2000 } })),
  },
  {
    id: 'credentials',
    result: 'warn',
    found: /no party/,
    spoil: at(
      '/credentials',
      withData(() => 'x'),
    ),
  },
  {
    id: 'lists',
    result: 'fail',
    found: /locations: data is no list; sessions, cdrs: 2 in/,
    spoil: at(
      '/locations',
      withData(() => ({})),
    ),
  },
  {
    id: 'total_count',
    result: 'fail',
    found: /cdrs: no X-Total-Count/,
    spoil: at('/cdrs', withHeaders({ 'x-total-count': undefined })),
  },
  {
    id: 'total_count',
    result: 'fail',
    found: /X-Total-Count is many/,
    spoil: at('/cdrs', withHeaders({ 'x-total-count': 'many' })),
  },
  {
    id: 'total_count',
    result: 'fail',
    found: /1, but the page alone has 2/,
    spoil: at('/cdrs', withHeaders({ 'x-total-count': '1' })),
  },
  {
    id: 'limit_header',
    result: 'warn',
    found: /cdrs: no X-Limit/,
    spoil: at('/cdrs', withHeaders({ 'x-limit': undefined })),
  },
  {
    id: 'limit_header',
    result: 'fail',
    found: /X-Limit is 0/,
    spoil: at('/cdrs', withHeaders({ 'x-limit': '0' })),
  },
  {
    id: 'limit',
    result: 'fail',
    found: /locations: 6 objects came for limit=2/,
    spoil: at(
      '/locations',
      withData((list: unknown[]) => [...list, ...list, ...list]),
    ),
  },
  {
    id: 'limit',
    result: 'warn',
    found: /1 of 5/,
    spoil: at(
      '/locations',
      withData((list: unknown[]) => list.slice(0, 1)),
    ),
  },
  {
    id: 'link',
    result: 'fail',
    found: /no Link, though 3 more/,
    spoil: at('/locations', withHeaders({ link: undefined })),
  },
  {
    id: 'link',
    result: 'fail',
    found: /cannot be read/,
    spoil: at('/locations', withHeaders({ link: 'next' })),
  },
  {
    id: 'link',
    result: 'warn',
    found: /relative/,
    spoil: at('/locations', withHeaders({ link: '</l?offset=2>; rel="next"' })),
  },
  {
    id: 'link',
    result: 'warn',
    found: /another host: inner\.example/,
    spoil: at('/locations', withHeaders({ link: '<http://inner.example/l>; rel="next"' })),
  },
  {
    id: 'link',
    result: 'warn',
    found: /last page/,
    spoil: at('/locations', withHeaders({ 'x-total-count': '2' })),
  },
  {
    id: 'date_from',
    result: 'fail',
    found: /cdrs: 1 older objects/,
    spoil: at(
      '/cdrs',
      withData(() => [{ last_updated: '2026-01-01T00:00:00Z' }]),
    ),
  },
  {
    id: 'date_from',
    result: 'fail',
    found: /cdrs: HTTP 200, OCPI status code 2001/,
    spoil: at('/cdrs', (answer, { query }) =>
      query.has('date_from') ? { ...answer, json: { status_code: 2001 } } : answer,
    ),
  },
  {
    id: 'unknown_object',
    result: 'warn',
    found: /HTTP 200 with OCPI status code 2003/,
    spoil: (answer) => (answer.status === 404 ? { ...answer, status: 200 } : answer),
  },
  {
    id: 'unknown_object',
    result: 'warn',
    found: /404 without/,
    spoil: (answer) => (answer.status === 404 ? { status: 404, headers: {}, body: 'nope' } : answer),
  },
  {
    id: 'unknown_object',
    result: 'fail',
    found: /1xxx without data/,
    spoil: (answer) =>
      answer.status === 404 ? { ...answer, status: 200, json: { status_code: 1000 } } : answer,
  },
  {
    id: 'unknown_object',
    result: 'fail',
    found: /HTTP 500/,
    spoil: (answer) =>
      answer.status === 404 ? { status: 500, headers: {}, body: '<pre>stack</pre>' } : answer,
  },
  {
    id: 'envelope',
    result: 'warn',
    found: /no timestamp \(\d+ of \d+\)/,
    spoil: everywhere({ timestamp: undefined }),
  },
  {
    id: 'envelope',
    result: 'warn',
    found: /no DateTime/,
    spoil: everywhere({ timestamp: '2026-01-02T03:04:05+02:00' }),
  },
  {
    id: 'envelope',
    result: 'fail',
    found: /no status_code/,
    spoil: (answer) => (answer.status === 404 ? { ...answer, json: { error: 'x' } } : answer),
  },
  {
    id: 'envelope',
    result: 'warn',
    found: /Content-Type/,
    spoil: withHeaders({ 'content-type': 'text/plain' }),
  },
  { id: 'ids', result: 'warn', found: /do not repeat/, spoil: withHeaders({ 'x-request-id': 'mine' }) },
  {
    id: 'routing_headers',
    result: 'warn',
    found: /not turned round/,
    spoil: withHeaders({ 'ocpi-to-party-id': 'XYZ' }),
  },
  { id: 'clock', result: 'warn', found: /timestamps (59|60|61) s behind/, spoil: clockOff(-60_000) },
  { id: 'clock', result: 'fail', found: /timestamps 7(199|200|201) s ahead/, spoil: clockOff(7_200_000) },
]

describe('each check sees what is wrong', () => {
  it.each(CASES)('$id: $result, $found', async ({ id, result, found, spoil }) => {
    const report = await look((await party({ spoil })).versionsUrl)
    const seen = check(report, id)
    expect([seen.result, seen.found]).toEqual([result, expect.stringMatching(found)])
    if (result === 'warn' || result === 'fail') expect(seen.advice).toMatch(/\S.*\.$/)
  })

  it('says local time when the clock is off by a time zone', async () => {
    const report = await look((await party({ spoil: clockOff(7_200_000) })).versionsUrl)
    expect(check(report, 'clock').advice).toContain('UTC')
  })

  it('tries the token as it is too, and says which form works (R4)', async () => {
    const report = await look((await party({ raw: true })).versionsUrl)
    expect(check(report, 'token')).toMatchObject({ result: 'warn', found: 'as it is, but not in Base64' })
    expect(check(report, 'lists').result).toBe('pass')
  })

  it('notices a token that was handed over in Base64', async () => {
    const cpo = await party()
    const report = await examine(
      { url: cpo.versionsUrl, token: Buffer.from(TOKEN).toString('base64') },
      OPTIONS,
    )
    expect(check(report, 'token').found).toContain('Base64 already')
  })

  it('skips the routing headers when the hub is not known', async () => {
    const { from: _from, ...options } = OPTIONS
    const report = await examine({ url: (await party()).versionsUrl, token: TOKEN }, options)
    expect(check(report, 'routing_headers').result).toBe('skip')
    expect(report.checks.some(({ result }) => result === 'fail')).toBe(false)
  })
})

describe('what cannot be reached', () => {
  it('names a port on which nobody listens', async () => {
    const report = await look(`${await closedPort()}/versions`)
    expect(check(report, 'connect')).toMatchObject({ result: 'fail', found: 'it refused the connection' })
    expect(check(report, 'token')).toMatchObject({ result: 'skip' })
  })

  it('names a host that does not resolve', async () => {
    const report = await look('https://nobody.invalid/versions')
    expect(check(report, 'dns')).toMatchObject({ result: 'fail' })
  })

  it.each([
    ['http://169.254.169.254/versions', {}],
    ['http://localhost:9/versions', { network: { requireHttps: false, allow: [] } }],
    ['http://127.0.0.1:9/versions', { network: { requireHttps: true, allow: ['127.0.0.0/8'] } }],
  ])('does not call %s, which the guard forbids', async (url, options) => {
    const report = await look(url, options)
    expect(check(report, 'dns').found).toContain('does not call')
    expect(report.result).toBe('fail')
  })

  it.each(['ftp://x.example/', 'not a url', 'http://user:secret@127.0.0.1/', 'http:\\\\127.0.0.1'])(
    'refuses %s as a URL and does not repeat a password',
    async (url) => {
      const report = await look(url)
      expect(check(report, 'url').result).toBe('fail')
      expect(JSON.stringify(report)).not.toContain('secret')
    },
  )
})

describe('hostile servers', () => {
  const NAMES = Object.keys(BEHAVIOURS) as BehaviourName[]

  it.each(NAMES)('%s: makes a finding in time', async (name) => {
    const server = await faultServer(name)
    open.push(server)
    const report = await look(`${server.url}/versions`, { timeoutMs: 250, totalMs: 800 })
    expect(report.checks).toHaveLength(CHECKS.length)
    expect(report.duration_ms).toBeLessThan(2_500)
    expect(report.checks.every(({ found }) => found !== '' && found.length <= 1_000)).toBe(true)
  })

  it('ends when its time is used up, and says so', async () => {
    const cpo = await party({ spoil: (answer) => answer })
    const report = await look(cpo.versionsUrl, { totalMs: 1 })
    expect(check(report, 'token')).toMatchObject({
      result: 'skip',
      found: expect.stringContaining('used up'),
    })
  })

  it.each([
    ['self-signed certificate', 'certificate', /signed by itself/],
    ['expired certificate', 'certificate_days', /expired on/],
    ['certificate of the future', 'certificate', /./],
    ['certificate of another host', 'certificate', /./],
    ['TLS 1.1 only', 'tls', /TLS handshake/],
    ['plain HTTP on the TLS port', 'tls', /TLS handshake/],
    ['garbage instead of a handshake', 'tls', /TLS handshake/],
    ['a fatal alert', 'tls', /TLS handshake/],
    ['a handshake that hangs', 'tls', /in time/],
    ['a reset in the handshake', 'tls', /connection/],
  ] as const)('%s: fails %s', async (name, id, found) => {
    const server = await TLS_BEHAVIOURS[name]()
    open.push(server)
    const report = await look(`${server.url}/versions`, { timeoutMs: 400 })
    expect(check(report, id)).toMatchObject({ result: 'fail', found: expect.stringMatching(found) })
    expect(check(report, 'token').result).toBe('skip')
  })
})
