// What the admin side does for the dashboard: sessions that only its own pages can use, files under a strict policy.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { hashAdminToken } from '../../src/admin/guard.ts'
import { callHttp, type HttpAnswer } from '../support/caller.ts'
import { makeDirectory } from '../support/directory.ts'
import { OPERATE_TOKEN, READ_TOKEN, startAdmin, type TestAdmin } from '../unit/admin/admin-server.ts'
import { readEvents } from '../unit/admin/event-reader.ts'
import { failure } from '../unit/journal/examples.ts'

const HASH_OF_PASSING = hashAdminToken('passing')
const DOCUMENT = '<!doctype html><title>built</title>'

let admin: TestAdmin
afterEach(() => admin.close())

interface Call {
  readonly cookie?: string
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A call as the dashboard's own page makes it, but for the headers that a test changes; `''` leaves one out. */
function page(request: string, { cookie, json, headers = {} }: Call = {}): Promise<HttpAnswer> {
  const [method = '', path = ''] = request.split(' ')
  const all: Record<string, string> = {
    'X-OCPI-Hub': 'dashboard',
    'Sec-Fetch-Site': 'same-origin',
    Origin: admin.url,
    Cookie: cookie ?? '',
    'Content-Type': json === undefined ? '' : 'application/json',
    ...headers,
  }
  return callHttp(admin.url, {
    method,
    path,
    headers: Object.entries(all).filter(([, value]) => value !== ''),
    body: json === undefined ? undefined : JSON.stringify(json),
  })
}

async function logIn(token = OPERATE_TOKEN): Promise<string> {
  const answer = await page('POST /login', { json: { token } })
  expect(answer.httpStatus).toBe(200)
  return answer.headers['set-cookie']!.split(';')[0]!
}

const text = (answer: HttpAnswer) => answer.body.toString()

describe('a session', () => {
  it('begins with a token, in a cookie for this host and the hub alone', async () => {
    admin = await startAdmin()
    const answer = await page('POST /login', { json: { token: OPERATE_TOKEN } })
    expect(JSON.parse(text(answer))).toMatchObject({ name: 'operator', role: 'operate' })
    const [pair, ...attributes] = answer.headers['set-cookie']!.split('; ')
    expect(pair).toMatch(/^ocpi-hub-[\w-]{8}=[\w.-]{90,100}$/)
    expect(attributes).toEqual(['Path=/', 'Max-Age=43200', 'HttpOnly', 'SameSite=Strict'])
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(text(answer)).not.toContain(OPERATE_TOKEN)
  })

  it('reads the API, and says who it is', async () => {
    admin = await startAdmin()
    const cookie = await logIn()
    expect((await page('GET /api/v1/status', { cookie })).httpStatus).toBe(200)
    expect((await page('GET /session')).httpStatus).toBe(204)
    const who = JSON.parse(text(await page('GET /session', { cookie })))
    expect(who).toEqual({ name: 'operator', role: 'operate', expires: expect.any(String) })
  })

  it('ends with the log-out', async () => {
    admin = await startAdmin()
    const cookie = await logIn()
    const out = await page('POST /logout', { cookie })
    expect(out.httpStatus).toBe(204)
    expect(out.headers['set-cookie']).toContain('Max-Age=0')
    expect((await page('GET /api/v1/status', { cookie })).httpStatus).toBe(401)
  })

  it('ends the stream it reads with the log-out, before another entry is sent', async () => {
    admin = await startAdmin()
    const cookie = await logIn()
    const stream = await readEvents(`${admin.url}/api/v1/errors/stream`, { cookie })
    expect(await stream.next()).toEqual({ retry: '2000' })
    await page('POST /logout', { cookie })
    admin.journal.record(failure())
    expect(await stream.next()).toBeUndefined()
  })

  it('is told in the log, its token is not', async () => {
    admin = await startAdmin()
    const cookie = await logIn()
    await page('POST /logout', { cookie })
    await page('POST /logout', { cookie })
    const who = { level: 'info', who: 'operator', address: '127.0.0.1' }
    expect(admin.lines).toEqual([
      expect.objectContaining({ ...who, role: 'operate', msg: 'logged in at the dashboard' }),
      expect.objectContaining({ ...who, msg: 'logged out of the dashboard' }),
    ])
    expect(JSON.stringify(admin.lines)).not.toContain(OPERATE_TOKEN)
  })

  it('ends when its token is taken out of the configuration', async () => {
    const tokens = [{ name: 'passing', role: 'operate' as const, sha256: HASH_OF_PASSING }]
    admin = await startAdmin({ options: { tokens: () => tokens } })
    const cookie = await logIn('passing')
    tokens.splice(0)
    expect((await page('GET /api/v1/status', { cookie })).httpStatus).toBe(401)
  })

  it('of a token that may only read changes nothing', async () => {
    admin = await startAdmin()
    const cookie = await logIn(READ_TOKEN)
    expect((await page('POST /api/v1/platforms/cpo/suspend', { cookie })).httpStatus).toBe(403)
  })

  it('is not made of a wrong token, and guessing is slowed down', async () => {
    admin = await startAdmin()
    const statuses = new Set<number>()
    for (let guess = 0; guess < 12; guess++) {
      const answer = await page('POST /login', { json: { token: `guess ${guess}` } })
      expect(answer.headers).not.toHaveProperty('set-cookie')
      statuses.add(answer.httpStatus)
    }
    expect([...statuses]).toEqual([401, 429])
    const told = admin.lines.filter(({ level }) => level === 'warn')
    expect(told).toEqual([expect.objectContaining({ address: '127.0.0.1' })])
    expect((await page('POST /login', { json: { token: OPERATE_TOKEN } })).httpStatus).toBe(200)
  })

  it('is not found by a made-up cookie, however it is written', async () => {
    admin = await startAdmin()
    const name = (await logIn()).split('=')[0]!
    for (const cookie of [
      `${name}=`,
      `${name}=x`,
      `${name}`,
      `x=${name}=y; ;=`,
      `${name}=${'a'.repeat(43)}`,
    ]) {
      expect((await page('GET /api/v1/status', { cookie })).httpStatus).toBe(401)
    }
  })
})

describe('a change by a session', () => {
  const foreign: [string, Record<string, string>][] = [
    ['without the header of the page', { 'X-OCPI-Hub': '' }],
    ['with another value of it', { 'X-OCPI-Hub': 'x' }],
    ['from another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
    ['from another host of the site', { 'Sec-Fetch-Site': 'same-site' }],
    ['from another origin', { 'Sec-Fetch-Site': '', Origin: 'https://evil.example' }],
    ['from an origin that says nothing', { 'Sec-Fetch-Site': '', Origin: 'null' }],
    ['without a word on where it is from', { 'Sec-Fetch-Site': '', Origin: '' }],
  ]
  it.each(foreign)('is refused %s', async (_name, headers) => {
    admin = await startAdmin()
    const cookie = await logIn()
    for (const request of [
      'POST /api/v1/platforms/cpo/suspend',
      'DELETE /api/v1/platforms/cpo',
      'POST /logout',
    ]) {
      const answer = await page(request, { cookie, headers })
      expect(answer.httpStatus).toBe(403)
      expect(text(answer)).toContain('dashboard')
    }
    const login = await page('POST /login', { json: { token: OPERATE_TOKEN }, headers })
    expect(login.httpStatus).toBe(403)
    expect((await page('GET /api/v1/status', { cookie })).httpStatus).toBe(200)
  })

  it('is taken where the browser sends no Fetch Metadata, by its Origin', async () => {
    admin = await startAdmin()
    const cookie = await logIn()
    const headers = { 'Sec-Fetch-Site': '' }
    expect((await page('POST /api/v1/nowhere', { cookie, headers })).httpStatus).toBe(404)
    expect((await page('POST /logout', { cookie, headers })).httpStatus).toBe(204)
  })

  it('is not taken as a form of another site would send it', async () => {
    admin = await startAdmin()
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const headers = { 'Content-Type': type }
      const answer = await page('POST /login', { json: { token: OPERATE_TOKEN }, headers })
      expect(answer.httpStatus).toBe(415)
    }
  })
})

describe('the pages', () => {
  const PATHS = [
    '/',
    '/errors?to=DE-CPO',
    '/correlations/a%2Fb',
    '/parties',
    '/parties/cpo',
    '/routes',
    '/codes',
    '/captures',
    '/captures/a%2Fb',
    '/hub',
    '/errors/?to=DE-CPO',
    '/parties/',
    '/parties/cpo/',
  ]

  it('are one document, for everybody, under a policy that lets nothing in', async () => {
    await withBuilt(async () => {
      for (const path of PATHS) {
        const answer = await page(`GET ${path}`)
        expect([path, answer.httpStatus, text(answer)]).toEqual([path, 200, DOCUMENT])
        expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
        expect(answer.headers['cache-control']).toBe('no-cache')
        const policy = answer.headers['content-security-policy']!
        expect(policy).toContain("default-src 'none';script-src 'self';style-src 'self';")
        expect(policy).not.toMatch(/unsafe|\*|http/)
        expect(answer.headers['x-content-type-options']).toBe('nosniff')
        expect(answer.headers['referrer-policy']).toBe('no-referrer')
      }
    })
  })

  it('have files that are kept for good, since their names change with them', async () => {
    await withBuilt(async () => {
      const answer = await page('GET /assets/main-abc.js')
      expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
      expect(answer.headers['content-type']).toContain('javascript')
    })
  })

  it.each([
    '/assets/..%2findex.html',
    '/assets/%2e%2e/secret',
    '/assets/',
    '/assets/x.js',
    '/index.html',
    '/error',
  ])('are nothing else: %s', async (path) => {
    await withBuilt(async () => {
      const answer = await page(`GET ${path}`)
      expect([401, 403, 404]).toContain(answer.httpStatus)
      expect(text(answer)).not.toContain(DOCUMENT)
    })
  })

  it('tell a browser of an address that is none of them; the API tells a program', async () => {
    await withBuilt(async () => {
      const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
      for (const path of ['/error', '/error/x?y=/api/', '/index.html', '/apis']) {
        const answer = await page(`GET ${path}`, { headers: browser })
        expect([path, answer.httpStatus, text(answer)]).toEqual([path, 404, DOCUMENT])
        expect(answer.headers['content-security-policy']).toContain("script-src 'self';style-src 'self';")
        expect((await page(`GET ${path}`)).httpStatus, path).toBe(401)
        expect((await page(`POST ${path}`, { headers: browser })).httpStatus, path).toBe(401)
      }
      for (const path of ['/api', '/api/v1/error', '/api/v1/errors', '/assets/none.js', '/metrics']) {
        const answer = await page(`GET ${path}`, { headers: browser })
        expect([path, answer.headers['content-type']]).toEqual([
          path,
          'application/problem+json; charset=utf-8',
        ])
      }
    })
  })

  it('say how they are built when they are not', async () => {
    admin = await startAdmin({ options: { dashboardDirectory: '/nowhere/' } })
    const answer = await page('GET /')
    expect(answer.httpStatus).toBe(503)
    expect(text(answer)).toContain('npm run build:dashboard')
    expect((await page('GET /assets/main.js')).httpStatus).toBe(404)
    expect((await page('GET /health/live')).httpStatus).toBe(200)
  })
})

async function withBuilt(look: () => Promise<void>): Promise<void> {
  const directory = makeDirectory()
  try {
    await mkdir(join(directory.path, 'assets'))
    await writeFile(join(directory.path, 'index.html'), DOCUMENT)
    await writeFile(join(directory.path, 'assets', 'main-abc.js'), 'export {}')
    admin = await startAdmin({ options: { dashboardDirectory: `${directory.path}/` } })
    await look()
  } finally {
    directory.remove()
  }
}
