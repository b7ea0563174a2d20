// Pushes that receivers have missed: how many, since when, which objects, from whom; made from the journal at the
// start and from its new entries, and cleared when the receiver pulls the list. Bounded; asked on the way of a
// request only whether it is empty.

import type { JournalEntry } from '../journal/journal-entry.ts'
import { moduleRow } from '../ocpi/module.ts'
import type { PartyKey } from '../ocpi/party.ts'
import { type MissedPush, readMissedPush } from './missed-entry.ts'

/** What one receiver missed of one sender in one module. */
export interface MissedPushes {
  readonly receiver: PartyKey
  readonly module: string
  readonly from: PartyKey
  readonly count: number
  /** Milliseconds since the epoch. */
  readonly first: number
  readonly last: number
  /** Of the objects, the newest last; no more than `PATHS_MAX`. */
  readonly paths: readonly string[]
}

/** A receiver has read a list of a sender's objects to its end. */
export interface Pull {
  readonly receiver: PartyKey
  readonly from: PartyKey
  readonly module: string
  /** Objects changed from then on, and before then, were in the list. Milliseconds since the epoch. */
  readonly since: number
  readonly until: number
}

export interface Missed {
  readonly isEmpty: () => boolean
  /** By module and sender. */
  of(receiver: PartyKey): readonly MissedPushes[]
  count(receiver: PartyKey): number
  /** In any order; each entry once. */
  add(entries: readonly JournalEntry[]): void
  pulled(pull: Pull): void
  /** Everything before `until` was pulled, as this hub or another one has seen. */
  forget(pairs: Readonly<Record<string, number>>): void
}

export interface MissedOptions {
  /** Told when a pull has left nothing, with the pair's name and the pull's `until`: to be kept over a restart. */
  readonly onCleared?: (pair: string, until: number) => void
}

/** Paths of one receiver, module and sender; of older ones only the number is kept. */
export const PATHS_MAX = 100
/** Receivers, modules and senders together; further ones are not counted. */
const PAIRS_MAX = 10_000

interface Pair {
  /** The newest pushes, oldest first. */
  readonly pushes: { readonly path: string; readonly at: number }[]
  older: number
  /** Of the very first. */
  first: number
}

export function createMissed({ onCleared }: MissedOptions = {}): Missed {
  const receivers = new Map<PartyKey, Map<string, Pair>>()
  const cleared = new Map<string, number>()
  let size = 0

  function add(push: MissedPush): void {
    const name = pairName(push)
    if (push.at < (cleared.get(name) ?? 0)) return
    const pairs = receivers.get(push.receiver) ?? new Map<string, Pair>()
    const pair = pairs.get(name)
    if (pair) addTo(pair, push)
    else if (size < PAIRS_MAX) {
      size++
      receivers.set(push.receiver, pairs.set(name, { pushes: [push], older: 0, first: push.at }))
    }
  }

  /** Gives whether there was something and now is nothing. */
  function clear(name: string, since: number, until: number): boolean {
    const [receiver = ''] = name.split(' ', 1)
    const pairs = receivers.get(receiver)
    const pair = pairs?.get(name)
    if (!pairs || !pair || !clearIn(pair, since, until)) return false
    size--
    pairs.delete(name)
    if (pairs.size === 0) receivers.delete(receiver)
    return true
  }

  function remember(name: string, until: number): void {
    cleared.delete(name)
    cleared.set(name, until)
    if (cleared.size > PAIRS_MAX) cleared.delete(cleared.keys().next().value!)
  }

  function of(receiver: PartyKey): MissedPushes[] {
    const pairs = [...(receivers.get(receiver) ?? [])]
    return pairs
      .map(([name, pair]) => toView(name, pair))
      .sort((one, other) => (one.module + one.from < other.module + other.from ? -1 : 1))
  }

  return {
    isEmpty: () => size === 0,
    of,
    count: (receiver) => of(receiver).reduce((sum, { count }) => sum + count, 0),
    add(entries) {
      for (const entry of entries) {
        const push = readMissedPush(entry)
        if (push) add(push)
      }
    },
    pulled(pull) {
      const name = pairName({ ...pull, module: moduleRow(pull.module).id })
      if (!clear(name, pull.since, pull.until)) return
      remember(name, pull.until)
      onCleared?.(name, pull.until)
    },
    forget(known) {
      for (const [name, until] of Object.entries(known)) {
        remember(name, Math.max(until, cleared.get(name) ?? 0))
        clear(name, 0, until)
      }
    },
  }
}

function addTo(pair: Pair, { path, at }: MissedPush): void {
  pair.first = Math.min(pair.first, at)
  const place = pair.pushes.findLastIndex((push) => push.at <= at) + 1
  pair.pushes.splice(place, 0, { path, at })
  if (pair.pushes.length > PATHS_MAX) {
    pair.pushes.shift()
    pair.older++
  }
}

/** Takes out what lies in `since` .. `until`; gives whether nothing is left. */
function clearIn(pair: Pair, since: number, until: number): boolean {
  // Of the older ones only the number is known: they are in a list that goes back to the first of them.
  if (since <= pair.first && until > (pair.pushes[0]?.at ?? 0)) pair.older = 0
  const left = pair.pushes.filter(({ at }) => at < since || at >= until)
  pair.pushes.splice(0, pair.pushes.length, ...left)
  if (pair.older === 0 && left[0]) pair.first = left[0].at
  return left.length + pair.older === 0
}

function toView(name: string, { pushes, older, first }: Pair): MissedPushes {
  const [receiver, module, from] = name.split(' ') as [string, string, string]
  const last = pushes.at(-1)?.at ?? first
  const paths = [...new Set(pushes.map(({ path }) => path))]
  return { receiver, module, from, count: pushes.length + older, first, last, paths }
}

function pairName({ receiver, module, from }: Pick<MissedPush, 'receiver' | 'module' | 'from'>): string {
  return `${receiver} ${module} ${from}`
}
