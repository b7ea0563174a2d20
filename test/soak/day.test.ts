// Hours of ordinary operation in short: mixed traffic of which every tenth request fails, for SOAK_MINUTES. What a hub
// holds (memory, descriptors, disk) must not grow, nobody may wait for it, and nothing may fail that nobody expected.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { faultServer, type FaultServer } from '../support/fault-server.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { startLoad } from '../support/load.ts'
import { party } from '../support/party.ts'
import { SOAK_MINUTES } from '../support/soak.ts'
import { pause, waitFor } from '../support/wait.ts'

const MINUTES = SOAK_MINUTES ?? 1
const RATE = 200
const SAMPLE_MS = 2_000
const JOURNAL_MAX = 2_000
/** Bars of memory and of the event loop; a short run says less about the slope, so it may be steeper. */
const GROWTH_BYTES_PER_MINUTE = MINUTES < 10 ? 1e6 : 1e5
const LAG_SECONDS_MAX = 0.05
const DESCRIPTORS_MORE = 5

const directory = makeDirectory()
const emsp = party('NL-EMS', 'EMSP')
const cpo = party('DE-CPO', 'CPO')
let resets: FaultServer
let cast: ReturnType<typeof party>[]
let hub: HubProcess

beforeAll(async () => {
  resets = await faultServer('reset after the request')
  cast = [emsp, cpo, party('FR-RST', 'CPO', { at: resets.url })]
  await Promise.all(cast.map((one) => one.listen()))
  cpo.answers('*', { json: ok([]) })
  hub = await startHubProcess({
    directory: directory.path,
    platforms: cast.map((one) => one.platform()),
    config: { journal: { max_entries: JOURNAL_MAX } },
  })
  await hub.ready()
})
afterAll(async () => {
  await hub.end()
  await Promise.all([...cast.map((one) => one.close()), resets.close()])
  directory.remove()
})

interface Sample {
  readonly minute: number
  readonly heapBytes: number
  readonly lagSeconds: number
}

async function sample(start: number): Promise<Sample> {
  const page = await hub.metrics()
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1])
  return {
    minute: (performance.now() - start) / 60_000,
    heapBytes: value('nodejs_heap_size_used_bytes'),
    lagSeconds: value('nodejs_eventloop_lag_p99_seconds'),
  }
}

/** Bytes a minute by which the least of each minute grew: what is left after a collection. */
function growth(samples: readonly Sample[]): number {
  const least = new Map<number, number>()
  for (const { minute, heapBytes } of samples) {
    const whole = Math.floor(minute)
    least.set(whole, Math.min(least.get(whole) ?? Infinity, heapBytes))
  }
  // The first minute warms up.
  const points = [...least].slice(1)
  const mean = (of: (point: [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [x, y] = [mean(([minute]) => minute), mean(([, bytes]) => bytes)]
  const spread = points.reduce((sum, [minute]) => sum + (minute - x) ** 2, 0)
  if (spread === 0) return 0
  return points.reduce((sum, [minute, bytes]) => sum + (minute - x) * (bytes - y), 0) / spread
}

const descriptors = () => readdirSync(`/proc/${hub.pid}/fd`).length
const diskBytes = () => statSync(join(directory.path, 'data', 'data.mdb')).size

it(
  `holds no more after ${MINUTES} minutes than before (R4)`,
  async () => {
    const before = descriptors()
    const load = startLoad(hub.ocpiUrl, { from: emsp, to: 'DE-CPO', connections: 8, rate: RATE })
    const failing = startLoad(hub.ocpiUrl, { from: emsp, to: 'FR-RST', connections: 2, rate: RATE / 10 })
    const start = performance.now()
    const samples: Sample[] = []
    let fullBytes = 0
    while (performance.now() - start < MINUTES * 60_000) {
      await pause(SAMPLE_MS)
      samples.push(await sample(start))
      if (fullBytes === 0 && failing.done() > 2 * JOURNAL_MAX) fullBytes = diskBytes()
    }
    expect(await load.stop()).toEqual([])
    expect(await failing.stop()).toHaveLength(failing.done())
    const lags = samples.slice(5).map(({ lagSeconds }) => lagSeconds)
    console.log({
      requests: load.done() + failing.done(),
      heapGrowthBytesPerMinute: Math.round(growth(samples)),
      heapBytes: samples.at(-1)!.heapBytes,
      memoryBytes: hub.memoryBytes(),
      lagSecondsMax: Math.max(...lags),
      diskBytes: diskBytes(),
    })
    expect(growth(samples)).toBeLessThan(GROWTH_BYTES_PER_MINUTE)
    expect(lags.toSorted((one, other) => one - other)[Math.floor(lags.length * 0.99)]).toBeLessThan(
      LAG_SECONDS_MAX,
    )
    if (fullBytes > 0) expect(diskBytes()).toBeLessThan(2 * fullBytes)
    expect(hub.log()).not.toMatch(/unhandledRejection|uncaughtException|MaxListenersExceeded|hub_failure/)
    // Idle connections to receivers end by themselves.
    await waitFor(() => descriptors() <= before + DESCRIPTORS_MORE, {
      limitMs: 60_000,
      what: 'closed descriptors',
    })
  },
  (MINUTES + 3) * 60_000,
)
