// OCPI 2.3.0 as a hub meets it: its own credentials (R37, R38, T13), and the chapters beside the table of modules, whose
// paths are opaque to it (R45, T27, hub-requirements §2.8-2.10).

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { InterfaceRole } from '../../src/ocpi/module.ts'
import { ok, says } from '../support/envelopes.ts'
import { expectFault, routingOf } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { listOf } from '../support/lists.ts'
import { party, type Party } from '../support/party.ts'

type Row = readonly [method: string, side: InterfaceRole, module: string, rest: string]

// biome-ignore format: a table is read in columns
const ROWS: readonly Row[] = [
  ['GET', 'SENDER', 'invoicereconciliation', '?date_from=2026-01-01T00:00:00Z&limit=10'],
  ['POST', 'RECEIVER', 'invoicereconciliation', ''],
  ['GET', 'RECEIVER', 'invoicereconciliation', '/NL/EMS/I1'],
  ['PUT', 'RECEIVER', 'invoicereconciliation', '/NL/EMS/I1'],
  ['DELETE', 'RECEIVER', 'invoicereconciliation', '/NL/EMS/I1'],
  ['GET', 'SENDER', 'payments', '/terminals?offset=1&limit=2'],
  ['GET', 'SENDER', 'payments', '/terminals/T1'],
  ['PUT', 'SENDER', 'payments', '/terminals/T1'],
  ['PATCH', 'SENDER', 'payments', '/terminals/T1'],
  ['POST', 'SENDER', 'payments', '/terminals/activate'],
  ['POST', 'SENDER', 'payments', '/terminals/T1/deactivate'],
  ['GET', 'SENDER', 'payments', '/financial-advice-confirmations?limit=1'],
  ['GET', 'SENDER', 'payments', '/financial-advice-confirmations/F1'],
  ['GET', 'RECEIVER', 'payments', '/terminals/T1'],
  ['POST', 'RECEIVER', 'payments', '/terminals'],
  ['GET', 'RECEIVER', 'payments', '/financial-advice-confirmations/F1'],
  ['POST', 'RECEIVER', 'payments', '/financial-advice-confirmations'],
  ['GET', 'SENDER', 'bookings', '/booking_locations?timeslot_from=2026-01-01T00:00:00Z'],
  ['GET', 'SENDER', 'bookings', '/booking_locations/L1/C1'],
  ['GET', 'SENDER', 'bookings', '?limit=5'],
  ['POST', 'SENDER', 'bookings', ''],
  ['GET', 'RECEIVER', 'bookings', '/NL/EMS/booking_locations/L1'],
  ['PUT', 'RECEIVER', 'bookings', '/NL/EMS/booking_locations/L1/C1'],
  ['PATCH', 'RECEIVER', 'bookings', '/NL/EMS/booking_locations/L1'],
  ['PUT', 'RECEIVER', 'bookings', '/bookinglocations/NL/EMS/L1'],
  ['PUT', 'RECEIVER', 'bookings', '/NL/EMS/B1'],
  ['PATCH', 'RECEIVER', 'bookings', '/NL/EMS/B1'],
  ['POST', 'RECEIVER', 'commands', '/A_COMMAND_OF_TOMORROW'],
]

let scene: Scene<Record<'emsp' | 'ptp' | 'cpo' | 'older', Party>>

beforeAll(async () => {
  const beyond = ['invoicereconciliation', 'payments', 'commands']
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP', {
      version: '2.3.0',
      modules: ['locations', 'tokens', 'bookings', ...beyond],
    }),
    ptp: party('NL-PTP', 'PTP', { version: '2.3.0', modules: ['payments', 'locations'] }),
    // It spells the module as the chapter does.
    cpo: party('DE-CPO', 'CPO', { version: '2.3.0', modules: ['locations', 'Booking', ...beyond] }),
    older: party('DE-OLD', 'CPO', { modules: ['locations', 'payments'] }),
  })
})
afterAll(() => scene.close())
beforeEach(() => {
  for (const one of [scene.emsp, scene.ptp, scene.cpo]) {
    one.forget()
    one.answers('*', { json: ok() })
  }
})

describe('a request in a chapter beside the table arrives as it was sent', () => {
  for (const [method, side, module, rest] of ROWS) {
    it(`${method} ${module} ${side} ${rest}`, async () => {
      const { emsp, cpo } = scene
      const body = ['POST', 'PUT', 'PATCH'].includes(method) ? '{"party_id":"LONGER", "amount": 1.10}' : ''
      const answer = await emsp.sends({
        method,
        path: `/ocpi/2.3.0/${side.toLowerCase()}/${module}${rest}`,
        to: 'DE-CPO',
        ...(body === '' ? {} : { body }),
      })
      expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
      expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
      const itsName = module === 'bookings' ? 'Booking' : module
      expect(cpo.last()).toMatchObject({ method, interface: side, module: itsName, rest })
      expect(cpo.last().body.toString()).toBe(body)
      expect(routingOf(cpo.last())).toEqual({ to: 'DE-CPO', from: 'NL-EMS' })
    })
  }

  it('takes a POST without a body, as deactivate is (R11)', async () => {
    const path = '/ocpi/2.3.0/sender/payments/terminals/T1/deactivate'
    const answer = await scene.cpo.sends({ method: 'POST', path, to: 'NL-PTP' })
    expect(answer.json().status_code).toBe(1000)
    expect(scene.ptp.last().body).toHaveLength(0)
  })

  it('reads lists below the endpoint as one list of all owners (R64)', async () => {
    scene.ptp.answers('GET payments', listOf([{ terminal_id: 'T1' }, { terminal_id: 'T2' }], { pageMax: 1 }))
    const first = await scene.cpo.gets('payments', { to: 'hub', path: '/terminals?limit=1' })
    expect(first.json()).toMatchObject({ status_code: 1000, data: [{ terminal_id: 'T1' }] })
    const next = /<([^>]+)>/.exec(first.headers.link!)![1]!
    expect(next).toMatch(/^http:\/\/hub\.example\/ocpi\/2\.3\.0\/sender\/payments\/terminals\?cursor=/)
    const second = await scene.cpo.sends({ method: 'GET', path: next, to: 'hub' })
    expect(second.json().data).toEqual([{ terminal_id: 'T2' }])
  })

  it('turns the routing headers of its errors round as well (R44)', async () => {
    for (const [status, code] of [
      [200, 2001],
      [404, 2003],
      [500, 3000],
      [400, 2001],
    ] as const) {
      scene.cpo.answers('*', { status, json: says(code, 'No') })
      const answer = await scene.emsp.gets('payments', { to: 'DE-CPO', path: '/terminals/T9' })
      expect([answer.httpStatus, answer.json().status_code]).toEqual([status === 404 ? 404 : 200, code])
      expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
    }
  })

  it('does not cross to another version (T6)', async () => {
    const answer = await scene.emsp.gets('payments', { to: 'DE-OLD', path: '/terminals' })
    await expectFault(scene.hub, answer, 'version_not_shared', { version: '2.3.0' })
  })
})

describe("the hub's credentials", () => {
  const credentialsOf = async (who: Party, version: string) => {
    const path = `/ocpi/${version}/credentials`
    return (await who.sends({ method: 'GET', path, from: null })).json().data as {
      token: string
      hub_party_id?: string
      roles: { role: string; country_code: string; party_id: string }[]
    }
  }
  const namesOf = ({ roles }: Awaited<ReturnType<typeof credentialsOf>>) =>
    roles.map((one) => `${one.country_code}-${one.party_id} ${one.role}`)

  it('name the parties behind it and hub_party_id on 2.3.0, never the reader or the role HUB (R37, R38, T13)', async () => {
    const { emsp, ptp } = scene
    const seen = await credentialsOf(emsp, '2.3.0')
    expect(seen).toMatchObject({ token: emsp.tokens.inbound, hub_party_id: 'NLHUB' })
    expect(namesOf(seen).toSorted()).toEqual(['DE-CPO CPO', 'DE-OLD CPO', 'NL-PTP PTP'])
    expect(namesOf(await credentialsOf(ptp, '2.3.0')).toSorted()).toEqual([
      'DE-CPO CPO',
      'DE-OLD CPO',
      'NL-EMS EMSP',
    ])
  })

  it('follow who is there: not those suspended or never connected (T13)', async () => {
    const { hub, emsp } = scene
    const roles = [{ country_code: 'FR', party_id: 'PLN', role: 'CPO' }]
    await hub.admin('/platforms', { method: 'POST', json: { id: 'planned', roles } })
    await hub.admin('/platforms/de-old/suspend', { method: 'POST' })
    expect(namesOf(await credentialsOf(emsp, '2.3.0')).toSorted()).toEqual(['DE-CPO CPO', 'NL-PTP PTP'])
    await hub.admin('/platforms/de-old/resume', { method: 'POST' })
    expect(namesOf(await credentialsOf(emsp, '2.3.0'))).toContain('DE-OLD CPO')
  })

  it('name the hub alone on 2.2.1 (R36)', async () => {
    const seen = await credentialsOf(scene.older, '2.2.1')
    expect(namesOf(seen)).toEqual(['NL-HUB HUB'])
    expect(seen).not.toHaveProperty('hub_party_id')
  })

  it('name the hub once as OTHER on 2.3.0 while nobody else is there (T13)', async () => {
    const own = await stage({ first: party('NL-ONE', 'EMSP', { version: '2.3.0' }) })
    expect(namesOf(await credentialsOf(own.first, '2.3.0'))).toEqual(['NL-HUB OTHER'])
    await own.close()
  })
})
