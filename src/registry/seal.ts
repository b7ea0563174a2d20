// Seals what the hub must be able to read again but nobody else may: AES-256-GCM, bound to what it is and whose.
// Text form `v1.kid.iv.ct.tag` in base64url. Several keys may open, one of them seals: that is key rotation.

import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'

/** What a sealed text is bound to; opening it under another purpose or owner fails. */
export interface SealContext {
  /** e.g. `outbound token`. */
  readonly purpose: string
  /** Id of the platform. */
  readonly owner: string
}

export interface Sealer {
  seal(text: string, context: SealContext): string
  /** The text, or `undefined` when it is not ours: unknown key, other context, changed in any bit. */
  open(sealed: string, context: SealContext): string | undefined
  /** Id of the key that seals now. */
  inUse(): string
  /** Whether it has the key with this id. */
  knows(keyId: string): boolean
}

const FORM = 'v1'
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * A sealer over secrets of 32 bytes: the first seals, or that with the id `sealing` gives; any opens. Throws
 * `RangeError` when there is none or one has another length.
 */
export function createSealer(secrets: readonly Buffer[], sealing?: () => string): Sealer {
  const keys = new Map(secrets.map(deriveKey).map((key) => [keyId(key), key] as const))
  const [firstId] = keys.keys()
  if (firstId === undefined || secrets.some((secret) => secret.length !== 32)) {
    throw new RangeError('a secret key has 32 bytes')
  }
  const inUse = sealing ?? (() => firstId)
  return {
    seal(text, context) {
      const sealingId = inUse()
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', keys.get(sealingId)!, iv, { authTagLength: TAG_BYTES })
      cipher.setAAD(boundTo(sealingId, context))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return [FORM, sealingId, ...[iv, sealed, cipher.getAuthTag()].map(toText)].join('.')
    },
    open(sealed, context) {
      const [form, id, ...rest] = sealed.split('.')
      const key = keys.get(id ?? '')
      const [iv, text, tag] = rest.map(fromText)
      if (form !== FORM || !key || rest.length !== 3 || !text) return undefined
      if (iv?.length !== IV_BYTES || tag?.length !== TAG_BYTES) return undefined
      // Without authTagLength Node would take a tag of 4 bytes.
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
      decipher.setAAD(boundTo(id!, context)).setAuthTag(tag)
      try {
        return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
    inUse,
    knows: (id) => keys.has(id),
  }
}

/** Public name of a secret: sealed texts carry it, and it tells nothing about the secret. */
export function secretId(secret: Buffer): string {
  return keyId(deriveKey(secret))
}

/** Id of the secret that a text was sealed with; `undefined` when it is no sealed text. */
export function sealedWith(sealed: string): string | undefined {
  return SEALED.exec(sealed)?.[1]
}

const SEALED = /^v1\.([0-9a-f]{8})\./

// The hub's secret also keys the token hashes: sealing gets a key of its own.
function deriveKey(secret: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'ocpi-hub sealing', 32))
}

function keyId(key: Buffer): string {
  return createHash('sha256').update('key id').update(key).digest('hex').slice(0, 8)
}

function boundTo(id: string, context: SealContext): Buffer {
  return Buffer.from(JSON.stringify([FORM, id, context.purpose, context.owner]))
}

function toText(bytes: Buffer): string {
  return bytes.toString('base64url')
}

/** Strict: every text but the one `toText` writes is refused, so that no bit of a sealed text is free. */
function fromText(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return toText(bytes) === text ? bytes : undefined
}
