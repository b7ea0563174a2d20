// The hub goes wrong: killed at any moment, started twice, out of disk. What it acknowledged is there afterwards, and
// what it cannot keep it refuses in words, while it goes on routing.

import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openEnvironment } from '../../src/journal/environment.ts'
import { importRegistry } from '../../src/registry/backup.ts'
import { createEmbeddedStore } from '../../src/registry/embedded.ts'
import { createCrowd } from '../support/crowd.ts'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { startHubProcess, type HubProcess, type HubProcessOptions } from '../support/hub-process.ts'
import { inTime, timed } from '../support/in-time.ts'
import { startLoad } from '../support/load.ts'
import { party } from '../support/party.ts'
import { smallDisk } from '../support/small-disk.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { fillRegistry } from '../support/registry-filler.ts'
import { soaked } from '../support/soak.ts'
import { pause, waitFor } from '../support/wait.ts'

const KILLS = soaked(15, 50)
/** What is kept of a journal is on the disk by then. */
const JOURNAL_LOSS_MS = 100
const emsp = party('NL-EMS', 'EMSP')
const cpo = party('DE-CPO', 'CPO')
const directory = makeDirectory()
const running: HubProcess[] = []

beforeAll(async () => {
  await Promise.all([emsp.listen(), cpo.listen()])
  cpo.answers('*', { json: ok([]) })
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((hub) => hub.end()))
})
afterAll(async () => {
  await Promise.all([emsp.close(), cpo.close()])
  directory.remove()
})

async function start(options: Partial<HubProcessOptions> & { name: string }): Promise<HubProcess> {
  const platforms = [emsp.platform(), cpo.platform()]
  const hub = await startHubProcess({ directory: directory.path, platforms, ...options })
  running.push(hub)
  emsp.join(hub.ocpiUrl)
  cpo.join(hub.ocpiUrl)
  return hub
}

describe('kill -9', () => {
  let redis: RedisHandle
  beforeAll(async () => {
    redis = await startRedis({ appendonly: 'everysec' })
  })
  afterAll(() => redis.end())

  it.each([
    ['embedded', () => ({ path: join(directory.path, 'killed') })],
    ['redis', () => ({ url: redis.url })],
  ] as const)(
    `${KILLS} times under load and registrations loses nothing that was acknowledged: %s`,
    { timeout: KILLS * 16_000 },
    async (driver, place) => {
      const crowd = createCrowd(cpo)
      const config = { registry: { driver, ...place() } }
      try {
        for (let kill = 1; kill <= KILLS; kill++) {
          const hub = await start({ name: driver, config })
          await hub.ready()
          expect(await crowd.check(hub)).toEqual([])
          const load = startLoad(hub.ocpiUrl, { from: emsp, to: 'DE-CPO', connections: 4, rate: 200 })
          const work = crowd.keepBusy(hub)
          const enough = total(crowd.counts) + 2 + Math.floor(Math.random() * 8)
          await waitFor(() => total(crowd.counts) >= enough, { what: 'changes' })
          await pause(Math.random() * 40)
          await hub.end()
          await Promise.all([load.stop(), work.stop()])
        }
        const hub = await start({ name: driver, config })
        await hub.ready()
        expect(await crowd.check(hub, { all: true })).toEqual([])
        expect(Math.min(...Object.values(crowd.counts))).toBeGreaterThan(3)
      } finally {
        await crowd.close()
      }
    },
  )
})

describe('kill -9 under errors', () => {
  it(`costs the journal what was answered in the last ${JOURNAL_LOSS_MS} ms at most`, {
    timeout: 300_000,
  }, async () => {
    const config = { registry: { path: join(directory.path, 'journal') } }
    /** How long before the kill the last answer was that the journal has kept nothing of. */
    async function lossMs(): Promise<number> {
      const hub = await start({ name: 'journal', config })
      await hub.ready()
      const told: { readonly reference: string; readonly at: number }[] = []
      while (told.length < 300) {
        const { data } = (await emsp.gets('locations', { to: 'XX-NON' })).json()
        told.push({ reference: String(data!.reference), at: performance.now() })
      }
      const killedAt = performance.now()
      await hub.end()
      const again = await start({ name: 'journal', config })
      await again.ready()
      expect(told[0]!.at).toBeLessThan(killedAt - JOURNAL_LOSS_MS)
      const found = await Promise.all(told.map(({ reference }) => again.admin(`/errors/${reference}`)))
      await again.end()
      const lost = told.filter((_, index) => found[index]!.status !== 200)
      return Math.max(0, ...lost.map(({ at }) => killedAt - at))
    }
    for (let round = 1; round <= 3; round++) await inTime(JOURNAL_LOSS_MS, lossMs)
  })
})

/** Changes of all kinds. */
function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

describe('a start', () => {
  it('with 5,000 parties takes less than two seconds of processor time, and 350 MB', {
    timeout: 120_000,
  }, async () => {
    const path = join(directory.path, 'large')
    const environment = await openEnvironment(path)
    const backup = await fillRegistry({ platforms: 1_000, partiesEach: 5 })
    expect(await importRegistry(createEmbeddedStore(environment), backup)).toBe(1_000)
    await environment.close()
    let hub!: HubProcess
    // Not wall time: other tests run beside this one. They make its own time longer as well.
    await inTime(2_000, async (turn) => {
      if (turn > 0) await hub.end()
      hub = await start({ name: 'large', config: { registry: { path } } })
      await hub.ready()
      return hub.cpuMs()
    })
    expect(hub.memoryBytes()).toBeLessThan(350e6)
    const { json } = await hub.admin('/registry')
    expect(json).toMatchObject({ platforms: 1_002 })
    await inTime(50, async () => {
      const tookMs: number[] = []
      for (let call = 0; call < 100; call++) {
        tookMs.push(await timed(async () => expect((await hub.admin('/parties?limit=100')).status).toBe(200)))
      }
      // Of those that nothing else on the machine held up.
      return tookMs.toSorted((one, other) => one - other)[soaked(50, 99)]!
    })
  })

  it('with another secret_key than that of the data is refused with what is missing', {
    timeout: 60_000,
  }, async () => {
    const path = join(directory.path, 'sealed')
    const environment = await openEnvironment(path)
    const backup = await fillRegistry({ platforms: 2, partiesEach: 1 })
    await importRegistry(createEmbeddedStore(environment), backup)
    await environment.close()
    const config = { registry: { path }, secret_key: Buffer.alloc(32, 8).toString('base64') }
    const hub = await start({ name: 'sealed', config })
    expect((await hub.ended).code).toBe(1)
    expect(hub.log()).toMatch(
      /^error: secret_key does not fit the registry: its 2 platforms are sealed with key [0-9a-f]{8}\..*platforms$/m,
    )
    expect(hub.log()).not.toContain('    at ')
  })

  it('on the data of a hub that runs is refused with the reason', { timeout: 60_000 }, async () => {
    const config = { registry: { path: join(directory.path, 'taken') } }
    const first = await start({ name: 'first', config })
    await first.ready()
    const second = await start({ name: 'second', config })
    expect((await second.ended).code).toBe(1)
    expect(second.log()).toMatch(
      new RegExp(
        `^error: registry.path .*taken is in use by another ocpi-hub \\(process ${first.pid} on`,
        'm',
      ),
    )
    expect((await first.health()).status).toBe(200)
    // Killed, it leaves nothing behind that would keep another from starting.
    await first.end()
    await (await start({ name: 'third', config })).ready()
  })
})

describe('a signal', () => {
  it('lets the hub serve on until load balancers have noticed, and a second one ends it at once', {
    timeout: 60_000,
  }, async () => {
    const hub = await start({ name: 'signals', config: { shutdown: { delay: '1m', timeout: '1m' } } })
    await hub.ready()
    hub.signal('SIGTERM')
    await waitFor(async () => (await hub.health()).status === 503)
    expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    const signalled = performance.now()
    hub.signal('SIGTERM')
    await hub.ended
    expect(performance.now() - signalled).toBeLessThan(2_000)
  })
})

describe('a data file that is cut off under a running hub', () => {
  it('ends it as a crash does, for whoever starts it anew', { timeout: 60_000 }, async () => {
    const path = join(directory.path, 'cut')
    const hub = await start({ name: 'cut', config: { registry: { path } } })
    await hub.ready()
    truncateSync(join(path, 'data.mdb'))
    void hub.admin('/platforms', { method: 'POST', json: { id: 'acme' } }).catch(() => undefined)
    expect(await hub.ended).toEqual({ code: null, signal: 'SIGBUS' })
  })
})

describe('a full disk', () => {
  it('refuses changes in words, loses no request, and is well again when there is room', {
    timeout: 60_000,
  }, async () => {
    const disk = smallDisk()
    const hub = await start({
      name: 'full',
      config: { registry: { path: disk.path } },
      wrapper: disk.wrapper,
    })
    await hub.ready()
    const load = startLoad(hub.ocpiUrl, { from: emsp, to: 'DE-CPO', connections: 2, rate: 200 })
    const prepare = (id: string) => hub.admin('/platforms', { method: 'POST', json: { id } })
    expect((await prepare('before')).status).toBe(201)
    disk.fill(hub.pid)
    const refused = await waitFor(async () => {
      const answer = await prepare(`p${performance.now()}`.replace('.', '-'))
      return answer.status === 201 ? undefined : answer
    })
    expect(refused).toMatchObject({ status: 503, json: { fault: 'store_unavailable' } })
    expect((await emsp.gets('locations', { to: 'XX-NON' })).json().status_code).toBe(4001)
    expect(await hub.metrics()).toMatch(/^ocpi_hub_registry_up 0$/m)
    await waitFor(() => load.done() > 200)
    disk.free(hub.pid)
    await waitFor(async () => /^ocpi_hub_registry_up 1$/m.test(await hub.metrics()), {
      what: 'a registry that is well',
    })
    await waitFor(async () => (await prepare('after')).status === 201, { what: 'room for a change' })
    expect(await load.stop()).toEqual([])
    expect((await hub.health()).status).toBe(200)
    await hub.end()
    disk.remove()
  })
})
