// What has become of parties from one moment to the next, as ClientInfos to tell: who came, went, changed its status,
// or was hidden or shown by a change of the operator's routes (R83, R87, T23, T38). Pure.

import type { ClientInfo } from '../ocpi/client-info.ts'
import type { PartyKey } from '../ocpi/party.ts'
import type { Platform } from '../registry/platform.ts'
import type { PartyEntry } from '../registry/routing-table.ts'
import { toClientInfo, type Visible } from './reachable.ts'

export interface PartyNews {
  /** `NL-CPO CPO` */
  readonly key: string
  readonly info: ClientInfo
  /** As it was last seen: who may be told of it. */
  readonly entry: PartyEntry
}

type Entries = ReadonlyMap<string, PartyEntry>

/**
 * Parties that are new, in another status, or gone: those are told as SUSPENDED (R83). All roles of a party share one
 * URL at the receiver (T23), so the most useful one is told last, and again if only another one has changed.
 * `now` in milliseconds since the epoch.
 */
export function changedParties(before: Entries, after: Entries, now: number): PartyNews[] {
  const news: PartyNews[] = []
  for (const [key, entry] of after) {
    if (before.get(key)?.status !== entry.status) news.push({ key, entry, info: toClientInfo(entry) })
  }
  for (const [key, entry] of before) {
    if (after.has(key) || entry.status === 'SUSPENDED') continue
    news.push({ key, entry, info: suspended(entry, now) })
  }
  const standing = groupByParty([...after].map(([key, entry]) => ({ key, entry, info: toClientInfo(entry) })))
  return [...groupByParty(news)].flatMap(([key, group]) => withBestLast(group, standing.get(key) ?? []))
}

function groupByParty(news: readonly PartyNews[]): Map<PartyKey, PartyNews[]> {
  const groups = new Map<PartyKey, PartyNews[]>()
  for (const one of news) {
    const group = groups.get(one.entry.key)
    if (group) group.push(one)
    else groups.set(one.entry.key, [one])
  }
  return groups
}

// Of several roles under one URL the later is what a receiver keeps.
const USEFULNESS: readonly string[] = ['SUSPENDED', 'PLANNED', 'OFFLINE', 'CONNECTED']

function usefulness({ info }: PartyNews): number {
  return USEFULNESS.indexOf(info.status)
}

function withBestLast(group: readonly PartyNews[], standing: readonly PartyNews[]): PartyNews[] {
  const sorted = group.toSorted((one, other) => usefulness(one) - usefulness(other))
  const best = standing.find((one) => usefulness(one) > usefulness(sorted.at(-1)!))
  return best ? [...sorted, best] : sorted
}

/**
 * What `to` is told when what it may see has changed: who is hidden is SUSPENDED for it, who is shown has its status.
 * Dated `now`, because for this reader the ClientInfo has changed now.
 */
export function shownParties(
  to: Platform,
  entries: Entries,
  sight: { readonly before: Visible; readonly after: Visible },
  now: number,
): PartyNews[] {
  const news: PartyNews[] = []
  for (const [key, entry] of entries) {
    if (entry.connection.platform.id === to.id) continue
    const isShown = sight.after(to, entry)
    if (isShown === sight.before(to, entry)) continue
    if (isShown) {
      news.push({ key, entry, info: { ...toClientInfo(entry), lastUpdated: new Date(now).toISOString() } })
    } else if (entry.status !== 'SUSPENDED') news.push({ key, entry, info: suspended(entry, now) })
  }
  return [...groupByParty(news).values()].flatMap((group) => withBestLast(group, []))
}

function suspended(entry: PartyEntry, now: number): ClientInfo {
  return { ...toClientInfo(entry), status: 'SUSPENDED', lastUpdated: new Date(now).toISOString() }
}
