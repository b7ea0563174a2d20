// Hours of ordinary operation in short: mixed traffic of which every tenth request fails, for SOAK_MINUTES. What a hub
// holds (memory, descriptors, disk) must not grow, nobody may wait for it, and nothing may fail that nobody expected.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { collectGarbage, INSPECTABLE } from '../support/collect-garbage.ts'
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
const SAMPLE_MS = 5_000
const PER_MINUTE = 60_000 / SAMPLE_MS
/** Caches fill and code is compiled meanwhile. */
const WARM_UP_MINUTES = Math.min(5, MINUTES / 3)
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
    wrapper: INSPECTABLE,
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
  await collectGarbage(hub)
  const page = await hub.metrics()
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1])
  return {
    minute: (performance.now() - start) / 60_000,
    heapBytes: value('nodejs_heap_size_used_bytes'),
    lagSeconds: value('nodejs_eventloop_lag_p99_seconds'),
  }
}

/** Bytes a minute by which the heap grew, on the straight line that fits best. */
function growth(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [x, y] = [mean(({ minute }) => minute), mean(({ heapBytes }) => heapBytes)]
  const spread = mean(({ minute }) => (minute - x) ** 2)
  return mean(({ minute, heapBytes }) => (minute - x) * (heapBytes - y)) / spread
}

const descriptors = () => readdirSync(`/proc/${hub.pid}/fd`).length
const diskBytes = () => statSync(join(directory.path, 'data', 'data.mdb')).size

it(
  `holds no more after ${MINUTES} minutes than before (R4)`,
  async () => {
    await collectGarbage(hub)
    const before = descriptors()
    // As many objects as the hub remembers the owners of would take days to push.
    const shape = { from: emsp, objects: 1_000 }
    const load = startLoad(hub.ocpiUrl, { ...shape, to: 'DE-CPO', connections: 8, rate: RATE })
    const failing = startLoad(hub.ocpiUrl, { ...shape, to: 'FR-RST', connections: 2, rate: RATE / 10 })
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
    const warm = samples.filter(({ minute }) => minute > WARM_UP_MINUTES)
    const lags = warm.map(({ lagSeconds }) => lagSeconds)
    console.log({
      requests: load.done() + failing.done(),
      heapBytesByMinute: samples.filter((_, at) => at % PER_MINUTE === 0).map(({ heapBytes }) => heapBytes),
      heapGrowthBytesPerMinute: Math.round(growth(warm)),
      memoryBytes: hub.memoryBytes(),
      lagSecondsMax: Math.max(...lags),
      diskBytes: diskBytes(),
    })
    expect(growth(warm)).toBeLessThan(GROWTH_BYTES_PER_MINUTE)
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
