// Turns rounds into the table that is printed: medians of each contestant, and medians of the ratios inside single
// rounds, because only those can be trusted on a machine that drifts.

import type { LoadResult } from './load-in-turns.ts'
import { median } from '../support/median.ts'
import { alignColumns } from './table.ts'

export interface Sample extends LoadResult {
  readonly contestant: string
  readonly cpuUsPerRequest: number
  /** Share of the proxies' core that went to anything but the proxy: other work on the machine spoils the round. */
  readonly foreignShare: number
}

export interface Measurement {
  readonly scenario: string
  readonly connections: number
  /** One map of contestant name to sample for each round. */
  readonly rounds: readonly ReadonlyMap<string, Sample>[]
}

export interface Row {
  readonly contestant: string
  readonly requestsPerSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly cpuUsPerRequest: number
  /** CPU per request divided by that of a yardstick in the same round: median over the rounds. */
  readonly ratios: Readonly<Record<string, number>>
}

/** One row per contestant; `yardsticks` are the contestants whose CPU the ratios divide by. */
export function summarize(measurement: Measurement, yardsticks: readonly string[]): Row[] {
  const { rounds } = measurement
  return [...(rounds[0]?.keys() ?? [])].map((contestant) => {
    const samples = rounds.map((round) => round.get(contestant)!)
    const ratios = yardsticks.map((yardstick) => {
      const inRound = rounds.map(
        (round) => round.get(contestant)!.cpuUsPerRequest / round.get(yardstick)!.cpuUsPerRequest,
      )
      return [yardstick, median(inRound)] as const
    })
    return {
      contestant,
      requestsPerSecond: median(samples.map((sample) => sample.requests / sample.seconds)),
      p50Us: median(samples.map((sample) => sample.p50Us)),
      p99Us: median(samples.map((sample) => sample.p99Us)),
      cpuUsPerRequest: median(samples.map((sample) => sample.cpuUsPerRequest)),
      ratios: Object.fromEntries(ratios),
    }
  })
}

/** Mean share of the proxies' core that other work took. */
export function foreignShare({ rounds }: Measurement): number {
  const shares = rounds.flatMap((round) => [...round.values()].map((sample) => sample.foreignShare))
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}

/** The rows as aligned text. */
export function toTable(title: string, rows: readonly Row[]): string {
  const yardsticks = Object.keys(rows[0]?.ratios ?? {})
  const head = [
    '',
    'requests/s',
    'p50 µs',
    'p99 µs',
    'CPU µs/request',
    ...yardsticks.map((name) => `/ ${name}`),
  ]
  const cells = rows.map((row) => [
    row.contestant,
    row.requestsPerSecond.toFixed(0),
    row.p50Us.toFixed(0),
    row.p99Us.toFixed(0),
    row.cpuUsPerRequest.toFixed(1),
    ...yardsticks.map((name) => row.ratios[name]!.toFixed(2)),
  ])
  return `\n${title}\n${alignColumns([head, ...cells])}`
}
