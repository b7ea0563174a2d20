// What the slowest requests of several rounds took together, and how much of a difference between two kinds of rounds
// is chance: single rounds of some thousand requests have a few dozen slowest ones, and one stall of the machine is
// more than that.

const RESAMPLES = 1000
const CERTAIN = 0.95

/** Times in microseconds, ascending; one list for each round. */
export type Rounds = readonly (readonly number[])[]

/** The least time that `part` of the requests of all rounds do not exceed; 0 of no requests. */
export function pooledQuantile(rounds: Rounds, part: number): number {
  const wanted = Math.ceil(rounds.reduce((sum, times) => sum + times.length, 0) * part)
  let [below, above] = [-1, Math.max(0, ...rounds.map((times) => times.at(-1) ?? 0))]
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2)
    const reached = rounds.reduce((sum, times) => sum + countUpTo(times, middle), 0)
    if (reached >= wanted) above = middle
    else below = middle
  }
  return above
}

export interface Ratio {
  readonly ratio: number
  /** With other rounds of the same machine it lies between these 95 times of 100. */
  readonly from: number
  readonly to: number
}

/**
 * The quantile of some rounds by that of as many others, the n-th of which were measured one after the other; the
 * interval by the bootstrap over pairs of rounds (Efron, percentiles).
 */
export function ratioOfQuantiles(ones: Rounds, others: Rounds, part: number): Ratio {
  const ratioOf = (rounds: readonly number[]): number =>
    pooledQuantile(
      rounds.map((round) => ones[round]!),
      part,
    ) /
    pooledQuantile(
      rounds.map((round) => others[round]!),
      part,
    )
  const all = Array.from(ones.keys())
  const resampled = Array.from({ length: RESAMPLES }, () =>
    ratioOf(all.map(() => Math.floor(Math.random() * all.length))),
  ).toSorted((one, other) => one - other)
  const at = (share: number): number => resampled[Math.round(share * (RESAMPLES - 1))]!
  return { ratio: ratioOf(all), from: at((1 - CERTAIN) / 2), to: at((1 + CERTAIN) / 2) }
}

/** How many of the ascending times are not above `limit`. */
function countUpTo(times: readonly number[], limit: number): number {
  let [from, to] = [0, times.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if (times[middle]! <= limit) from = middle + 1
    else to = middle
  }
  return from
}
