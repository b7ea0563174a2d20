// What another hub may report, and what not (R50, R83-R85, T16, T25): a scripted hub tells this one of its parties.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectFault, provokes } from '../support/expect-fault.ts'
import { invite } from '../support/guest.ts'
import { stage, type Scene } from '../support/hub.ts'
import { seenAt } from '../support/linked-hubs.ts'
import { party, type Answer, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

let scene: Scene<{ emsp: Party; cpo: Party; peer: Party; other: Party; listener: Party }>

const MODULES = ['locations', 'tokens', 'hubclientinfo']

beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    peer: party('BE-HB3', 'HUB', { modules: MODULES }),
    other: party('FR-HB4', 'HUB', { modules: MODULES }),
    listener: party('NL-LST', 'OTHER', { modules: ['hubclientinfo'] }),
  })
})
afterAll(() => scene.close())

const pathOf = (key: string) => `/ocpi/2.2.1/receiver/hubclientinfo/${key.replace('-', '/')}`

/** Tells the hub of `BE-CPO CPO OFFLINE`, as `by`. */
function tells(text: string, by: Party = scene.peer, changes: Record<string, unknown> = {}): Promise<Answer> {
  const [key = '', role, status = 'CONNECTED'] = text.split(' ')
  const [country_code, party_id] = key.split('-')
  const json = { country_code, party_id, role, status, last_updated: '2026-02-03T04:05:06Z', ...changes }
  return by.sends({ method: 'PUT', path: pathOf(key), from: null, json })
}

async function told(text: string, by?: Party): Promise<void> {
  const answer = await tells(text, by)
  expect([answer.httpStatus < 300, answer.json().status_code]).toEqual([true, 1000])
}

const pushed = (to: Party) =>
  to.requests
    .filter(({ module, method }) => module === 'hubclientinfo' && method === 'PUT')
    .map(({ rest, body }) => `${rest} ${(JSON.parse(body.toString()) as { status: string }).status}`)

describe('a party that a hub reports (T25)', () => {
  it('is routable through that hub, with unchanged FROM and TO (R49)', async () => {
    await expectFault(scene.hub, await scene.emsp.gets('locations', { to: 'BE-CPO' }), 'to_unknown')
    await told('BE-CPO CPO')
    const answer = await scene.emsp.gets('locations', { to: 'be-cpo', path: '/L1' })
    expect(answer.json().status_code).toBe(1000)
    expect(scene.peer.last()).toMatchObject({ module: 'locations', interface: 'SENDER', rest: '/L1' })
    expect(scene.peer.last().headers).toMatchObject({
      'ocpi-from-party-id': 'EMS',
      'ocpi-to-country-code': 'BE',
      'ocpi-to-party-id': 'CPO',
    })
  })

  it('may be FROM of that hub, as nobody else may (R50)', async () => {
    await told('BE-CPO CPO')
    const push = (by: Party, from: string) =>
      by.puts('locations', { from, to: 'NL-EMS', path: '/BE/CPO/L1', json: { id: 'L1' } })
    expect((await push(scene.peer, 'BE-CPO')).json().status_code).toBe(1000)
    await expectFault(scene.hub, await push(scene.other, 'BE-CPO'), 'from_foreign', {
      names: 'BE-CPO',
      requester: 'FR-HB4',
    })
    await expectFault(scene.hub, await push(scene.peer, 'BE-XXX'), 'from_foreign', { names: 'BE-XXX' })
    await expectFault(scene.hub, await push(scene.peer, 'DE-CPO'), 'from_foreign', { names: 'DE-CPO' })
  })

  it('is told to those here, but neither to that hub nor to another', async () => {
    for (const its of [scene.listener, scene.peer, scene.other]) its.forget()
    await told('BE-NEW EMSP PLANNED')
    await told('BE-NEW EMSP OFFLINE')
    await waitFor(() => pushed(scene.listener).at(-1) === '/BE/NEW OFFLINE')
    const listed = async (by: Party) => {
      const list = await by.sends({ method: 'GET', path: '/ocpi/2.2.1/hubclientinfo', from: null })
      return JSON.stringify(list.json().data)
    }
    expect(await listed(scene.emsp)).toContain('"NEW"')
    for (const hub of [scene.peer, scene.other]) {
      expect(pushed(hub)).toEqual([])
      expect(await listed(hub)).not.toContain('"NEW"')
      expect(await listed(hub)).toContain('"EMS"')
    }
  })

  it('gets 4003 in every status but CONNECTED, and is no FROM once it is SUSPENDED (R89)', async () => {
    for (const status of ['OFFLINE', 'PLANNED', 'SUSPENDED']) {
      await told(`BE-OFF CPO ${status}`)
      const answer = await scene.emsp.gets('locations', { to: 'BE-OFF' })
      await expectFault(scene.hub, answer, 'to_not_connected')
      expect(answer.json().data).toMatchObject({ connection_status: status })
    }
    const late = await scene.peer.gets('tokens', { from: 'BE-OFF', to: 'NL-EMS' })
    await expectFault(scene.hub, late, 'from_foreign', { names: 'BE-OFF' })
  })

  it('stays with the hub that reported it first', async () => {
    await told('BE-TWO CPO')
    await told('BE-TWO CPO', scene.other)
    expect((await seenAt(scene.hub, 'BE-TWO')).map(({ platform }) => platform)).toEqual(['be-hb3'])
    const stolen = await scene.other.gets('tokens', { from: 'BE-TWO', to: 'NL-EMS' })
    await expectFault(scene.hub, stolen, 'from_foreign', { names: 'BE-TWO', requester: 'FR-HB4' })
    await told('BE-TWO CPO SUSPENDED')
    expect(await seenAt(scene.hub, 'BE-TWO')).toMatchObject([{ platform: 'fr-hb4', behind: 'FR-HB4' }])
  })

  it('gets a broadcast push of its own, a hub none (R53, T25)', async () => {
    await told('BE-EMS EMSP')
    for (const hub of [scene.peer, scene.other]) hub.forget()
    await scene.cpo.puts('locations', { to: 'hub', path: '/DE/CPO/L1', json: { id: 'L1' } })
    await waitFor(() => scene.peer.requests.length > 0)
    expect(scene.peer.requests.map(({ headers }) => headers['ocpi-to-party-id'])).toEqual(['EMS'])
    expect(scene.other.requests).toEqual([])
  })
})

describe('what a hub must not report', () => {
  const provoked = (answer: Answer) => ({ hub: scene.hub, answer, expected: { routed: false } as const })

  provokes('client_info_invalid', 'a ClientInfo without a status (R85)', async () =>
    provoked(await tells('BE-CPO CPO', scene.peer, { status: undefined })),
  )
  provokes('client_info_invalid', 'another party than the URL names (R84)', async () =>
    provoked(await tells('BE-CPO CPO', scene.peer, { party_id: 'XXX' })),
  )
  provokes('party_taken', 'this hub itself', async () => provoked(await tells('NL-HUB CPO')))
  provokes('party_taken', 'a party that is connected here, in whatever role (T16)', async () => {
    const answer = await tells('DE-CPO EMSP')
    expect(await seenAt(scene.hub, 'DE-CPO')).toMatchObject([{ platform: 'de-cpo', role: 'CPO' }])
    return provoked(answer)
  })
  provokes('method_unsupported', 'with POST (R83)', async () =>
    provoked(await scene.peer.sends({ method: 'POST', path: pathOf('BE-CPO'), from: null, json: {} })),
  )
  provokes('url_unknown', 'from a platform that is no hub', async () =>
    provoked(await tells('BE-CPO CPO', scene.cpo)),
  )
  provokes('body_not_json', 'what is not JSON (R99)', async () =>
    provoked(await scene.peer.sends({ method: 'PUT', path: pathOf('BE-CPO'), from: null, body: '{' })),
  )

  it('and its routing headers are not looked at (R23)', async () => {
    const answer = await scene.peer.sends({
      method: 'GET',
      path: pathOf('BE-CPO'),
      from: 'XX-YYY',
      to: 'DE-CPO',
    })
    expect(answer.json()).toMatchObject({ status_code: 1000, data: { party_id: 'CPO', country_code: 'BE' } })
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('ocpi-'))).toEqual([])
  })
})

describe('a party that comes here itself (T25)', () => {
  it('is connected here from then on, and the hub may speak for it no more', async () => {
    await told('SE-NEW CPO')
    const guest = await invite(scene.hub, 'SE-NEW', 'CPO')
    expect(await seenAt(scene.hub, 'SE-NEW')).toMatchObject([{ platform: 'be-hb3', behind: 'BE-HB3' }])
    await guest.register()
    const seen = await seenAt(scene.hub, 'SE-NEW')
    expect(seen.map(({ platform }) => platform)).toEqual(['se-new'])
    await scene.emsp.gets('locations', { to: 'SE-NEW', path: '/L9' })
    expect(guest.party.last().rest).toBe('/L9')
    const late = await scene.peer.gets('tokens', { from: 'SE-NEW', to: 'NL-EMS' })
    await expectFault(scene.hub, late, 'from_foreign', { names: 'SE-NEW' })
    await expectFault(scene.hub, await tells('SE-NEW CPO'), 'party_taken', { routed: false })
    await guest.party.close()
  })
})

describe('a party that the operator keeps out (T25)', () => {
  const isTaken = async (key: string, by?: Party) =>
    expectFault(scene.hub, await tells(`${key} CPO`, by), 'party_taken', { routed: false })
  const isShut = async (key: string, status: string) => {
    const answer = await scene.emsp.gets('locations', { to: key })
    await expectFault(scene.hub, answer, 'to_not_connected')
    expect(answer.json().data).toMatchObject({ connection_status: status })
    const spoken = await scene.peer.gets('tokens', { from: key, to: 'NL-EMS' })
    await expectFault(scene.hub, spoken, 'from_foreign', { names: key })
  }

  it('is not reached through a hub that reports it while it is suspended, until it unregisters', async () => {
    const guest = await invite(scene.hub, 'SE-SUS', 'CPO')
    await guest.register()
    await scene.hub.admin('/platforms/se-sus/suspend', { method: 'POST' })
    await isTaken('SE-SUS')
    await isShut('SE-SUS', 'SUSPENDED')
    await guest.calls('DELETE', '/ocpi/2.2.1/credentials')
    await told('SE-SUS CPO')
    expect((await scene.emsp.gets('locations', { to: 'SE-SUS' })).json().status_code).toBe(1000)
    await guest.party.close()
  })

  it('is not reached through a hub either once its platform is prepared', async () => {
    await told('SE-PLN CPO')
    const roles = [{ country_code: 'SE', party_id: 'PLN', role: 'CPO' }]
    await scene.hub.admin('/platforms', { method: 'POST', json: { id: 'se-pln', roles } })
    await isShut('SE-PLN', 'PLANNED')
    await isTaken('SE-PLN')
  })
})
