// The topology of docker-compose.yml without Docker: two hub processes, one Redis, a load balancer. What one hub is
// told the other knows; what is to be done once is done once; and hubs come and go without a request being lost.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { startBalancer, type Balancer } from '../support/balancer.ts'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { inTime } from '../support/in-time.ts'
import { startLoad } from '../support/load.ts'
import { party, type Answer } from '../support/party.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { soaked } from '../support/soak.ts'
import { waitFor } from '../support/wait.ts'

/** What one hub is told, the other routes by within this time. */
const NEWS_MS = 1_000
const REQUESTS_MIN = 10_000
/** Both hubs, one after the other. */
const ROUNDS = soaked(1, 5)

const directory = makeDirectory()
const emsp = party('NL-EMS', 'EMSP')
const cpo = party('DE-CPO', 'CPO')
/** Is told of every party that changes its status. */
const watcher = party('BE-WAT', 'NSP', { modules: ['locations', 'hubclientinfo'] })
/** Stops listening. */
const gone = party('FR-GON', 'CPO')
/** Answers later than the hub stops listening. */
const slow = party('IT-SLO', 'CPO').answers('*', { json: ok([]), afterMs: 6_500 })
const cast = [emsp, cpo, watcher, gone, slow]

let redis: RedisHandle
let balancer: Balancer
let a: HubProcess
let b: HubProcess
const guests: Guest[] = []

function startHub(name: string, ports?: { ocpi: number; admin: number }): Promise<HubProcess> {
  return startHubProcess({
    directory: directory.path,
    name,
    platforms: cast.map((one) => one.platform()),
    config: {
      registry: { driver: 'redis', url: redis.url },
      liveness: { probe_after: '1h', timeout: '2s', offline_after: 3 },
      // As shipped: what the load balancer's file relies on.
      shutdown: {},
    },
    ...(ports ? { ports } : {}),
  })
}

beforeAll(async () => {
  redis = await startRedis({ appendonly: 'everysec' })
  await Promise.all(cast.map((one) => one.listen()))
  // The first one takes the lease.
  a = await startHub('a')
  await a.ready()
  b = await startHub('b')
  await b.ready()
  balancer = await startBalancer([a, b])
  emsp.join(a.ocpiUrl)
  cpo.join(b.ocpiUrl)
  cpo.answers('*', { json: ok([]) })
})
afterAll(async () => {
  await Promise.all([a?.end(), b?.end(), balancer?.close()])
  await Promise.all([...cast, ...guests.map((guest) => guest.party)].map((one) => one.close()))
  await redis?.end()
  directory.remove()
})

/** Registers a new party at `hub`. */
async function registered(hub: HubProcess, key: string): Promise<Guest> {
  const guest = await invite(hub, key, 'EMSP')
  guests.push(guest)
  await guest.register()
  return guest
}

/** Milliseconds until an answer is as wanted: until it was asked for, since a busy machine answers late. */
async function newsMs(ask: () => Promise<Answer>, isWanted: (answer: Answer) => boolean): Promise<number> {
  const start = performance.now()
  return waitFor(
    async () => {
      const asked = performance.now()
      return isWanted(await ask()) ? Math.max(1, asked - start) : undefined
    },
    { what: 'the news' },
  )
}

const succeeds = (answer: Answer): boolean => answer.json().status_code === 1000
const faultOf = (answer: Answer): unknown => answer.json().data?.fault
/** The CPO, at B, sends something to a party. */
const pushTo = (key: string) => cpo.puts('tokens', { to: key, path: '/DE/CPO/1', json: {} })
const change = (hub: HubProcess, guest: Guest, action: string) =>
  hub.admin(`/platforms/${guest.party.id}/${action}`, { method: 'POST' })

describe('what hub A is told', () => {
  let guest: Guest

  it('of a new party, hub B routes by within a second, and lets it in', async () => {
    await inTime(NEWS_MS, async (turn) => {
      guest = await registered(a, `SE-A${turn}1`)
      return newsMs(() => pushTo(guest.party.key), succeeds)
    })
    guest.join(b.ocpiUrl)
    const { key } = guest.party
    const answer = await guest.calls('GET', '/ocpi/2.2.1/sender/locations', { from: key, to: 'DE-CPO' })
    expect(succeeds(answer)).toBe(true)
  })

  it('of a suspension and its end, hub B obeys within a second', async () => {
    const push = () => pushTo(guest.party.key)
    await inTime(NEWS_MS, async () => {
      expect((await change(a, guest, 'suspend')).status).toBe(200)
      const begunMs = await newsMs(push, (answer) => !succeeds(answer))
      expect((await push()).json()).toMatchObject({
        status_code: 4003,
        data: { fault: 'to_not_connected', connection_status: 'SUSPENDED' },
      })
      expect((await change(a, guest, 'resume')).status).toBe(200)
      return Math.max(begunMs, await newsMs(push, succeeds))
    })
  })

  it('of a renewed token, hub B takes at once', async () => {
    for (const [one, other] of [a, b, a, b, a].map((hub) => [hub, hub === a ? b : a] as const)) {
      guest.join(one.ocpiUrl)
      await guest.register('PUT')
      guest.join(other.ocpiUrl)
      expect(succeeds(await guest.calls('GET', '/ocpi/2.2.1/credentials'))).toBe(true)
    }
  })

  it('by the failures of a party, OFFLINE holds at hub B within a second', async () => {
    await gone.close()
    await waitFor(async () => faultOf(await emsp.gets('locations', { to: 'FR-GON' })) === 'to_not_connected')
    const ask = () => cpo.gets('locations', { to: 'FR-GON' })
    expect(await newsMs(ask, (answer) => faultOf(answer) === 'to_not_connected')).toBeLessThan(NEWS_MS)
    expect((await ask()).json().data).toMatchObject({ connection_status: 'OFFLINE' })
  })
})

describe('a hub URL that hub A handed out', () => {
  it('takes a call-back at hub B (R76)', async () => {
    const answer = await emsp.posts('commands', {
      to: 'DE-CPO',
      path: '/UNLOCK_CONNECTOR',
      json: { response_url: `${emsp.url()}/its/own/results/7`, location_id: 'LOC1' },
    })
    expect(succeeds(answer)).toBe(true)
    const { response_url: url } = JSON.parse(cpo.last().body.toString()) as { response_url: string }
    const result = await cpo.sends({ method: 'POST', path: url, json: { result: 'ACCEPTED' } })
    expect(succeeds(result)).toBe(true)
    expect(emsp.last().url).toBe('/its/own/results/7')
  })

  it('leads to the next page at hub B (R70)', async () => {
    cpo.answers('GET locations', {
      json: ok([1]),
      headers: { Link: '</its/own/data/locations?offset=1>; rel="next"' },
    })
    const page = await emsp.gets('locations', { to: 'DE-CPO' })
    const url = /<([^>]+)>/.exec(page.headers.link ?? '')![1]!
    emsp.join(b.ocpiUrl)
    const next = await emsp.sends({ method: 'GET', path: url })
    emsp.join(a.ocpiUrl)
    expect(succeeds(next)).toBe(true)
    expect(cpo.last().url).toBe('/its/own/data/locations?offset=1')
    cpo.answers('*', { json: ok([]) })
  })

  it('leads to a stored CDR at hub B (R82)', async () => {
    emsp.answers('POST cdrs', { json: ok(), headers: { Location: `${emsp.url()}/its/own/inbox/cdrs/9` } })
    cpo.join(a.ocpiUrl)
    const stored = await cpo.posts('cdrs', { to: 'NL-EMS', json: { id: '9' } })
    cpo.join(b.ocpiUrl)
    const read = await cpo.sends({ method: 'GET', path: stored.headers.location! })
    expect(succeeds(read)).toBe(true)
    expect(emsp.last().url).toBe('/its/own/inbox/cdrs/9')
  })
})

describe('the journal', () => {
  it('shows at hub B what went wrong at hub A', async () => {
    const answer = await emsp.gets('locations', { to: 'XX-NON' })
    const { reference } = answer.json().data as { reference: string }
    const found = await waitFor(async () => {
      const { status, json } = await b.admin(`/errors/${reference}`)
      return status === 200 ? (json as { fault: string }) : undefined
    })
    expect(found.fault).toBe('to_unknown')
    const { json } = await b.admin('/errors?to=XX-NON')
    expect((json as { items: { reference: string }[] }).items.map((item) => item.reference)).toContain(
      reference,
    )
  })
})

describe('exchanges of one correlation', () => {
  it('are one story at either hub, whichever conducted them', async () => {
    const id = 'one-story'
    for (const hub of [a, b]) {
      emsp.join(hub.ocpiUrl)
      await emsp.gets('locations', { to: 'XX-NON', headers: { 'X-Correlation-ID': id } })
    }
    emsp.join(a.ocpiUrl)
    for (const hub of [a, b]) {
      const { items } = await waitFor(async () => {
        const story = (await hub.admin(`/correlations/${id}`)).json as { items?: { fault: string }[] }
        return story.items?.length === 2 ? { items: story.items } : undefined
      })
      expect(items.map((item) => item.fault)).toEqual(['to_unknown', 'to_unknown'])
    }
  })
})

describe('client infos (R83)', () => {
  let guest: Guest
  const pushes = () =>
    watcher.requests.filter(({ module, rest }) => module === 'hubclientinfo' && rest.includes('A02'))
  const told = () => pushes().map(({ body }) => (JSON.parse(body.toString()) as { status: string }).status)

  beforeAll(async () => {
    guest = await registered(a, 'SE-A02')
    await waitFor(() => pushes().some(({ body }) => body.includes('CONNECTED')), { what: 'the first push' })
  })

  it('are pushed once, not once per hub, whichever hub is told', async () => {
    watcher.forget()
    const statuses = ['SUSPENDED', 'CONNECTED', 'SUSPENDED', 'CONNECTED']
    for (const [turn, status] of statuses.entries()) {
      const hub = turn < 2 ? a : b
      expect((await change(hub, guest, status === 'SUSPENDED' ? 'suspend' : 'resume')).status).toBe(200)
      await waitFor(() => pushes().length === turn + 1, { what: `push ${turn + 1}` })
    }
    expect(told()).toEqual(statuses)
  })

  it('are pushed by another hub within 10 s when the one that did it is killed', async () => {
    a.signal('SIGKILL')
    await a.ended
    const killedAt = performance.now()
    watcher.forget()
    // Nobody holds the lease at this moment; who is the next one tells what has changed meanwhile.
    expect((await change(b, guest, 'suspend')).status).toBe(200)
    await waitFor(() => pushes().length > 0, { limitMs: 10_000, what: 'a push by hub B' })
    expect(performance.now() - killedAt).toBeLessThan(10_000)
    expect(told()).toEqual(['SUSPENDED'])
    a = await startHub('a', { ocpi: a.ocpiPort, admin: a.adminPort })
    await a.ready()
  })
})

describe('a rolling restart behind the load balancer', () => {
  it(`loses none of ${REQUESTS_MIN} requests or more`, { timeout: ROUNDS * 240_000 }, async () => {
    await balancer.ready()
    const load = startLoad(balancer.url, { from: emsp, to: 'DE-CPO', connections: 12, rate: 1_000 })
    await waitFor(() => load.done() > 500)
    for (const name of Array.from({ length: ROUNDS }, () => ['a', 'b'] as const).flat()) {
      const before = name === 'a' ? a : b
      emsp.join(before.ocpiUrl)
      slow.forget()
      const underWay = emsp.gets('locations', { to: 'IT-SLO' })
      await waitFor(() => slow.requests.length > 0)
      before.signal('SIGTERM')
      expect(await before.ended).toEqual({ code: 0, signal: null })
      expect(succeeds(await underWay)).toBe(true)
      const ports = { ocpi: before.ocpiPort, admin: before.adminPort }
      const after = await startHub(name, ports)
      if (name === 'a') a = after
      else b = after
      await after.ready()
      // The balancer has noticed when requests arrive at it.
      await waitFor(async () => (await served(after)) > 20, { what: 'traffic' })
    }
    await waitFor(() => load.done() >= REQUESTS_MIN, { limitMs: 120_000, what: 'enough requests' })
    expect(await load.stop()).toEqual([])
  })
})

/** Exchanges a hub has conducted since it started. */
async function served(hub: HubProcess): Promise<number> {
  const page = await hub.metrics()
  const counts = [...page.matchAll(/^ocpi_hub_requests_total\{[^}]*outcome="relayed"[^}]*\} (\d+)/gm)]
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}
