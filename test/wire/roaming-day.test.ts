// A day of roaming: three CPOs and two eMSPs connect over the wire, and a driver charges. Each step stands on the
// ones before it, as it does between companies.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { waitFor } from '../support/wait.ts'

const CPOS = ['DE-AAA', 'DE-BBB', 'DE-CCC']
const EMSPS = ['NL-MMM', 'NL-NNN']

let hub: TestHub
const guests = new Map<string, Guest>()
const of = (key: string): Guest => guests.get(key)!
const received = (key: string, method: string, text: string) =>
  of(key).party.requests.filter((request) => request.method === method && request.url.includes(text))

beforeAll(async () => {
  hub = await startHub({ liveness: { offlineAfter: 3 } })
})
afterAll(async () => {
  await Promise.all([...guests.values()].map((guest) => guest.party.close()))
  await hub.close()
})

/** A request of `from`, to `to` unless it is left out. */
function send(from: string, to: string | undefined, method: string, path: string, json?: unknown) {
  return of(from).calls(method, `/ocpi/2.2.1/${path}`, {
    from,
    ...(to === undefined ? {} : { to }),
    ...(json === undefined ? {} : { json }),
  })
}

describe('a day of roaming', () => {
  it('begins with three CPOs and two eMSPs that register (R27)', async () => {
    for (const key of CPOS) guests.set(key, await invite(hub, key, 'CPO'))
    for (const key of EMSPS) guests.set(key, await invite(hub, key, 'EMSP'))
    await Promise.all([...guests.values()].map((guest) => guest.register()))
    for (const guest of guests.values()) guest.party.answers('*', { json: ok() })
    const parties = [...hub.registry.table().parties.values()].flat()
    expect(parties.map(({ key, status }) => `${key} ${status}`).toSorted()).toEqual(
      [...CPOS, ...EMSPS].map((key) => `${key} CONNECTED`),
    )
  })

  it('brings the locations of a CPO to both eMSPs and to no CPO (R53, R55)', async () => {
    const location = { country_code: 'DE', party_id: 'AAA', id: 'LOC1', last_updated: '2026-01-01T00:00:00Z' }
    const answer = await send('DE-AAA', 'NL-HUB', 'PUT', 'receiver/locations/DE/AAA/LOC1', location)
    expect(answer.json().status_code).toBe(1000)
    await waitFor(() => EMSPS.every((key) => received(key, 'PUT', '/DE/AAA/LOC1').length === 1))
    for (const key of ['DE-BBB', 'DE-CCC']) expect(received(key, 'PUT', '/DE/AAA/LOC1')).toEqual([])
  })

  it('brings a token of an eMSP to all CPOs', async () => {
    const token = { country_code: 'NL', party_id: 'MMM', uid: 'TOKEN1', type: 'RFID', valid: true }
    await send('NL-MMM', 'NL-HUB', 'PUT', 'receiver/tokens/NL/MMM/TOKEN1', token)
    await waitFor(() => CPOS.every((key) => received(key, 'PUT', '/NL/MMM/TOKEN1').length === 1))
  })

  it('finds the eMSP that knows a token though nobody says which (R61, T18)', async () => {
    of('NL-MMM').party.answers('POST tokens/TOKEN1/authorize', { json: ok({ allowed: 'ALLOWED' }) })
    const answer = await send('DE-AAA', undefined, 'POST', 'sender/tokens/TOKEN1/authorize')
    expect([answer.json().status_code, answer.json().data]).toEqual([1000, { allowed: 'ALLOWED' }])
    expect(answer.headers['ocpi-from-party-id']).toBe('MMM')
  })

  it('starts a session by command, and its result comes back to the eMSP (R75, R77)', async () => {
    const back = `${of('NL-MMM').party.url()}/results/${randomUUID()}`
    of('DE-AAA').party.answers('commands/START_SESSION', { json: ok({ result: 'ACCEPTED', timeout: 30 }) })
    const answer = await send('NL-MMM', 'DE-AAA', 'POST', 'receiver/commands/START_SESSION', {
      response_url: back,
      location_id: 'LOC1',
      token: { uid: 'TOKEN1' },
    })
    expect(answer.json().data).toEqual({ result: 'ACCEPTED', timeout: 30 })
    const [command] = received('DE-AAA', 'POST', 'START_SESSION')
    const { response_url: hubUrl } = JSON.parse(command!.body.toString()) as { response_url: string }
    expect(hubUrl).not.toContain(new URL(back).host)
    const result = await of('DE-AAA').calls('POST', hubUrl, { json: { result: 'ACCEPTED' } })
    expect(result.json().status_code).toBe(1000)
    expect(received('NL-MMM', 'POST', new URL(back).pathname)).toHaveLength(1)
    const story = await hub.admin(`/correlations/${answer.sent.correlationId}`)
    expect((story.json as { items: { mode: string }[] }).items.map(({ mode }) => mode)).toEqual([
      'direct',
      'callback',
    ])
  })

  it('carries the session and, once it is over, the CDR, which can be read back (R82)', async () => {
    for (const kwh of [1.5, 3.25]) {
      const answer = await send('DE-AAA', 'NL-MMM', 'PATCH', 'receiver/sessions/DE/AAA/S1', { kwh })
      expect(answer.json().status_code).toBe(1000)
    }
    expect(received('NL-MMM', 'PATCH', '/DE/AAA/S1').map(({ body }) => body.toString())).toEqual([
      '{"kwh":1.5}',
      '{"kwh":3.25}',
    ])
    const stored = `${of('NL-MMM').party.url()}/cdrs/stored-1`
    of('NL-MMM').party.answers('POST cdrs', { status: 201, headers: { Location: stored }, json: ok() })
    const posted = await send('DE-AAA', 'NL-MMM', 'POST', 'receiver/cdrs', { id: 'CDR1', total_energy: 3.25 })
    expect(posted.httpStatus).toBe(201)
    const location = String(posted.headers.location)
    expect(location).not.toContain(new URL(stored).host)
    const read = await of('DE-AAA').calls('GET', location)
    expect(read.json().status_code).toBe(1000)
    expect(received('NL-MMM', 'GET', '/cdrs/stored-1')).toHaveLength(1)
  })

  it('lists the locations of all CPOs as one list (R64)', async () => {
    for (const key of CPOS) {
      of(key).party.answers('GET locations', {
        headers: { 'X-Total-Count': '1', 'X-Limit': '50' },
        json: ok([{ id: `LOC-${key}` }]),
      })
    }
    const answer = await send('NL-NNN', 'NL-HUB', 'GET', 'sender/locations')
    expect(answer.json().data).toEqual(CPOS.map((key) => ({ id: `LOC-${key}` })))
    expect(answer.headers['x-total-count']).toBe('3')
  })

  it('goes on when one party dies, and takes it back when it returns (R83, R88, T20)', async () => {
    const { platform } = hub.registry.table().connections.get('de-ccc')!
    await of('DE-CCC').party.close()
    for (let count = 0; count < 3; count++) await send('NL-MMM', 'DE-CCC', 'GET', 'sender/tariffs')
    await waitFor(() => hub.registry.table().parties.get('DE-CCC')![0]!.status === 'OFFLINE')
    const refused = await send('NL-MMM', 'DE-CCC', 'GET', 'sender/tariffs')
    expect([refused.json().status_code, (refused.json().data as { fault: string }).fault]).toEqual([
      4003,
      'to_not_connected',
    ])
    const others = await send('NL-MMM', 'DE-BBB', 'GET', 'sender/tariffs')
    expect(others.json().status_code).toBe(1000)
    // Any request of its own brings it back.
    const back = await of('DE-CCC').calls('GET', '/ocpi/versions')
    expect(back.json().status_code).toBe(1000)
    await waitFor(() => hub.registry.table().parties.get('DE-CCC')![0]!.status === 'CONNECTED')
    expect(hub.registry.table().connections.get('de-ccc')!.platform.outbound).toEqual(platform.outbound)
  })
})
