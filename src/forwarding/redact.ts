// A body as it may be kept for a while: JSON with everything struck out that is a secret or names a driver, and
// bounded. What cannot be read as JSON is kept only where it became a fault, as text in which whatever looks like a
// secret or a person is struck out.

import { plainText } from '../journal/text.ts'
import { parseJson } from '../ocpi/json-text.ts'

/** Either the text, or why there is none. */
export type KeptBody =
  | { readonly bytes: number; readonly text: string; readonly truncated?: true; readonly plain?: true }
  | { readonly bytes: number; readonly omitted: 'not_json' | 'too_large' | 'coded' }

const BYTES_MAX = 1024 * 1024
const TEXT_CHARS_MAX = 16_384
/** Of what is no JSON: read before anything is struck out of it, and kept of that. */
const PLAIN_BYTES_READ = 16_384
const PLAIN_CHARS_MAX = 4_096
const SECRET_CHARS_MAX = 400
const LOCATION_CHARS_MAX = 300
export const REDACTED = '[redacted]'

// Replacement characters and controls: not UTF-8, or no text.
// eslint-disable-next-line no-control-regex
const NOT_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/
// Secrets, URLs that act as one, and what leads to a person: OCPI 2.2.1 Token, CdrToken, Credentials, commands.
const NAMES = [
  'token',
  'token_uid',
  'authorization',
  'response_url',
  'contract_id',
  'visual_number',
  'auth_id',
  'authorization_reference',
  'group_id',
  'license_plate',
  'email',
  'phone',
]
// Custom modules and services that do not speak OCPI write contractId, Contract-ID, clientSecret …
const PLAIN_NAMES: ReadonlySet<string> = new Set(NAMES.map(plainName))
const SECRET_ENDING = /(?:token|secret|password|apikey)$/
/** An EVSE has a `uid` too, which is nobody's. */
const MARKS_OF_TOKENS = ['contractid', 'authid', 'visualnumber', 'whitelist']

// What stands behind such a name in a form, a header, a line of a log, or JSON that was cut off.
const NAMED = new RegExp(
  String.raw`((?:${[...NAMES, 'uid', 'password', 'secret', 'api_key', 'session_id'].join('|').replaceAll('_', '[-_ ]?')})["']?\s{0,3}[=:]\s{0,3})` +
    String.raw`(?:"[^"]*|'[^']*|(?:(?:token|bearer|basic)\s{1,3})?[^\s"'<>&;,]+)`,
  'gi',
)
// Every repetition is bounded or of one class: a hostile page must not keep the hub busy.
const LOOKS_PRIVATE: readonly (readonly [RegExp, (found: string, kept: string) => string])[] = [
  // Queries of URLs.
  [/(:\/\/[^\s"'<>?]{1,300})\?[^\s"'<>]+/g, (_, url) => `${url}?${REDACTED}`],
  [/[\w.+-]{1,64}@[\w.-]{1,255}/g, () => REDACTED],
  [NAMED, (_, name) => name + REDACTED],
  // Keys, hashes, ids.
  [/[\w+/=-]{16,}/g, (word) => (/\d/.test(word) ? REDACTED : word)],
  // Numbers of cards, contracts, telephones.
  [/\+?\d(?:[ ()-]?\d){6,}/g, () => REDACTED],
]

/** The body without what must not be kept; `secrets` are struck out wherever they stand. */
export function keepBody(body: Buffer | string, secrets: readonly string[] = []): KeptBody {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  if (bytes > BYTES_MAX) return { bytes, omitted: 'too_large' }
  try {
    const value = parseJson(body)
    if (value === undefined) return { bytes, omitted: 'not_json' }
    const written = secrets.map((secret) => JSON.stringify(secret).slice(1, -1))
    const text = withoutSecrets(JSON.stringify(redact(value), undefined, 1), written)
    return { bytes, ...cut(text, TEXT_CHARS_MAX) }
  } catch {
    return { bytes, omitted: 'not_json' }
  }
}

/** An error page and the like as text: what looks like a secret, a person or a number of theirs is struck out. */
export function keepText(body: Buffer, secrets: readonly string[] = []): KeptBody {
  const bytes = body.length
  const read = body.subarray(0, PLAIN_BYTES_READ).toString('utf8')
  // Without its end, where a character or a secret may have been cut in two.
  const text = bytes > PLAIN_BYTES_READ ? read.slice(0, -SECRET_CHARS_MAX) : read
  if (text === '' || NOT_TEXT.test(text)) return { bytes, omitted: 'not_json' }
  const struck = LOOKS_PRIVATE.reduce(
    (left, [pattern, strike]) => left.replace(pattern, strike),
    withoutSecrets(text, secrets),
  )
  const kept = cut(struck, PLAIN_CHARS_MAX)
  const isCut = kept.truncated === true || bytes > PLAIN_BYTES_READ
  return { bytes, text: kept.text, ...(isCut ? { truncated: true } : {}), plain: true }
}

/** What a refusal says: what is no JSON is mostly an error page, and kept as text. */
export function keepRefusal(body: Buffer, secrets: readonly string[]): KeptBody {
  const kept = keepBody(body, secrets)
  return 'omitted' in kept && kept.omitted === 'not_json' ? keepText(body, secrets) : kept
}

/** Where a redirect leads: without a password and without its query, which may act as one. */
export function keepLocation(location: string, secrets: readonly string[] = []): string {
  const place = location.replace(/[?#][^]*$/, '').replace(/\/\/[^/]*@/, '//')
  return plainText(withoutSecrets(place, secrets), LOCATION_CHARS_MAX)
}

function cut(text: string, charsMax: number): { readonly text: string; readonly truncated?: true } {
  return text.length <= charsMax ? { text } : { text: text.slice(0, charsMax), truncated: true }
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => (secret === '' ? left : left.replaceAll(secret, REDACTED)), text)
}

/** Objects and lists stay, so that the form can be seen; what stands under such a name, also in a list, does not. */
function redact(value: unknown, isSecret = false): unknown {
  if (Array.isArray(value)) return value.map((item) => redact(item, isSecret))
  if (typeof value !== 'object' || value === null) return isSecret ? REDACTED : value
  const members = Object.entries(value).map(([name, member]) => [name, plainName(name), member] as const)
  const isToken = members.some(([, plain]) => MARKS_OF_TOKENS.includes(plain))
  return Object.fromEntries(
    members.map(([name, plain, member]) => {
      const isNamed = PLAIN_NAMES.has(plain) || SECRET_ENDING.test(plain) || (plain === 'uid' && isToken)
      return [name, redact(member, isNamed)]
    }),
  )
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}
