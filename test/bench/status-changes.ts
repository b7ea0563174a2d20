// A steady load of requests while the statuses of platforms change every second, and while the same requests change none.

import { setTimeout as pause } from 'node:timers/promises'
import { ADMIN_TOKEN } from '../support/config.ts'
import { median } from '../support/median.ts'
import { waitFor } from '../support/wait.ts'
import { loadInTurns, type LoadInTurnsResult } from './load-in-turns.ts'
import {
  closedPlatforms,
  firstClosed,
  PARTIES_EACH,
  requestBy,
  requestsOf,
  requestTo,
  type RunningHub,
} from './population.ts'
import { ratioOfQuantiles, pooledQuantile, type Rounds } from './slowest.ts'
import { alignColumns } from './table.ts'

const LAG = 'nodejs_eventloop_lag_p99_seconds'
const OFFLINE = 'ocpi_hub_parties{status="OFFLINE"}'
const LEAD_SECONDS = 1
const WARM_UP_SECONDS = 30

/** `lagP99Us`: how late the hub's event loop was, by its own clock; the load shares its core with others. */
interface Steady extends LoadInTurnsResult {
  /** Requests of the sweep beside it. */
  readonly besidePerSecond: number
  readonly lagP99Us: number
}

export interface Given {
  readonly parties: number
  /** One failure makes its platforms OFFLINE. */
  readonly hub: RunningHub
  /** With the same platforms, which stay as they are. */
  readonly unmoved: RunningHub
  /** Of the load, each measured for itself. */
  readonly rates: readonly number[]
  /** Changes. */
  readonly perSecond: number
  readonly seconds: number
  readonly rounds: number
}

/**
 * For each rate: the same steady load alone, beside requests that change the status of a platform each, and twice beside
 * the same requests to a hub that leaves statuses as they are: what the changes add to the slowest requests, and what
 * two measurements of the same differ by. Throws when a status is not what the requests have made of it.
 */
export async function statusChangesTables(given: Given): Promise<string> {
  const sweeps = {
    changing: createSweep(given.hub, given.parties),
    still: createSweep(given.unmoved, given.parties),
  }
  // A change runs through code that is compiled only after some thousand of them.
  await Promise.all(Object.values(sweeps).map((sweep) => sweep.run(given.perSecond, WARM_UP_SECONDS)))
  const tables: string[] = []
  for (const rate of given.rates) tables.push(await tableAt(rate, given, sweeps))
  for (const sweep of Object.values(sweeps)) {
    await waitFor(async () => (await sweep.offline()) === sweep.expected(), { what: 'all changes of status' })
  }
  return tables.join('\n\n')
}

async function tableAt(
  rate: number,
  { parties, hub, unmoved, perSecond, seconds, rounds }: Given,
  { changing, still }: Readonly<Record<'changing' | 'still', Sweep>>,
): Promise<string> {
  // Those whose status changes send nothing.
  const requests = requestsOf(firstClosed(parties) * PARTIES_EACH)

  async function steady(of: RunningHub): Promise<Steady> {
    // Reading the lag starts it anew.
    await metric(of, LAG)
    const result = await loadInTurns({ port: of.port, requests, seconds, rate })
    return { ...result, besidePerSecond: 0, lagP99Us: (await metric(of, LAG)) * 1e6 }
  }

  async function beside(sweep: Sweep, whose: RunningHub): Promise<Steady> {
    const swept = sweep.run(perSecond, seconds + 2 * LEAD_SECONDS)
    // Starting a process takes time from the one that measures.
    await pause(LEAD_SECONDS * 1000)
    const result = await steady(whose)
    const { requests: number, seconds: took } = await swept
    return { ...result, besidePerSecond: number / took }
  }

  const rows = [
    { name: 'nothing else', measure: () => steady(hub), results: [] as Steady[] },
    { name: 'such requests only', measure: () => beside(still, unmoved), results: [] as Steady[] },
    // What two measurements of the same differ by.
    { name: 'such requests again', measure: () => beside(still, unmoved), results: [] as Steady[] },
    { name: 'status changes', measure: () => beside(changing, hub), results: [] as Steady[] },
  ]
  // The first round only warms up; the order turns, so that who comes after whom is the same for all.
  for (let round = -1; round < rounds; round++) {
    for (let turn = 0; turn < rows.length; turn++) {
      const { measure, results } = rows[(turn + Math.max(0, round)) % rows.length]!
      const result = await measure()
      if (round >= 0) results.push(result)
    }
  }
  const yardsticks = rows.slice(0, 2)
  const middle = (results: readonly Steady[], of: (one: Steady) => number) =>
    median(results.map(of)).toFixed(0)
  const lines = alignColumns([
    [
      '',
      '/s',
      'requests/s',
      'p50 us',
      'p99 us',
      ...yardsticks.map(({ name }) => `/ ${name}`),
      'p99.9 us',
      'lag p99 us',
    ],
    ...rows.map(({ name, results }) => [
      name,
      middle(results, (one) => one.besidePerSecond),
      middle(results, (one) => one.requests / one.seconds),
      ...[0.5, 0.99].map((part) => pooledQuantile(timesOf(results), part)),
      ...yardsticks.map((yardstick) => ratioText(timesOf(results), timesOf(yardstick.results))),
      pooledQuantile(timesOf(results), 0.999),
      middle(results, (one) => one.lagP99Us),
    ]),
  ])
  return `${parties} parties, ${rate} requests/s; beside them, all rounds together:\n${lines}`
}

const timesOf = (results: readonly Steady[]): Rounds => results.map(({ latenciesUs }) => latenciesUs)

/** Of p99, with what chance leaves open. */
function ratioText(ones: Rounds, others: Rounds): string {
  const { ratio, from, to } = ratioOfQuantiles(ones, others, 0.99)
  return `${ratio.toFixed(2)} (${from.toFixed(2)}-${to.toFixed(2)})`
}

/**
 * Platforms go OFFLINE and come back as they do in operation: a request finds nobody listening, and later the platform
 * itself asks for something. Those of the closed half go one after the other, then all of them come back, and so on.
 */
function createSweep(hub: RunningHub, parties: number): Sweep {
  const closed = closedPlatforms(parties)
  const all = [...closed.map(requestTo), ...closed.map(requestBy)]
  let done = 0
  return {
    expected: () =>
      hub.offlineAfter === 1 ? Math.min(done % all.length, all.length - (done % all.length)) : 0,
    offline: async () => (await metric(hub, OFFLINE)) / PARTIES_EACH,
    async run(perSecond, seconds) {
      const from = done % all.length
      const requests = [...all.slice(from), ...all.slice(0, from)]
      const result = await loadInTurns({
        port: hub.port,
        requests,
        seconds,
        rate: perSecond,
        codes: '1000,4003',
      })
      done += result.requests
      return result
    },
  }
}

interface Sweep {
  /** How many platforms are to be OFFLINE after the requests so far. */
  expected(): number
  offline(): Promise<number>
  /** The requests come whether the ones before are through or not. */
  run(perSecond: number, seconds: number): Promise<LoadInTurnsResult>
}

/** One sample of the hub's metrics by its name and labels; 0 while it is not there. */
async function metric(hub: RunningHub, sample: string): Promise<number> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const page = await (await fetch(`${hub.adminUrl}/metrics`, { headers })).text()
  const line = page.split('\n').find((one) => one.startsWith(`${sample} `))
  return Number(line?.slice(sample.length) ?? 0)
}
