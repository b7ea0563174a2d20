// HubClientInfo as it is pushed: what is told to whom and when (R83-R91, T23, T38). The list: client-info-list.test.ts.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import { invite, type Guest } from '../support/guest.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

const CREDENTIALS = '/ocpi/2.2.1/credentials'
const LIST = '/ocpi/2.2.1/hubclientinfo'

interface Info {
  readonly country_code: string
  readonly party_id: string
  readonly role: string
  readonly status: string
  readonly last_updated: string
}

let scene: Scene<{ emsp: Party; nsp: Party; deaf: Party }>
let guests: Guest[] = []

beforeEach(async () => {
  scene = await stage(
    {
      emsp: party('NL-EMS', 'EMSP', { modules: ['locations', 'hubclientinfo'] }),
      nsp: party('NL-NSP', 'NSP', { modules: ['locations', 'hubclientinfo'] }),
      deaf: party('NL-DEF', 'EMSP', { modules: ['locations'] }),
    },
    { liveness: { probeAfterMs: 3_600_000, timeoutMs: 300, offlineAfter: 1 } },
  )
})
afterEach(async () => {
  await Promise.all(guests.map((guest) => guest.party.close()))
  guests = []
  await scene.close()
})

async function registered(key: string, role: string): Promise<Guest> {
  const guest = await invite(scene.hub, key, role, { modules: ['locations', 'hubclientinfo'] })
  guests.push(guest)
  await guest.register()
  return guest
}

const infosOf = (one: Party): Info[] =>
  one.requests
    .filter(({ module }) => module === 'hubclientinfo')
    .map(({ body }) => JSON.parse(body.toString()) as Info)
const toldTo = (one: Party): string[] =>
  one.requests
    .filter(({ module }) => module === 'hubclientinfo')
    .map(({ method, rest }, index) => {
      const { role, status } = infosOf(one)[index]!
      return `${method} ${rest} ${role} ${status}`
    })

async function tells(one: Party, expected: readonly string[]): Promise<void> {
  await waitFor(() => toldTo(one).length >= expected.length, { what: `${expected.length} client infos` })
  expect(toldTo(one)).toEqual(expected)
}

async function list(who: Party): Promise<{ infos: Info[]; texts: string[] }> {
  const answer = await who.sends({ method: 'GET', path: LIST, from: null })
  const infos = answer.json().data as unknown as Info[]
  return { infos, texts: infos.map((one) => `${one.country_code}-${one.party_id} ${one.role} ${one.status}`) }
}

const setRoutes = (items: readonly object[]) => scene.hub.admin('/routes', { method: 'PUT', json: { items } })

describe('a party is told to the others', () => {
  it('when it is prepared, registers, falls silent, comes back and leaves (R83, R84)', async () => {
    const { hub, emsp, nsp, deaf } = scene
    const roles = [{ country_code: 'FR', party_id: 'PLN', role: 'CPO' }]
    await operate(hub, 'POST /platforms', { json: { id: 'planned', roles } })
    await tells(emsp, ['PUT /FR/PLN CPO PLANNED'])
    emsp.forget()
    nsp.forget()

    const cpo = await registered('DE-CPO', 'CPO')
    await tells(emsp, ['PUT /DE/CPO CPO CONNECTED'])
    await cpo.party.close()
    await emsp.gets('locations', { to: 'DE-CPO' })
    await tells(emsp, ['PUT /DE/CPO CPO CONNECTED', 'PUT /DE/CPO CPO OFFLINE'])
    await cpo.calls('GET', '/ocpi/versions')
    await waitFor(() => toldTo(emsp).length === 3)
    expect((await cpo.calls('DELETE', CREDENTIALS)).json().status_code).toBe(1000)
    const whole = ['CONNECTED', 'OFFLINE', 'CONNECTED', 'SUSPENDED'].map(
      (status) => `PUT /DE/CPO CPO ${status}`,
    )
    await tells(emsp, whole)
    await tells(nsp, whole)
    expect(deaf.requests).toEqual([])

    const dates = infosOf(emsp).map((info) => Date.parse(info.last_updated))
    expect(dates).toEqual(dates.toSorted((one, other) => one - other))
    for (const { headers } of emsp.requests) {
      expect(headers.authorization).toBe(`Token ${Buffer.from(emsp.tokens.outbound).toString('base64')}`)
      expect(headers['x-request-id']).toMatch(/\S/)
      expect(Object.keys(headers).filter((name) => name.startsWith('ocpi-'))).toEqual([])
    }
  })

  it('in each of its roles, the one that still works last, since they share a URL (T23)', async () => {
    const both = await registered('DE-TWO', 'CPO')
    const roles = (...names: string[]) =>
      names.map((role) => ({
        role,
        country_code: 'DE',
        party_id: 'TWO',
        business_details: { name: 'Two' },
      }))
    const credentials = (...names: string[]) => ({
      token: 'hub.shows.two',
      url: both.party.versionsUrl(),
      roles: roles(...names),
    })
    await tells(scene.emsp, ['PUT /DE/TWO CPO CONNECTED'])
    scene.emsp.forget()
    const added = await both.calls('PUT', CREDENTIALS, { json: credentials('CPO', 'EMSP') })
    expect(added.json().status_code).toBe(1000)
    await tells(scene.emsp, ['PUT /DE/TWO EMSP CONNECTED'])
    scene.emsp.forget()
    const taken = await both.calls('PUT', CREDENTIALS, { json: credentials('CPO') })
    expect(taken.json().status_code).toBe(1000)
    await tells(scene.emsp, ['PUT /DE/TWO EMSP SUSPENDED', 'PUT /DE/TWO CPO CONNECTED'])
  })

  it('but not to itself, and not again when only its tokens or endpoints change (R91, T23)', async () => {
    const cpo = await registered('DE-CPO', 'CPO')
    await tells(scene.emsp, ['PUT /DE/CPO CPO CONNECTED'])
    const before = (await list(scene.emsp)).infos
    await cpo.register('PUT')
    await registered('DE-CP2', 'CPO')
    await tells(scene.emsp, ['PUT /DE/CPO CPO CONNECTED', 'PUT /DE/CP2 CPO CONNECTED'])
    await tells(cpo.party, ['PUT /DE/CP2 CPO CONNECTED'])
    const after = (await list(scene.emsp)).infos.filter(({ party_id: id }) => id !== 'CP2')
    expect(after).toEqual(before)
  })
})

describe('routes that hide a party (R87, T38)', () => {
  const hide = { from: 'NL-EMS', to: 'DE-CPO', action: 'deny' }

  it('make it SUSPENDED for whom it is hidden from, and its status is told when it is shown again', async () => {
    const { emsp, nsp } = scene
    const cpo = await registered('DE-CPO', 'CPO')
    await tells(emsp, ['PUT /DE/CPO CPO CONNECTED'])
    await tells(nsp, ['PUT /DE/CPO CPO CONNECTED'])
    for (const one of [emsp, nsp, cpo.party]) one.forget()

    expect((await setRoutes([hide])).status).toBe(200)
    await tells(emsp, ['PUT /DE/CPO CPO SUSPENDED'])
    expect((await list(emsp)).texts).not.toContain('DE-CPO CPO CONNECTED')
    expect((await list(nsp)).texts).toContain('DE-CPO CPO CONNECTED')
    const denied = await emsp.gets('locations', { to: 'DE-CPO' })
    expect(denied.json().status_code).toBe(4001)

    expect((await setRoutes([])).status).toBe(200)
    await tells(emsp, ['PUT /DE/CPO CPO SUSPENDED', 'PUT /DE/CPO CPO CONNECTED'])
    const [hidden, shown] = infosOf(emsp).map((info) => Date.parse(info.last_updated))
    expect(shown).toBeGreaterThanOrEqual(hidden!)
    expect((await list(emsp)).texts).toContain('DE-CPO CPO CONNECTED')
    expect([toldTo(nsp), toldTo(cpo.party)]).toEqual([[], []])
  })

  it('tell of it in the status it has meanwhile, and not of what happens while it is hidden', async () => {
    const { hub, emsp, nsp } = scene
    const cpo = await registered('DE-CPO', 'CPO')
    await setRoutes([hide])
    await waitFor(() => toldTo(emsp).length === 2)
    emsp.forget()
    nsp.forget()
    await operate(hub, `POST /platforms/${cpo.party.id}/suspend`)
    await operate(hub, `POST /platforms/${cpo.party.id}/resume`)
    await cpo.party.close()
    await nsp.gets('locations', { to: 'DE-CPO' })
    await tells(
      nsp,
      ['SUSPENDED', 'CONNECTED', 'OFFLINE'].map((status) => `PUT /DE/CPO CPO ${status}`),
    )
    expect(toldTo(emsp)).toEqual([])
    await setRoutes([])
    await tells(emsp, ['PUT /DE/CPO CPO OFFLINE'])
  })

  it('say nothing when they deny a part only', async () => {
    const { emsp } = scene
    await registered('DE-CPO', 'CPO')
    await tells(emsp, ['PUT /DE/CPO CPO CONNECTED'])
    await setRoutes([{ ...hide, module: 'cdrs' }])
    await registered('DE-CP2', 'CPO')
    await tells(emsp, ['PUT /DE/CPO CPO CONNECTED', 'PUT /DE/CP2 CPO CONNECTED'])
  })
})
