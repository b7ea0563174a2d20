// The two charts of the overview: requests per second, and what failed per minute by whose side must act.

import { useMemo } from 'preact/hooks'
import type { Traffic, TrafficKind } from '../api/types.ts'
import { Chart, type Line } from '../parts/chart.tsx'

const HOUR_SECONDS = 3600
const MINUTE_SECONDS = 60

const FAILED: readonly TrafficKind[] = ['relayed_error', 'fault_requester', 'fault_responder', 'fault_hub']

export function TrafficChart({ traffic }: { traffic: Traffic }) {
  const { times, lines } = useMemo(() => {
    const { bucket_seconds: seconds, counts } = traffic
    const perSecond = (kinds: readonly TrafficKind[]) =>
      wholeHour(
        counts.relayed.map(
          (_, bucket) => kinds.reduce((sum, kind) => sum + (counts[kind][bucket] ?? 0), 0) / seconds,
        ),
        seconds,
      )
    const made: Line[] = [
      {
        label: 'answered 1xxx',
        color: '--accent',
        fill: '--accent-fill',
        values: perSecond(['relayed', 'answered']),
      },
      { label: 'anything else', color: '--text', dash: [4, 3], values: perSecond(FAILED) },
    ]
    return { times: timesOf(traffic, counts.relayed.length, seconds), lines: made }
  }, [traffic])
  return <Chart title="Requests" unit="per second" times={times} lines={lines} />
}

export function FaultChart({ traffic }: { traffic: Traffic }) {
  const { times, lines } = useMemo(() => {
    const { counts } = traffic
    const perMinute = (kind: TrafficKind) => wholeHour(byMinute(traffic, counts[kind]), MINUTE_SECONDS)
    const made: Line[] = [
      { label: 'responder', color: '--responder', values: perMinute('fault_responder') },
      { label: 'requester', color: '--requester', dash: [7, 3], values: perMinute('fault_requester') },
      { label: 'hub', color: '--hub', dash: [2, 2], values: perMinute('fault_hub') },
      {
        label: "party's own answer",
        color: '--text-quiet',
        dash: [9, 3, 2, 3],
        values: perMinute('relayed_error'),
      },
    ]
    const minutes = byMinute(traffic, counts.relayed).length
    return { times: timesOf(traffic, minutes, MINUTE_SECONDS), lines: made }
  }, [traffic])
  return <Chart title="Not 1xxx, by side" unit="per minute" times={times} lines={lines} />
}

/** Times of a whole hour that ends with the last of `length` steps; seconds since the epoch. */
function timesOf({ start }: Traffic, length: number, seconds: number): number[] {
  const first = Math.floor(Date.parse(start) / 1000 / seconds)
  const last = first + length - 1
  const steps = HOUR_SECONDS / seconds
  return Array.from({ length: steps }, (_, index) => (last - steps + 1 + index) * seconds)
}

/** The values as the end of a whole hour, so that a hub that has just started does not look like a busy one. */
function wholeHour(values: readonly number[], seconds: number): (number | null)[] {
  const steps = HOUR_SECONDS / seconds
  const unknown = Array.from({ length: Math.max(0, steps - values.length) }, () => null)
  return [...unknown, ...values.slice(-steps)]
}

/** Sums of whole minutes of the clock. */
function byMinute({ start, bucket_seconds: seconds }: Traffic, values: readonly number[]): number[] {
  const first = Date.parse(start) / 1000
  const firstMinute = Math.floor(first / MINUTE_SECONDS)
  const sums: number[] = []
  for (const [bucket, value] of values.entries()) {
    const minute = Math.floor((first + bucket * seconds) / MINUTE_SECONDS) - firstMinute
    sums[minute] = (sums[minute] ?? 0) + value
  }
  return sums
}
