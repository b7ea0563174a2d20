// What routes limit, on the wire: rates per sender, requests under way per receiver, and delivering elsewhere.

import { afterEach, describe, expect, it } from 'vitest'
import type { RouteRule } from '../../src/routing/rule.ts'
import { ok } from '../support/envelopes.ts'
import { expectFault, routingOf } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

type Cast = { emsp: Party; second: Party; cpo: Party; other: Party }
let scene: Scene<Cast>
afterEach(() => scene.close())

async function staged(...routes: RouteRule[]): Promise<Scene<Cast>> {
  const cast = {
    emsp: party('NL-EMS', 'EMSP'),
    second: party('FR-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    other: party('BE-CPO', 'CPO'),
  }
  scene = await stage(cast, { routes, forwarding: { timeoutMs: 5_000 } })
  return scene
}

const SLOW = { requests: 3, perMs: 3_600_000 }

/** Answers only once let go. */
function holding(receiver: Party, where: string) {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  receiver.answers(where, async () => {
    await held
    return { json: ok([]) }
  })
  return () => release()
}

describe('hub URLs', () => {
  const put = (items: unknown[]) => scene.hub.admin('/routes', { method: 'PUT', json: { items } })

  it('go by the routes that are in effect when they are followed', async () => {
    const { hub, emsp, cpo } = await staged()
    cpo.answers('GET locations', { json: ok([1]), headers: { Link: '<?offset=1>; rel="next"' } })
    const page = await emsp.gets('locations', { to: 'DE-CPO' })
    const path = /<([^>]+)>/.exec(page.headers.link!)![1]!
    const next = () => emsp.sends({ method: 'GET', path })
    expect((await next()).json().status_code).toBe(1000)
    await put([{ from: 'NL-*', to: 'DE-CPO', module: 'locations', rate: '1/1h' }])
    expect((await next()).json().status_code).toBe(1000)
    await expectFault(hub, await next(), 'rate_limited')
    cpo.answers('GET locations', { json: ok([1]), afterMs: 2_000 })
    await put([{ to: 'DE-CPO', timeout: '200ms' }])
    await expectFault(hub, await next(), 'http_response_timeout')
    cpo.forget()
    await put([{ from: 'NL-EMS', to: 'DE-CPO', action: 'deny' }])
    await expectFault(hub, await next(), 'to_denied')
    expect(cpo.requests).toEqual([])
  })
})

describe('a rate', () => {
  it('is kept per sender; beyond it 429 with Retry-After and an envelope', async () => {
    const { hub, emsp, second, cpo } = await staged({ to: ['DE-CPO'], rate: SLOW })
    for (let count = 0; count < 3; count++) {
      expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    }
    const refused = await emsp.gets('locations', { to: 'DE-CPO' })
    await expectFault(hub, refused, 'rate_limited')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(1_000)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(1_200)
    expect(cpo.requests).toHaveLength(3)
    expect((await second.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    expect((await emsp.gets('locations', { to: 'BE-CPO' })).json().status_code).toBe(1000)
  })

  it('counts only what its route matches', async () => {
    const { emsp } = await staged(
      { module: ['locations'], method: ['GET'], timeoutMs: 1_000 },
      { rate: { requests: 1, perMs: 3_600_000 } },
    )
    for (let count = 0; count < 5; count++) {
      expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    }
    expect((await emsp.gets('tariffs', { to: 'DE-CPO' })).httpStatus).toBe(200)
    expect((await emsp.gets('tariffs', { to: 'BE-CPO' })).httpStatus).toBe(429)
  })

  it('counts a broadcast push once, however many receive it', async () => {
    const { hub, emsp, cpo, other } = await staged({
      from: ['NL-EMS'],
      rate: { requests: 2, perMs: 3_600_000 },
    })
    const push = () => emsp.puts('tokens', { to: 'hub', path: '/NL/EMS/T1', json: { uid: 'T1' } })
    expect((await push()).httpStatus).toBe(200)
    expect((await push()).httpStatus).toBe(200)
    await expectFault(hub, await push(), 'rate_limited')
    await waitFor(() => cpo.requests.length === 2 && other.requests.length === 2)
  })

  it('of one receiver refuses its part of a broadcast push, and the others get theirs', async () => {
    const { hub, emsp, cpo, other } = await staged({
      to: ['DE-CPO'],
      rate: { requests: 1, perMs: 3_600_000 },
    })
    for (let count = 0; count < 3; count++) {
      const answer = await emsp.puts('tokens', { to: 'hub', path: '/NL/EMS/T1', json: { uid: 'T1' } })
      expect(answer.json().status_code).toBe(1000)
    }
    await waitFor(() => other.requests.length === 3)
    await hub.newest({ fault: 'rate_limited', to: 'DE-CPO', mode: 'broadcast' })
    expect(cpo.requests).toHaveLength(1)
  })
})

describe('max_in_flight', () => {
  it('is kept per receiver; beyond it the answer comes at once and nothing is sent', async () => {
    const { hub, emsp, second, cpo } = await staged({ to: ['DE-*', 'BE-*'], maxInFlight: 2 })
    const release = holding(cpo, 'locations')
    const first = [emsp.gets('locations', { to: 'DE-CPO' }), second.gets('locations', { to: 'DE-CPO' })]
    await waitFor(() => cpo.requests.length === 2)
    const refused = await emsp.gets('tariffs', { to: 'DE-CPO' })
    await expectFault(hub, refused, 'destination_unavailable')
    expect(cpo.requests).toHaveLength(2)
    expect(hub.registry.table().connections.get('de-cpo')!.platform.status).toBe('CONNECTED')
    expect((await emsp.gets('tariffs', { to: 'BE-CPO' })).httpStatus).toBe(200)
    release()
    for (const answer of await Promise.all(first)) expect(answer.json().status_code).toBe(1000)
    expect((await emsp.gets('tariffs', { to: 'DE-CPO' })).json().status_code).toBe(1000)
  })

  it('gives its places back whatever becomes of a request', async () => {
    const { emsp, cpo } = await staged({ maxInFlight: 1 })
    const large = 'x'.repeat(2 * 1024 * 1024)
    cpo.answers('locations', {
      body: `{"data":["${large}"],"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`,
    })
    cpo.answers('tariffs', { cut: 'before' })
    cpo.answers('sessions', { status: 500, body: 'broken' })
    cpo.answers('cdrs', { afterMs: 50, json: ok([]) })
    for (const module of ['locations', 'tariffs', 'sessions', 'locations', 'tariffs']) {
      const answer = await emsp.gets(module, { to: 'DE-CPO' })
      expect(answer.json().data?.fault, module).not.toBe('destination_unavailable')
    }
    const stop = new AbortController()
    const gone = emsp.gets('cdrs', { to: 'DE-CPO', signal: stop.signal }).catch(() => 'gone')
    await waitFor(() => cpo.requests.some(({ module }) => module === 'cdrs'))
    stop.abort()
    expect(await gone).toBe('gone')
    await waitFor(async () => (await emsp.gets('tokens', { to: 'DE-CPO' })).json().status_code === 1000)
  })

  it('makes the pushes of a broadcast wait their turn, and none is lost', async () => {
    const { emsp, cpo } = await staged({ to: ['DE-CPO'], maxInFlight: 1 })
    const release = holding(cpo, 'tokens')
    for (let count = 0; count < 6; count++) {
      await emsp.puts('tokens', { to: 'hub', path: `/NL/EMS/T${count}`, json: { uid: `T${count}` } })
    }
    await waitFor(() => cpo.requests.length === 1)
    release()
    await waitFor(() => cpo.requests.length === 6)
    expect(new Set(cpo.requests.map(({ rest }) => rest)).size).toBe(6)
  })
})

describe('deliver_to', () => {
  it('delivers to another party and answers as the one that was addressed (contract §2)', async () => {
    const { emsp, cpo, other } = await staged({ to: ['DE-CPO'], deliverTo: 'BE-CPO' })
    const answer = await emsp.gets('locations', { to: 'DE-CPO' })
    expect(answer.json().status_code).toBe(1000)
    expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
    expect(cpo.requests).toHaveLength(0)
    expect(routingOf(other.last())).toEqual({ to: 'BE-CPO', from: 'NL-EMS' })
  })

  it('also for errors of the one that got it', async () => {
    const { hub, emsp, other } = await staged({ to: ['DE-OLD'], deliverTo: 'BE-CPO' })
    other.answers('locations', { status: 500, body: 'no envelope' })
    const answer = await emsp.gets('locations', { to: 'DE-OLD' })
    const entry = await expectFault(hub, answer, 'answer_not_ocpi', { names: 'DE-OLD' })
    expect(entry).toMatchObject({ to: 'DE-OLD', responder: 'be-cpo' })
  })

  it('gives a request without TO headers a receiver', async () => {
    const { emsp, cpo } = await staged({ to: 'none', module: ['sessions'], deliverTo: 'DE-CPO' })
    const answer = await emsp.gets('sessions', { path: '/S1' })
    expect([answer.json().status_code, routingOf(answer).from]).toEqual([1000, 'DE-CPO'])
    expect(cpo.requests).toHaveLength(1)
  })
})

describe('a denied receiver', () => {
  it('vanishes from the HubClientInfo of the sender (R87, T38), and a push to the hub can be denied by name', async () => {
    const { hub, emsp, second } = await staged(
      { from: ['NL-EMS'], to: ['DE-CPO'], action: 'deny' },
      { from: ['FR-EMS'], to: ['NL-HUB'], action: 'deny' },
    )
    const seen = async (who: Party) => {
      const answer = await who.sends({ method: 'GET', path: '/ocpi/2.2.1/hubclientinfo', from: null })
      return (answer.json().data as unknown as { party_id: string; country_code: string }[])
        .map((info) => `${info.country_code}-${info.party_id}`)
        .toSorted()
    }
    expect(await seen(emsp)).toEqual(['BE-CPO', 'FR-EMS'])
    expect(await seen(second)).toEqual(['BE-CPO', 'DE-CPO', 'NL-EMS'])
    await expectFault(hub, await emsp.gets('locations', { to: 'DE-CPO' }), 'to_denied')
    const push = { to: 'hub', path: '/FR/EMS/T1', json: { uid: 'T1' } }
    await expectFault(hub, await second.puts('tokens', push), 'to_denied', { names: 'NL-HUB' })
  })
})
