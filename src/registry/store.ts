// The port below the registry: keeps one record per platform and decides compare-and-set and uniqueness in one
// transaction. It knows neither platforms nor secrets: a record's body is text that the registry made and checks.

/** One platform as kept. A removed one stays as a tombstone, so that "removed" and "lost" are never mixed up. */
export interface StoredRecord {
  readonly id: string
  /** The store's number at the write that made it: grows with every write of the record. */
  readonly revision: number
  /** Made up by the writer: its own write, sent again, is recognised by it. */
  readonly writeId: string
  /** What no other record may claim at the same time: `NL-CPO CPO`, and keyed token hashes. */
  readonly parties: readonly string[]
  readonly tokens: readonly string[]
  /** The platform as JSON with sealed secrets; `null` = tombstone. */
  readonly body: string | null
}

/** A record without its body. */
export type RecordHead = Omit<StoredRecord, 'body'>

/** A write of one record; the store gives it its revision. */
export interface RecordWrite extends Omit<StoredRecord, 'revision'> {
  /** Revision the writer has seen, 0 = none or a tombstone. */
  readonly seen: number
}

export type WriteResult =
  | { readonly ok: true; readonly revision: number }
  /** stale = the record is at another revision; schema = the store belongs to another version of the hub. */
  | { readonly ok: false; readonly conflict: 'stale' }
  | { readonly ok: false; readonly conflict: 'schema' }
  | {
      readonly ok: false
      readonly conflict: 'party' | 'token'
      readonly claim: string
      /** Id of the record that holds the claim. */
      readonly holder: string
    }

/** Where a store stands; equal heads = nothing changed. */
export interface StoreHead {
  /** Version of the form of the bodies; 0 = nothing was ever written. */
  readonly schema: number
  /** Made up when the store was first written: another one means it was emptied or replaced. `''` = never written. */
  readonly birth: string
  /** Number of the last write. */
  readonly revision: number
}

export interface StoreState extends StoreHead {
  /** Why the store takes no writes although it answers. */
  readonly refusal?: string
  /** What should not stay so although the store works. */
  readonly concern?: string
}

export interface StoreContent extends StoreHead {
  /** Whether `records` is everything, or only what was written after the revision asked for. */
  readonly complete: boolean
  /** Records as text by id, unchecked: what is in a store may be broken or hostile (registry/record.ts reads it). */
  readonly records: ReadonlyMap<string, string>
}

/** The store's number after a write (own ones included), or that the connection is new and anything may have changed. */
export type StoreHint = { readonly revision: number } | 'reconnected'

/** All calls throw `Fault` `store_unavailable` when the store does not answer; a write may then still take effect. */
export interface RegistryStore {
  /** Other processes may write, and the connection may break: what is known of it grows old between two looks. */
  readonly shared: boolean
  head(): Promise<StoreState>
  /** Everything, or what was written after `since` (the store may still give everything). */
  load(since?: number): Promise<StoreContent>
  /** Compare-and-set in one transaction; sets `schema` in an empty store and refuses when it is another. */
  write(write: RecordWrite, schema: number): Promise<WriteResult>
  /**
   * Puts records back with their own revisions where the store has none or an older one. Gives the ids it refused
   * because another record holds one of their claims.
   */
  putBack(records: readonly StoredRecord[], schema: number): Promise<readonly string[]>
  /** Replaces bodies and the schema number if the store still stands at `seen`. Gives whether it did. */
  upgrade(
    records: readonly StoredRecord[],
    change: { readonly seen: StoreHead; readonly schema: number },
  ): Promise<boolean>
  /** Gives the way to stop. */
  watch(listener: (hint: StoreHint) => void): () => void
  close(): Promise<void>
}
