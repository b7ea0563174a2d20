// Parties on OCPI 2.1.1: what a CPO asks, and what an eMSP sends and reads, of a hub that must find out whom it is for
// and keep from one eMSP what is another's (hub-requirements §3 option B, R63, R75, R104).

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { expectFault, routingOf } from '../support/expect-fault.ts'
import { stage } from '../support/hub.ts'
import { listOf } from '../support/lists.ts'
import { registerOld } from '../support/old-guest.ts'
import { expectDone, stageOld, type OldScene } from '../support/old-scene.ts'
import { party, type Answer } from '../support/party.ts'

let scene: OldScene

beforeAll(async () => {
  scene = await stageOld()
})
afterAll(() => scene.close())
beforeEach(() => scene.reset())

const idsOf = (answer: Answer) => (answer.json().data as unknown as { id: string }[]).map(({ id }) => id)

describe('what a CPO asks', () => {
  it('for all tokens it gets as one list, over pages', async () => {
    scene.old.emsp.party.answers('GET tokens', listOf([{ uid: 'A' }, { uid: 'B' }]))
    scene.old.emsp2.party.answers('GET tokens', listOf([{ uid: 'C' }]))
    const first = await scene.old.cpo.calls('GET', 'tokens', { path: '?limit=2' })
    const next = /<([^>]+)>; *rel="next"/.exec(first.headers.link ?? '')![1]!
    const second = await scene.old.cpo.calls('GET', next)
    const uids = [first, second].flatMap((answer) => answer.json().data as unknown as { uid: string }[])
    expect(uids.map(({ uid }) => uid).toSorted()).toEqual(['A', 'B', 'C'])
    expect(routingOf(first)).toEqual({ to: undefined, from: undefined })
  })

  it('about a token goes to the eMSP that pushed it, or else to all', async () => {
    await scene.pushToken('emsp2', 'U7', 'CONTRACT-7')
    scene.old.emsp2.party.answers('POST tokens', { json: ok({ allowed: 'ALLOWED' }) })
    const path = '/U7/authorize'
    const known = await scene.old.cpo.calls('POST', 'tokens', { path, json: { location_id: 'LOC1' } })
    expect(known.json().data).toEqual({ allowed: 'ALLOWED' })
    expect([scene.lines('emsp'), scene.lines('emsp2')]).toEqual([
      [],
      ['POST /its/own/data/tokens/U7/authorize'],
    ])

    for (const name of ['emsp', 'emsp2'] as const)
      scene.old[name].party.answers('POST tokens', { status: 404, body: '' })
    const unknown = await scene.old.cpo.calls('POST', 'tokens', { path: '/NOBODYS/authorize' })
    await expectFault(scene.hub, unknown, 'token_uid_unknown', { version: '2.1.1', routed: false })
    // 2.1.1 has no 2004.
    expect([unknown.httpStatus, unknown.json().status_code]).toEqual([404, 2000])
  })
})

describe('what an eMSP sends', () => {
  it('of a token goes to all CPOs of its version', async () => {
    expectDone(await scene.old.emsp.calls('PUT', 'tokens', { path: '/NL/EMS/U8', json: { uid: 'U8' } }))
    for (const name of ['cpo', 'cpo2'] as const) {
      await scene.arrived(name, 1)
      expect(scene.lines(name)).toEqual(['PUT /its/own/inbox/tokens/NL/EMS/U8'])
    }
    expect([scene.received('emsp2'), scene.newer.requests]).toEqual([[], []])
  })

  it('as a command goes to the CPO that pushed the location or the session; its result comes back (R75, R77)', async () => {
    await scene.pushes('cpo2', 'locations', { id: 'LOC-FR' })
    await scene.pushToken('emsp', 'U4', 'CONTRACT-4')
    await scene.old.cpo2.calls('PUT', 'sessions', { path: '/FR/CPO/S-FR', json: { auth_id: 'CONTRACT-4' } })
    const back = `${scene.old.emsp.party.url()}/results/1`
    for (const [command, about] of [
      ['START_SESSION', { location_id: 'LOC-FR' }],
      ['RESERVE_NOW', { location_id: 'loc-fr' }],
      ['UNLOCK_CONNECTOR', { location_id: 'LOC-FR', evse_uid: '1', connector_id: '1' }],
      ['STOP_SESSION', { session_id: 'S-FR' }],
    ] as const) {
      for (const name of ['cpo', 'cpo2', 'emsp'] as const) scene.old[name].party.forget()
      const json = { response_url: back, ...about }
      expectDone(await scene.old.emsp.calls('POST', 'commands', { path: `/${command}`, json }))
      expect(scene.received('cpo')).toEqual([])
      const { response_url: url } = JSON.parse(scene.old.cpo2.party.last().body.toString()) as {
        response_url: string
      }
      expect(url).toMatch(/^http:\/\/hub\.example\/ocpi\/2\.1\.1\/sender\/commands\/[\w-]{43}$/)
      expectDone(await scene.old.cpo2.calls('POST', url, { json: { result: 'ACCEPTED' } }))
      expect(scene.lines('emsp')).toEqual(['POST /results/1'])
      expect(scene.old.emsp.party.last().headers.authorization).toBe(
        `Token ${scene.old.emsp.party.tokens.outbound}`,
      )
      await expectFault(scene.hub, await scene.old.cpo.calls('POST', url, { json: {} }), 'link_unknown', {
        version: '2.1.1',
        routed: false,
      })
    }
  })

  it('as a command about an id that two CPOs have is for neither of them', async () => {
    for (const name of ['cpo', 'cpo2'] as const) await scene.pushes(name, 'locations', { id: 'SAME' })
    const json = { location_id: 'SAME', response_url: `${scene.old.emsp.party.url()}/results/2` }
    const answer = await scene.old.emsp.calls('POST', 'commands', { path: '/START_SESSION', json })
    await expectFault(scene.hub, answer, 'to_unresolved', { version: '2.1.1', routed: false })
    expect([scene.received('cpo'), scene.received('cpo2')]).toEqual([[], []])
  })

  it('as a command finds a location that was never pushed, but listed', async () => {
    scene.old.cpo2.party.answers('GET locations', listOf([{ id: 'LISTED' }]))
    scene.old.cpo.party.answers('GET locations', listOf([]))
    expect(idsOf(await scene.old.emsp.calls('GET', 'locations'))).toEqual(['LISTED'])
    scene.old.cpo2.party.forget()
    scene.old.cpo.party.forget()
    const json = { location_id: 'LISTED', response_url: `${scene.old.emsp.party.url()}/results/3` }
    expectDone(await scene.old.emsp.calls('POST', 'commands', { path: '/START_SESSION', json }))
    expect([scene.lines('cpo'), scene.lines('cpo2')]).toEqual([
      [],
      ['POST /its/own/inbox/commands/START_SESSION'],
    ])
    await scene.old.emsp.calls('GET', 'locations', { path: '/LISTED' })
    expect(scene.lines('cpo2').at(-1)).toBe('GET /its/own/data/locations/LISTED')
    expect(scene.received('cpo')).toEqual([])
  })
})

describe('what an eMSP reads', () => {
  it('of locations and tariffs is what all CPOs have', async () => {
    for (const module of ['locations', 'tariffs']) {
      scene.old.cpo.party.answers(`GET ${module}`, listOf([{ id: 'A' }]))
      scene.old.cpo2.party.answers(`GET ${module}`, listOf([{ id: 'B' }]))
      const answer = await scene.old.emsp.calls('GET', module)
      expect(idsOf(answer).toSorted()).toEqual(['A', 'B'])
      expect(answer.headers['x-total-count']).toBe('2')
    }
  })

  for (const module of ['sessions', 'cdrs']) {
    it(`of ${module} is its own: a CPO shows the hub those of all eMSPs`, async () => {
      await scene.pushToken('emsp', 'U5', 'CONTRACT-5')
      await scene.pushToken('emsp2', 'U6', 'CONTRACT-6')
      const body =
        '{"data":[{"id":"1","auth_id":"CONTRACT-5","kwh":0.10}, {"id":"2","auth_id":"CONTRACT-6"},\n' +
        '{"id":"3","auth_id":"contract-5","x":[1,{"a":"]"}]},{"id":"4","auth_id":"NOBODY"},{"id":"5"}],' +
        '"status_code":1000,"timestamp":"x"}'
      scene.old.cpo.party.answers(`GET ${module}`, {
        body,
        headers: { 'X-Total-Count': '5', 'X-Limit': '50' },
      })
      scene.old.cpo2.party.answers(`GET ${module}`, listOf([]))
      const answer = await scene.old.emsp.calls('GET', module, { path: '?date_from=2026-01-01T00:00:00Z' })
      expect(idsOf(answer)).toEqual(['1', '3'])
      expect(answer.body.toString()).toContain('{"id":"1","auth_id":"CONTRACT-5","kwh":0.10}')
      expect(answer.json().status_message).toMatch(/^2 objects are left out/)
      expect(idsOf(await scene.old.emsp2.calls('GET', module))).toEqual(['2'])
    })
  }

  it('of one session or CDR is refused: no CPO could tell whether it is its own', async () => {
    for (const module of ['sessions', 'cdrs']) {
      const answer = await scene.old.emsp.calls('GET', module, { path: '/1' })
      await expectFault(scene.hub, answer, 'to_unresolved', { version: '2.1.1', routed: false })
    }
    expect([scene.received('cpo'), scene.received('cpo2')]).toEqual([[], []])
  })

  it('of sessions is everything when there is no other eMSP it could be of', async () => {
    const own = await stage({ newer: party('NL-NEW', 'EMSP') }, { hub: { versions: ['2.2.1', '2.1.1'] } })
    const emsp = await registerOld(own.hub, 'NL-EMS', 'EMSP')
    const cpo = await registerOld(own.hub, 'DE-CPO', 'CPO')
    cpo.party.answers('GET sessions', listOf([{ id: '1', auth_id: 'ANY' }]))
    expect(idsOf(await emsp.calls('GET', 'sessions'))).toEqual(['1'])
    await Promise.all([emsp.party.close(), cpo.party.close()])
    await own.close()
  })
})
