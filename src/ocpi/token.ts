// The Authorization header in both of its forms, raw and Base64 (R2-R4), and how tokens are made and hashed (R9).

import { createHmac, randomBytes } from 'node:crypto'

export const TOKEN_FORMS = ['base64', 'raw'] as const

export type TokenForm = (typeof TOKEN_FORMS)[number]

const SCHEME = /^token +(.*)$/is
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
// OCPI 2.2.1 credentials object: printable non-blank ASCII, at most 64; longer ones are met in the field.
const TOKEN = /^[\x21-\x7e]{1,256}$/
// More than the longest token takes in Base64. Anybody may send a header: what it costs to read must have an end.
const VALUE_MAX = 512

/** A token a header may mean, and the form in which it would have been written. */
export interface TokenCandidate {
  readonly token: string
  readonly form: TokenForm
}

/**
 * Reads an Authorization header value into the tokens it may mean, likeliest first: Base64-decoded when
 * strictly decodable (with a trailing newline of the encoder cut, hub-requirements §3), then the text itself.
 * Empty when it is not of the scheme `Token`, or longer than any token makes it.
 */
export function readAuthorization(value: string | undefined): TokenCandidate[] {
  if (value === undefined || value.length > VALUE_MAX) return []
  const text = SCHEME.exec(value)?.[1]?.trim()
  if (!text) return []
  const candidates: TokenCandidate[] = []
  if (text.length >= 4 && BASE64.test(text)) {
    const decoded = Buffer.from(text, 'base64')
      .toString('utf8')
      .replace(/[\r\n]+$/, '')
    if (TOKEN.test(decoded)) candidates.push({ token: decoded, form: 'base64' })
  }
  if (TOKEN.test(text)) candidates.push({ token: text, form: 'raw' })
  return candidates
}

// Named only when they are known: the first word of anything else may be part of a secret.
const OTHER_SCHEME = /^(bearer|basic|digest|apikey|api-key) /i

/** What an Authorization header looks like, for the journal: its form and length, nothing of the token. */
export function describeAuthorization(value: string | undefined): string {
  if (value === undefined) return 'no Authorization header'
  if (value.length > VALUE_MAX) return `an Authorization header of ${value.length} characters`
  const other = OTHER_SCHEME.exec(value)?.[1]
  if (other !== undefined) return `the scheme ${other}, not Token`
  const text = SCHEME.exec(value)?.[1]?.trim()
  if (text === undefined) return 'an Authorization header that does not begin with "Token "'
  if (!TOKEN.test(text)) return 'a token that is empty, or has characters or a length that no token has'
  const reads = readAuthorization(value)[0]?.form === 'base64' ? 'reads' : 'does not read'
  return `a token of ${text.length} characters that ${reads} as Base64`
}

/** Writes the Authorization header value for a token the peer gave us. */
export function writeAuthorization(token: string, form: TokenForm): string {
  return `Token ${form === 'base64' ? Buffer.from(token, 'utf8').toString('base64') : token}`
}

/** A new credentials token: 256 random bits, 43 characters of U+0021-U+007E (R9). */
export function createToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Look-up key of a token: HMAC-SHA256 with the hub's own key, hex, so that a stolen store gives no token to try. */
export function hashToken(token: string, key: Buffer): string {
  return createHmac('sha256', key).update(token).digest('hex')
}

/** What people are shown instead of a token: the first 8 hex digits of its keyed hash. */
export function tokenFingerprint(tokenHash: string): string {
  return tokenHash.slice(0, 8)
}
