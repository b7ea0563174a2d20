// Parties on OCPI 2.1.1, which has no addresses: the hub is their one counterpart. Their handshake, and whom what a CPO
// pushes is for (hub-requirements §3 option B, R4, R34, R63, R104, T37). The other way round: older-asking.test.ts.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ok, says } from '../support/envelopes.ts'
import { expectFault, expectPublicOnly } from '../support/expect-fault.ts'
import { listOf } from '../support/lists.ts'
import { registerOld } from '../support/old-guest.ts'
import { expectDone, stageOld, type OldName, type OldScene } from '../support/old-scene.ts'
import { waitFor } from '../support/wait.ts'

let scene: OldScene

beforeAll(async () => {
  scene = await stageOld()
})
afterAll(() => scene.close())
beforeEach(() => scene.reset())

describe('the handshake', () => {
  it('is flat and raw in both directions (R4, R34)', async () => {
    const { emsp } = scene.old
    expect(emsp.registered.json().data).toEqual({
      token: emsp.token,
      url: 'http://hub.example/ocpi/versions',
      business_details: { name: 'Hub under test' },
      country_code: 'NL',
      party_id: 'HUB',
    })
    const guest = await registerOld(scene.hub, 'SE-OLD', 'EMSP')
    const shown = guest.party.asked.map(({ headers }) => headers.authorization)
    expect(shown).toEqual(Array.from({ length: 2 }, () => `Token ${guest.party.tokens.outbound}`))
    expectDone(await guest.calls('DELETE', '/ocpi/2.1.1/credentials'))
    await guest.party.close()
  })

  it("lists to each side the other side's endpoints, without roles and with absolute URLs (R15)", () => {
    const paths = (name: OldName) => {
      for (const endpoint of scene.old[name].endpoints) expect(endpoint).not.toHaveProperty('role')
      return Object.fromEntries(
        scene.old[name].endpoints.map(({ identifier, url }) => [
          identifier,
          url.replace('http://hub.example/ocpi/2.1.1/', ''),
        ]),
      )
    }
    expect(paths('cpo')).toEqual({
      credentials: 'credentials',
      cdrs: 'receiver/cdrs',
      commands: 'sender/commands',
      locations: 'receiver/locations',
      sessions: 'receiver/sessions',
      tariffs: 'receiver/tariffs',
      tokens: 'sender/tokens',
    })
    expect(paths('emsp')).toEqual({
      credentials: 'credentials',
      cdrs: 'sender/cdrs',
      commands: 'receiver/commands',
      locations: 'sender/locations',
      sessions: 'sender/sessions',
      tariffs: 'sender/tariffs',
      tokens: 'receiver/tokens',
    })
  })

  it('has no HubClientInfo, but the party is in that of newer ones, in the role the operator gave (T37)', async () => {
    const answer = await scene.old.emsp.calls('GET', '/ocpi/2.1.1/hubclientinfo')
    await expectFault(scene.hub, answer, 'url_unknown', { version: '2.1.1', routed: false })
    const list = await scene.newer.sends({ method: 'GET', path: '/ocpi/2.2.1/hubclientinfo', from: null })
    expect(list.json().data).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ country_code: 'NL', party_id: 'EMS', role: 'EMSP', status: 'CONNECTED' }),
        expect.objectContaining({ country_code: 'FR', party_id: 'CPO', role: 'CPO', status: 'CONNECTED' }),
      ]),
    )
  })
})

describe('what a CPO pushes', () => {
  for (const [method, module, path] of [
    ['PUT', 'locations', '/DE/CPO/LOC1'],
    ['PATCH', 'locations', '/DE/CPO/LOC1/EVSE1'],
    ['PUT', 'tariffs', '/DE/CPO/T1'],
    ['PATCH', 'tariffs', '/DE/CPO/T1'],
    ['DELETE', 'tariffs', '/DE/CPO/T1'],
  ] as const) {
    it(`${method} ${module}: to all eMSPs of its version, as it came`, async () => {
      const body = method === 'DELETE' ? undefined : '{ "id": "X",  "x": 0.10 }'
      expectDone(await scene.old.cpo.calls(method, module, { path, ...(body === undefined ? {} : { body }) }))
      for (const name of ['emsp', 'emsp2'] as const) {
        await scene.arrived(name, 1)
        expect(scene.lines(name)).toEqual([`${method} /its/own/inbox/${module}${path}`])
        const [request] = scene.received(name)
        expect(request!.body.toString()).toBe(body ?? '')
        expect(request!.headers.authorization).toBe(`Token ${scene.old[name].party.tokens.outbound}`)
        expect(Object.keys(request!.headers).filter((header) => header.startsWith('ocpi-'))).toEqual([])
      }
      expect([scene.received('cpo2'), scene.newer.requests]).toEqual([[], []])
    })
  }

  it('of a session goes to the eMSP whose token it names, and so does every later change of it (R63)', async () => {
    await scene.pushToken('emsp', 'U1', 'CONTRACT-1')
    await scene.pushToken('emsp2', 'U2', 'CONTRACT-2')
    const path = '/DE/CPO/S1'
    const session = { id: 'S1', auth_id: 'contract-2', location: { id: 'LOC1' } }
    expectDone(await scene.old.cpo.calls('PUT', 'sessions', { path, json: session }))
    // Without the auth_id, as a change of the energy is.
    expectDone(await scene.old.cpo.calls('PATCH', 'sessions', { path, json: { kwh: 1.5 } }))
    expectDone(await scene.old.cpo.calls('GET', 'sessions', { path }))
    expect(scene.lines('emsp2')).toEqual(
      ['PUT', 'PATCH', 'GET'].map((method) => `${method} /its/own/inbox/sessions${path}`),
    )
    expect(scene.received('emsp')).toEqual([])
  })

  it('of a CDR goes to the eMSP whose token it names, and can be read back there (R63, R82)', async () => {
    await scene.pushToken('emsp', 'U3', 'CONTRACT-3')
    scene.old.emsp.party.answers('POST cdrs', { status: 201, json: ok(), headers: { Location: '/cdrs/77' } })
    const posted = await scene.old.cpo.calls('POST', 'cdrs', { json: { id: 'C1', auth_id: 'CONTRACT-3' } })
    expect([posted.httpStatus, posted.json().status_code]).toEqual([201, 1000])
    expectPublicOnly(scene.hub, posted)
    scene.old.emsp.party.answers('/cdrs/77', { json: ok({ id: 'C1' }) })
    const read = await scene.old.cpo.calls('GET', posted.headers.location!)
    expect(read.json().data).toEqual({ id: 'C1' })
    expect(scene.old.emsp.party.last().url).toBe('/cdrs/77')
  })

  it('of a session or CDR finds an eMSP that has pushed nothing: the hub reads its tokens (R63)', async () => {
    const tokens = ['1', '2', '3'].map((n) => ({ uid: `L${n}`, auth_id: `LISTED-${n}` }))
    const late = await registerOld(scene.hub, 'SE-EMS', 'EMSP', listOf(tokens, { pageMax: 2 }))
    await waitFor(() => late.party.requests.length === 2, { what: 'two pages' })
    const json = { id: 'C3', auth_id: 'LISTED-3' }
    await waitFor(
      async () => (await scene.old.cpo.calls('POST', 'cdrs', { json })).json().status_code === 1000,
    )
    expect(late.party.last()).toMatchObject({ method: 'POST', module: 'cdrs' })
    expectDone(await late.calls('DELETE', '/ocpi/2.1.1/credentials'))
    await late.party.close()
  })

  it('of nobody who is known is told as 3000, and goes nowhere (R104, T18)', async () => {
    const json = { id: 'C2', auth_id: 'NOBODY' }
    for (const answer of [
      await scene.old.cpo.calls('POST', 'cdrs', { json }),
      await scene.old.cpo.calls('PUT', 'sessions', { path: '/DE/CPO/S9', json }),
      await scene.old.cpo.calls('PATCH', 'sessions', { path: '/DE/CPO/S9', json: { kwh: 1 } }),
    ]) {
      await expectFault(scene.hub, answer, 'to_unresolved', { version: '2.1.1', routed: false })
      expect(answer.json().status_code).toBe(3000)
    }
    expect([scene.received('emsp'), scene.received('emsp2')]).toEqual([[], []])
  })

  it('of CDRs is read back at their own URLs only: an eMSP would show those of all CPOs', async () => {
    const answer = await scene.old.cpo.calls('GET', 'cdrs', { path: '/ANY' })
    await expectFault(scene.hub, answer, 'to_unresolved', { version: '2.1.1', routed: false })
    expect([scene.received('emsp'), scene.received('emsp2')]).toEqual([[], []])
  })

  it('can be read again: the first eMSP that has it answers', async () => {
    scene.old.emsp.party.answers('GET locations', { status: 404, json: says(2003, 'Unknown') })
    scene.old.emsp2.party.answers('GET locations', { json: ok({ id: 'LOC1' }) })
    const answer = await scene.old.cpo.calls('GET', 'locations', { path: '/DE/CPO/LOC1' })
    expect(answer.json()).toMatchObject({ status_code: 1000, data: { id: 'LOC1' } })
  })
})

describe('a newer party', () => {
  it('cannot reach one on 2.1.1, nor the other way round: objects are not converted (T6)', async () => {
    const answer = await scene.newer.gets('locations', { to: 'DE-CPO' })
    await expectFault(scene.hub, answer, 'version_not_shared')
    await scene.newer.puts('tokens', { to: 'hub', path: '/NL/NEW/1', json: {} })
    await scene.old.emsp.calls('PUT', 'tokens', { path: '/NL/EMS/U9', json: { uid: 'U9' } })
    await scene.arrived('cpo', 1)
    expect(scene.lines('cpo')).toEqual(['PUT /its/own/inbox/tokens/NL/EMS/U9'])
  })
})
