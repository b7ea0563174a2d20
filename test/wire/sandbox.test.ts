// The sound parties of the sandbox over real HTTP: platforms, authorization, discovery, lists.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PlatformConfig } from '../../src/config/hub-config.ts'
import { VERSIONS } from '../../src/ocpi/version.ts'
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import type { HttpAnswer } from '../support/caller.ts'
import { addressOf, ask, askUrl, platformOf } from './sandbox-caller.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 })
})
afterAll(() => sandbox.close())

function list(answer: HttpAnswer): Record<string, unknown>[] {
  return answer.json().data as unknown as Record<string, unknown>[]
}

describe('the sandbox as a whole', () => {
  it('gives platforms in the shape of the configuration', () => {
    const platforms: readonly PlatformConfig[] = sandbox.platforms
    expect(platforms.map(({ id }) => id)).toEqual(sandbox.parties.map(({ party }) => party.toLowerCase()))
    const tokens = platforms.flatMap((platform) => [platform.tokens.inbound, platform.tokens.outbound])
    expect(new Set(tokens).size).toBe(tokens.length)
    expect(platformOf(sandbox, 'NL-EMS').tokens.inbound).toBe('sandbox-nl-ems')
  })

  it('answers every OCPI answer with a whole envelope (R12)', async () => {
    const answer = await ask(sandbox, 'DE-CPO', 'GET sender/locations?limit=1')
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.json()).toMatchObject({ status_code: 1000, data: [{ id: 'LOC0001' }] })
    expect(answer.json().timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('swaps the routing headers and repeats the ids in its answers (R44, R65)', async () => {
    const answer = await ask(sandbox, 'DE-CPO', 'GET sender/tariffs', {
      headers: {
        'ocpi-to-country-code': 'DE',
        'ocpi-to-party-id': 'CPO',
        'ocpi-from-country-code': 'NL',
        'ocpi-from-party-id': 'EMS',
        'x-request-id': 'r-1',
        'x-correlation-id': 'c-1',
      },
    })
    expect(answer.headers).toMatchObject({
      'ocpi-to-country-code': 'NL',
      'ocpi-to-party-id': 'EMS',
      'ocpi-from-country-code': 'DE',
      'ocpi-from-party-id': 'CPO',
      'x-request-id': 'r-1',
      'x-correlation-id': 'c-1',
    })
  })

  it('answers 401 when the token is missing, wrong, or not in Base64 (R3, R5)', async () => {
    for (const authorization of [
      '',
      'Token d3Jvbmc=',
      'Token hub-to-de-cpo',
      'Bearer aHViLXRvLWRlLWNwbw==',
    ]) {
      const answer = await ask(sandbox, 'DE-CPO', 'GET sender/locations', { authorization })
      expect(answer.httpStatus).toBe(401)
    }
  })

  it('gives versions, version details and credentials for discovery (R13, R15, R34)', async () => {
    for (const party of ['NL-EMS', 'DE-CPO', 'DE-CUT', 'NL-PAY', 'FR-CPO']) {
      const { versionsUrl, version, endpoints, roles } = platformOf(sandbox, party)
      const versions = list(await askUrl(sandbox, party, 'GET', versionsUrl))
      expect(versions).toEqual([{ version, url: expect.stringContaining(`/ocpi/${version}`) }])
      const details = (await askUrl(sandbox, party, 'GET', String(versions[0]!.url))).json().data!
      const offered = details.endpoints as { identifier: string; role: string; url: string }[]
      expect(offered.slice(1)).toEqual(
        endpoints.map(({ module, role, url }) => ({ identifier: module, role, url })),
      )
      const credentials = (await askUrl(sandbox, party, 'GET', offered[0]!.url)).json().data!
      expect(credentials).toMatchObject({ url: versionsUrl, roles: roles.map(({ role }) => ({ role })) })
      expect((await askUrl(sandbox, party, 'POST', offered[0]!.url, { json: {} })).httpStatus).toBe(405)
    }
  })

  it('answers 404 with an envelope below every other URL (R98)', async () => {
    for (const path of [
      '/',
      '/ocpi/2.1.1',
      '/ocpi/2.2.1/sender/nothing',
      '/ocpi/2.2.1/sender/tokens',
      '/a/%zz',
    ]) {
      const answer = await askUrl(sandbox, 'DE-CPO', 'GET', addressOf(sandbox, 'DE-CPO') + path)
      expect(answer.httpStatus).toBe(404)
      expect(answer.json().status_code).toBe(2000)
    }
  })

  it('answers 400 when the body is not JSON (R99), and 413 when it is larger than 1 MiB', async () => {
    const broken = await ask(sandbox, 'DE-CPO', 'PUT receiver/tokens/NL/EMS/T1', { body: '{"a":' })
    expect([broken.httpStatus, broken.json().status_code]).toEqual([400, 2001])
    const large = await ask(sandbox, 'DE-CPO', 'PUT receiver/tokens/NL/EMS/T1', {
      json: 'x'.repeat(1024 * 1024),
    })
    expect([large.httpStatus, large.json().status_code]).toEqual([413, 2001])
  })

  it('shows the last 50 requests without their tokens', async () => {
    for (let index = 0; index < 51; index++) {
      await ask(sandbox, 'DE-MUL', `PUT receiver/tokens/NL/EMS/T${index}`, { json: { uid: index } })
    }
    const answer = await askUrl(
      sandbox,
      'DE-MUL',
      'GET',
      `${addressOf(sandbox, 'DE-MUL')}/sandbox/received`,
      {
        authorization: '',
      },
    )
    const received = answer.json() as unknown as { url: string; headers: object; body?: string }[]
    expect(received).toHaveLength(50)
    expect(received[0]).toMatchObject({
      method: 'PUT',
      url: '/ocpi/2.2.1/receiver/tokens/NL/EMS/T50',
      body: '{"uid":50}',
    })
    expect(received[0]!.headers).not.toHaveProperty('authorization')
    expect(answer.body.toString()).not.toContain('hub-to')
  })
})

describe('lists', () => {
  it('come in pages that can be followed to the end (R68, R69)', async () => {
    let url: string | undefined = `${addressOf(sandbox, 'DE-CPO')}/ocpi/2.2.1/sender/locations?limit=40`
    const ids: unknown[] = []
    let pages = 0
    while (url) {
      const answer = await askUrl(sandbox, 'DE-CPO', 'GET', url)
      expect(answer.headers).toMatchObject({ 'x-total-count': '300', 'x-limit': '50' })
      ids.push(...list(answer).map(({ id }) => id))
      url = /^<(.+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1]
      pages++
    }
    expect(pages).toBe(8)
    expect(new Set(ids).size).toBe(300)
  })

  it('take date_from inclusively, date_to exclusively, and keep both in the link (R68)', async () => {
    const all = list(await ask(sandbox, 'DE-CPO', 'GET sender/locations?limit=4'))
    const [first, , third] = all.map((location) => String(location.last_updated))
    const answer = await ask(
      sandbox,
      'DE-CPO',
      `GET sender/locations?date_from=${first}&date_to=${third}&limit=1`,
    )
    expect(answer.headers['x-total-count']).toBe('2')
    expect(answer.headers.link).toContain(`date_to=${encodeURIComponent(third!)}`)
    const withoutZ = await ask(
      sandbox,
      'DE-CPO',
      `GET sender/locations?date_from=2025-01-01T02:00:00&limit=1`,
    )
    expect(list(withoutZ)[0]!.last_updated).toBe('2025-01-01T02:00:00.000Z')
  })

  it('never give more than X-Limit, and an empty page past the end', async () => {
    expect(list(await ask(sandbox, 'DE-CPO', 'GET sender/locations?limit=1000'))).toHaveLength(50)
    const past = await ask(sandbox, 'DE-CPO', 'GET sender/locations?offset=300')
    expect(list(past)).toEqual([])
    expect(past.headers).toMatchObject({ 'x-total-count': '300' })
    expect(past.headers).not.toHaveProperty('link')
  })

  it('answer 2001 to a query they cannot read, and to sessions without date_from', async () => {
    const queries = ['locations?limit=all', 'locations?offset=-1', 'locations?date_from=today', 'sessions']
    for (const query of queries) {
      const answer = await ask(sandbox, 'DE-CPO', `GET sender/${query}`)
      expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 2001])
    }
  })

  it('are there for every module of an owner, in both versions', async () => {
    const asked = [
      ['DE-CPO', 'tariffs', 3],
      ['DE-CPO', 'sessions?date_from=2025-01-01T00:00:00Z', 60],
      ['DE-CPO', 'cdrs', 60],
      ['NL-EMS', 'tokens', 40],
      ['DE-MUL', 'tokens', 40],
      ['DE-MUL', 'cdrs', 60],
      ['FR-CPO', 'cdrs', 60],
      ['FR-CPO', 'locations', 20],
      ['FR-EMS', 'tokens', 40],
    ] as const
    for (const [party, path, total] of asked) {
      const answer = await ask(sandbox, party, `GET sender/${path}`)
      expect([party, path, answer.headers['x-total-count']]).toEqual([party, path, String(total)])
    }
  })

  it('refuse other methods with 405 and Allow', async () => {
    const answer = await ask(sandbox, 'DE-CPO', 'POST sender/locations', { json: {} })
    expect([answer.httpStatus, answer.headers.allow]).toEqual([405, 'GET'])
  })
})

describe('OCPI 2.3.0', () => {
  it('has its own members of prices and tariffs', async () => {
    const cdr = list(await ask(sandbox, 'FR-CPO', 'GET sender/cdrs?limit=1'))[0]
    expect(cdr).toMatchObject({
      total_cost: { before_taxes: 2.25, taxes: [{ name: 'VAT', percentage: 20, amount: 0.45 }] },
      cdr_token: { country_code: 'FR', party_id: 'EMS' },
    })
    const old = list(await ask(sandbox, 'DE-CPO', 'GET sender/cdrs?limit=1'))[0]
    expect(old).toMatchObject({
      total_cost: { excl_vat: 2.25, incl_vat: 2.7 },
      cdr_token: { country_code: 'NL' },
    })
    expect(list(await ask(sandbox, 'FR-CPO', 'GET sender/tariffs'))[0]).toHaveProperty('tax_included', 'NO')
  })

  it('is spoken by a party of each side', () => {
    const versions = new Set(sandbox.platforms.map(({ version }) => version))
    expect([...versions].every((version) => Object.hasOwn(VERSIONS, version))).toBe(true)
    expect(versions).toEqual(new Set(['2.2.1', '2.3.0']))
  })
})
