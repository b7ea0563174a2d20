// The RECEIVER interface of HubClientInfo, which the hub offers to platforms that are hubs (R83-R85, R90, T25).

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hubEndpoints } from '../../../src/modules/endpoints.ts'
import type { ModuleAnswer } from '../../../src/modules/module.ts'
import { createReportReceiver } from '../../../src/modules/report-receiver.ts'
import { BEHIND_MAX } from '../../../src/modules/reported.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import { kept, platform, role } from '../../support/platforms.ts'
import { createKit, faultOf, type Kit, PUBLIC_URL } from './kit.ts'

let kit: Kit
let receive: ReturnType<typeof createReportReceiver>

beforeEach(async () => {
  kit = await createKit({}, [
    platform('hb2', { roles: [role('NL-HB2 HUB')] }),
    platform('hb3', { roles: [role('NL-HB3 HUB')] }),
    platform('acme', { roles: [role('DE-ACM CPO')] }),
    platform('left', { roles: [role('DE-OLD CPO')], status: 'SUSPENDED', inbound: [] }),
  ])
  receive = createReportReceiver(kit.parts)
})
afterEach(() => kit.close())

async function ask(id: string, method: string, rest: string, body?: unknown): Promise<ModuleAnswer> {
  const connection = kit.registry.table().connections.get(id)!
  return await receive({
    connection,
    token: connection.platform.inbound[0]!,
    tokenValue: '',
    tokenForm: 'base64',
    version: '2.2.1',
    method,
    rest,
    query: '',
    body:
      body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  })
}

const info = (text: string, changes: Record<string, unknown> = {}) => {
  const [party = '', name = '', status = 'CONNECTED'] = text.split(' ')
  const [country_code, party_id] = party.split('-')
  return { country_code, party_id, role: name, status, last_updated: '2026-01-01T00:00:00Z', ...changes }
}

const put = (text: string, id = 'hb2') => {
  const { country_code: country, party_id: party } = info(text)
  return ask(id, 'PUT', `/${country}/${party}`, info(text))
}

const behind = (id = 'hb2') =>
  (kit.platform(id).behind ?? []).map(
    ({ countryCode, partyId, role: its, reported }) => `${countryCode}-${partyId} ${its} ${reported}`,
  )

describe('the RECEIVER interface of HubClientInfo', () => {
  it('is offered to hubs alone, at a URL of its own (R16, R18)', () => {
    const offered = (id: string) =>
      hubEndpoints(PUBLIC_URL, '2.2.1', kit.platform(id)).filter(
        ({ identifier }) => identifier === 'hubclientinfo',
      )
    expect(offered('hb2')).toEqual([
      { identifier: 'hubclientinfo', role: 'SENDER', url: `${PUBLIC_URL}/ocpi/2.2.1/hubclientinfo` },
      {
        identifier: 'hubclientinfo',
        role: 'RECEIVER',
        url: `${PUBLIC_URL}/ocpi/2.2.1/receiver/hubclientinfo`,
      },
    ])
    expect(offered('acme').map(({ role: its }) => its)).toEqual(['SENDER'])
  })

  it('keeps what a hub reports: 201 when it is new, 200 when it is known (R102)', async () => {
    expect(await put('DE-CPO CPO')).toEqual({ httpStatus: 201 })
    expect(await put('DE-CPO CPO')).toEqual({})
    expect(await put('DE-CPO CPO OFFLINE')).toEqual({})
    expect(behind()).toEqual(['DE-CPO CPO OFFLINE'])
  })

  it('gives back what was reported (R90)', async () => {
    await put('DE-CPO CPO OFFLINE')
    expect((await ask('hb2', 'GET', '/de/cpo')).data).toMatchObject({
      country_code: 'DE',
      party_id: 'CPO',
      role: 'CPO',
      status: 'OFFLINE',
    })
    expect((await faultOf(ask('hb2', 'GET', '/DE/XXX'))).code).toBe('url_unknown')
  })

  it('takes what the example of the specification lacks (R84), and roles that are not known (T14)', async () => {
    await ask('hb2', 'PUT', '/DE/CPO/', { ...info('DE-CPO CPO'), last_updated: undefined })
    await ask('hb2', 'PUT', '/D%45/NEW', info('DE-NEW xyz'))
    expect(behind()).toEqual(['DE-CPO CPO CONNECTED', 'DE-NEW XYZ CONNECTED'])
  })

  it('writes what comes at once together, so that a hub that tells all is no flood', async () => {
    const before = kit.platform('hb2').revision
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => put(`DE-${String(index).padStart(3, '0')} CPO`)),
    )
    expect(answers.every(({ httpStatus }) => httpStatus === 201)).toBe(true)
    expect(behind()).toHaveLength(200)
    expect(kit.platform('hb2').revision - before).toBeLessThan(10)
  })

  it('does not keep hubs, nor the hub itself that reports', async () => {
    expect((await put('NL-HB3 HUB')).statusMessage).toMatch(/NL-HB3 is not kept/)
    expect((await put('NL-HB2 OTHER')).statusMessage).toMatch(/NL-HB2 is not kept/)
    expect(behind()).toEqual([])
  })
})

describe('a report is refused', () => {
  it.each([
    ['no body', undefined, /the request has none/],
    ['no object', [], /must be an object/],
    ['null', 'null', /must be an object/],
    ['no status', info('DE-CPO CPO', { status: undefined }), /status must be one of/],
    ['a status that is none', info('DE-CPO CPO', { status: 'connected' }), /status must be one of/],
    ['no role', info('DE-CPO CPO', { role: undefined }), /role must be a string/],
    ['a role that splits lines', info('DE-CPO CPO', { role: 'C\nPO' }), /role must be a role/],
    ['a country of three letters', info('DE-CPO CPO', { country_code: 'DEU' }), /country_code must have 2/],
    ['a blank in the party', info('DE-CPO CPO', { party_id: 'C O' }), /printable/],
    [
      'a date that is none',
      info('DE-CPO CPO', { last_updated: 'yesterday' }),
      /last_updated must be a DateTime/,
    ],
    ['another party than the URL', info('DE-XXX CPO'), /the URL names DE-CPO and the ClientInfo DE-XXX/],
  ])('with %s (R84, R85)', async (_, body, message) => {
    const fault = await faultOf(ask('hb2', 'PUT', '/DE/CPO', body))
    expect(fault.code).toBe('client_info_invalid')
    expect(fault.info.message).toMatch(message)
    expect(behind()).toEqual([])
  })

  it('of the hub itself', async () => {
    const fault = await faultOf(put('nl-hub CPO'))
    expect([fault.code, fault.info.message]).toEqual(['party_taken', 'NL-HUB is the hub itself'])
  })

  it('of who is connected here, and what was reported of it before is forgotten', async () => {
    await put('DE-NEW EMSP')
    kept(await kit.registry.put(platform('newcomer', { roles: [role('DE-NEW CPO')] })))
    for (const text of ['DE-ACM CPO', 'DE-ACM EMSP', 'DE-NEW EMSP']) {
      expect((await faultOf(put(text))).code).toBe('party_taken')
    }
    expect(behind()).toEqual([])
    expect(await put('DE-OLD CPO')).toEqual({ httpStatus: 201 })
  })

  it('from platforms that are no hub, as if there were no such URL', async () => {
    expect((await faultOf(put('DE-CPO CPO', 'acme'))).code).toBe('url_unknown')
  })

  it.each(['', '/', '/DE', '/DEU/CPO', '/DE/CPO/more', '/D%2/CPO', '/DE/%'])('at %s', async (rest) => {
    expect((await faultOf(ask('hb2', 'PUT', rest, info('DE-CPO CPO')))).code).toBe('url_unknown')
  })

  it.each(['POST', 'PATCH', 'DELETE'])('with %s (R83)', async (method) => {
    const fault = await faultOf(ask('hb2', method, '/DE/CPO', info('DE-CPO CPO')))
    expect([fault.code, fault.info.headers]).toEqual(['method_unsupported', { Allow: 'GET, PUT' }])
  })

  it('when the hub has too many already, whoever else reports is not touched', async () => {
    const roles: Platform['behind'] = Array.from({ length: BEHIND_MAX }, (_, index) => ({
      ...role(`DE-CPO R${index}`),
      reported: 'CONNECTED',
    }))
    const current = kit.platform('hb2')
    kept(await kit.registry.put({ ...current, behind: roles }))
    const [fault] = await Promise.all([faultOf(put('DE-NEW CPO')), put('DE-NEW CPO', 'hb3')])
    expect(fault.code).toBe('client_info_invalid')
    expect(behind('hb3')).toEqual(['DE-NEW CPO CONNECTED'])
  })
})
