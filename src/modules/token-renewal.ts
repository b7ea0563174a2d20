// Hashes of inbound tokens move to the key in use when their token is next seen, which is the only time it can be
// hashed anew. Behind the back of the request, bounded, and by compare-and-set: a lost race is tried at the next use.

import type { Keyring } from '../registry/keyring.ts'
import type { InboundToken, Platform } from '../registry/platform.ts'
import type { Registry } from '../registry/registry.ts'
import { keyOf } from '../registry/key-use.ts'
import type { Clock } from './clock.ts'
import { changePlatform } from './platform-change.ts'

export interface TokenRenewalParts {
  readonly registry: Registry
  readonly keyring: Pick<Keyring, 'ids' | 'inUse' | 'tokens'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/** A request came with this token, `value` in plain text. Never throws; costs nothing while there is one key. */
export type TokenRenewal = (platform: Platform, token: InboundToken, value: string) => void

/** Written at the same time; the others are tried at their next use. */
const TOGETHER_MAX = 50
/** Hubs that do not agree on the newest key must not undo each other's work all the time. */
const AGAIN_MS = 60_000

export function createTokenRenewal({ registry, keyring, clock }: TokenRenewalParts): TokenRenewal {
  if (keyring.ids.length < 2) return () => undefined
  const underWay = new Set<string>()
  const tried = new Map<string, number>()

  async function renew(id: string, { hash }: InboundToken, value: string): Promise<void> {
    const fresh = keyring.tokens.make(value)
    await changePlatform(registry, id, (current) => {
      const isHeld = current.inbound.some((one) => one.hash === hash)
      if (!isHeld) return undefined
      return {
        ...current,
        inbound: current.inbound.map((one) => (one.hash === hash ? { ...one, ...fresh } : one)),
      }
    })
  }

  return ({ id, source }, token, value) => {
    if (keyOf(token, keyring) === keyring.inUse() || source === 'file') return
    const now = clock.monotonic()
    if (underWay.size >= TOGETHER_MAX || underWay.has(id) || (tried.get(id) ?? -Infinity) + AGAIN_MS > now)
      return
    underWay.add(id)
    tried.set(id, now)
    renew(id, token, value)
      // The old hash goes on being good.
      .catch(() => undefined)
      .finally(() => underWay.delete(id))
  }
}
