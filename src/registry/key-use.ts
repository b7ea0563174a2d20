// Which key of secret_key the stored platforms depend on: what an operator must know before taking an old one away.

import type { Keyring } from './keyring.ts'
import type { KnownRecord, KnownRecords } from './known.ts'
import type { InboundToken, Platform } from './platform.ts'

export interface KeyUse {
  /** Public name of the key: it tells nothing about it. */
  readonly id: string
  /** 1 = the first of secret_key; absent: secret_key does not hold it. */
  readonly place?: number
  /** Whether it seals and hashes now. */
  readonly inUse: boolean
  /** Platforms whose outbound token is sealed with it. */
  readonly sealed: number
  /** Inbound tokens that are hashed with it. */
  readonly hashed: number
}

export interface KeyReport {
  readonly keys: readonly KeyUse[]
  /** Ids of the platforms that are let in by an older key than the newest: until their next request, or new tokens. */
  readonly waiting: readonly string[]
  /** Ids of the platforms with tokens that no key of secret_key can verify: they get 401. */
  readonly lockedOut: readonly string[]
}

/** A record whose outbound token is sealed with another key than `newest`, and can be sealed anew. */
export type ResealableRecord = KnownRecord & Required<Pick<KnownRecord, 'record' | 'stored'>>

/** The keys that what is stored depends on. `now` in milliseconds since the epoch, as below. */
export function neededKeys(known: KnownRecords, keyring: Keyring, now: number): Set<string> {
  const needed = new Set<string>()
  for (const { stored } of registeredOf(known)) {
    if (stored.sealedWith !== undefined) needed.add(stored.sealedWith)
    for (const token of liveTokens(stored.platform, now)) needed.add(keyOf(token, keyring))
  }
  return needed
}

export function reportKeys(known: KnownRecords, keyring: Keyring, now: number): KeyReport {
  const sealed = new Map<string, number>()
  const hashed = new Map<string, number>()
  const waiting: string[] = []
  const lockedOut: string[] = []
  for (const { missingKey } of known.values()) if (missingKey !== undefined) count(sealed, missingKey)
  for (const { stored } of registeredOf(known)) {
    const { platform, sealedWith } = stored
    if (sealedWith !== undefined) count(sealed, sealedWith)
    const keys = liveTokens(platform, now).map((token) => keyOf(token, keyring))
    for (const key of keys) count(hashed, key)
    if (keys.some((key) => !keyring.knows(key))) lockedOut.push(platform.id)
    else if (keys.some((key) => key !== keyring.ids[0])) waiting.push(platform.id)
  }
  const ids = new Set([...keyring.ids, ...sealed.keys(), ...hashed.keys()])
  return {
    keys: [...ids].map((id) => ({
      id,
      ...(keyring.knows(id) ? { place: keyring.ids.indexOf(id) + 1 } : {}),
      inUse: id === keyring.inUse(),
      sealed: sealed.get(id) ?? 0,
      hashed: hashed.get(id) ?? 0,
    })),
    waiting: waiting.toSorted(),
    lockedOut: lockedOut.toSorted(),
  }
}

/** What is to be sealed anew. */
export function dueRecords(known: KnownRecords, newest: string): ResealableRecord[] {
  return registeredOf(known).filter(
    ({ stored }) => stored.sealedWith !== undefined && stored.sealedWith !== newest,
  )
}

/** The key of an inbound token. Before keys were noted there was one. */
export function keyOf(token: InboundToken, keyring: Pick<Keyring, 'ids'>): string {
  return token.key ?? keyring.ids.at(-1)!
}

function registeredOf(known: KnownRecords): ResealableRecord[] {
  return [...known.values()].filter(
    (entry): entry is ResealableRecord => entry.stored?.platform.source === 'registered',
  )
}

function liveTokens({ inbound }: Platform, now: number): readonly InboundToken[] {
  return inbound.filter(({ validUntil }) => validUntil === undefined || validUntil > now)
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
