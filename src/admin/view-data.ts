// What a partner may see of itself behind a view link: its errors on both sides, how its connection went, what it
// missed. Never what is for operators only, and nothing of exchanges it was no part of.

import type { MissedPushes } from '../forwarding/missed.ts'
import { FAULTS, isFaultCode } from '../faults/table.ts'
import { type JournalEntry, sideOf } from '../journal/journal-entry.ts'
import type { Journal } from '../journal/journal.ts'
import type { StatusChange, StatusHistory } from '../journal/status-history.ts'
import type { PartyId } from '../ocpi/party.ts'
import { partyKey } from '../ocpi/party.ts'
import { statusOf } from '../registry/platform.ts'
import type { Connection } from '../registry/routing-table.ts'
import { toMissedView } from './missed-shape.ts'

export interface ViewError {
  readonly reference: string
  readonly time: string
  /** The partner asked, or was asked. */
  readonly side: 'requester' | 'responder'
  readonly from?: string
  readonly to?: string
  readonly method: string
  readonly module?: string
  readonly interface?: string
  readonly path: string
  readonly http_status: number
  readonly code: number
  /** Who answered, seen from the partner. */
  readonly author: 'you' | 'other' | 'hub'
  readonly fault?: string
  /** Whose side must act, seen from the partner. */
  readonly act?: ViewError['author']
  readonly reached?: string
  readonly message?: string
  readonly advice?: string
  readonly request_id: string
  readonly forwarded_request_id?: string
  readonly correlation_id: string
  readonly duration_ms: number
}

export interface ViewData {
  readonly hub: string
  readonly platform: string
  readonly status: string
  readonly parties: readonly { readonly address: string; readonly role: string; readonly status: string }[]
  readonly errors: readonly ViewError[]
  readonly history: readonly StatusChange[]
  readonly missed: readonly (ReturnType<typeof toMissedView> & { readonly party: string })[]
  readonly generated: string
}

export interface ViewDataParts {
  readonly hub: PartyId & { readonly name: string }
  readonly journal: Pick<Journal, 'query'>
  readonly history: Pick<StatusHistory, 'of'>
  readonly missed: { of(receiver: string): readonly MissedPushes[] }
}

const ERRORS_MAX = 200
const CHANGES_MAX = 50

/** Collects the view of a platform. Throws `Fault` `store_unavailable`. */
export async function collectView({ platform }: Connection, parts: ViewDataParts): Promise<ViewData> {
  const { hub, history, missed } = parts
  const keys = [...new Set(platform.roles.map(partyKey))]
  return {
    hub: `${hub.name} (${partyKey(hub)})`,
    platform: platform.id,
    status: platform.status,
    parties: platform.roles.map((role) => ({
      address: partyKey(role),
      role: role.role,
      status: statusOf(platform, role),
    })),
    errors: await collectErrors(platform.id, keys, parts),
    history: await history.of(platform.id, CHANGES_MAX),
    missed: keys.flatMap((party) => missed.of(party).map((one) => ({ party, ...toMissedView(one) }))),
    generated: new Date().toISOString(),
  }
}

async function collectErrors(
  id: string,
  keys: readonly string[],
  { journal }: ViewDataParts,
): Promise<ViewError[]> {
  // Nothing was sent to a party that is not connected, so these name no responder.
  const away = keys.map((to) => ({ to, fault: 'to_not_connected' }))
  const filters = [{ requester: id }, { responder: id }, ...away]
  const found = new Map<string, JournalEntry>()
  for (const fields of filters) {
    const result = await journal.query({ fields }, { limit: ERRORS_MAX })
    for (const entry of result?.items ?? []) found.set(entry.reference, entry)
  }
  return [...found.values()]
    .sort((one, other) => (one.time > other.time ? -1 : 1))
    .slice(0, ERRORS_MAX)
    .map((entry) => toError(entry, id))
}

/** Members are named one by one: what is added to the journal's entries is not shown by itself. */
function toError(entry: JournalEntry, id: string): ViewError {
  const { reference, time, from, to, method, module, path, code, fault, message } = entry
  const side = entry.requester === id ? 'requester' : 'responder'
  return {
    reference,
    time,
    side,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    method,
    ...(module === undefined ? {} : { module }),
    ...(entry.interface === undefined ? {} : { interface: entry.interface }),
    path,
    http_status: entry.http_status,
    code,
    author: authorOf(entry, side),
    ...(fault === undefined ? {} : { fault }),
    ...actorOf(entry, side),
    ...(entry.reached === undefined ? {} : { reached: entry.reached }),
    ...(message === undefined ? {} : { message }),
    ...adviceFor(entry, side),
    request_id: entry.request_id,
    ...(entry.forwarded_request_id === undefined ? {} : { forwarded_request_id: entry.forwarded_request_id }),
    correlation_id: entry.correlation_id,
    duration_ms: entry.duration_ms,
  }
}

/** The advice of a row is for the side that must act; of a party that is not connected it is for those who ask it. */
function adviceFor(entry: JournalEntry, side: ViewError['side']): { readonly advice?: string } {
  const { fault, at } = entry
  // A newer hub may have written one that is not known here.
  if (fault === undefined || !isFaultCode(fault)) return {}
  if (fault === 'to_not_connected' || at !== side) return {}
  return { advice: FAULTS[fault].advice }
}

function authorOf({ author }: JournalEntry, side: ViewError['side']): ViewError['author'] {
  if (author === 'hub') return 'hub'
  return side === 'responder' ? 'you' : 'other'
}

function actorOf(entry: JournalEntry, side: ViewError['side']): Pick<ViewError, 'act'> {
  const at = sideOf(entry)
  if (at === undefined) return {}
  if (at === side) return { act: 'you' }
  return { act: at === 'hub' ? 'hub' : 'other' }
}
