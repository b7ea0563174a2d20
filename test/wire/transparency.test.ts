// What the hub leaves alone in other people's messages, and what its own words keep to (R9, R35, R42, R73, R74, R81,
// R96, R97, R100, R105, R106, R112).

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FAULTS } from '../../src/faults/table.ts'
import { ok } from '../support/envelopes.ts'
import { expectFault, routingOf } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type Party } from '../support/party.ts'

let scene: Scene<Record<'emsp' | 'cpo' | 'bare' | 'off' | 'newer', Party>>

beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    bare: party('DE-BAR', 'CPO', { modules: ['tariffs'] }),
    off: party('DE-OFF', 'CPO', { status: 'OFFLINE' }),
    newer: party('DE-NEW', 'CPO', { version: '2.3.0' }),
  })
})
afterAll(() => scene.close())
beforeEach(() => {
  for (const one of [scene.emsp, scene.cpo]) {
    one.forget()
    one.answers('*', { json: ok() })
  }
})

describe('the hub leaves alone', () => {
  it('whose object it is in a direct push, and whether URL and body name the same: the receiver judges (R73, R74, T24)', async () => {
    const { emsp, cpo } = scene
    const body = '{"country_code":"FR","party_id":"XYZ","id":"ANOTHER"}'
    const answer = await cpo.puts('locations', { to: 'NL-EMS', path: '/BE/ABC/LOC1', body })
    expect(answer.json().status_code).toBe(1000)
    expect(emsp.last()).toMatchObject({ method: 'PUT', rest: '/BE/ABC/LOC1' })
    expect(emsp.last().body.toString()).toBe(body)
  })

  it('#NA, null, and what is missing (R96, R112)', async () => {
    const { emsp, cpo } = scene
    const body = '{"id":"LOC1","name":null,"address":"#NA","evses":[],"images":null}'
    await cpo.puts('locations', { to: 'NL-EMS', path: '/DE/CPO/LOC1', body })
    expect(emsp.last().body.toString()).toBe(body)
    const answered =
      '{"data":null,"status_code":1000,"status_message":null,"timestamp":"2026-01-01T00:00:00"}'
    cpo.answers('GET locations', { body: answered })
    const answer = await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC1' })
    expect(answer.body.toString()).toBe(answered)
  })

  it('URLs of web pages, in requests and in answers (R97)', async () => {
    const { emsp, cpo } = scene
    const pages = JSON.stringify({
      operator: { name: 'X', website: 'https://cpo.example/', logo: { url: 'https://cpo.example/logo.png' } },
      tariff_alt_url: 'https://cpo.example/tariff',
      signed_data: { url: 'https://cpo.example/signed' },
      // Only the top-level member is a call-back.
      nested: { response_url: 'https://emsp.example/not-a-call-back' },
    })
    await cpo.puts('tariffs', { to: 'NL-EMS', path: '/DE/CPO/T1', body: pages })
    expect(emsp.last().body.toString()).toBe(pages)
    await emsp.posts('commands', { to: 'DE-CPO', path: '/UNLOCK_CONNECTOR', body: pages })
    expect(cpo.last().body.toString()).toBe(pages)
    const answered = `{"data":${pages},"status_code":1000,"timestamp":"x"}`
    cpo.answers('GET locations', { body: answered })
    const answer = await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC1' })
    expect(answer.body.toString()).toBe(answered)
  })

  it('updates of an active charging profile, which have no response_url (R81)', async () => {
    const { emsp, cpo } = scene
    const body = '{"start_date_time":"2026-01-01T00:00:00Z","charging_profile":{"charging_rate_unit":"W"}}'
    const options = { to: 'NL-EMS', interface: 'SENDER', path: '/S1', body } as const
    const answer = await cpo.puts('chargingprofiles', options)
    expect(answer.json()).not.toHaveProperty('data')
    expect(emsp.last()).toMatchObject({ method: 'PUT', interface: 'SENDER', rest: '/S1' })
    expect(emsp.last().body.toString()).toBe(body)
  })
})

describe('what the hub says itself', () => {
  it('stands under HTTP 200 with a code of routing once a request is valid (R93, R100, R106, T1)', async () => {
    const { emsp, hub } = scene
    const rows = [
      ['ZZ-TOP', 'to_unknown', 4001],
      ['DE-OFF', 'to_not_connected', 4003],
      ['DE-BAR', 'module_not_offered', 4000],
      ['DE-NEW', 'version_not_shared', 4000],
    ] as const
    for (const [to, fault, code] of rows) {
      const answer = await emsp.gets('locations', { to, path: '/LOC1' })
      await expectFault(hub, answer, fault)
      expect([answer.httpStatus, answer.json().status_code]).toEqual([200, code])
    }
  })

  it('is never a custom code (R105)', () => {
    const custom = Object.values(FAULTS).filter(({ ocpi }) => Math.floor(ocpi / 100) % 10 === 9)
    expect(custom).toEqual([])
  })

  it('has routing headers under every HTTP status: TO the requester, FROM the hub (R42, R44)', async () => {
    const { emsp } = scene
    const answers: readonly Answer[] = [
      await emsp.puts('tokens', { to: 'DE-CPO', path: '/NL/EMS/1', body: 'no JSON' }),
      await emsp.sends({
        method: 'GET',
        path: `/ocpi/2.2.1/sender/locations/${'A'.repeat(43)}`,
        to: 'DE-CPO',
      }),
      await emsp.sends({ method: 'OPTIONS', path: '/ocpi/2.2.1/sender/locations', to: 'DE-CPO' }),
      await emsp.gets('locations', { to: 'ZZ-TOP' }),
    ]
    expect(answers.map(({ httpStatus }) => httpStatus)).toEqual([400, 404, 405, 200])
    for (const answer of answers) expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: 'NL-HUB' })
  })
})

describe('credentials', () => {
  async function newcomer(): Promise<{ its: Party; token: string }> {
    const its = party('SE-NEW', 'CPO')
    await its.listen()
    its.join(scene.hub.ocpiUrl)
    const { json } = await scene.hub.admin('/platforms', { method: 'POST', json: { id: 'se-new' } })
    return { its, token: (json as { token: string }).token }
  }
  const role = (name: string, countryCode: string, partyId: string) => ({
    role: name,
    country_code: countryCode,
    party_id: partyId,
    business_details: null,
  })

  it('name a party once in a role, in whatever case (R35), may hold null (R112), and give printable tokens (R9)', async () => {
    const { its, token } = await newcomer()
    const posts = (roles: readonly object[]) =>
      its.sends({
        method: 'POST',
        path: '/ocpi/2.2.1/credentials',
        from: null,
        headers: { Authorization: `Token ${Buffer.from(token).toString('base64')}` },
        json: { token: its.tokens.outbound, url: its.versionsUrl(), roles },
      })
    const twice = await posts([role('CPO', 'SE', 'NEW'), role('cpo', 'se', 'new')])
    await expectFault(scene.hub, twice, 'credentials_invalid', { routed: false })
    expect(its.asked).toEqual([])
    const once = await posts([role('CPO', 'SE', 'NEW'), role('EMSP', 'se', 'new'), role('CPO', 'SE', 'NW2')])
    expect(once.json().status_code).toBe(1000)
    for (const given of [token, String(once.json().data!.token)]) {
      expect(given).toMatch(/^[\x21-\x7e]{22,64}$/)
    }
    await its.close()
  })
})
