// `npm run bench:scale`: what the number of parties costs. Start, memory, building the snapshot, processor time per
// request from 10 to 10,000 parties, and requests while 200 statuses change every second.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRegistry } from '../../src/registry/create-registry.ts'
import { createMemoryStore } from '../../src/registry/memory.ts'
import { importRegistry, type RegistryBackup } from '../../src/registry/backup.ts'
import { buildRoutingTable } from '../../src/registry/routing-table.ts'
import { SECRET } from '../support/platforms.ts'
import { startReceiver } from './contestants.ts'
import { loadInTurns } from './load-in-turns.ts'
import { closedPlatforms, populate, requestsOf, type RunningHub, startPopulated } from './population.ts'
import { cpuTimeUs, stopAll } from './processes.ts'
import { median } from '../support/median.ts'
import { statusChangesTables } from './status-changes.ts'
import { alignColumns } from './table.ts'

const { values: flags } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10,100,1000,10000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    changes: { type: 'string', default: '200' },
    rates: { type: 'string', default: '500,2000' },
  },
})

const FEW = 10
/** As the configuration allows. */
const OFFLINE_AFTER_MAX = 1000

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
    console.log(alignColumns([HEADINGS, ...rows]))
    const most = sizes.at(-1)!
    // What they still do for themselves would be in the way of the last one.
    for (const { hub } of sizes.slice(0, -1)) await hub.end()
    if (closedPlatforms(most.parties).length > 0) console.log(`\n${await statusChanges(most, directory)}`)
  } finally {
    stopAll()
  }
}

async function statusChanges({ parties, backup, hub }: Size, directory: string): Promise<string> {
  return statusChangesTables({
    parties,
    hub,
    unmoved: await startPopulated(backup, directory, OFFLINE_AFTER_MAX),
    rates: flags.rates.split(',').map(Number),
    perSecond: Number(flags.changes),
    seconds: 2 * Number(flags.seconds),
    rounds: Number(flags.rounds),
  })
}

async function cpuPerRequest(hub: RunningHub, requests: readonly string[]): Promise<number> {
  const before = cpuTimeUs(hub.pid)
  const result = await loadInTurns({ port: hub.port, requests, seconds: Number(flags.seconds) })
  return (cpuTimeUs(hub.pid) - before) / result.requests
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

function memoryMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) / 1024
}
