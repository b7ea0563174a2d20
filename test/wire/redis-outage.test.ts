// Redis down at the start, stopped, frozen, killed or emptied under a running hub: routing goes on from memory without
// a failed request, the hub says how it stands, changes fail at once, and all is well again when Redis is back.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN } from '../support/config.ts'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { inTime } from '../support/in-time.ts'
import { startLoad } from '../support/load.ts'
import { party } from '../support/party.ts'
import { rawRequest } from '../support/raw.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { slowTunnel } from '../support/slow-tunnel.ts'
import { soaked } from '../support/soak.ts'
import { waitFor } from '../support/wait.ts'
import { cli } from '../unit/cli/run.ts'

/** Administrators are told within this time that a change was not kept. */
const REFUSED_MS = 1_000
/** Load during an outage: at least so many requests, and until it shows. */
const REQUESTS_MIN = soaked(500, 90_000)
/** What a slow Redis takes for each call. */
const SLOW_MS = 200

const emsp = party('NL-EMS', 'EMSP')
let redis: RedisHandle
let hub: TestHub
let cpo: Guest

beforeAll(async () => {
  redis = await startRedis({ appendonly: 'always' })
  await emsp.listen()
  hub = await open()
  cpo = await invite(hub, 'DE-CPO', 'CPO')
  await cpo.register()
  cpo.party.answers('*', { json: ok([]) })
})
afterAll(async () => {
  await hub.close()
  await Promise.all([emsp.close(), cpo.party.close(), redis.end()])
})

async function open(url = redis.url): Promise<TestHub> {
  const opened = await startHub({
    registry: { driver: 'redis', url },
    platforms: [emsp.platform()],
  })
  emsp.join(opened.ocpiUrl)
  return opened
}

async function readiness(base = hub.ocpiUrl): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${base}/health/ready`)
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function gauge(name: string): Promise<number> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const page = await (await fetch(`${hub.adminUrl}/metrics`, { headers })).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1])
}

const routes = async () => (await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code
const isWell = () => waitFor(async () => (await readiness()).body.status === 'ready', { what: 'a ready hub' })

/** A change of an operator's, and how long its answer took. */
async function prepare(id: string) {
  const start = performance.now()
  const { status, json } = await hub.admin('/platforms', { method: 'POST', json: { id } })
  return { status, json: json as { fault?: string }, tookMs: performance.now() - start }
}

describe('Redis down at the start', () => {
  it('lets the hub start unready, with the reason, and become ready by itself', async () => {
    await hub.close()
    await redis.stop()
    hub = await open()
    for (const url of [hub.ocpiUrl, hub.adminUrl]) {
      expect(await readiness(url)).toMatchObject({
        status: 503,
        body: { status: 'starting', checks: { registry: 'loading' } },
      })
    }
    const { json } = await hub.admin('/registry')
    expect(json).toMatchObject({
      up: false,
      loaded: false,
      reason: expect.stringContaining('Redis: ') as string,
    })
    await redis.start()
    await waitFor(async () => (await readiness()).status === 200, { what: 'readiness' })
    expect(await routes()).toBe(1000)
  })
})

describe.each([
  ['stopped', () => redis.stop(), () => redis.start()],
  ['frozen', () => redis.pause(), () => redis.resume()],
  ['killed', () => redis.kill9(), () => redis.start()],
] as const)('Redis %s', (_what, begin, end) => {
  it('costs no request, is shown, refuses changes at once, and leaves nothing behind', {
    timeout: soaked(60_000, 600_000),
  }, async () => {
    await isWell()
    const load = startLoad(hub.ocpiUrl, { from: emsp, to: 'DE-CPO', connections: 4, rate: 300 })
    await begin()
    try {
      await waitFor(async () => (await readiness()).body.status === 'degraded')
      expect((await readiness()).status).toBe(200)
      expect(await gauge('ocpi_hub_registry_up')).toBe(0)
      const staleness = await gauge('ocpi_hub_registry_staleness_seconds')
      for (const id of ['late-1', 'late-2']) {
        await inTime(REFUSED_MS, async () => {
          const refused = await prepare(id)
          expect([refused.status, refused.json.fault]).toEqual([503, 'store_unavailable'])
          return refused.tookMs
        })
      }
      await waitFor(() => load.done() > REQUESTS_MIN, { limitMs: soaked(20_000, 400_000) })
      expect(await gauge('ocpi_hub_registry_staleness_seconds')).toBeGreaterThan(staleness)
    } finally {
      await end()
    }
    await isWell()
    expect(await load.stop()).toEqual([])
    expect(await gauge('ocpi_hub_registry_up')).toBe(1)
    expect(await gauge('ocpi_hub_registry_staleness_seconds')).toBeLessThan(2)
    expect((await prepare('kept')).status).toBe(201)
    await hub.admin('/platforms/kept', { method: 'DELETE' })
    const { json } = await hub.admin('/parties')
    expect((json as { items: { address: string }[] }).items.map(({ address }) => address)).toEqual([
      'DE-CPO',
      'NL-EMS',
    ])
  })

  it('for a short while costs no journal entry', async () => {
    await isWell()
    const lost = await gauge('ocpi_hub_journal_dropped_total')
    await begin()
    let reference: string
    try {
      await waitFor(async () => (await readiness()).body.status === 'degraded')
      reference = String((await emsp.gets('locations', { to: 'DE-XXX' })).json().data!.reference)
    } finally {
      await end()
    }
    await isWell()
    await waitFor(async () => (await hub.admin(`/errors/${reference}`)).status === 200)
    expect(await gauge('ocpi_hub_journal_dropped_total')).toBe(lost)
  })
})

describe('Redis frozen while strangers ask, who do not wait', () => {
  const head = 'HTTP/1.1\r\nHost: hub\r\nAuthorization: Token d3Jvbmc=\r\n'

  it.each([
    ['GET', `GET /ocpi/versions ${head}\r\n`],
    ['POST with its body', `POST /ocpi/2.2.1/receiver/cdrs ${head}Content-Length: 2\r\n\r\n{}`],
    ['POST without its body', `POST /ocpi/2.2.1/receiver/cdrs ${head}Content-Length: 2\r\n\r\n`],
  ])('keeps nothing of them under way: %s', async (_what, bytes) => {
    await redis.pause()
    try {
      await Promise.all(Array.from({ length: 10 }, () => rawRequest(hub.ocpiUrl, bytes, { limitMs: 50 })))
      await waitFor(async () => (await gauge('ocpi_hub_in_flight')) === 0)
    } finally {
      await redis.resume()
    }
    await isWell()
    expect(await gauge('ocpi_hub_in_flight')).toBe(0)
  })
})

describe('Redis frozen under a change', () => {
  it('refuses handshakes and suspensions for good: none takes effect when Redis goes on', {
    timeout: 60_000,
  }, async () => {
    await isWell()
    const [fresh, known] = await Promise.all([invite(hub, 'FR-NEW', 'CPO'), invite(hub, 'FR-OLD', 'CPO')])
    await known.register()
    await redis.pause()
    try {
      const [posted, put, suspended] = await Promise.allSettled([
        fresh.register('POST'),
        known.register('PUT'),
        hub.admin('/platforms/de-cpo/suspend', { method: 'POST' }),
      ])
      for (const handshake of [posted, put]) {
        expect(handshake.status === 'rejected' && String(handshake.reason)).toContain('store_unavailable')
      }
      expect(suspended).toMatchObject({ value: { status: 503, json: { fault: 'store_unavailable' } } })
    } finally {
      await redis.resume()
    }
    await isWell()
    expect(await routes()).toBe(1000)
    // The tokens they had before are still theirs.
    await known.register('PUT')
    await fresh.register('POST')
    expect((await emsp.gets('locations', { to: 'FR-NEW' })).json().status_code).toBe(1000)
    for (const { party: gone } of [fresh, known]) {
      await hub.admin(`/platforms/${gone.id}`, { method: 'DELETE' })
      await gone.close()
    }
  })
})

describe('Redis slow', () => {
  it('is felt by changes alone: no request that is routed waits for it', { timeout: 60_000 }, async () => {
    await hub.close()
    const tunnel = await slowTunnel(redis.port, SLOW_MS)
    try {
      hub = await open(tunnel.url)
      await isWell()
      const load = startLoad(hub.ocpiUrl, { from: emsp, to: 'DE-CPO', connections: 4, rate: 300 })
      await waitFor(() => load.done() > 500, { limitMs: 20_000 })
      const prepared = await prepare('slowly')
      expect(prepared.status).toBe(201)
      expect(prepared.tookMs).toBeGreaterThan(SLOW_MS)
      await hub.admin('/platforms/slowly', { method: 'DELETE' })
      expect(await load.stop()).toEqual([])
      const sorted = load.latenciesMs.toSorted((one, other) => one - other)
      // Other tests may hold up this process; what waits for Redis could not be faster than it.
      expect(sorted[Math.floor(sorted.length * soaked(0.5, 0.99))]).toBeLessThan(SLOW_MS)
    } finally {
      await hub.close()
      await tunnel.close()
      hub = await open()
      await isWell()
    }
  })
})

describe('Redis emptied', () => {
  const env = () => ({ OCPI_HUB_ADMIN_URL: hub.adminUrl, OCPI_HUB_ADMIN_TOKEN: ADMIN_TOKEN })

  afterEach(async () => {
    expect(await gauge('ocpi_hub_registry_shrunk')).toBe(0)
  })

  async function emptied(): Promise<void> {
    await isWell()
    await redis.flush()
    await waitFor(async () => (await readiness()).body.status === 'degraded', { what: 'the alarm' })
    expect((await readiness()).status).toBe(200)
    expect(await gauge('ocpi_hub_registry_shrunk')).toBe(1)
    expect((await hub.admin('/registry')).json).toMatchObject({ alarm: 'registry_shrunk' })
    expect(await routes()).toBe(1000)
    const refused = await prepare('late')
    expect([refused.status, refused.json.fault]).toEqual([503, 'store_unavailable'])
    expect((await cli(['registry', 'export'], { env: env() })).err).toContain('restore them or confirm')
  }

  it('is filled again from the hub with `ocpi-hub registry restore`', async () => {
    await emptied()
    const { code, out } = await cli(['registry', 'restore'], { env: env() })
    expect([code, out]).toEqual([0, expect.not.stringContaining('alarm')])
    // What Redis holds now is enough for a hub that knows nothing else.
    await hub.close()
    hub = await open()
    expect(await routes()).toBe(1000)
  })

  it('lost hub URLs, which come back with those of a backup beside the platforms of today', async () => {
    await isWell()
    cpo.join(hub.ocpiUrl)
    await emsp.posts('commands', {
      to: 'DE-CPO',
      path: '/UNLOCK_CONNECTOR',
      json: { response_url: `${emsp.url()}/its/own/results/1`, location_id: 'LOC1' },
    })
    const { response_url: url } = JSON.parse(cpo.party.last().body.toString()) as { response_url: string }
    const callBack = async () =>
      (await cpo.calls('POST', new URL(url).pathname, { json: { result: 'ACCEPTED' } })).httpStatus
    const exported = async () =>
      JSON.parse((await cli(['registry', 'export'], { env: env() })).out) as Record<string, unknown>
    const { links } = await exported()
    await emptied()
    await cli(['registry', 'restore'], { env: env() })
    expect(await callBack()).toBe(404)
    const document = JSON.stringify({ ...(await exported()), links })
    const { code, out } = await cli(['registry', 'import', '--replace', '-'], { env: env(), input: document })
    expect([code, out]).toEqual([0, expect.stringContaining('1 link imported')])
    expect(await callBack()).toBe(200)
    expect(await routes()).toBe(1000)
  })

  it('is believed with `ocpi-hub registry confirm`', async () => {
    await emptied()
    expect((await cli(['registry', 'confirm'], { env: env() })).code).toBe(0)
    expect(await routes()).toBe(4001)
    expect((await prepare('kept')).status).toBe(201)
  })
})
