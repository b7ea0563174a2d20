// Open routing requests, whose receiver the hub finds by what they are about, and single objects asked of the hub
// (R61-R63, T17-T19).

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ok, says } from '../support/envelopes.ts'
import { expectFault, routingOf } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type CallOptions, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

let scene: Scene<Record<'emsp' | 'emsp2' | 'cpo' | 'cpo2', Party>>

beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    emsp2: party('BE-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    cpo2: party('FR-CPO', 'CPO'),
  })
  const { emsp2, cpo, cpo2 } = scene
  // What the hub has seen: one direct, one broadcast, one in an id that needs encoding.
  await cpo2.puts('locations', { to: 'hub', path: '/FR/CPO/LOC-FR', json: {} })
  await cpo.puts('locations', { to: 'NL-EMS', path: '/DE/CPO/LOC%20DE', json: {} })
  await cpo2.puts('sessions', { to: 'NL-EMS', path: '/FR/CPO/S-FR', json: {} })
  await emsp2.puts('tokens', { to: 'DE-CPO', path: '/BE/EMS/TOKEN-BE', json: {} })
  await waitFor(() => emsp2.requests.length > 0)
})
afterAll(() => scene.close())
beforeEach(() => {
  for (const one of [scene.emsp, scene.emsp2, scene.cpo, scene.cpo2]) {
    one.forget()
    one.answers('*', { json: ok() })
  }
})

type Call = (options: CallOptions) => Promise<Awaited<ReturnType<Party['gets']>>>

/** Fails unless the request without TO went to `receiver` alone, with the headers of an open routing request. */
async function goesTo(receiver: Party, call: Call, options: CallOptions, from: string): Promise<void> {
  const answer = await call(options)
  expect(answer.json().status_code, answer.body.toString()).toBe(1000)
  expect(routingOf(answer)).toEqual({ to: from, from: receiver.key })
  const cast = [scene.emsp, scene.emsp2, scene.cpo, scene.cpo2]
  expect(cast.filter((one) => one.requests.length > 0).map(({ key }) => key)).toEqual([receiver.key])
  expect(routingOf(receiver.last())).toEqual({ to: receiver.key, from })
  expect(receiver.last().headers['x-correlation-id']).toBe(answer.sent.correlationId)
  expect(receiver.last().headers['x-request-id']).not.toBe(answer.sent.requestId)
}

describe('without TO headers a request goes to', () => {
  it('the owner of the location it asks for (R62, R63)', () =>
    goesTo(scene.cpo2, (options) => scene.emsp.gets('locations', options), { path: '/LOC-FR' }, 'NL-EMS'))

  it('the owner of an id in any case and encoding (R109)', () =>
    goesTo(scene.cpo, (options) => scene.emsp.gets('locations', options), { path: '/loc%20de/1' }, 'NL-EMS'))

  it('the owner of the location a command is about', () =>
    goesTo(
      scene.cpo2,
      (options) => scene.emsp2.posts('commands', options),
      { path: '/START_SESSION', json: { location_id: 'LOC-FR' } },
      'BE-EMS',
    ))

  it('the owner of the session a command is about', () =>
    goesTo(
      scene.cpo2,
      (options) => scene.emsp.posts('commands', options),
      { path: '/STOP_SESSION', json: { session_id: 's-fr' } },
      'NL-EMS',
    ))

  it('the owner of the session a charging profile is for', async () => {
    const call: Call = (options) => scene.emsp.puts('chargingprofiles', options)
    await goesTo(scene.cpo2, call, { path: '/S-FR', json: {} }, 'NL-EMS')
    scene.cpo2.forget()
    const deletes: Call = (options) => scene.emsp.deletes('chargingprofiles', options)
    await goesTo(scene.cpo2, deletes, { path: '/S-FR' }, 'NL-EMS')
  })

  it('the owner of the session whose preferences are set', () =>
    goesTo(
      scene.cpo2,
      (options) => scene.emsp.puts('sessions', options),
      { interface: 'SENDER', path: '/S-FR/charging_preferences', json: {} },
      'NL-EMS',
    ))

  it('the eMSP that pushed the token which is to be authorized (T18)', () =>
    goesTo(
      scene.emsp2,
      (options) => scene.cpo.posts('tokens', options),
      { interface: 'SENDER', path: '/token-be/authorize?type=RFID' },
      'DE-CPO',
    ))

  it('the eMSP whose token a session names, and so do its changes that name none (R63)', async () => {
    const { cpo, emsp2 } = scene
    const path = '/DE/CPO/S-DE'
    const json = { cdr_token: { country_code: 'BE', party_id: 'EMS', uid: '1' } }
    await goesTo(emsp2, (options) => cpo.puts('sessions', options), { path, json }, 'DE-CPO')
    emsp2.forget()
    await goesTo(emsp2, (options) => cpo.patches('sessions', options), { path, json: { kwh: 1 } }, 'DE-CPO')
    emsp2.forget()
    await goesTo(emsp2, (options) => cpo.gets('sessions', options), { interface: 'RECEIVER', path }, 'DE-CPO')
    emsp2.forget()
    const profile = { interface: 'SENDER', path: '/S-DE', json: {} } as const
    await goesTo(emsp2, (options) => cpo.puts('chargingprofiles', options), profile, 'DE-CPO')
  })

  it('but a route about requests without TO that stands first is not passed over', async () => {
    const own = await stage(
      { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
      {
        routes: [
          { to: 'none', module: ['sessions'], action: 'deny' },
          { to: ['NL-*'], timeoutMs: 5_000 },
        ],
      },
    )
    const json = { cdr_token: { country_code: 'NL', party_id: 'EMS', uid: '1' } }
    const answer = await own.cpo.puts('sessions', { path: '/DE/CPO/S1', json })
    await expectFault(own.hub, answer, 'to_denied')
    expect(own.emsp.requests).toEqual([])
    await own.close()
  })

  it('the party in the path of another one', () =>
    goesTo(
      scene.cpo,
      (options) => scene.emsp.gets('locations', options),
      { interface: 'RECEIVER', path: '/DE/CPO/LOC1' },
      'NL-EMS',
    ))
})

describe('without TO headers, and when the content tells nobody', () => {
  it('it goes to the only candidate there is (T18)', async () => {
    const own = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
    const answer = await own.emsp.posts('commands', { path: '/UNLOCK_CONNECTOR', json: {} })
    expect(answer.json().status_code).toBe(1000)
    expect(routingOf(own.cpo.last())).toEqual({ to: 'DE-CPO', from: 'NL-EMS' })
    await own.close()
  })

  it('it is refused with 4001 when several have an object of the id, or none has (T18)', async () => {
    const { emsp, cpo, cpo2, hub } = scene
    await cpo.puts('locations', { to: 'BE-EMS', path: '/DE/CPO/SAME', json: {} })
    await cpo2.puts('locations', { to: 'BE-EMS', path: '/FR/CPO/SAME', json: {} })
    for (const id of ['SAME', 'NOWHERE']) {
      const answer = await emsp.posts('commands', { path: '/START_SESSION', json: { location_id: id } })
      await expectFault(hub, answer, 'to_unresolved')
    }
    expect([cpo.requests, cpo2.requests]).toEqual([[], []])
  })

  it('a list is refused and told how to ask for all (T18)', async () => {
    const answer = await scene.emsp.gets('locations')
    await expectFault(scene.hub, answer, 'list_without_to')
    expect(answer.json().status_code).toBe(2001)
  })
})

describe('one object asked of the hub', () => {
  it('comes from the party that has it (T17)', async () => {
    const { emsp, cpo, cpo2 } = scene
    cpo.answers('GET locations/X1', { status: 404, json: says(2003, 'Unknown') })
    cpo2.answers('GET locations/X1', { json: ok({ id: 'X1' }) })
    const answer = await emsp.gets('locations', { to: 'hub', path: '/X1' })
    expect(answer.json()).toMatchObject({ status_code: 1000, data: { id: 'X1' } })
    expect(routingOf(answer).to).toBe('NL-EMS')
  })

  it('is 404 when nobody has it (T17)', async () => {
    for (const one of [scene.cpo, scene.cpo2])
      one.answers('GET locations/X2', { status: 404, json: says(2003, 'Unknown') })
    const answer = await scene.emsp.gets('locations', { to: 'hub', path: '/X2' })
    expect([answer.httpStatus, answer.json().status_code]).toEqual([404, 2003])
  })

  it('is not asked of its own platform, and lists leave the own objects out (T17)', async () => {
    const { cpo, cpo2 } = scene
    cpo2.answers('GET locations', { json: ok([]), headers: { 'X-Total-Count': '0' } })
    const answer = await cpo.gets('locations', { to: 'hub' })
    expect(answer.json()).toMatchObject({ status_code: 1000, data: [] })
    expect(cpo2.requests.length).toBeGreaterThan(0)
    expect(cpo.requests).toEqual([])
  })
})
