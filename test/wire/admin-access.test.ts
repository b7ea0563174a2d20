// Who may call the admin side, and what everybody else is told.

import { METHODS } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { hashAdminToken } from '../../src/admin/guard.ts'
import { rawRequest } from '../support/raw.ts'
import { READ_TOKEN, startAdmin, type TestAdmin } from '../unit/admin/admin-server.ts'

let admin: TestAdmin
afterEach(() => admin.close())

const READ_PATHS = [
  '/metrics',
  '/api/v1/errors',
  '/api/v1/errors/x',
  '/api/v1/errors/summary',
  '/api/v1/errors/stream',
  '/api/v1/correlations/x',
  '/api/v1/codes',
  '/api/v1/codes/2001',
  '/api/v1/platforms',
  '/api/v1/platforms/cpo',
  '/api/v1/parties',
  '/api/v1/status',
  '/api/v1/openapi.json',
  '/docs',
  '/docs/',
  '/docs/json',
  '/docs/static/swagger-ui.css',
  '/nowhere',
  '/api/v1/nowhere',
]

describe('a token', () => {
  it.each(READ_PATHS)('is needed for %s', async (path) => {
    admin = await startAdmin()
    for (const token of [null, 'wrong', '']) {
      const answer = await admin.call(path, { token })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
      expect(answer.json).toMatchObject({ type: 'about:blank', title: 'Unauthorized', status: 401 })
    }
  })

  it('is not needed for health', async () => {
    admin = await startAdmin()
    for (const path of ['/health/live', '/health/ready']) {
      expect((await admin.call(path, { token: null })).status).toBe(200)
    }
  })

  it('is not taken from the URL, and only whole', async () => {
    admin = await startAdmin()
    for (const header of [
      `Bearer ${READ_TOKEN}x`,
      `Bearer ${READ_TOKEN.slice(0, -1)}`,
      `Token ${READ_TOKEN}`,
      READ_TOKEN,
      'Bearer',
      'Bearer  ',
    ]) {
      expect(
        (await admin.call('/api/v1/codes', { token: null, headers: { authorization: header } })).status,
        header,
      ).toBe(401)
    }
    expect((await admin.call(`/api/v1/codes?token=${READ_TOKEN}`, { token: null })).status).toBe(401)
  })

  it('of a reader may look at everything and change nothing', async () => {
    admin = await startAdmin()
    expect((await admin.call('/api/v1/codes', { token: READ_TOKEN })).status).toBe(200)
    const answer = await admin.call('/api/v1/platforms', { method: 'POST', token: READ_TOKEN })
    expect(answer.status).toBe(403)
    expect(answer.json).toMatchObject({ title: 'Forbidden', detail: 'The token "reader" may only read.' })
  })

  it('may be shown as a password where a browser asks for it, and only there', async () => {
    admin = await startAdmin()
    const authorization = `Basic ${Buffer.from(`anybody:${READ_TOKEN}`).toString('base64')}`
    const challenge = await admin.call('/docs', { token: null })
    expect(challenge.headers.get('www-authenticate')).toContain('Basic realm=')
    expect((await admin.call('/docs', { token: null, headers: { authorization } })).status).toBe(200)
    expect((await admin.call('/api/v1/codes', { token: null, headers: { authorization } })).status).toBe(401)
  })

  it('is a new one at once after a reload', async () => {
    let known = 'old'
    admin = await startAdmin({
      options: { tokens: () => [{ name: 'a', role: 'read', sha256: hashAdminToken(known) }] },
    })
    expect((await admin.call('/api/v1/codes', { token: 'old' })).status).toBe(200)
    known = 'new'
    expect((await admin.call('/api/v1/codes', { token: 'old' })).status).toBe(401)
    expect((await admin.call('/api/v1/codes', { token: 'new' })).status).toBe(200)
  })

  it('never matches when none is configured', async () => {
    admin = await startAdmin({ options: { tokens: () => [] } })
    expect((await admin.call('/api/v1/codes', { token: '' })).status).toBe(401)
    expect((await admin.call('/api/v1/codes', { token: 'undefined' })).status).toBe(401)
  })

  it('is never nothing, even if the hash of nothing was configured', async () => {
    admin = await startAdmin({
      options: { tokens: () => [{ name: 'a', role: 'operate', sha256: hashAdminToken('') }] },
    })
    for (const authorization of ['Bearer', 'Token abc', 'Basic Og==', 'Basic YTo=']) {
      for (const path of ['/api/v1/codes', '/docs']) {
        const answer = await admin.call(path, { token: null, headers: { authorization } })
        expect(answer.status, `${path} ${authorization}`).toBe(401)
      }
    }
  })
})

describe('guessing', () => {
  it('is answered 429 with Retry-After after ten wrong tokens, while valid ones go on', async () => {
    admin = await startAdmin()
    for (let number = 0; number < 10; number++) {
      expect((await admin.call('/api/v1/codes', { token: `guess-${number}` })).status).toBe(401)
    }
    const answer = await admin.call('/api/v1/codes', { token: 'guess-11' })
    expect(answer.status).toBe(429)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect((await admin.call('/api/v1/codes')).status).toBe(200)
    expect((await admin.call('/api/v1/codes', { token: READ_TOKEN })).status).toBe(200)
  })

  it('is not what a caller without any token does', async () => {
    admin = await startAdmin()
    for (let number = 0; number < 15; number++) {
      expect((await admin.call('/api/v1/codes', { token: null })).status).toBe(401)
    }
  })
})

describe('what is not there', () => {
  it('is 404 as a problem', async () => {
    admin = await startAdmin()
    const answer = await admin.call('/api/v2/errors')
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.json).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'The admin side has no such URL.',
    })
  })

  it('is 405 with Allow when only the method is wrong', async () => {
    admin = await startAdmin()
    for (const path of ['/api/v1/errors', '/api/v1/errors/x', '/metrics', '/health/live']) {
      for (const method of ['DELETE', 'QUERY'].filter((name) => METHODS.includes(name))) {
        const answer = await admin.call(path, { method })
        expect([answer.status, method], path).toEqual([405, method])
        expect(answer.headers.get('allow')).toBe('GET, HEAD')
        expect(answer.json).toMatchObject({ title: 'Method Not Allowed', status: 405 })
      }
    }
  })

  it('does not tell a 404 from a 405 to strangers', async () => {
    admin = await startAdmin()
    expect((await admin.call('/api/v1/errors', { method: 'DELETE', token: null })).status).toBe(401)
  })
})

describe('a broken request', () => {
  it('is a problem that names each wrong parameter', async () => {
    admin = await startAdmin()
    const answer = await admin.call(
      '/api/v1/errors?limit=0&since=yesterday&form=DE-CPO&code=abc&from=a&from=b',
    )
    expect(answer.status).toBe(400)
    const named = (answer.json.errors as { parameter: string }[]).map(({ parameter }) => parameter)
    expect(named.toSorted((one, other) => one.localeCompare(other))).toEqual([
      'code',
      'form',
      'from',
      'limit',
      'since',
    ])
  })

  it('is told what is wrong in the words of the API, not in those of a type system', async () => {
    admin = await startAdmin()
    for (const [query, message] of [
      ['errors?limit=many', 'must be a number'],
      ['errors?limit=1.5', 'must be a whole number'],
      ['errors?limit=0', 'must be at least 1'],
      ['errors?limit=9999', 'must be at most 1000'],
      ['errors?form=DE-CPO', 'is not known here'],
      ['errors?from=', 'must not be empty'],
      ['errors?at=nobody', 'must be one of requester, responder, hub'],
      ['errors?from=a&from=b', 'must be text'],
      ['routes/explain?from=NL-EMS', 'is missing'],
    ]) {
      const { json } = await admin.call(`/api/v1/${query}`)
      expect(json.errors, query).toMatchObject([{ message }])
    }
  })

  it('is a problem when a call does not have its query parameter, whether it has others or none', async () => {
    admin = await startAdmin()
    for (const call of [
      'parties',
      'status',
      'registry',
      'routes',
      'codes/4003',
      'errors/x',
      'openapi.json',
    ]) {
      const { status, json } = await admin.call(`/api/v1/${call}?form=DE-CPO`)
      expect([status, json.errors], call).toEqual([
        400,
        [{ parameter: 'form', message: 'is not known here' }],
      ])
    }
    // Those of others' protocols are asked for with parameters of theirs.
    for (const path of ['/metrics', '/health/ready', '/']) {
      expect((await admin.call(`${path}?form=DE-CPO`)).status, path).not.toBe(400)
    }
  })

  it('is a problem when its URL cannot be decoded', async () => {
    admin = await startAdmin()
    const answer = await admin.call('/api/v1/platforms/%zz')
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
  })

  it.each([
    ['two requests in one line', 'GET /health/live HTTP/9.9\r\n\r\n', 400],
    ['binary', '\u0000\u0001\u0002\r\n\r\n', 400],
    ['a target with a gap', 'GET /health /live HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no Host', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a long head', `GET /health/live HTTP/1.1\r\nHost: x\r\nCookie: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('is a problem and harms nobody: %s', async (_name, bytes, status) => {
    admin = await startAdmin()
    const { answers, closed } = await rawRequest(admin.url, bytes)
    expect([answers.length, closed]).toEqual([1, true])
    const [answer] = answers
    expect([answer!.httpStatus, answer!.headers['content-type']?.split(';')[0]]).toEqual([
      status,
      'application/problem+json',
    ])
    expect(JSON.parse(answer!.body.toString())).toMatchObject({ status, detail: expect.any(String) })
    expect((await admin.call('/health/live')).status).toBe(200)
  })
})

describe('a failure of the hub', () => {
  it('is a 500 that says nothing, and is logged with its stack', async () => {
    admin = await startAdmin({
      parts: {
        inFlight: () => {
          throw new Error('canary inside')
        },
      },
    })
    const answer = await admin.call('/api/v1/status')
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('canary')
    expect(admin.lines).toMatchObject([
      { level: 'error', path: '/api/v1/status', err: { message: 'canary inside' } },
    ])
  })
})

describe('every answer', () => {
  it('is kept by nobody, unless its tag covers all of it', async () => {
    admin = await startAdmin()
    for (const path of ['/api/v1/errors', '/api/v1/status', '/metrics', '/health/ready', '/nowhere']) {
      expect((await admin.call(path)).headers.get('cache-control'), path).toBe('no-store')
    }
    const tagged = await admin.call('/api/v1/codes/2001')
    expect(tagged.headers.get('cache-control')).toBe('private, no-cache')
    expect(tagged.headers.get('etag')).toMatch(/^"/)
  })

  it.each(['/health/live', '/api/v1/errors', '/docs', '/nowhere'])(
    'has security headers: %s',
    async (path) => {
      admin = await startAdmin()
      for (const token of [READ_TOKEN, null]) {
        const { headers } = await admin.call(path, { token })
        expect(headers.get('content-security-policy')).toContain("default-src 'none'")
        expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests')
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('x-frame-options')).toBe('SAMEORIGIN')
        expect(headers.get('referrer-policy')).toBe('no-referrer')
        expect(headers.get('strict-transport-security')).toBeNull()
      }
    },
  )
})
