// What the command line says when the hub is not there, refuses, or is something else.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { makeDirectory } from '../../support/directory.ts'
import { cli } from './run.ts'
import { json, scriptedServer, type Answer, type ScriptedServer } from './scripted-server.ts'

let server: ScriptedServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

async function ask(answer: Answer, argv: readonly string[] = ['parties'], env: Record<string, string> = {}) {
  server = await scriptedServer(answer)
  return cli(argv, { env: { OCPI_HUB_ADMIN_URL: server.url, ...env } })
}

describe('a verb that asks a hub', () => {
  test('says that no hub is there and how to start one', async () => {
    const gone = await scriptedServer(json({}))
    await gone.close()
    expect(await cli(['parties', '--admin-url', gone.url])).toEqual({
      code: 1,
      out: '',
      err: `error: no hub answers at ${gone.url} (ECONNREFUSED): start it with "ocpi-hub serve", or set --admin-url or OCPI_HUB_ADMIN_URL`,
    })
  })

  test('says that the host is not known', async () => {
    const { code, err } = await cli(['parties', '--admin-url', 'http://hub.invalid:8081'])
    expect(code).toBe(1)
    expect(err).toMatch(/the host of http:\/\/hub\.invalid:8081 is not known|no hub answers at/)
  })

  test('says which variable holds the token when it is missing, and when it is wrong', async () => {
    const refuse = json({ title: 'Unauthorized' }, 401, 'application/problem+json')
    expect((await ask(refuse)).err).toMatch(/wants a token: set OCPI_HUB_ADMIN_TOKEN to admin\.token/)
    await server?.close()
    const wrong = await ask(refuse, ['parties'], { OCPI_HUB_ADMIN_TOKEN: 'secret-one' })
    expect(wrong.err).toMatch(/does not know the token in OCPI_HUB_ADMIN_TOKEN/)
    expect(wrong.err).not.toContain('secret-one')
    expect(server?.authorizations).toEqual(['Bearer secret-one'])
  })

  test('takes the token from the file that OCPI_HUB_ADMIN_TOKEN_FILE names', async () => {
    const directory = makeDirectory()
    const file = join(directory.path, 'token')
    writeFileSync(file, 'from-a-file\n')
    await ask(json({ items: [] }), ['parties'], { OCPI_HUB_ADMIN_TOKEN_FILE: file })
    directory.remove()
    expect(server?.authorizations).toEqual(['Bearer from-a-file'])
    const { code, err } = await cli(['parties'], { env: { OCPI_HUB_ADMIN_TOKEN_FILE: file } })
    expect([code, err]).toEqual([1, `error: OCPI_HUB_ADMIN_TOKEN_FILE ${file} cannot be read`])
  })

  test.each(['\u201cpasted\u201d', 'two\nlines', 'two words'])('sends no token like %j', async (token) => {
    const { code, err } = await ask(json({ items: [] }), ['parties'], { OCPI_HUB_ADMIN_TOKEN: token })
    expect([code, server?.asked]).toEqual([1, []])
    expect(err).toBe(
      'error: OCPI_HUB_ADMIN_TOKEN holds what no token has, a blank, a line break or a curly quotation mark: it must be the token alone',
    )
  })

  test.each(['http://me:s3cret@127.0.0.1:1', 'http://s3cret@127.0.0.1:1', '127.0.0.1:1/s3cret'])(
    'does not go to %s, nor repeats it',
    async (url) => {
      const must = 'must be an http:// or https:// URL without user name, query and fragment'
      for (const verb of ['parties', 'healthcheck']) {
        const flag = await cli([verb, '--admin-url', url])
        expect(flag).toEqual({ code: 2, out: '', err: `error: --admin-url ${must}` })
        const variable = await cli([verb], { env: { OCPI_HUB_ADMIN_URL: url } })
        expect(variable).toEqual({ code: 2, out: '', err: `error: OCPI_HUB_ADMIN_URL ${must}` })
      }
    },
  )

  test('says that nothing was sent to a port that web clients block', async () => {
    for (const verb of ['parties', 'healthcheck']) {
      const { code, err } = await cli([verb, '--admin-url', 'http://127.0.0.1:10080'])
      expect(code).toBe(1)
      expect(err).toMatch(/^error: nothing was sent to http:\/\/127\.0\.0\.1:10080\S*: this port is blocked/)
    }
  })

  test('adds the reason of a fault and what to do about it', async () => {
    const problem = {
      title: 'Service Unavailable',
      detail: 'It is away.',
      reason: 'ECONNREFUSED',
      advice: 'Look.',
    }
    const { err } = await ask(json(problem, 503, 'application/problem+json'))
    expect(err).toBe('error: Service Unavailable: It is away. (ECONNREFUSED) Look.')
  })

  test('passes on what a problem says (RFC 9457)', async () => {
    const problem = {
      title: 'Bad Request',
      detail: 'A parameter is wrong.',
      errors: [{ parameter: 'code', message: 'must be an OCPI status code' }],
    }
    const { code, err } = await ask(json(problem, 400, 'application/problem+json; charset=utf-8'), [
      'errors',
      '--code',
      '99999',
    ])
    expect(code).toBe(1)
    expect(err).toBe('error: Bad Request: A parameter is wrong: code must be an OCPI status code')
  })

  test('cleans what it prints of control characters', async () => {
    const { err } = await ask(
      json({ title: 'x\u001b[2J\u202ey\u2028z\u200f' }, 409, 'application/problem+json'),
    )
    expect(err).toBe('error: x\uFFFD[2J\uFFFDy\uFFFDz\uFFFD')
  })

  test.each([
    [
      'HTML',
      ((_, response) =>
        void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')) as Answer,
    ],
    ['a redirect', ((_, response) => void response.writeHead(302, { location: '/login' }).end()) as Answer],
    ['another 404', json({}, 404)],
  ])('says that %s is no admin API', async (_what, answer) => {
    const { code, err } = await ask(answer)
    expect(code).toBe(1)
    expect(err).toMatch(/what answers at http:\/\/127\.0\.0\.1:\d+ is not the admin API of a hub \(HTTP \d+/)
  })

  test.each([502, 503, 504])('says that a load balancer has no hub to ask: HTTP %s', async (status) => {
    const { code, err } = await ask((_, response) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>No server is available</h1>'),
    )
    expect(code).toBe(1)
    expect(err).toMatch(new RegExp(`answered HTTP ${status} in place of a hub: none behind it answers`))
  })

  test('takes what an older hub leaves out', async () => {
    const key = { id: 'b61d7e90', place: 1, in_use: true, sealed: 1, hashed: 1 }
    const { code, err } = await ask(json({ items: [key], waiting: [] }), ['registry', 'keys'])
    expect([code, err]).toEqual([0, ''])
  })

  test('says that a list is no list', async () => {
    expect((await ask(json({ parties: [] }))).err).toMatch(/did not answer with a list/)
    await server?.close()
    expect((await ask(json('text'))).err).toMatch(/did not answer with a list/)
  })

  test('says that the connection broke in mid-answer', async () => {
    const { code, err } = await ask((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"items":', () => response.destroy())
    })
    expect(code).toBe(1)
    expect(err).toMatch(/the connection to the hub at \S+ broke in the middle of its answer/)
  })

  test('says what may be wrong when the connection is closed at once', async () => {
    const { code, err } = await ask((request) => request.socket.destroy())
    expect(code).toBe(1)
    expect(err).toMatch(
      /closed the connection \(UND_ERR_SOCKET\): if it speaks TLS, begin the URL with https/,
    )
  })

  test('follows the cursors of a list to its end', async () => {
    const party = (address: string) => ({ address, role: 'CPO', status: 'CONNECTED', platform: 'p' })
    const { code, out } = await ask((request, response) => {
      const isFirst = !request.url?.includes('cursor=')
      const page = isFirst ? { items: [party('NL-AAA')], next_cursor: 'c 1' } : { items: [party('NL-BBB')] }
      json(page)(request, response)
    })
    expect(code).toBe(0)
    expect(out).toMatch(/NL-AAA[\s\S]*NL-BBB/)
    expect(server?.asked).toEqual([
      'GET /api/v1/parties?limit=100',
      'GET /api/v1/parties?limit=100&cursor=c+1',
    ])
  })

  test('takes the address from the flag before the environment, with or without a last slash', async () => {
    server = await scriptedServer(json({ items: [] }))
    const { code } = await cli(['parties', '--admin-url', `${server.url}/`], {
      env: { OCPI_HUB_ADMIN_URL: 'http://nowhere.invalid' },
    })
    expect([code, server.asked]).toEqual([0, ['GET /api/v1/parties?limit=100']])
  })
})

test('healthcheck gives the hub its three seconds from when it asks, not while the verb itself is held up', async () => {
  server = await scriptedServer(json({}))
  const checked = cli(['healthcheck', '--admin-url', server.url])
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_100)
  expect(await checked).toEqual({ code: 0, out: 'ok', err: '' })
})
