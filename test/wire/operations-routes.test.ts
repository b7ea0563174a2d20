// Routes set at run time: in effect at once and on all hubs, checked like those of the file, versioned and restorable.

import { afterEach, describe, expect, it } from 'vitest'
import type { RouteRule } from '../../src/routing/rule.ts'
import { operate } from '../support/admin.ts'
import type { ConfigOverrides } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { expectFault } from '../support/expect-fault.ts'
import { startHub, stage, type Scene, type TestHub } from '../support/hub.ts'
import { inTime, timed } from '../support/in-time.ts'
import { party, type Party } from '../support/party.ts'
import { startRedis } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const FILE: RouteRule = { to: ['DE-CPO'], module: ['cdrs'], action: 'deny' }
const DENY = { from: 'NL-EMS', to: 'DE-CPO', action: 'deny' }

async function staged(overrides: ConfigOverrides = {}): Promise<Scene<{ emsp: Party; cpo: Party }>> {
  const scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO').answers('*', { json: ok([]) }) },
    { routes: [FILE], ...overrides },
  )
  closing.push(scene.close)
  return scene
}

const put = (hub: TestHub, items: readonly unknown[], headers: Record<string, string> = {}) =>
  operate(hub, 'PUT /routes', { json: { items }, headers })

describe('routes', () => {
  it('are those of the file until somebody sets some', async () => {
    const { hub } = await staged()
    const answer = await operate(hub, 'GET /routes')
    expect(answer.json).toEqual({
      items: [{ to: 'DE-CPO', module: 'cdrs', action: 'deny' }],
      source: 'file',
      version: 0,
    })
    const known = await operate(hub, 'GET /routes', {
      headers: { 'if-none-match': answer.headers.get('etag')! },
    })
    expect(known.status).toBe(304)
  })

  it('that are set stand for those of the file at once, and are shown as they were written', async () => {
    const { hub, emsp } = await staged()
    const items = [
      { ...DENY, module: ['locations', 'tariffs'] },
      { from: ['NL-*', 'BE-ABC'], method: 'GET', timeout: '90s', rate: '100/s', max_in_flight: 7 },
      { to: 'none', module: 'sessions', deliver_to: 'DE-CPO' },
    ]
    const answer = await put(hub, items)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json).toMatchObject({ items: [items[0], { ...items[1], rate: '100/1s' }, items[2]] })
    expect(answer.json).toMatchObject({ source: 'registry', version: 1, updated_by: 'admin' })
    await expectFault(hub, await emsp.gets('locations', { to: 'DE-CPO' }), 'to_denied')
    expect((await emsp.gets('cdrs', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    expect((await operate(hub, 'GET /routes')).json).toEqual(answer.json)
  })

  it('hide and show parties in HubClientInfo as they change (R87)', async () => {
    const { hub, emsp } = await staged({ routes: [] })
    const seen = async () => {
      const answer = await emsp.sends({ method: 'GET', path: '/ocpi/2.2.1/hubclientinfo', from: null })
      return (answer.json().data as unknown as unknown[]).length
    }
    expect(await seen()).toBe(1)
    await put(hub, [DENY])
    expect(await seen()).toBe(0)
    await operate(hub, 'DELETE /routes')
    expect(await seen()).toBe(1)
  })

  it.each<[unknown, string, RegExp]>([
    [{ from: 'nonsense' }, 'items.0.from', /must be a party/],
    [{ timeout: 30 }, 'items.0.timeout', /duration with its unit/],
    [{ timeout: '30' }, 'items.0.timeout', /duration with its unit/],
    [{ rate: '5 per second' }, 'items.0.rate', /as in 100/],
    [{ rate: '1000000000000000000000/s' }, 'items.0.rate', /as in 100/],
    [{ max_in_flight: 0 }, 'items.0.max_in_flight', /whole number/],
    [{ action: 'allow' }, 'items.0.action', /deny/],
    [{ action: 'deny', timeout: '5s' }, 'items.0.timeout', /means nothing/],
    [{ method: 'FETCH' }, 'items.0.method', /must be one of GET/],
    [{ colour: 'red' }, 'items.0.colour', /./],
  ])('that are wrong are refused as 400 and change nothing: %j', async (rule, parameter, message) => {
    const { hub } = await staged()
    const answer = await put(hub, [rule])
    expect(answer.status, answer.text).toBe(400)
    expect(answer.json.errors).toEqual([{ parameter, message: expect.stringMatching(message) }])
    expect((await operate(hub, 'GET /routes')).json.source).toBe('file')
  })

  it('are not overwritten by somebody who has not seen the last change', async () => {
    const { hub } = await staged()
    const seen = (await operate(hub, 'GET /routes')).headers.get('etag')!
    expect((await put(hub, [DENY], { 'if-match': seen })).status).toBe(200)
    const late = await put(hub, [], { 'if-match': seen })
    expect(late.status).toBe(412)
    expect((await operate(hub, 'DELETE /routes', { headers: { 'if-match': seen } })).status).toBe(412)
    const writers = Array.from({ length: 8 }, (_, index) => put(hub, [{ ...DENY, module: `m${index}` }]))
    const statuses = (await Promise.all(writers)).map(({ status }) => status)
    expect(statuses).toContain(200)
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true)
  })

  it('can be put back to an earlier version, as a new one, and to those of the file', async () => {
    const { hub, emsp } = await staged()
    await put(hub, [DENY])
    await put(hub, [])
    expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    const restored = await operate(hub, 'POST /routes/restore', { json: { version: 1 } })
    expect(restored.json).toMatchObject({ items: [DENY], source: 'registry', version: 3 })
    await expectFault(hub, await emsp.gets('locations', { to: 'DE-CPO' }), 'to_denied')
    const back = await operate(hub, 'DELETE /routes')
    expect(back.json).toMatchObject({ items: [{ module: 'cdrs' }], source: 'file', version: 4 })
    const { json } = await operate(hub, 'GET /routes/versions')
    expect(json.items).toMatchObject([
      { version: 4, source: 'file', updated_by: 'admin' },
      { version: 3, source: 'registry', rules: 1 },
      { version: 2, rules: 0 },
      { version: 1, rules: 1 },
    ])
    expect((await operate(hub, 'GET /routes/versions/3')).json.items).toEqual([DENY])
    expect((await operate(hub, 'POST /routes/restore', { json: { version: 99 } })).status).toBe(404)
    const audited = (await operate(hub, 'GET /audit')).json.items as { action: string; target: string }[]
    expect(audited.map(({ action, target }) => `${action} ${target}`)).toEqual([
      'routes.restore version 99',
      'routes.delete version 4',
      'routes.restore version 3',
      'routes.put version 2',
      'routes.put version 1',
    ])
  })

  it('stand after a restart', async () => {
    const directory = makeDirectory()
    closing.push(directory.remove)
    const registry = { registry: { path: directory.path } }
    const first = await startHub(registry)
    await put(first, [DENY])
    await first.close()
    const again = await startHub(registry)
    closing.push(() => again.close())
    expect((await operate(again, 'GET /routes')).json).toMatchObject({ items: [DENY], version: 1 })
  })

  it('are in effect on all hubs of a Redis within a second, and outlive a Redis that is away', async () => {
    const redis = await startRedis()
    closing.push(() => redis.end())
    const registry = { driver: 'redis', url: redis.url } as const
    const { hub, emsp, cpo } = await staged({ registry })
    const other = await startHub({ registry, platforms: hub.config.platforms, routes: [FILE] })
    closing.push(() => other.close())
    await waitFor(() => other.registry.health().loaded && hub.registry.health().loaded)
    emsp.join(other.ocpiUrl)
    const isDenied = async () =>
      (await emsp.gets('locations', { to: cpo.key })).json().data?.fault === 'to_denied'
    await inTime(1_000, async (turn) => {
      if (turn > 0) {
        expect((await put(hub, [])).status).toBe(200)
        await waitFor(async () => !(await isDenied()))
      }
      return timed(async () => {
        expect((await put(hub, [DENY])).status).toBe(200)
        await waitFor(isDenied)
      })
    })
    await redis.stop()
    const refused = await put(hub, [])
    expect([refused.status, refused.json.fault]).toEqual([503, 'store_unavailable'])
    // The journal lies in the same Redis, so the answer alone is looked at.
    expect((await emsp.gets('locations', { to: cpo.key })).json().data?.fault).toBe('to_denied')
  })
})
