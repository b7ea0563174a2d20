// Receivers whose framework redirects a URL to the same one with or without a slash at its end: what a client in most
// languages follows unseen is followed by the hub as well. No other redirect is.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { expectFault } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'

let scene: Scene<{ emsp: Party; cpo: Party }>

beforeAll(async () => {
  scene = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
})
afterAll(() => scene.close())
beforeEach(() => scene.cpo.forget())

const LIST = '/its/own/data/locations'

/** Routes end with a slash; without one they are redirected to, as `location` writes it. */
function wantsSlash(status: number, location = (path: string, query: string) => `${path}/${query}`): void {
  const { cpo } = scene
  cpo.answers('*', ({ url }) => {
    const { pathname, search } = new URL(url, 'http://x')
    return pathname.endsWith('/')
      ? { json: ok([]) }
      : { status, body: '', headers: { Location: location(pathname, search) } }
  })
}

const asked = () => scene.cpo.requests.map(({ method, url }) => `${method} ${url}`)

describe('a redirect that adds the slash', () => {
  for (const status of [301, 302, 307, 308]) {
    it(`is followed for a GET, with the query as it was (HTTP ${status})`, async () => {
      wantsSlash(status)
      const answer = await scene.emsp.gets('locations', {
        to: 'DE-CPO',
        path: '?limit=2&date_from=2026-01-01T00:00:00Z',
      })
      expect(answer.json().status_code).toBe(1000)
      const query = '?limit=2&date_from=2026-01-01T00:00:00Z'
      expect(asked()).toEqual([`GET ${LIST}${query}`, `GET ${LIST}/${query}`])
      const [first, second] = scene.cpo.requests
      expect(second!.headers).toEqual(first!.headers)
    })
  }

  for (const status of [307, 308]) {
    it(`is followed with method and body (HTTP ${status})`, async () => {
      wantsSlash(status)
      const json = { id: 'S1' }
      const answer = await scene.emsp.posts('commands', { to: 'DE-CPO', path: '/STOP_SESSION', json })
      expect(answer.json().status_code).toBe(1000)
      expect(scene.cpo.requests.map(({ method, body }) => [method, body.toString()])).toEqual([
        ['POST', JSON.stringify(json)],
        ['POST', JSON.stringify(json)],
      ])
    })
  }

  it('is followed at the same origin, whatever host a proxy has left in it', async () => {
    wantsSlash(307, (path, query) => `http://app.internal:8000${path}/${query}`)
    const answer = await scene.emsp.gets('locations', { to: 'DE-CPO' })
    expect(answer.json().status_code).toBe(1000)
    expect(asked()).toEqual([`GET ${LIST}`, `GET ${LIST}/`])
  })

  it('is not followed for a push where clients would make a GET of it', async () => {
    wantsSlash(301)
    const answer = await scene.emsp.posts('commands', { to: 'DE-CPO', path: '/STOP_SESSION', json: {} })
    await expectFault(scene.hub, answer, 'answer_not_ocpi')
    expect(scene.cpo.requests).toHaveLength(1)
  })

  it('is followed once', async () => {
    scene.cpo.answers('*', ({ url }) => ({
      status: 307,
      body: '',
      headers: { Location: url.endsWith('/') ? url.slice(0, -1) : `${url}/` },
    }))
    const answer = await scene.emsp.gets('locations', { to: 'DE-CPO' })
    await expectFault(scene.hub, answer, 'answer_not_ocpi')
    expect(asked()).toEqual([`GET ${LIST}`, `GET ${LIST}/`])
  })
})

it('a redirect that takes the slash away is followed', async () => {
  scene.cpo.answers('*', ({ url }) =>
    url.endsWith('/') ? { status: 301, body: '', headers: { Location: url.slice(0, -1) } } : { json: ok([]) },
  )
  const answer = await scene.emsp.gets('locations', { to: 'DE-CPO', path: '/' })
  expect(answer.json().status_code).toBe(1000)
  expect(asked()).toEqual([`GET ${LIST}/`, `GET ${LIST}`])
})

for (const [what, location] of [
  ['another path', '/its/own/data/cdrs/'],
  ['a path below', `${LIST}/LOC1/`],
  ['nothing that can be read', 'http://['],
] as const) {
  it(`a redirect to ${what} is not followed`, async () => {
    wantsSlash(307, () => location)
    const answer = await scene.emsp.gets('locations', { to: 'DE-CPO' })
    await expectFault(scene.hub, answer, 'answer_not_ocpi')
    expect(scene.cpo.requests).toHaveLength(1)
  })
}
