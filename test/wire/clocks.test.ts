// Hubs on one Redis whose clocks disagree by more than a day: what one of them dates, the others take as it was meant.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

const HOUR_MS = 3_600_000
const APART_MS = 25 * HOUR_MS
const directory = makeDirectory()
let redis: RedisHandle
let right: HubProcess
let ahead: HubProcess
let behind: HubProcess
let emsp: Guest
let cpo: Guest

/** A hub on a machine whose clock is wrong from its start on; what measures time there is right. */
async function start(name: string, aheadMs: number): Promise<HubProcess> {
  const script = `const Real = Date
    globalThis.Date = class extends Real {
      constructor(...given) { given.length === 0 ? super(Real.now() + ${aheadMs}) : super(...given) }
      static now() { return Real.now() + ${aheadMs} }
    }`
  const hub = await startHubProcess({
    directory: directory.path,
    name,
    config: { registry: { driver: 'redis', url: redis.url } },
    wrapper: ['env', `NODE_OPTIONS=--import=data:text/javascript,${encodeURIComponent(script)}`],
  })
  await hub.ready()
  return hub
}

beforeAll(async () => {
  redis = await startRedis()
  ;[right, ahead, behind] = await Promise.all([
    start('right', 0),
    start('ahead', APART_MS),
    start('behind', -APART_MS),
  ])
  emsp = await invite(right, 'NL-EMS', 'EMSP')
  cpo = await invite(right, 'DE-CPO', 'CPO')
  cpo.party.answers('*', { json: ok([]) })
  await emsp.register()
  await cpo.register()
}, 60_000)
afterAll(async () => {
  await Promise.all([right, ahead, behind].map((hub) => hub?.end()))
  await Promise.all([emsp, cpo].map((guest) => guest?.party.close()))
  await redis?.end()
  directory.remove()
})

const hubs = () => [right, ahead, behind]
const asks = (hub: HubProcess) => {
  emsp.join(hub.ocpiUrl)
  return emsp.calls('GET', '/ocpi/2.2.1/sender/tariffs', { from: 'NL-EMS', to: 'DE-CPO' })
}
const items = async (hub: HubProcess, path: string) =>
  ((await hub.admin(path)).json as { items: Record<string, unknown>[] }).items

describe('hubs whose clocks disagree', () => {
  it('are told by each of them whose clock is not that of Redis', async () => {
    const reason = async (hub: HubProcess) =>
      ((await hub.admin('/registry')).json as { reason?: string }).reason
    await waitFor(async () => (await reason(ahead)) !== undefined && (await reason(behind)) !== undefined)
    expect(await reason(ahead)).toMatch(/^the clock of this hub is 90000 s ahead of that of Redis: /)
    expect(await reason(behind)).toMatch(/^the clock of this hub is 90000 s behind that of Redis: /)
    expect(await reason(right)).toBeUndefined()
  })

  it('let the old token in beside the new one, whichever of them gave it out (T22)', async () => {
    for (const renewing of hubs()) {
      const before = emsp.token()
      emsp.join(renewing.ocpiUrl)
      await emsp.register('PUT')
      for (const hub of hubs()) {
        emsp.join(hub.ocpiUrl)
        const answer = await emsp.party.sends({
          method: 'GET',
          path: '/ocpi/2.2.1/sender/tariffs',
          to: 'DE-CPO',
          headers: { Authorization: `Token ${Buffer.from(before).toString('base64')}` },
        })
        expect(answer.json().status_code).toBe(1000)
      }
    }
  })

  it('date changes in the order in which they were made (R91)', async () => {
    const dates: number[] = []
    for (const [hub, order] of [
      [ahead, 'suspend'],
      [behind, 'resume'],
      [right, 'suspend'],
      [ahead, 'resume'],
    ] as const) {
      const { json } = await hub.admin(`/platforms/de-cpo/${order}`, { method: 'POST' })
      const { last_updated: date, status } = json as { last_updated: string; status: string }
      dates.push(Date.parse(date))
      for (const other of hubs()) {
        const is = async () => ((await other.admin('/platforms/de-cpo')).json as { status: string }).status
        await waitFor(async () => (await is()) === status)
      }
    }
    expect(dates).toEqual(dates.toSorted((one, other) => one - other))
    expect(Math.abs(dates.at(-1)! - Date.now())).toBeLessThan(HOUR_MS / 2)
  })

  it('say of a party when it was last heard by any of them', async () => {
    await asks(ahead)
    const begun = Date.now()
    await asks(behind)
    for (const hub of hubs()) {
      // One has asked, the other has answered.
      const seen = async () => {
        const parties = await items(hub, '/parties')
        return Math.min(...parties.map(({ last_seen: at }) => Date.parse(String(at))))
      }
      // What Redis's clock is taken for is a little early.
      await waitFor(async () => (await seen()) > begun - 500, { limitMs: 15_000 })
      expect(await seen()).toBeLessThan(begun + HOUR_MS / 2)
    }
  }, 30_000)

  it('let in who has logged in at one of them, and show a view whose link one of them made', async () => {
    for (const making of hubs()) {
      const page = { 'X-OCPI-Hub': 'dashboard', 'Sec-Fetch-Site': 'same-origin' }
      const login = await fetch(`${making.adminUrl}/login`, {
        method: 'POST',
        headers: { ...page, 'Content-Type': 'application/json' },
        body: JSON.stringify({ token: ADMIN_TOKEN }),
      })
      const cookie = login.headers.get('set-cookie')!.split(';')[0]!
      const link = await making.admin('/platforms/de-cpo/view-link', { method: 'POST', json: { days: 1 } })
      const { pathname } = new URL((link.json as { url: string }).url)
      for (const hub of hubs()) {
        const status = await fetch(`${hub.adminUrl}/api/v1/status`, { headers: { ...page, cookie } })
        expect(status.status).toBe(200)
        expect((await fetch(hub.ocpiUrl + pathname)).status).toBe(200)
      }
    }
  })

  it('capture until the time that was said', async () => {
    const order = { party: 'DE-CPO', module: 'tariffs', minutes: 10 }
    const { json } = await right.admin('/captures', { method: 'POST', json: order })
    const { id } = json as { id: string }
    for (const hub of hubs()) {
      await waitFor(async () => (await items(hub, '/captures'))[0]?.id === id)
      await asks(hub)
    }
    await waitFor(async () => (await items(right, '/captures'))[0]?.count === 3)
    for (const hub of hubs()) expect((await items(hub, '/captures'))[0]?.armed).toBe(true)
  })
})
