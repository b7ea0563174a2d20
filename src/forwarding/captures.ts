// Capture on demand: bodies are never kept, unless an operator arms it for one party and module, for some minutes.
// What is armed is a setting of all hubs, so each of them takes what goes through it; what was taken is redacted,
// bounded, on one shelf for all, and gone an hour after the end.

import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { Fault } from '../faults/fault.ts'
import type { Exchange } from '../journal/exchange.ts'
import { moduleKey } from '../ocpi/module.ts'
import type { PartyKey } from '../ocpi/party.ts'
import type { LiveSetting } from '../registry/live-setting.ts'
import { type CapturedExchange, type Outcome, toCaptured, type Watched } from './captured.ts'
import type { CaptureShelf, ShelfCount } from './capture-shelf.ts'
import type { Conduct } from './conduct.ts'
import type { Relayed } from './relayed.ts'

const ORDER = z.object({
  id: z.string(),
  party: z.string(),
  module: z.string(),
  /** Name of the admin token. */
  by: z.string(),
  /** Milliseconds since the epoch. */
  since: z.number(),
  until: z.number(),
  /** Its end was told. */
  ended: z.literal(true).exactOptional(),
})

/** What is armed, or was lately. */
export const CAPTURE_ORDERS = z.array(ORDER)
export type CaptureOrder = z.infer<typeof ORDER>
export type CaptureOrders = readonly CaptureOrder[]

export interface Capture extends CaptureOrder, ShelfCount {
  readonly armed: boolean
}

/** Calls throw `Fault` `store_unavailable`. */
export interface Captures {
  isArmed(): boolean
  /** `undefined` = there are too many already. */
  arm(order: { party: PartyKey; module: string; minutes: number; by: string }): Promise<Capture | undefined>
  /** Newest first. */
  list(): Promise<readonly Capture[]>
  get(id: string): Promise<(Capture & { readonly items: readonly CapturedExchange[] }) | undefined>
  /** Ends it and forgets what it kept; `undefined` if there was none. */
  drop(id: string): Promise<Capture | undefined>
  /** The conduct, watched while something is armed. */
  watch(conduct: Conduct): Conduct
  /** The answer to one of several requests that an exchange leads to, watched alike. */
  watchLeg(answer: Promise<Relayed>, watched: Watched): Promise<Relayed>
  close(): void
}

export interface CapturesParts {
  readonly orders: LiveSetting<CaptureOrders>
  readonly shelf: CaptureShelf
  /** Told by one of the hubs when a capture has ended by itself. */
  readonly onEnd?: (capture: Capture) => void
  /** Name of this hub among others. */
  readonly hub?: string
  readonly minuteMs?: number
  /** Milliseconds since the epoch, the same for all hubs that know the orders. */
  readonly now?: () => number
}

/** Captures at a time, those that have ended and are still kept included. */
export const CAPTURES_MAX = 10
const KEPT_AFTER_MS = 3_600_000
const WRITES_MAX = 10
/** Exchanges on their way to the shelf. */
const UNDER_WAY_MAX = 100
/** After an end that could not be told. */
const AGAIN_MS = 5_000

export function createCaptures(parts: CapturesParts): Captures {
  const { orders, shelf, onEnd, hub, minuteMs = 60_000, now: clock = Date.now } = parts
  let live: CaptureOrders = []
  // Exchanges that did not get to the shelf, by this hub.
  const lost = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let underWay = 0
  let closed = false

  const all = (): CaptureOrders =>
    (orders.value() ?? []).filter(({ until }) => until + KEPT_AFTER_MS > clock())

  /** Writes what `change` makes of the orders; `undefined` = nothing is to be changed. */
  async function update(change: (now: CaptureOrders) => CaptureOrders | undefined): Promise<boolean> {
    for (let attempt = 0; attempt < WRITES_MAX; attempt++) {
      const seen = orders.version()
      const next = change(all())
      if (!next) return false
      if ((await orders.write(next, seen)) !== undefined) return true
    }
    throw new Fault('store_unavailable', { detail: 'captures are being changed by others all the time' })
  }

  /** Looks at the orders anew: what is live now, and when the next one ends. */
  function refresh(): void {
    clearTimeout(timer)
    if (closed) return
    for (const id of lost.keys()) if (!all().some((one) => one.id === id)) lost.delete(id)
    const now = clock()
    const open = all().filter(({ ended }) => !ended)
    live = open.filter(({ until }) => until > now)
    if (open.length === 0) return
    if (live.length < open.length) void tellEnds()
    const next = Math.min(...live.map(({ until }) => until))
    if (next !== Infinity) timer = setTimeout(refresh, next - now).unref()
  }

  /** Of several hubs the one whose write wins tells of an end. */
  async function tellEnds(): Promise<void> {
    let due: CaptureOrders = []
    try {
      const done = await update((now) => {
        due = now.filter(({ ended, until }) => !ended && until <= clock())
        return due.length === 0
          ? undefined
          : now.map((one) => (due.includes(one) ? { ...one, ended: true } : one))
      })
      if (done) for (const one of due) onEnd?.(await toCapture(one))
    } catch {
      clearTimeout(timer)
      if (!closed) timer = setTimeout(refresh, AGAIN_MS).unref()
    }
  }

  async function toCapture(order: CaptureOrder): Promise<Capture> {
    const armed = !order.ended && order.until > clock()
    const { kept, left } = await shelf.count(order.id)
    return { ...order, armed, kept, left: left + (lost.get(order.id) ?? 0) }
  }

  function matching({ from, to, module }: Exchange): CaptureOrders {
    if (module === undefined) return []
    const key = moduleKey(module)
    const now = clock()
    return live.filter(
      (one) => one.until > now && one.module === key && (one.party === from || one.party === to),
    )
  }

  function lose(wanted: CaptureOrders): void {
    for (const { id } of wanted) lost.set(id, (lost.get(id) ?? 0) + 1)
  }

  async function take(watched: Watched, outcome: Outcome): Promise<void> {
    const wanted = matching(watched.exchange)
    if (wanted.length === 0) return
    if (underWay >= UNDER_WAY_MAX) return lose(wanted)
    underWay++
    try {
      const taken = await toCaptured(watched, outcome)
      const exchange = hub === undefined ? taken : { ...taken, hub }
      for (const { id, until } of wanted) await shelf.put(id, exchange, until + KEPT_AFTER_MS)
    } catch {
      // A shelf that is away is told by the registry, which is in the same store.
      lose(wanted)
    } finally {
      underWay--
    }
  }

  function watched(answer: Promise<Relayed>, what: Watched): Promise<Relayed> {
    if (live.length === 0) return answer
    answer.then(
      (relayed) => take(what, { relayed }),
      (thrown: unknown) => take(what, { thrown }),
    )
    return answer
  }

  const unwatch = orders.watch(refresh)
  refresh()
  return {
    isArmed: () => live.some(({ until }) => until > clock()),
    async arm({ party, module, minutes, by }) {
      const since = clock()
      const until = since + minutes * minuteMs
      const order: CaptureOrder = { id: randomUUID(), party, module: moduleKey(module), by, since, until }
      const done = await update((now) => (now.length >= CAPTURES_MAX ? undefined : [order, ...now]))
      return done ? { ...order, armed: true, kept: 0, left: 0 } : undefined
    },
    list: () => Promise.all(all().map(toCapture)),
    async get(id) {
      const order = all().find((one) => one.id === id)
      if (!order) return undefined
      const items = await shelf.read(id)
      const sorted = items.toSorted((one, other) => Date.parse(one.time) - Date.parse(other.time))
      return { ...(await toCapture(order)), items: sorted }
    },
    async drop(id) {
      const order = all().find((one) => one.id === id)
      if (!order) return undefined
      const dropped = await toCapture(order)
      await update((now) =>
        now.some((one) => one.id === id) ? now.filter((one) => one.id !== id) : undefined,
      )
      await shelf.drop(id)
      return dropped
    },
    watch: (conduct) => ({
      decision: (decision, errand) => watched(conduct.decision(decision, errand), errand),
      link: (id, errand) => watched(conduct.link(id, errand), errand),
    }),
    watchLeg: watched,
    close() {
      closed = true
      unwatch()
      clearTimeout(timer)
      live = []
    },
  }
}
