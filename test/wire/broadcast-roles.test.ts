// Who gets a broadcast push from whom: one row per role of the sender (R53, R113, T8, T9, T14), and parties that hold
// several roles, or stand on two platforms (R47, T15, T16, T29).

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { expectFault, routingOf } from '../support/expect-fault.ts'
import { stage, type Scene, type TestHub } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

const ROLES = ['CPO', 'EMSP', 'NSP', 'OTHER', 'NAP', 'SCSP', 'PTP', 'DRAGON', 'HUB'] as const
type Role = (typeof ROLES)[number]

const keyOf = (role: Role) => `SE-${role.slice(0, 3)}`

/** Waits until as many have received something, and gives which roles. */
async function receivers(cast: Readonly<Record<Role, Party>>, count: number): Promise<string[]> {
  const reached = () => ROLES.filter((role) => cast[role].requests.length > 0)
  await waitFor(() => reached().length >= count, { what: `${count} receivers` })
  return reached()
}

describe.each(['2.2.1', '2.3.0'] as const)('a broadcast push on %s', (version) => {
  const cast = Object.fromEntries(
    ROLES.map((role) => [role, party(keyOf(role), role, { version })]),
  ) as Record<Role, Party>
  const second = party('DE-CPO', 'CPO', { version })
  let hub: TestHub
  let close: () => Promise<void>

  beforeAll(async () => {
    ;({ hub, close } = await stage({ ...cast, second }))
  })
  afterAll(() => close())
  beforeEach(() => {
    for (const one of [...Object.values(cast), second]) {
      one.forget()
      one.answers('*', { json: ok() })
    }
  })

  const asCpo = ['EMSP', 'NSP', 'OTHER', 'NAP', 'PTP', 'DRAGON']
  // biome-ignore format: a table is read in columns
  const rows: readonly (readonly [from: Role, module: string, to: readonly string[]])[] = [
    ['CPO', 'locations', asCpo],
    ['CPO', 'tariffs', asCpo],
    ['EMSP', 'tokens', ['CPO']],
    ['NSP', 'tokens', ['CPO']],
    ['OTHER', 'tokens', ['CPO']],
    ['OTHER', 'locations', ['CPO']],
    ['PTP', 'tokens', ['CPO']],
    ['SCSP', 'tokens', ['CPO']],
    ['DRAGON', 'tokens', ['CPO']],
    ['NAP', 'locations', ['EMSP', 'NSP', 'OTHER', 'DRAGON']],
  ]
  for (const [from, module, to] of rows) {
    it(`of a party as ${from}, in ${module}: ${to.join(', ')} (R53, T8)`, async () => {
      const path = `/${keyOf(from).replace('-', '/')}/1`
      const answer = await cast[from].puts(module, { to: 'hub', path, json: {} })
      expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
      expect(routingOf(answer)).toEqual({ to: keyOf(from), from: 'NL-HUB' })
      const cpos = to.includes('CPO') ? 1 : 0
      expect(answer.json().status_message).toBe(
        `${to.length + cpos} ${to.length + cpos === 1 ? 'receiver' : 'receivers'}`,
      )
      expect(await receivers(cast, to.length)).toEqual(ROLES.filter((role) => to.includes(role)))
      await waitFor(() => second.requests.length === cpos)
    })
  }

  it('is compared with the owner in the URL in any case (R108, T24)', async () => {
    const answer = await cast.CPO.puts('locations', { to: 'nl-hub', path: '/se/cpo/1', json: {} })
    expect(answer.json().status_code).toBe(1000)
    await waitFor(() => cast.EMSP.requests.length === 1)
    expect(cast.EMSP.last().rest).toBe('/se/cpo/1')
  })

  it('of what concerns one party is refused in every module (R57, T9)', async () => {
    const personal = [
      ['POST', 'cdrs', ''],
      ['PUT', 'sessions', '/SE/CPO/S1'],
      ['PATCH', 'sessions', '/SE/CPO/S1'],
      ['POST', 'invoicereconciliation', ''],
      ['PUT', 'invoicereconciliation', '/SE/CPO/I1'],
      ['POST', 'payments', '/terminals'],
      ['PUT', 'Booking', '/SE/CPO/B1'],
    ] as const
    for (const [method, module, rest] of personal) {
      const path = `/ocpi/${version}/receiver/${module}${rest}`
      const answer = await cast.CPO.sends({ method, path, to: 'hub', json: {} })
      await expectFault(hub, answer, 'broadcast_refused', { version })
    }
    expect(ROLES.flatMap((role) => cast[role].requests)).toEqual([])
  })

  it('of places that can be booked goes out like locations (T9)', async () => {
    const path = '/SE/CPO/booking_locations/1'
    const answer = await cast.CPO.puts('Booking', { to: 'hub', path, json: {} })
    expect(answer.json().status_code).toBe(1000)
    const expected = ['EMSP', 'NSP', 'OTHER', 'PTP', 'DRAGON']
    expect(await receivers(cast, expected.length)).toEqual(expected)
  })

  it('is not what GET, a command, or a call of a SENDER interface is (R52, T19)', async () => {
    const calls = [
      ['GET', 'receiver', 'locations', '/SE/CPO/1'],
      ['GET', 'receiver', 'chargingprofiles', '/S1?duration=1'],
      ['PUT', 'receiver', 'chargingprofiles', '/S1'],
      ['DELETE', 'receiver', 'chargingprofiles', '/S1'],
      ['POST', 'receiver', 'commands', '/START_SESSION'],
      ['PUT', 'sender', 'sessions', '/S1/charging_preferences'],
      ['POST', 'sender', 'tokens', '/1/authorize'],
      ['PUT', 'sender', 'chargingprofiles', '/S1'],
    ] as const
    for (const [method, side, module, rest] of calls) {
      const path = `/ocpi/${version}/${side}/${module}${rest}`
      const body = method === 'PUT' || method === 'POST' ? { json: {} } : {}
      const answer = await cast.EMSP.sends({ method, path, to: 'hub', ...body })
      await expectFault(hub, answer, 'hub_not_addressable', { version })
    }
    expect(ROLES.flatMap((role) => cast[role].requests)).toEqual([])
  })
})

describe('a party that is more than one', () => {
  let scene: Scene<Record<'emsp' | 'cpo' | 'both' | 'duoCpo' | 'duoEmsp', Party>>

  beforeAll(async () => {
    const news = ['locations', 'tokens', 'hubclientinfo']
    scene = await stage({
      emsp: party('NL-EMS', 'EMSP', { modules: news }),
      cpo: party('DE-CPO', 'CPO', { modules: news }),
      both: party('FR-BOT', 'CPO', { also: [['FR-BOT', 'EMSP']] }),
      duoCpo: party('BE-DUO', 'CPO', { id: 'duo-cpo', modules: ['locations', 'tokens'] }),
      duoEmsp: party('BE-DUO', 'EMSP', { id: 'duo-emsp', modules: ['locations', 'tokens'] }),
    })
  })
  afterAll(() => scene.close())
  beforeEach(() => {
    for (const one of [scene.both, scene.duoCpo, scene.duoEmsp]) one.forget()
  })

  it('on one platform is called on the interface that was called at the hub (R47, T15)', async () => {
    const { emsp, cpo, both } = scene
    await emsp.puts('tokens', { to: 'FR-BOT', path: '/NL/EMS/1', json: {} })
    await cpo.gets('tokens', { to: 'FR-BOT' })
    await cpo.puts('locations', { to: 'FR-BOT', path: '/DE/CPO/1', json: {} })
    await emsp.gets('locations', { to: 'FR-BOT' })
    expect(both.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'PUT /its/own/inbox/tokens/NL/EMS/1',
      'GET /its/own/data/tokens',
      'PUT /its/own/inbox/locations/DE/CPO/1',
      'GET /its/own/data/locations',
    ])
  })

  it('on two platforms is called on that of the role opposite to the caller (T16)', async () => {
    const { emsp, cpo, duoCpo, duoEmsp } = scene
    await emsp.gets('locations', { to: 'BE-DUO', path: '/1' })
    await emsp.puts('tokens', { to: 'BE-DUO', path: '/NL/EMS/1', json: {} })
    expect([duoCpo.requests.length, duoEmsp.requests.length]).toEqual([2, 0])
    await cpo.gets('tokens', { to: 'BE-DUO' })
    const answer = await cpo.puts('locations', { to: 'BE-DUO', path: '/DE/CPO/1', json: {} })
    expect([duoCpo.requests.length, duoEmsp.requests.length]).toEqual([2, 2])
    expect(routingOf(answer)).toEqual({ to: 'DE-CPO', from: 'BE-DUO' })
  })

  it('is listed once in each role, wherever it stands (T16, T23)', async () => {
    const list = await scene.emsp.sends({ method: 'GET', path: '/ocpi/2.2.1/hubclientinfo', from: null })
    const infos = list.json().data as unknown as { party_id: string; role: string }[]
    const roles = (id: string) => infos.filter((one) => one.party_id === id).map(({ role }) => role)
    expect([roles('DUO').toSorted(), roles('BOT').toSorted()]).toEqual([
      ['CPO', 'EMSP'],
      ['CPO', 'EMSP'],
    ])
  })

  it('gets a broadcast once, on each platform in the role it is for (R53, T16)', async () => {
    const { emsp, cpo, both, duoCpo, duoEmsp } = scene
    await cpo.puts('locations', { to: 'hub', path: '/DE/CPO/LOC1', json: {} })
    await waitFor(() => both.requests.length === 1 && duoEmsp.requests.length === 1)
    await emsp.puts('tokens', { to: 'hub', path: '/NL/EMS/1', json: {} })
    await waitFor(() => both.requests.length === 2 && duoCpo.requests.length === 1)
    expect(duoCpo.requests.map(({ module }) => module)).toEqual(['tokens'])
    expect(duoEmsp.requests.map(({ module }) => module)).toEqual(['locations'])
  })
})
