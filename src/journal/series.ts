// Counters and histograms that are cheap to feed: plain numbers behind one Map look-up, handed to prom-client
// only when it is asked for its text. prom-client's own inc and observe hash the labels on every call (0.6 µs
// each, against 0.25 and 0.04 µs here), which is too much for something done on every request.

import { Counter, Histogram, type Registry } from 'prom-client'

export interface Metric {
  /** Full name with unit, e.g. `ocpi_hub_overhead_seconds`. */
  readonly name: string
  readonly help: string
}

export interface CountSeries {
  /** Adds `count` (1) to the series of these label values, in the order of the label names. */
  add(values: readonly string[], count?: number): void
  /** The cell of a series; `cell.count += 1` is the whole cost of counting on. */
  cell(values: readonly string[]): { count: number }
}

/** A counter with these labels; the caller bounds the sets of label values. */
export function createCounts(registry: Registry, metric: Metric, labelNames: readonly string[]): CountSeries {
  const cells = new Map<string, { readonly labels: Record<string, string>; count: number }>()
  new Counter({
    ...metric,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset()
      for (const { labels, count } of cells.values()) this.inc(labels, count)
    },
  })
  function cell(values: readonly string[]): { count: number } {
    const key = values.join('\n')
    let found = cells.get(key)
    if (!found) {
      const labels = Object.fromEntries(labelNames.map((name, position) => [name, values[position] ?? '']))
      found = { labels, count: 0 }
      cells.set(key, found)
    }
    return found
  }
  if (labelNames.length === 0) cell([])
  return {
    cell,
    add: (values, count = 1) => {
      cell(values).count += count
    },
  }
}

/** One histogram series: feed it with `observe`, in the metric's unit. */
export interface Distribution {
  observe(value: number): void
}

export interface DistributionSeries {
  /** The series of one label value (`''` for a histogram without labels). */
  of(value: string): Distribution
}

interface Buckets extends Distribution {
  readonly labels: Readonly<Record<string, string>>
  /** Not cumulative; the last one is above every bound. */
  readonly counts: Float64Array
  sum(): number
}

/** A histogram with the given upper bounds and at most one label. */
export function createDistributions(
  registry: Registry,
  metric: Metric,
  options: { readonly bounds: readonly number[]; readonly labelName?: string },
): DistributionSeries {
  const { bounds, labelName } = options
  const series = new Map<string, Buckets>()
  const histogram = new Histogram({ ...metric, buckets: [...bounds], registers: [registry] })
  const read = async () => ({
    ...metric,
    type: 'histogram',
    aggregator: 'sum' as const,
    values: [...series.values()].flatMap((buckets) => toValues(metric.name, bounds, buckets)),
  })
  Object.assign(histogram, { get: read, getForPromString: read })
  function of(value: string): Buckets {
    let found = series.get(value)
    if (!found) {
      found = createBuckets(bounds, labelName === undefined ? {} : { [labelName]: value })
      series.set(value, found)
    }
    return found
  }
  if (labelName === undefined) of('')
  return { of }
}

function createBuckets(bounds: readonly number[], labels: Readonly<Record<string, string>>): Buckets {
  const counts = new Float64Array(bounds.length + 1)
  let sum = 0
  return {
    labels,
    counts,
    sum: () => sum,
    observe(value) {
      let bucket = 0
      while (bucket < bounds.length && value > bounds[bucket]!) bucket++
      counts[bucket]! += 1
      sum += value
    },
  }
}

function toValues(name: string, bounds: readonly number[], buckets: Buckets): object[] {
  const { labels, counts } = buckets
  let cumulated = 0
  const values = bounds.map((bound, position) => {
    cumulated += counts[position]!
    return { metricName: `${name}_bucket`, labels: { le: bound, ...labels }, value: cumulated }
  })
  const count = cumulated + counts[bounds.length]!
  return [
    ...values,
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
    { metricName: `${name}_sum`, labels, value: buckets.sum() },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
