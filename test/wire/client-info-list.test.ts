// The HubClientInfo list: who is on it, in which order, by which dates, page by page (R68, R69, R71, R86, R110).

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import { makeDirectory } from '../support/directory.ts'
import { expectFault } from '../support/expect-fault.ts'
import { invite, type Guest } from '../support/guest.ts'
import { stage, startHub, type Scene } from '../support/hub.ts'
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
      emsp: party('NL-EMS', 'EMSP'),
      nsp: party('NL-NSP', 'NSP'),
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
  const guest = await invite(scene.hub, key, role, { modules: ['locations'] })
  guests.push(guest)
  await guest.register()
  return guest
}

async function list(who: Party, query = ''): Promise<{ answer: Answer; infos: Info[]; texts: string[] }> {
  const answer = await who.sends({ method: 'GET', path: LIST + query, from: null })
  expect(answer.json().status_code).toBe(1000)
  const infos = answer.json().data as unknown as Info[]
  const texts = infos.map((one) => `${one.country_code}-${one.party_id} ${one.role} ${one.status}`)
  return { answer, infos, texts }
}

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

  it('has that order after a restart as well (R71)', async () => {
    const directory = makeDirectory()
    const reader = party('NL-EMS', 'EMSP')
    await reader.listen()
    const open = async () => {
      const hub = await startHub({
        registry: { path: directory.path },
        platforms: [reader.platform()],
      })
      reader.join(hub.ocpiUrl)
      return hub
    }
    const keys = async () => (await list(reader)).infos.map((one) => one.party_id)
    const first = await open()
    for (const id of ['ZZZ', 'AAA', 'MMM']) {
      const roles = [{ country_code: 'DE', party_id: id, role: 'CPO' }]
      await operate(first, 'POST /platforms', { json: { id, roles } })
    }
    await operate(first, 'POST /platforms/ZZZ/suspend')
    expect(await keys()).toEqual(['ZZZ', 'AAA', 'MMM'])
    await first.close()
    const second = await open()
    expect(await keys()).toEqual(['ZZZ', 'AAA', 'MMM'])
    await second.close()
    await reader.close()
    directory.remove()
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
