// The port of the registry: who is connected. Reading is synchronous and in memory; writing is
// compare-and-set per platform, and a lost race is a conflict, never a lost update.

import type { PartyKey } from '../ocpi/party.ts'
import type { Platform } from './platform.ts'
import type { RoutingTable } from './routing-table.ts'

export type PutResult =
  | { readonly ok: true; readonly platform: Platform }
  /** stale = somebody else changed this platform first; party = another live platform holds the party in that role; token = the token is in use. */
  | { readonly ok: false; readonly conflict: 'stale' | 'party' | 'token'; readonly party?: PartyKey; readonly holder?: string }

export interface RegistryHealth {
  /** Whether the store answered last time it was asked. */
  readonly up: boolean
  /** Seconds since the snapshot was last known to be current. */
  readonly stalenessSeconds: number
  /** Whether a snapshot was ever loaded. */
  readonly loaded: boolean
  /** Why it is not well, for operators. */
  readonly reason?: string
}

export interface Registry {
  /** The current snapshot; never null, swapped whole. Read it once per request. */
  table(): RoutingTable
  /**
   * Stores `platform` if its stored revision is still `platform.revision` (0 = must not exist).
   * A role (country_code, party_id, role) or a token of another platform that is not SUSPENDED is a conflict (T16).
   * After `ok` the returned platform is in `table()`. Throws `Fault` `store_unavailable`.
   */
  put(platform: Platform): Promise<PutResult>
  /** Forgets the platform if its revision is still the one given. */
  remove(platform: Platform): Promise<PutResult>
  /** Called after each swap, with the snapshot before and after. Gives the way to stop. */
  watch(listener: (after: RoutingTable, before: RoutingTable) => void): () => void
  health(): RegistryHealth
  close(): Promise<void>
}
