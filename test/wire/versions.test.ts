// The hub's own face: the list of versions and the details of each, which are all a client needs to find
// everything else (R13-R20); and configuration modules stay free of routing headers (R23, R24).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PUBLIC_URL } from '../support/config.ts'
import { expectFault, routingOf } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type Party } from '../support/party.ts'

interface HubEndpoint {
  readonly identifier: string
  readonly role: string
  readonly url: string
}

let scene: Scene<{ emsp: Party; newer: Party; bookings: Party; cpo: Party }>

beforeAll(async () => {
  const core = ['locations', 'tariffs', 'tokens']
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP', { modules: core }),
    newer: party('NL-NEW', 'EMSP', { version: '2.3.0', modules: core }),
    bookings: party('NL-BOO', 'EMSP', { version: '2.3.0', modules: [...core, 'bookings', 'payments'] }),
    cpo: party('DE-CPO', 'CPO'),
  })
})
afterAll(() => scene.close())

const asks = (who: Party, path: string, headers = {}): Promise<Answer> =>
  who.sends({ method: 'GET', path, from: null, headers })

async function endpointsOf(who: Party, version: string): Promise<readonly HubEndpoint[]> {
  const answer = await asks(who, `/ocpi/${version}`)
  expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
  expect(answer.json().data).toMatchObject({ version })
  return answer.json().data!.endpoints as readonly HubEndpoint[]
}

describe('the list of versions', () => {
  it('names each version on offer with the absolute URL of its details (R13, R14)', async () => {
    const answer = await asks(scene.emsp, '/ocpi/versions')
    expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
    const list = answer.json().data as unknown as { version: string; url: string }[]
    expect(list.map(({ version }) => version).sort()).toEqual(['2.2.1', '2.3.0'])
    for (const { version, url } of list) {
      expect(url.startsWith(`${PUBLIC_URL}/`)).toBe(true)
      const details = await asks(scene.emsp, url)
      expect(details.json().data).toMatchObject({ version })
    }
  })

  it('is the same for a Host header of somebody else (contract §2)', async () => {
    const answer = await asks(scene.emsp, '/ocpi/versions', {
      Host: 'evil.example',
      'X-Forwarded-Host': 'evil.example',
    })
    expect(answer.body.toString()).not.toContain('evil')
  })

  it('is there with a slash at its end', async () => {
    expect((await asks(scene.emsp, '/ocpi/versions/')).json().status_code).toBe(1000)
  })
})

describe('the details of a version', () => {
  for (const version of ['2.2.1', '2.3.0']) {
    it(`list every functional module twice, with two URLs: ${version} (R15, R16, R18)`, async () => {
      const endpoints = await endpointsOf(version === '2.2.1' ? scene.emsp : scene.newer, version)
      for (const module of [
        'cdrs',
        'chargingprofiles',
        'commands',
        'locations',
        'sessions',
        'tariffs',
        'tokens',
      ]) {
        const both = endpoints.filter(({ identifier }) => identifier === module)
        expect(both.map(({ role }) => role).sort()).toEqual(['RECEIVER', 'SENDER'])
        expect(new Set(both.map(({ url }) => url)).size).toBe(2)
      }
      for (const { url } of endpoints) expect(url.startsWith(`${PUBLIC_URL}/ocpi/${version}/`)).toBe(true)
      expect(new Set(endpoints.map(({ url }) => url)).size).toBe(endpoints.length)
    })

    it(`list credentials and hubclientinfo once, as SENDER: ${version} (R16, R17)`, async () => {
      const endpoints = await endpointsOf(scene.emsp, version)
      for (const module of ['credentials', 'hubclientinfo']) {
        expect(endpoints.filter(({ identifier }) => identifier === module).map(({ role }) => role)).toEqual([
          'SENDER',
        ])
      }
    })
  }

  it('list modules beyond the table in the spelling of the client, and only to it (R20, T27)', async () => {
    const some = (await endpointsOf(scene.bookings, '2.3.0')).map(({ identifier }) => identifier)
    expect(some).toEqual(expect.arrayContaining(['bookings', 'payments']))
    const others = (await endpointsOf(scene.newer, '2.3.0')).map(({ identifier }) => identifier.toLowerCase())
    for (const module of ['booking', 'bookings', 'payments', 'invoicereconciliation'])
      expect(others).not.toContain(module)
    const older = (await endpointsOf(scene.emsp, '2.2.1')).map(({ identifier }) => identifier.toLowerCase())
    for (const module of ['booking', 'bookings', 'payments']) expect(older).not.toContain(module)
  })

  it('lead to endpoints that work (R19)', async () => {
    const endpoints = await endpointsOf(scene.emsp, '2.2.1')
    const { url } = endpoints.find(({ identifier, role }) => identifier === 'locations' && role === 'SENDER')!
    const answer = await scene.emsp.sends({ method: 'GET', path: `${url}?limit=1`, to: 'DE-CPO' })
    expect(answer.json().status_code).toBe(1000)
    expect(scene.cpo.last().url).toBe('/its/own/data/locations?limit=1')
  })

  for (const version of ['2.2', '2.1.1', '2.0', '9.9', '']) {
    it(`are not there for a version that is not offered: "${version}"`, async () => {
      await expectFault(scene.hub, await asks(scene.emsp, `/ocpi/${version || 'x'}`), 'url_unknown')
    })
  }
})

describe('configuration modules', () => {
  const paths = ['/ocpi/versions', '/ocpi/2.2.1', '/ocpi/2.2.1/credentials', '/ocpi/2.2.1/hubclientinfo']

  for (const path of paths) {
    it(`ignore routing headers and send none: ${path} (R23)`, async () => {
      scene.cpo.forget()
      const answer = await scene.emsp.sends({ method: 'GET', path, to: 'DE-CPO', from: 'XX-YYY' })
      expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
      expect(routingOf(answer)).toEqual({ to: undefined, from: undefined })
      expect(scene.cpo.requests).toEqual([])
    })

    it(`repeat the ids: ${path} (R24, R65)`, async () => {
      const answer = await asks(scene.emsp, path)
      expect(answer.headers['x-request-id']).toBe(answer.sent.requestId)
      expect(answer.headers['x-correlation-id']).toBe(answer.sent.correlationId)
    })
  }

  for (const path of ['/ocpi/versions', '/ocpi/2.2.1', '/ocpi/2.2.1/hubclientinfo']) {
    it(`answer 405 to another method: ${path}`, async () => {
      for (const method of ['POST', 'PUT', 'DELETE']) {
        const answer = await scene.emsp.sends({
          method,
          path,
          from: null,
          ...(method === 'DELETE' ? {} : { json: {} }),
        })
        await expectFault(scene.hub, answer, 'method_unsupported', { routed: false })
        expect(answer.headers.allow).toContain('GET')
      }
    })
  }
})
