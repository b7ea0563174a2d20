// Single objects of the sandbox's sound parties over real HTTP: what they own, and what is pushed to them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { addressOf, ask, askUrl } from './sandbox-caller.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 })
})
afterAll(() => sandbox.close())

describe('single objects', () => {
  it('are a location, its EVSE, and its connector, whatever the case of the id (R109)', async () => {
    const get = async (path: string) =>
      (await ask(sandbox, 'DE-CPO', `GET sender/locations/${path}`)).json().data
    expect(await get('loc0002')).toMatchObject({ id: 'LOC0002', country_code: 'DE', party_id: 'CPO' })
    expect(await get('LOC0002/LOC0002-2')).toMatchObject({ uid: 'LOC0002-2' })
    expect(await get('LOC0002/LOC0002-2/1')).toMatchObject({ id: '1', standard: 'IEC_62196_T2' })
  })

  it('that are unknown are 2003 with HTTP 404, one of them with HTTP 200 (R101)', async () => {
    for (const path of ['LOC9999', 'LOC0001/none', 'LOC0001/LOC0001-1/9']) {
      const answer = await ask(sandbox, 'DE-CPO', `GET sender/locations/${path}`)
      expect([answer.httpStatus, answer.json().status_code]).toEqual([404, 2003])
    }
    const answer = await ask(sandbox, 'DE-CPO', 'GET sender/locations/LOC-2003')
    expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 2003])
  })

  it('take charging preferences for a session they know', async () => {
    const put = (id: string) =>
      ask(sandbox, 'DE-CPO', `PUT sender/sessions/${id}/charging_preferences`, {
        json: { profile_type: 'CHEAP' },
      })
    expect((await put('SES0001')).json().data).toBe('ACCEPTED')
    expect((await put('SES9999')).httpStatus).toBe(404)
  })
})

describe('tokens', () => {
  it('are authorized, blocked, or unknown with HTTP 404 and 2004 (R101)', async () => {
    const authorize = (uid: string, json?: unknown) =>
      ask(sandbox, 'NL-EMS', `POST sender/tokens/${uid}/authorize?type=RFID`, { json })
    expect((await authorize('TOK0001')).json().data).toMatchObject({
      allowed: 'ALLOWED',
      token: { uid: 'TOK0001', country_code: 'NL', party_id: 'EMS' },
    })
    const place = { location_id: 'LOC0001', evse_uids: ['LOC0001-1'] }
    expect((await authorize('tok0010', place)).json().data).toMatchObject({
      allowed: 'BLOCKED',
      location: place,
    })
    const unknown = await authorize('TOK9999')
    expect([unknown.httpStatus, unknown.json().status_code]).toEqual([404, 2004])
  })
})

describe('pushes', () => {
  it('are kept, changed, given back and deleted (R72, R102)', async () => {
    const send = (method: string, json?: unknown) =>
      ask(sandbox, 'NL-EMS', `${method} receiver/tariffs/DE/CPO/T1`, { json })
    expect((await send('GET')).httpStatus).toBe(404)
    expect((await send('PATCH', { a: 1 })).httpStatus).toBe(404)
    expect((await send('PUT', { id: 'T1', currency: 'EUR' })).httpStatus).toBe(201)
    expect((await send('PUT', { id: 'T1', currency: 'EUR' })).httpStatus).toBe(200)
    expect((await send('PATCH', { currency: 'SEK' })).json().status_code).toBe(1000)
    const read = await ask(sandbox, 'NL-EMS', 'GET receiver/tariffs/de/cpo/t1')
    expect(read.json().data).toEqual({ id: 'T1', currency: 'SEK' })
    expect((await send('DELETE')).httpStatus).toBe(200)
    expect((await send('DELETE')).httpStatus).toBe(404)
  })

  it('are told apart by the type of a token', async () => {
    const path = 'receiver/tokens/NL/EMS/T-TYPE'
    await ask(sandbox, 'DE-CPO', `PUT ${path}?type=APP_USER`, { json: { uid: 'T-TYPE' } })
    expect((await ask(sandbox, 'DE-CPO', `GET ${path}`)).json().status_code).toBe(2004)
    expect((await ask(sandbox, 'DE-CPO', `GET ${path}?type=APP_USER`)).httpStatus).toBe(200)
  })

  it('of ClientInfo are kept by the eMSP (R83)', async () => {
    const path = 'receiver/hubclientinfo/DE/CPO'
    const info = { country_code: 'DE', party_id: 'CPO', role: 'CPO', status: 'OFFLINE' }
    expect((await ask(sandbox, 'NL-EMS', `PUT ${path}`, { json: info })).httpStatus).toBe(201)
    expect((await ask(sandbox, 'NL-EMS', `GET ${path}`)).json().data).toEqual(info)
  })

  it('need an object and an owner in the URL', async () => {
    const array = await ask(sandbox, 'DE-CPO', 'PUT receiver/tokens/NL/EMS/T1', { json: [] })
    expect(array.json().status_code).toBe(2001)
    expect((await ask(sandbox, 'DE-CPO', 'PUT receiver/tokens/NL', { json: {} })).httpStatus).toBe(404)
    expect((await ask(sandbox, 'DE-CPO', 'POST receiver/tokens/NL/EMS/T1', { json: {} })).httpStatus).toBe(
      405,
    )
  })

  it('of a CDR answer 201 with its URL, where it can be read (R82)', async () => {
    const cdr = { id: 'CDR-7', total_energy: 7 }
    const posted = await ask(sandbox, 'NL-EMS', 'POST receiver/cdrs', { json: cdr })
    expect(posted.httpStatus).toBe(201)
    const url = posted.headers.location!
    expect(url).toBe(`${addressOf(sandbox, 'NL-EMS')}/ocpi/2.2.1/receiver/cdrs/CDR-7`)
    expect((await askUrl(sandbox, 'NL-EMS', 'GET', url)).json().data).toEqual(cdr)
    expect((await askUrl(sandbox, 'NL-EMS', 'GET', `${url}-x`)).httpStatus).toBe(404)
    const nameless = await ask(sandbox, 'NL-EMS', 'POST receiver/cdrs', { json: { id: 'a\nb' } })
    expect(nameless.json().status_code).toBe(2001)
  })
})
