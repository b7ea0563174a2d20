// HubClientInfo as the platforms see it: what is pushed to whom and when, and what the list says
// (R71, R83-R91, T23, T37, T38).

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import { expectFault } from '../support/expect-fault.ts'
import { invite, type Guest } from '../support/guest.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type Party } from '../support/party.ts'
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

async function list(who: Party, query = ''): Promise<{ answer: Answer; infos: Info[]; texts: string[] }> {
  const answer = await who.sends({ method: 'GET', path: LIST + query, from: null })
  expect(answer.json().status_code).toBe(1000)
  const infos = answer.json().data as unknown as Info[]
  const texts = infos.map((one) => `${one.country_code}-${one.party_id} ${one.role} ${one.status}`)
  return { answer, infos, texts }
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

describe('the list', () => {
  it('has every party that was ever there, whatever its status, but not the own one (R86)', async () => {
    const { hub, emsp } = scene
    const roles = [{ country_code: 'FR', party_id: 'PLN', role: 'CPO' }]
    await operate(hub, 'POST /platforms', { json: { id: 'planned', roles } })
    const gone = await registered('DE-OUT', 'CPO')
    await gone.calls('DELETE', CREDENTIALS)
    const off = await registered('DE-OFF', 'CPO')
    await off.party.close()
    await scene.nsp.gets('locations', { to: 'DE-OFF' })
    await waitFor(async () => (await list(emsp)).texts.includes('DE-OFF CPO OFFLINE'))
    expect((await list(emsp)).texts.toSorted()).toEqual([
      'DE-OFF CPO OFFLINE',
      'DE-OUT CPO SUSPENDED',
      'FR-PLN CPO PLANNED',
      'NL-DEF EMSP CONNECTED',
      'NL-NSP NSP CONNECTED',
    ])
  })

  it('has the oldest first, however often they change (R71)', async () => {
    const { hub, emsp } = scene
    const order = ['NL-DEF', 'NL-NSP', 'SE-ZZZ', 'BE-MMM', 'AT-AAA']
    for (const key of order.slice(2)) await registered(key, 'CPO')
    const keys = async () => (await list(emsp)).infos.map((one) => `${one.country_code}-${one.party_id}`)
    expect(await keys()).toEqual(order)
    for (const action of ['suspend', 'resume']) await operate(hub, `POST /platforms/se-zzz/${action}`)
    const { infos } = await list(emsp)
    const changed = infos.find((one) => one.party_id === 'ZZZ')!
    expect(infos.every((one) => one.last_updated <= changed.last_updated)).toBe(true)
    expect(await keys()).toEqual(order)
  })

  it('takes date_from as inclusive and date_to as exclusive, to the millisecond, in every form (R68, R86, R110)', async () => {
    const { emsp } = scene
    await registered('DE-CPO', 'CPO')
    const { infos } = await list(emsp)
    const { last_updated: instant } = infos.find((one) => one.party_id === 'CPO')!
    const next = new Date(Date.parse(instant) + 1).toISOString()
    const has = async (query: string) => (await list(emsp, query)).texts.includes('DE-CPO CPO CONNECTED')
    expect(await has(`?date_from=${instant}`)).toBe(true)
    expect(await has(`?date_from=${instant.slice(0, -1)}`)).toBe(true)
    expect(await has(`?date_from=${next}`)).toBe(false)
    expect(await has(`?date_to=${instant}`)).toBe(false)
    expect(await has(`?date_to=${next}`)).toBe(true)
    expect(await has(`?date_from=${instant}&date_to=${next}`)).toBe(true)
    const offset = await emsp.sends({
      method: 'GET',
      path: `${LIST}?date_from=2026-01-01T00:00:00%2B00:00`,
      from: null,
    })
    await expectFault(scene.hub, offset, 'query_invalid', { routed: false })
  })

  it('can be read party by party: limit=1 (R69, R86)', async () => {
    const { emsp } = scene
    for (const key of ['DE-CPO', 'DE-CP2']) await registered(key, 'CPO')
    const whole = (await list(emsp)).texts
    const seen: string[] = []
    let query: string | undefined = '?limit=1&date_from=2020-01-01T00:00:00Z'
    while (query !== undefined) {
      const { answer, texts } = await list(emsp, query)
      expect(answer.headers['x-total-count']).toBe(String(whole.length))
      expect(Number(answer.headers['x-limit'])).toBeGreaterThanOrEqual(1)
      seen.push(...texts)
      const next: string | undefined = /<([^>]+)>; *rel="next"/.exec(answer.headers.link ?? '')?.[1]
      if (next) expect(next).toContain('date_from=2020')
      query = next && new URL(next).search
    }
    expect(seen).toEqual(whole)
    const { answer, infos } = await list(emsp, '?date_from=2099-01-01T00:00:00Z')
    expect([infos, answer.headers['x-total-count']]).toEqual([[], '0'])
    expect(answer.headers).not.toHaveProperty('link')
  })
})
