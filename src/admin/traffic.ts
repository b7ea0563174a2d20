// Traffic of the last hour for the dashboard: counts per ten seconds and per pair of parties, in memory and bounded.
// It is one hub's own view and starts empty; what must be kept is in the journal, what must be added up in metrics.

import { FAULTS, type FaultCode } from '../faults/table.ts'
import type { Exchange } from '../journal/exchange.ts'
import { outcomeOf, type Metrics } from '../journal/metrics.ts'
import type { PartyKey } from '../ocpi/party.ts'

const BUCKET_SECONDS = 10
const BUCKET_MS = BUCKET_SECONDS * 1000
const BUCKETS = 360
/** Pairs are counted more coarsely: twelve slots of five minutes. */
const SLOT_SECONDS = 300
const SLOTS = 12
/** Pairs of parties counted at a time; further ones are not until others fall silent. */
const PAIRS_MAX = 10_000

/** How an exchange ended; faults are told apart by whose side must act. */
export const TRAFFIC_KINDS = [
  'relayed',
  'answered',
  'relayed_error',
  'fault_requester',
  'fault_responder',
  'fault_hub',
] as const
export type TrafficKind = (typeof TRAFFIC_KINDS)[number]

/** Faults whose FROM or TO is nobody the hub knows: they make no pair. */
const WITHOUT_PAIR: ReadonlySet<FaultCode> = new Set(['to_unknown', 'from_foreign'])

export interface TrafficView {
  readonly bucket_seconds: number
  /** RFC 3339: start of the first bucket; buckets before this hub started are left out. */
  readonly start: string
  /** Exchanges of each kind, one number per bucket; the last bucket is still being filled. */
  readonly counts: Readonly<Record<TrafficKind, readonly number[]>>
}

export interface PairView {
  readonly from: PartyKey
  readonly to: PartyKey
  readonly requests: number
  /** Those of them that were not answered with 1xxx. */
  readonly errors: number
}

export interface Traffic {
  /** Counts an exchange that has ended; costs two map look-ups. */
  record(exchange: Exchange): void
  view(): TrafficView
  /** Pairs of the last hour, those with the most errors first. */
  pairs(limit: number): PairView[]
}

/** Counters of one hub; `now` gives milliseconds since the epoch, `monotonic` milliseconds that never jump. */
export function createTraffic(
  now: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): Traffic {
  // Times of its own, so that nothing is lost when the clock is set; only what is shown goes by that.
  const offset = now() - monotonic()
  const time = () => monotonic() + offset
  const started = slotOf(time(), BUCKET_SECONDS)
  const buckets = createRing(BUCKETS, TRAFFIC_KINDS.length)
  const pairs = createPairs()
  return {
    record(exchange) {
      const kind = kindOf(exchange)
      const ended = time()
      buckets.add(slotOf(ended, BUCKET_SECONDS), TRAFFIC_KINDS.indexOf(kind))
      const { requester, from, to, fault } = exchange
      // Whom a request without a valid token names, nobody has looked up.
      if (requester === undefined || from === undefined || to === undefined) return
      if (fault !== undefined && WITHOUT_PAIR.has(fault)) return
      const failed = kind !== 'relayed' && kind !== 'answered'
      pairs.add({ from, to, failed, slot: slotOf(ended, SLOT_SECONDS) })
    },
    view() {
      const last = slotOf(time(), BUCKET_SECONDS)
      const first = Math.max(started, last - BUCKETS + 1)
      const setSince = Math.round((now() - time()) / BUCKET_MS)
      const slots = Array.from({ length: last - first + 1 }, (_, index) => first + index)
      const counts = TRAFFIC_KINDS.map((kind, cell) => [kind, slots.map((slot) => buckets.read(slot, cell))])
      return {
        bucket_seconds: BUCKET_SECONDS,
        start: new Date((first + setSince) * BUCKET_MS).toISOString(),
        counts: Object.fromEntries(counts) as Record<TrafficKind, number[]>,
      }
    },
    pairs: (limit) => pairs.view(slotOf(time(), SLOT_SECONDS), limit),
  }
}

/** Told of an exchange that ended at the instant `end` (`performance.now()`). */
export type Recorder = (exchange: Exchange, end: number) => void

/** The metrics, with every exchange told to others as well. */
export function countedBy(recorders: readonly Recorder[], metrics: Metrics): Metrics {
  return {
    ...metrics,
    record(exchange, end) {
      metrics.record(exchange, end)
      for (const record of recorders) record(exchange, end)
    },
  }
}

function slotOf(timeMs: number, seconds: number): number {
  return Math.floor(timeMs / (seconds * 1000))
}

function kindOf(exchange: Exchange): TrafficKind {
  const outcome = outcomeOf(exchange)
  if (outcome !== 'fault') return outcome
  const side = exchange.fault === undefined ? 'hub' : FAULTS[exchange.fault].at
  return `fault_${side}`
}

/** `cells` counters for each of the last `slots` slots of time; a slot that comes round again starts at zero. */
function createRing(slots: number, cells: number) {
  const counts = new Uint32Array(slots * cells)
  const times = new Float64Array(slots)
  return {
    add(slot: number, cell: number): void {
      const place = slot % slots
      if (times[place] !== slot) {
        times[place] = slot
        counts.fill(0, place * cells, (place + 1) * cells)
      }
      counts[place * cells + cell]! += 1
    },
    read(slot: number, cell: number): number {
      const place = slot % slots
      return times[place] === slot ? counts[place * cells + cell]! : 0
    },
  }
}

interface Pair {
  readonly ring: ReturnType<typeof createRing>
  latest: number
}

function createPairs() {
  const byFrom = new Map<PartyKey, Map<PartyKey, Pair>>()
  let size = 0
  let swept = 0

  // Once per slot, so that a flood of new pairs costs no more than one look through the old ones.
  function sweep(slot: number): void {
    if (swept === slot) return
    swept = slot
    for (const [from, byTo] of byFrom) {
      for (const [to, pair] of byTo) {
        if (pair.latest > slot - SLOTS) continue
        byTo.delete(to)
        size--
      }
      if (byTo.size === 0) byFrom.delete(from)
    }
  }

  function find(from: PartyKey, to: PartyKey, slot: number): Pair | undefined {
    const known = byFrom.get(from)?.get(to)
    if (known) return known
    if (size >= PAIRS_MAX) sweep(slot)
    if (size >= PAIRS_MAX) return undefined
    const pair = { ring: createRing(SLOTS, 2), latest: slot }
    const byTo = byFrom.get(from)
    if (byTo) byTo.set(to, pair)
    else byFrom.set(from, new Map([[to, pair]]))
    size++
    return pair
  }

  return {
    add({ from, to, failed, slot }: { from: PartyKey; to: PartyKey; failed: boolean; slot: number }): void {
      const pair = find(from, to, slot)
      if (!pair) return
      pair.latest = slot
      pair.ring.add(slot, failed ? 1 : 0)
    },
    view(slot: number, limit: number): PairView[] {
      const all: PairView[] = []
      for (const [from, byTo] of byFrom) {
        for (const [to, { ring }] of byTo) {
          let good = 0
          let errors = 0
          for (let past = slot - SLOTS + 1; past <= slot; past++) {
            good += ring.read(past, 0)
            errors += ring.read(past, 1)
          }
          if (good + errors > 0) all.push({ from, to, requests: good + errors, errors })
        }
      }
      return all
        .sort((one, other) => other.errors - one.errors || other.requests - one.requests)
        .slice(0, limit)
    },
  }
}
