// Whether a receiver fails more than it usually does: faults of each receiver are counted, and at the end of every
// window its rate is held against what is usual for it. Pure but for the counts; one map look-up per exchange.
//
// usual = a moving average (EWMA) of the rates of earlier windows, from 0 on: a receiver is expected to work.
// It fires when at least FAULTS_MIN requests failed and the rate is above the usual one by RISE_MIN and by three
// standard deviations of a share of that many requests; it is over when it is back within half of that. While it
// fires the average follows ten times slower, so that a rate that stays becomes the usual one after some hours.
// A window with too few requests is added to the next ones, and let go after WINDOWS_MAX of them.

import { FAULT_CODES, FAULTS, type FaultCode } from '../faults/table.ts'
import type { Exchange } from '../journal/exchange.ts'

/** One judgement that changed something. */
export interface RateChange {
  readonly responder: string
  readonly status: 'firing' | 'resolved'
  readonly requests: number
  readonly faults: number
  /** Shares of requests, 0 to 1: in this window, and usually. */
  readonly rate: number
  readonly usual: number
  /** Faults of the window, most frequent first. */
  readonly byFault: readonly (readonly [fault: FaultCode, count: number])[]
}

export interface FaultRates {
  /** Counts an exchange that has ended, unless nothing was to be sent: that tells nothing of the receiver. */
  record(exchange: Pick<Exchange, 'responder' | 'fault'>): void
  /** Ends the window: judges every receiver that had enough requests. */
  judge(): RateChange[]
  /** Faults of a receiver in this window and the one before, most frequent first. */
  recent(responder: string): readonly (readonly [fault: FaultCode, count: number])[]
  /** Forgets receivers that are gone. */
  retain(isLive: (responder: string) => boolean): void
}

/** Faults that a receiver is blamed for: it, or the way to it, failed after the hub had decided to send. */
export const RECEIVER_FAULTS: ReadonlySet<FaultCode> = new Set(
  FAULT_CODES.filter((code) => {
    const { at, layer } = FAULTS[code]
    return at === 'responder' && (layer === 'transport' || layer === 'http')
  }),
)

const FAULTS_MIN = 5
const RISE_MIN = 0.1
const WINDOWS_MAX = 10
const WEIGHT = 0.1
const WEIGHT_FIRING = WEIGHT / 10

type Counts = Map<FaultCode, number>

interface Cell {
  requests: number
  faults: number
  counts: Counts
  before: Counts
  windows: number
  usual: number
  firing: boolean
}

export function createFaultRates(options: { readonly minRequests: number }): FaultRates {
  const cells = new Map<string, Cell>()

  function judgeCell(responder: string, cell: Cell): RateChange | undefined {
    const { requests, faults, usual, counts } = cell
    cell.windows++
    if (requests < options.minRequests) {
      if (cell.windows >= WINDOWS_MAX) startWindow(cell)
      return undefined
    }
    const rate = faults / requests
    const margin = Math.max(RISE_MIN, 3 * Math.sqrt((usual * (1 - usual)) / requests))
    const was = cell.firing
    if (was) cell.firing = rate - usual > margin / 2
    else cell.firing = faults >= FAULTS_MIN && rate - usual >= margin
    cell.usual += (rate - usual) * (cell.firing ? WEIGHT_FIRING : WEIGHT)
    startWindow(cell)
    if (cell.firing === was) return undefined
    const status = cell.firing ? 'firing' : 'resolved'
    return { responder, status, requests, faults, rate, usual, byFault: byFrequency(counts) }
  }

  return {
    record({ responder, fault }) {
      if (responder === undefined || (fault !== undefined && FAULTS[fault].layer === 'routing')) return
      let cell = cells.get(responder)
      if (!cell) {
        cell = newCell()
        cells.set(responder, cell)
      }
      cell.requests++
      if (fault === undefined || !RECEIVER_FAULTS.has(fault)) return
      cell.faults++
      cell.counts.set(fault, (cell.counts.get(fault) ?? 0) + 1)
    },
    judge: () => [...cells].flatMap(([responder, cell]) => judgeCell(responder, cell) ?? []),
    recent(responder) {
      const cell = cells.get(responder)
      if (!cell) return []
      const both: Counts = new Map(cell.before)
      for (const [fault, count] of cell.counts) both.set(fault, (both.get(fault) ?? 0) + count)
      return byFrequency(both)
    },
    retain(isLive) {
      for (const responder of cells.keys()) if (!isLive(responder)) cells.delete(responder)
    },
  }
}

function newCell(): Cell {
  return {
    requests: 0,
    faults: 0,
    counts: new Map(),
    before: new Map(),
    windows: 0,
    usual: 0,
    firing: false,
  }
}

function startWindow(cell: Cell): void {
  cell.before = cell.counts
  cell.counts = new Map()
  cell.requests = 0
  cell.faults = 0
  cell.windows = 0
}

function byFrequency(counts: Counts): (readonly [FaultCode, number])[] {
  return [...counts].toSorted(([, one], [, other]) => other - one)
}
