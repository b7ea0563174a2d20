// The port of the registry: who is connected. Reading is synchronous and in memory; writing is
// compare-and-set per platform, and a lost race is a conflict, never a lost update.

import type { PartyKey } from '../ocpi/party.ts'
import type { KeyReport } from './key-use.ts'
import type { Platform } from './platform.ts'
import type { ConnectionChange, RoutingTable } from './routing-table.ts'

export type PutResult =
  | { readonly ok: true; readonly platform: Platform }
  /** stale = somebody else changed this platform first; party = another live platform holds the party in that role; token = the token is in use. */
  | {
      readonly ok: false
      readonly conflict: 'stale' | 'party' | 'token'
      readonly party?: PartyKey
      readonly holder?: string
    }

export interface ResealResult {
  /** Platforms whose outbound token was sealed anew. */
  readonly resealed: number
  /** Those that others kept changing meanwhile: once more will do. */
  readonly left: number
}

export interface RegistryHealth {
  /** Whether the store answered last time it was asked, and takes writes. */
  readonly up: boolean
  /** Seconds since the snapshot was last known to be current. */
  readonly stalenessSeconds: number
  /** Whether a snapshot was ever loaded, and `secret_key` opens at least something of it. */
  readonly loaded: boolean
  /** Why it is not well, or, while it is, what about its store should not stay so; for operators. */
  readonly reason?: string
  /** The store came back much smaller than it was: the snapshot is kept until `confirmShrink` or `restore`. */
  readonly alarm?: 'registry_shrunk'
  /** Stored platforms that are left out because they cannot be read. */
  readonly broken?: number
  /** Stored platforms that are left out because the configuration file claims what they claim. */
  readonly clashes?: number
}

/** Told the snapshot, the one before, and `changesOf` both. */
export type TableListener = (
  after: RoutingTable,
  before: RoutingTable,
  changes: readonly ConnectionChange[],
) => void

export interface Registry {
  /** The current snapshot; never null, swapped whole. Read it once per request. */
  table(): RoutingTable
  /**
   * Stores `platform` if its stored revision is still `platform.revision` (0 = must not exist).
   * A role (country_code, party_id, role) or a token of another platform that is not SUSPENDED is a conflict (T16).
   * After `ok` the returned platform is in `table()`. Of a file platform only status, discovered endpoints and
   * dates are kept: the file stays the authority for the rest. Throws `Fault` `store_unavailable` (the write may
   * still take effect) and `credentials_invalid` when it holds something that could not be read back.
   */
  put(platform: Platform): Promise<PutResult>
  /** Forgets the platform if its revision is still the one given. A file platform then stands again as in the file. */
  remove(platform: Platform): Promise<PutResult>
  /** Brings `table()` up to what other hubs have stored until now, if the store answers. Never rejects. */
  catchUp(): Promise<void>
  /** Called after each swap. Gives the way to stop. */
  watch(listener: TableListener): () => void
  health(): RegistryHealth
  /**
   * Takes over the platforms of the configuration file, all or nothing. Throws `RangeError` when two of them claim
   * the same id, party or token.
   */
  replaceFilePlatforms(platforms: readonly Platform[]): void
  /** Accepts a store that has shrunk, for all hubs. Throws `Fault` `store_unavailable`. */
  confirmShrink(): Promise<void>
  /** Writes what a store has lost back to it. Throws `Fault` `store_unavailable`. */
  restore(): Promise<void>
  /** Which keys the stored platforms depend on. */
  keys(): KeyReport
  /**
   * From now on the first key seals and hashes, on all hubs; outbound tokens sealed with another are sealed anew.
   * Throws `Fault` `store_unavailable`; what was done until then stays done.
   */
  reseal(): Promise<ResealResult>
  close(): Promise<void>
}
