// Who is there, seen from outside: failures make a party OFFLINE for everybody, any sign of life brings it back,
// others are told with ClientInfos, and endpoints that nobody listed are found.

import { afterEach, describe, expect, it } from 'vitest'
import type { HubConfig } from '../../src/config/hub-config.ts'
import { ok } from '../support/envelopes.ts'
import { expectFault } from '../support/expect-fault.ts'
import { invite } from '../support/guest.ts'
import { stage, startHub, type Scene, type TestHub } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { NEVER } from '../support/party-server.ts'
import { waitFor } from '../support/wait.ts'

const LIVENESS: HubConfig['liveness'] = { probeAfterMs: 3_600_000, timeoutMs: 300, offlineAfter: 3 }

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function staged(
  overrides: Parameters<typeof stage>[1] = {},
): Promise<Scene<Record<'emsp' | 'cpo' | 'other', Party>>> {
  const scene = await stage(
    {
      emsp: party('NL-EMS', 'EMSP', { modules: ['locations', 'hubclientinfo'] }),
      cpo: party('DE-CPO', 'CPO', { modules: ['locations', 'hubclientinfo'] }),
      other: party('NL-NSP', 'NSP', { modules: ['hubclientinfo'] }),
    },
    { liveness: LIVENESS, ...overrides },
  )
  closing.push(() => scene.close())
  return scene
}

const statusOf = (hub: TestHub, id: string) => hub.registry.table().connections.get(id)?.platform.status
const becomes = (hub: TestHub, id: string, status: string) =>
  waitFor(() => statusOf(hub, id) === status, { what: `${id} ${status}` })
const infosAt = (one: Party) =>
  one.requests
    .filter((request) => request.module === 'hubclientinfo')
    .map(({ method, rest, body }) => {
      const { party_id, role, status } = JSON.parse(body.toString()) as Record<string, string>
      return `${method} ${rest} ${party_id} ${role} ${status}`
    })

describe('a party that stops answering', () => {
  it('is OFFLINE after as many refused connections as are set: then nothing is sent any more (R83, T20)', async () => {
    const { hub, emsp, cpo } = await staged()
    await cpo.close()
    for (let count = 0; count < 3; count++) {
      await expectFault(hub, await emsp.gets('locations', { to: 'DE-CPO' }), 'connection_refused')
    }
    await becomes(hub, 'de-cpo', 'OFFLINE')
    const answer = await emsp.gets('locations', { to: 'DE-CPO' })
    await expectFault(hub, answer, 'to_not_connected')
    expect(answer.json().data).toMatchObject({ connection_status: 'OFFLINE' })
  })

  it('is told to all others as OFFLINE and, after any request of its own, as CONNECTED (R83, R84, T20, T23)', async () => {
    const { hub, emsp, cpo, other } = await staged()
    await cpo.close()
    for (let count = 0; count < 3; count++) await emsp.gets('locations', { to: 'DE-CPO' })
    const offline = 'PUT /DE/CPO CPO CPO OFFLINE'
    await waitFor(() => infosAt(emsp).length === 1 && infosAt(other).length === 1, { what: 'two pushes' })
    await cpo.sends({ method: 'GET', path: '/ocpi/versions', from: null })
    await waitFor(() => infosAt(emsp).length === 2 && infosAt(other).length === 2, {
      what: 'two more pushes',
    })
    const expected = [offline, 'PUT /DE/CPO CPO CPO CONNECTED']
    expect([infosAt(emsp), infosAt(other), infosAt(cpo)]).toEqual([expected, expected, []])
    expect(other.last().headers).not.toHaveProperty('ocpi-to-party-id')
    expect(statusOf(hub, 'de-cpo')).toBe('CONNECTED')
  })

  it('comes back by a probe of the hub (R88, T20)', async () => {
    const { hub, cpo } = await staged({ liveness: { ...LIVENESS, probeAfterMs: 200 } })
    cpo.answers('/', { status: 503, body: '' })
    await becomes(hub, 'de-cpo', 'OFFLINE')
    expect(cpo.asked.length).toBeGreaterThanOrEqual(3)
    cpo.answers('/', { json: ok([]) })
    await becomes(hub, 'de-cpo', 'CONNECTED')
  })
})

describe('a party that is merely slow or busy', () => {
  it('stays CONNECTED when requests time out but its versions are answered (R88)', async () => {
    const { hub, emsp, cpo } = await staged({ forwarding: { timeoutMs: 150 } })
    cpo.answers('locations', NEVER)
    for (let count = 0; count < 5; count++) {
      await expectFault(hub, await emsp.gets('locations', { to: 'DE-CPO' }), 'http_response_timeout')
    }
    await waitFor(() => cpo.asked.length > 0, { what: 'a probe' })
    expect(statusOf(hub, 'de-cpo')).toBe('CONNECTED')
  })

  it("stays CONNECTED when a burst goes over the hub's own cap", async () => {
    const { hub, emsp, cpo } = await staged({ forwarding: { pendingMax: 2 } })
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    cpo.answers('locations', async () => {
      await held
      return { json: ok([]) }
    })
    const revision = hub.registry.table().revision
    const burst = Array.from({ length: 12 }, () => emsp.gets('locations', { to: 'DE-CPO' }))
    await waitFor(() => cpo.requests.length === 2)
    const refused = await Promise.race(burst)
    expect(refused.json()).toMatchObject({
      data: { fault: 'destination_unavailable', recovery: 'wait' },
      status_message: 'DE-CPO has as many requests under way as the hub allows for one platform.',
    })
    const entry = await hub.newest({ fault: 'destination_unavailable' })
    expect(entry.detail).toBe('over the cap of 2 requests in flight (limits.pending_per_platform)')
    release()
    await Promise.all(burst)
    expect([statusOf(hub, 'de-cpo'), hub.registry.table().revision]).toEqual(['CONNECTED', revision])
  })

  it("stays CONNECTED, and can register, when the hub's own cap keeps the hub from asking it", async () => {
    const { hub, emsp } = await staged({ forwarding: { pendingMax: 1 } })
    const guest = await invite(hub, 'SE-A01', 'CPO')
    closing.push(() => guest.party.close())
    await guest.register()
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    guest.party.answers('locations', async () => {
      await held
      return { json: ok([]) }
    })
    const waiting = emsp.gets('locations', { to: 'SE-A01' })
    await waitFor(() => guest.party.requests.length === 1)
    for (let count = 0; count < LIVENESS.offlineAfter; count++) {
      const { json } = await hub.admin('/platforms/se-a01/probe', { method: 'POST' })
      expect(json).toMatchObject({ ok: false, fault: 'hub_overloaded', status: 'CONNECTED' })
    }
    await expect(guest.register('PUT')).rejects.toThrow(/"hub_overloaded"/)
    release()
    await waiting
    expect(statusOf(hub, 'se-a01')).toBe('CONNECTED')
    await guest.register('PUT')
  })
})

describe('a static connection that lists no endpoints', () => {
  it('is routed to the endpoints of its version details', async () => {
    const cpo = party('DE-CPO', 'CPO').answers('locations', { json: ok([]) })
    const emsp = party('NL-EMS', 'EMSP')
    await Promise.all([cpo.listen(), emsp.listen()])
    const hub = await startHub({ platforms: [emsp.platform(), { ...cpo.platform(), endpoints: [] }] })
    closing.push(
      () => cpo.close(),
      () => emsp.close(),
      () => hub.close(),
    )
    emsp.join(hub.ocpiUrl)
    await waitFor(() => hub.registry.table().connections.get('de-cpo')?.endpoint('locations', 'SENDER'))
    expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
  })
})
