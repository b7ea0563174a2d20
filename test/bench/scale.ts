// `npm run bench:scale`: what the number of parties costs. Start, memory, building the snapshot, processor time per
// request from 10 to 10,000 parties, and requests while 200 statuses change every second.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRegistry } from '../../src/registry/create-registry.ts'
import { createMemoryStore } from '../../src/registry/memory.ts'
import { importRegistry, type RegistryBackup } from '../../src/registry/backup.ts'
import { buildRoutingTable } from '../../src/registry/routing-table.ts'
import { ADMIN_TOKEN } from '../support/config.ts'
import { SECRET } from '../support/platforms.ts'
import { startReceiver } from './contestants.ts'
import { waitFor } from '../support/wait.ts'
import {
  closedPlatforms,
  firstClosed,
  PARTIES_EACH,
  populate,
  requestBy,
  requestsOf,
  requestTo,
  type RunningHub,
  startPopulated,
} from './population.ts'
import { cpuTimeUs, start, stopAll } from './processes.ts'
import { median } from '../support/median.ts'

const { values: flags } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10,100,1000,10000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    changes: { type: 'string', default: '200' },
  },
})

const CONNECTIONS = 16
const LAG = 'nodejs_eventloop_lag_p99_seconds'
const OFFLINE = 'ocpi_hub_parties{status="OFFLINE"}'
const FEW = 10
const LEAD_SECONDS = 1
/** Requests a second while statuses change: about a third of what one core can do. */
const STEADY_RATE = 2_000
const LOAD = fileURLToPath(new URL('./peers/load.mjs', import.meta.url))

interface LoadResult {
  readonly requests: number
  readonly seconds: number
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
  readonly errors: number
}

/** `lagP99Us`: how late the hub's event loop was, by its own clock; the load shares its core with others. */
interface Steady extends LoadResult {
  readonly lagP99Us: number
}

interface Size {
  readonly parties: number
  readonly backup: RegistryBackup
  readonly hub: RunningHub
  /** Of the same ten parties at every size, and of all parties. */
  readonly requests: { readonly few: readonly string[]; readonly all: readonly string[] }
  readonly samples: { readonly few: number[]; readonly all: number[] }
}

const HEADINGS = [
  'parties',
  'platforms',
  'start ms',
  'RSS MB',
  'after load',
  'build ms',
  'rebuild ms',
  'ten ask: us',
  'ratio',
  'all ask: us',
  'ratio',
] as const

await main()

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ocpi-hub-scale-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  try {
    const receiverPort = await startReceiver()
    const sizes: Size[] = []
    for (const parties of flags.sizes.split(',').map(Number)) {
      const backup = await populate(parties, receiverPort)
      const hub = await startPopulated(backup, directory)
      sizes.push({
        parties,
        backup,
        hub,
        requests: { few: requestsOf(FEW), all: requestsOf(parties) },
        samples: { few: [], all: [] },
      })
    }
    const startMemory = sizes.map(({ hub }) => memoryMb(hub.pid))
    for (let round = -1; round < Number(flags.rounds); round++) {
      // The order turns, so that a machine that slows down slows all alike; the first round only warms up.
      for (let turn = 0; turn < sizes.length; turn++) {
        const size = sizes[(turn + Math.max(0, round)) % sizes.length]!
        for (const who of ['few', 'all'] as const) {
          const cpuUs = await cpuPerRequest(size.hub, size.requests[who])
          if (round >= 0) size.samples[who].push(cpuUs)
        }
      }
    }
    const [least] = sizes
    const rows: (readonly (string | number)[])[] = []
    for (const [index, size] of sizes.entries()) {
      const build = await snapshotBuild(size.backup)
      rows.push([
        size.parties,
        size.backup.records.length,
        size.hub.startMs.toFixed(0),
        startMemory[index]!.toFixed(0),
        memoryMb(size.hub.pid).toFixed(0),
        build.wholeMs.toFixed(2),
        build.againMs.toFixed(2),
        ...(['few', 'all'] as const).flatMap((who) => [
          median(size.samples[who]).toFixed(1),
          median(size.samples[who].map((sample, round) => sample / least!.samples[who][round]!)).toFixed(3),
        ]),
      ])
    }
    print(HEADINGS, rows)
    await changes(sizes.at(-1)!)
  } finally {
    stopAll()
  }
}

async function cpuPerRequest(hub: RunningHub, requests: readonly string[]): Promise<number> {
  const before = cpuTimeUs(hub.pid)
  const result = await load({ port: hub.port, requests, seconds: Number(flags.seconds) })
  return (cpuTimeUs(hub.pid) - before) / result.requests
}

interface LoadOrder {
  readonly port: number
  readonly requests: readonly string[]
  readonly seconds: number
  /** Requests a second; absent = as many as go. */
  readonly rate?: number
  /** OCPI status codes that are no error, with commas; absent = 1000. */
  readonly codes?: string
}

async function load({ port, requests, seconds, rate = 0, codes = '1000' }: LoadOrder): Promise<LoadResult> {
  const sizes = [port, CONNECTIONS, seconds, rate].map(String)
  const child = start('rest', [process.execPath, LOAD, ...sizes, codes], {
    stdin: Buffer.from(JSON.stringify(requests)),
  })
  const result = JSON.parse(await text(child.stdout!)) as LoadResult
  if (result.errors > 0) throw new Error(`${result.errors} requests failed`)
  return result
}

/** The whole table anew, and again with one platform changed, as after each status change: medians. */
async function snapshotBuild(backup: RegistryBackup): Promise<{ wholeMs: number; againMs: number }> {
  const store = createMemoryStore()
  await importRegistry(store, backup)
  const registry = await createRegistry(store, { secretKeys: [SECRET] })
  const platforms = [...registry.table().connections.values()].map(({ platform }) => platform)
  await registry.close()
  let table = buildRoutingTable(platforms, 1)
  const whole: number[] = []
  const again: number[] = []
  for (let turn = 0; turn < 21; turn++) {
    whole.push(timed(() => buildRoutingTable(platforms, 1)))
    const changed = platforms.with(0, { ...platforms[0]! })
    again.push(timed(() => (table = buildRoutingTable(changed, 2, table))))
  }
  return { wholeMs: median(whole), againMs: median(again) }
}

function timed(work: () => unknown): number {
  const begun = performance.now()
  work()
  return performance.now() - begun
}

/** The same steady load, without and with status changes: what they add to the slowest requests. */
async function changes(size: Size): Promise<void> {
  const perSecond = Number(flags.changes)
  const seconds = 2 * Number(flags.seconds)
  // Those whose status changes send nothing.
  const requests = requestsOf(firstClosed(size.parties) * PARTIES_EACH)
  const sweep = createSweep(size)
  const quiet: Steady[] = []
  const busy: Steady[] = []
  const changing: LoadResult[] = []

  async function steady(): Promise<Steady> {
    // Reading the lag starts it anew.
    await metric(size.hub, LAG)
    const result = await load({ port: size.hub.port, requests, seconds, rate: STEADY_RATE })
    return { ...result, lagP99Us: (await metric(size.hub, LAG)) * 1e6 }
  }

  for (let round = 0; round < Number(flags.rounds); round++) {
    quiet.push(await steady())
    const changed = sweep.run(perSecond, seconds + 2 * LEAD_SECONDS)
    // Starting a process takes time from the one that measures.
    await pause(LEAD_SECONDS * 1000)
    busy.push(await steady())
    changing.push(await changed)
  }
  await waitFor(async () => (await sweep.offline()) === sweep.expected(), { what: 'all changes of status' })
  const rateOf = (results: readonly LoadResult[]): string =>
    median(results.map((one) => one.requests / one.seconds)).toFixed(0)
  const row = (name: string, results: readonly Steady[]) => [
    name,
    rateOf(results),
    median(results.map(({ p50Us }) => p50Us)).toFixed(0),
    median(results.map(({ p99Us }) => p99Us)).toFixed(0),
    median(results.map(({ maxUs }) => maxUs)).toFixed(0),
    median(results.map(({ lagP99Us }) => lagP99Us)).toFixed(0),
  ]
  console.log(`\n${size.parties} parties, ${STEADY_RATE} requests/s`)
  print(
    ['', 'requests/s', 'p50 us', 'p99 us', 'max us', 'hub lag p99 us'],
    [row('nothing changes', quiet), row(`${rateOf(changing)} status changes/s`, busy)],
  )
}

/**
 * Platforms go OFFLINE and come back as they do in operation: a request finds nobody listening, and later the platform
 * itself asks for something. Those of the closed half go one after the other, then all of them come back, and so on.
 */
function createSweep({ hub, parties }: Size) {
  const closed = closedPlatforms(parties)
  const all = [...closed.map(requestTo), ...closed.map(requestBy)]
  let done = 0
  return {
    /** How many are to be OFFLINE after the changes so far. */
    expected: () => Math.min(done % all.length, all.length - (done % all.length)),
    offline: async () => (await metric(hub, OFFLINE)) / PARTIES_EACH,
    /** Gives the number of changes, which come whether the ones before are through or not. */
    async run(perSecond: number, seconds: number): Promise<LoadResult> {
      const from = done % all.length
      const requests = [...all.slice(from), ...all.slice(0, from)]
      const result = await load({ port: hub.port, requests, seconds, rate: perSecond, codes: '1000,4003' })
      done += result.requests
      return result
    },
  }
}

/** One sample of the hub's metrics by its name and labels; 0 while it is not there. */
async function metric(hub: RunningHub, sample: string): Promise<number> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const page = await (await fetch(`${hub.adminUrl}/metrics`, { headers })).text()
  const line = page.split('\n').find((one) => one.startsWith(`${sample} `))
  return Number(line?.slice(sample.length) ?? 0)
}

function memoryMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) / 1024
}

function print(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [headings, ...rows.map((row) => row.map(String))]
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  for (const row of cells) console.log(row.map((cell, column) => cell.padStart(widths[column]!)).join('  '))
}
