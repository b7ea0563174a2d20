// Who may enter: the token in both of its forms, on every kind of URL (R3-R7, T30). Whoever is refused learns
// nothing but that, and nothing of the request reaches a responder.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectFault } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type Party } from '../support/party.ts'
import { rawRequest } from '../support/raw.ts'

let scene: Scene<{ emsp: Party; cpo: Party; old: Party; odd: Party }>

const base64 = (text: string) => Buffer.from(text).toString('base64')

beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    old: party('NL-RAW', 'EMSP', { form: 'raw' }),
    // A token that looks like the Base64 of something else.
    odd: party('NL-ODD', 'EMSP', { id: 'abcd', form: 'raw' }),
  })
})
afterAll(() => scene.close())

const URLS: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/ocpi/versions'],
  ['GET', '/ocpi/2.2.1'],
  ['GET', '/ocpi/2.2.1/credentials'],
  ['POST', '/ocpi/2.2.1/credentials'],
  ['PUT', '/ocpi/2.2.1/credentials'],
  ['DELETE', '/ocpi/2.2.1/credentials'],
  ['GET', '/ocpi/2.2.1/hubclientinfo'],
  ['GET', '/ocpi/2.2.1/sender/locations'],
  ['PUT', '/ocpi/2.2.1/receiver/locations/DE/CPO/LOC1'],
  ['POST', '/ocpi/2.2.1/receiver/commands/START_SESSION'],
  ['POST', '/ocpi/2.2.1/receiver/cdrs'],
]

const MALFORMED: readonly (readonly [what: string, value: string | undefined])[] = [
  ['no header', undefined],
  ['an empty header', ''],
  ['the word Token alone', 'Token'],
  ['Token and a blank', 'Token '],
  ['another scheme', 'Bearer bmwtZW1z'],
  ['Basic', 'Basic bmwtZW1zOm5sLWVtcw=='],
  ['no scheme', base64('nl-ems.shows.the.hub')],
  ['several words', 'Token a b'],
]

async function callAs(authorization: string | undefined, method: string, path: string): Promise<Answer> {
  const body = method === 'POST' || method === 'PUT' ? { json: {} } : {}
  return scene.emsp.sends({ method, path, to: 'DE-CPO', headers: { Authorization: authorization }, ...body })
}

describe('a stranger is refused with HTTP 401 and an envelope (R5, R98, T30)', () => {
  for (const [method, path] of URLS) {
    it(`on ${method} ${path}`, async () => {
      const { hub, cpo } = scene
      await expectFault(hub, await callAs(undefined, method, path), 'token_missing')
      await expectFault(hub, await callAs(`Token ${base64('nobody')}`, method, path), 'token_unknown')
      expect(cpo.requests).toEqual([])
    })
  }

  it('and is told the scheme (RFC 9110 §15.5.2)', async () => {
    const answer = await callAs(undefined, 'GET', '/ocpi/versions')
    expect(answer.headers['www-authenticate']).toBe('Token')
  })

  for (const [what, value] of MALFORMED) {
    it(`that sends ${what}`, async () => {
      const answer = await callAs(value, 'GET', '/ocpi/2.2.1/sender/locations')
      await expectFault(scene.hub, answer, 'token_missing')
    })
  }

  it('and is told what its header looks like, but nothing of what stands in it', async () => {
    const said = async (value: string | undefined) =>
      (await callAs(value, 'GET', '/ocpi/2.2.1/sender/locations')).json().status_message
    expect(await said(undefined)).toBe('The request has no Authorization header.')
    expect(await said('Bearer bmwtZW1z')).toBe('The request has the scheme Bearer, not Token.')
    expect(await said('nl-ems.shows.the.hub')).toBe(
      'The request has an Authorization header that does not begin with "Token ".',
    )
    expect(await said('Token a b')).toBe(
      'The request has a token that is empty, or has characters or a length that no token has.',
    )
  })

  for (const [what, value] of [
    ['a token in another case', base64('NL-EMS.shows.the.hub')],
    ['the first part of a token', base64('nl-ems.shows')],
    ['a token and more', base64('nl-ems.shows.the.hub.')],
    ['the token of the other direction', base64('hub.shows.nl-ems')],
    ['Base64 twice', base64(base64('nl-ems.shows.the.hub'))],
    ['Base64 without padding', base64('nl-raw.shows.the.hub').replaceAll('=', '')],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]).toString('base64')],
    ['a very long token', 'x'.repeat(8_000)],
  ] as const) {
    it(`that sends ${what}`, async () => {
      const answer = await callAs(`Token ${value}`, 'GET', '/ocpi/2.2.1/sender/locations')
      expect(['token_unknown', 'token_missing']).toContain(answer.json().data?.fault)
      expect(answer.httpStatus).toBe(401)
      expect(scene.cpo.requests).toEqual([])
    })
  }

  it('whatever unknown token it sends, with one and the same sentence', async () => {
    const tokens = ['nobody', 'nl-ems.shows.the.hu', 'x', 'hub.shows.de-cpo']
    const answers = await Promise.all(
      tokens.map((token) => callAs(`Token ${base64(token)}`, 'GET', '/ocpi/2.2.1/sender/locations')),
    )
    expect(new Set(answers.map((answer) => answer.json().status_message)).size).toBe(1)
    expect(new Set(answers.map((answer) => answer.body.length)).size).toBe(1)
  })

  it('before the URL is looked at (pipeline step 1)', async () => {
    await expectFault(scene.hub, await callAs(undefined, 'GET', '/ocpi/2.2.1/nowhere'), 'token_missing')
  })

  it('before its body is read: a large one is not waited for', async () => {
    const head = 'POST /ocpi/2.2.1/receiver/cdrs HTTP/1.1\r\nHost: hub\r\nContent-Length: 1000000\r\n\r\n'
    const { answers } = await rawRequest(scene.hub.ocpiUrl, head, { answers: 1 })
    expect(answers[0]!.httpStatus).toBe(401)
  })
})

describe('an address that shows wrong tokens', () => {
  it('is answered 429 after sixty, but not for a valid one, and the journal keeps what partners did', async () => {
    const emsp = party('NL-EMS', 'EMSP')
    const crowd = await stage({ emsp }, { journal: { maxEntries: 100 } })
    const guess = (token: string) =>
      emsp.sends({ method: 'GET', path: '/ocpi/versions', from: null, headers: { Authorization: token } })
    const { reference } = (await emsp.gets('locations', { to: 'XX-XXX' })).json().data!
    for (let count = 0; count < 60; count++) {
      expect((await guess(`Token ${base64(`guess-${count}`)}`)).httpStatus).toBe(401)
    }
    const late = await guess(`Token ${base64('late')}`)
    expect([late.httpStatus, late.json().data?.fault]).toEqual([429, 'rate_limited'])
    expect(Number(late.headers['retry-after'])).toBeGreaterThan(0)
    for (let count = 0; count < 100; count++) await guess(`Token ${base64('late')}`)
    const valid = await emsp.sends({ method: 'GET', path: '/ocpi/versions', from: null })
    expect(valid.json().status_code).toBe(1000)
    expect(await crowd.hub.entry(String(reference))).toMatchObject({ fault: 'to_unknown' })
    await crowd.close()
  })
})

it('a load balancer asks for health without a token, by GET or HEAD, and leaves no record', async () => {
  for (const path of ['/health/live', '/health/ready']) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await fetch(`${scene.hub.ocpiUrl}${path}`, { method })
      expect(answer.status).toBe(200)
      expect((await answer.text()) === '').toBe(method === 'HEAD')
    }
  }
  const { items } = (await scene.hub.journal.query({}, { limit: 100 }))!
  expect(items.filter((entry) => entry.path.startsWith('/health'))).toEqual([])
})

it('another method than GET and HEAD on a health path is 405, on a path that is not there 404', async () => {
  for (const [path, status, allow] of [
    ['/health/live', 405, 'GET, HEAD'],
    ['/health/ready?x=1', 405, 'GET, HEAD'],
    ['/health/dead', 404, null],
  ] as const) {
    const answer = await fetch(`${scene.hub.ocpiUrl}${path}`, { method: 'POST' })
    expect([answer.status, answer.headers.get('allow')], path).toEqual([status, allow])
  }
})

it('what needs no token takes no body: it is refused before the body has come, so that it fills no memory', async () => {
  for (const path of ['/health/live', '/health/dead', '/view/x']) {
    const head = `POST ${path} HTTP/1.1\r\nHost: hub\r\nContent-Length: 1000000\r\n\r\n`
    const { answers } = await rawRequest(scene.hub.ocpiUrl, head, { answers: 1 })
    expect(answers[0]?.httpStatus, path).toBe(path === '/health/dead' ? 404 : 405)
  }
})

describe('a platform enters with its token', () => {
  const accepted: readonly (readonly [what: string, value: () => string])[] = [
    ['in Base64 (R3)', () => `Token ${base64('nl-ems.shows.the.hub')}`],
    ['raw (R4)', () => 'Token nl-ems.shows.the.hub'],
    ['in Base64 with the newline of a command line', () => `Token ${base64('nl-ems.shows.the.hub\n')}`],
    ['with the scheme in small letters', () => `token ${base64('nl-ems.shows.the.hub')}`],
    ['with blanks around it', () => `Token   ${base64('nl-ems.shows.the.hub')}  `],
  ]
  for (const [what, value] of accepted) {
    it(what, async () => {
      const answer = await callAs(value(), 'GET', '/ocpi/2.2.1/sender/locations')
      expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
    })
  }

  it('raw, also when its platform is set to raw', async () => {
    const answer = await scene.old.gets('locations', { to: 'DE-CPO' })
    expect(answer.json().status_code).toBe(1000)
  })

  it('and speaks for its own parties only (R8, T5)', async () => {
    const answer = await scene.emsp.gets('locations', { to: 'DE-CPO', from: 'NL-RAW' })
    await expectFault(scene.hub, answer, 'from_foreign', { requester: 'NL-EMS' })
  })
})

describe('a registration token', () => {
  async function registrationToken(id: string): Promise<string> {
    const { status, json } = await scene.hub.admin('/platforms', { method: 'POST', json: { id } })
    expect(status).toBeLessThan(300)
    return (json as { token: string }).token
  }

  it('opens versions, details and credentials, and nothing else (R6)', async () => {
    const authorization = `Token ${base64(await registrationToken('newcomer'))}`
    for (const path of ['/ocpi/versions', '/ocpi/2.2.1', '/ocpi/2.2.1/credentials']) {
      expect((await callAs(authorization, 'GET', path)).httpStatus).not.toBe(401)
    }
    for (const path of [
      '/ocpi/2.2.1/hubclientinfo',
      '/ocpi/2.2.1/sender/locations',
      '/ocpi/2.2.1/receiver/tokens/NL/EMS/1',
    ]) {
      const answer = await callAs(authorization, 'GET', path)
      const configuration = path.endsWith('hubclientinfo')
      await expectFault(scene.hub, answer, 'token_not_for_this', configuration ? { routed: false } : {})
    }
  })

  it('is dead after the handshake, everywhere (R7)', async () => {
    const newcomer = party('SE-NEW', 'EMSP')
    await newcomer.listen()
    newcomer.join(scene.hub.ocpiUrl)
    const authorization = `Token ${base64(await registrationToken('se-new'))}`
    const registered = await newcomer.sends({
      method: 'POST',
      path: '/ocpi/2.2.1/credentials',
      from: null,
      headers: { Authorization: authorization },
      json: {
        token: newcomer.tokens.outbound,
        url: newcomer.versionsUrl(),
        roles: [{ role: 'EMSP', country_code: 'SE', party_id: 'NEW', business_details: { name: 'New' } }],
      },
    })
    expect([registered.httpStatus, registered.json().status_code]).toEqual([200, 1000])
    const token = String(registered.json().data?.token)
    expect(token).toMatch(/^[\x21-\x7e]{22,64}$/)
    for (const path of [
      '/ocpi/versions',
      '/ocpi/2.2.1',
      '/ocpi/2.2.1/credentials',
      '/ocpi/2.2.1/sender/locations',
    ]) {
      await expectFault(scene.hub, await callAs(authorization, 'GET', path), 'token_unknown')
    }
    const headers = { Authorization: `Token ${base64(token)}` }
    expect((await newcomer.gets('locations', { to: 'DE-CPO', headers })).json().status_code).toBe(1000)
    await newcomer.close()
  })
})
