// The keys made of secret_key: any of them opens and verifies, one seals and hashes. A new key is written with only
// when the stored records are, or when an operator says so: until then another hub may not know it.

import { hkdfSync } from 'node:crypto'
import { hashToken } from '../ocpi/token.ts'
import type { InboundToken } from './platform.ts'
import { createSealer, type Sealer, secretId } from './seal.ts'

export interface Keyring extends Sealer {
  /** Public names of the keys as secret_key lists them, newest first. */
  readonly ids: readonly string[]
  /** Takes note of the keys that the stored records need. */
  settle(needed: ReadonlySet<string>): void
  /** From now on the newest key seals and hashes, whatever the stored records need. */
  useNewest(): void
  /** Keys for one use (RFC 5869), one of each secret; the one in use first. */
  keys(use: string): readonly Buffer[]
  readonly tokens: TokenHashes
}

/** Inbound tokens as they are kept. */
export interface TokenHashes {
  /** How a token is kept from now on. */
  make(token: string): Pick<InboundToken, 'hash' | 'key'>
  /** All hashes under which it may be kept. */
  all(token: string): readonly string[]
}

/** Secrets of 32 bytes, newest first, or the keyring that was made of them. */
export type Secrets = readonly Buffer[] | Keyring

/** Throws `RangeError` when there is no secret or one has another length. */
export function toKeyring(secrets: Secrets): Keyring {
  return 'inUse' in secrets ? secrets : createKeyring(secrets)
}

function createKeyring(secrets: readonly Buffer[]): Keyring {
  const sealer = createSealer(secrets, () => inUse)
  const ids = secrets.map(secretId)
  const derived = new Map<string, readonly Buffer[]>()
  let inUse = ids[0]!
  let isForced = false

  function inOrder(use: string): readonly Buffer[] {
    const known = derived.get(use)
    if (known) return known
    const made = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', `ocpi-hub ${use}`, 32)))
    derived.set(use, made)
    return made
  }

  function keys(use: string): readonly Buffer[] {
    const made = inOrder(use)
    const at = ids.indexOf(inUse)
    return at === 0 ? made : [made[at]!, ...made.toSpliced(at, 1)]
  }

  const hashKeys = inOrder('token hashes')
  return {
    ...sealer,
    ids,
    settle(needed) {
      if (!isForced) inUse = ids.find((id) => needed.has(id)) ?? ids[0]!
    },
    useNewest() {
      isForced = true
      inUse = ids[0]!
    },
    keys,
    tokens: {
      make: (token) => ({ hash: hashToken(token, hashKeys[ids.indexOf(inUse)]!), key: inUse }),
      all: (token) => hashKeys.map((key) => hashToken(token, key)),
    },
  }
}
