// A body as it may be kept for a while: JSON with everything struck out that is a secret or names a driver, and
// bounded. What cannot be read as JSON cannot be struck out, so it is not kept at all.

/** Either the text, or why there is none. */
export type KeptBody =
  | { readonly bytes: number; readonly text: string; readonly truncated?: true }
  | { readonly bytes: number; readonly omitted: 'not_json' | 'too_large' | 'coded' }

const BYTES_MAX = 1024 * 1024
const TEXT_CHARS_MAX = 16_384
export const REDACTED = '[redacted]'

// Secrets, URLs that act as one, and what leads to a person: OCPI 2.2.1 Token, CdrToken, Credentials, commands.
const NAMES: ReadonlySet<string> = new Set([
  'token',
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
])
/** An EVSE has a `uid` too, which is nobody's. */
const MARKS_OF_TOKENS = ['contract_id', 'auth_id', 'visual_number', 'whitelist']

/** The body without what must not be kept. */
export function keepBody(body: Buffer | string): KeptBody {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  if (bytes > BYTES_MAX) return { bytes, omitted: 'too_large' }
  try {
    const value: unknown = JSON.parse(body.toString('utf8').replace(/^\ufeff/, ''))
    const text = JSON.stringify(redact(value), undefined, 1)
    if (text.length <= TEXT_CHARS_MAX) return { bytes, text }
    return { bytes, text: text.slice(0, TEXT_CHARS_MAX), truncated: true }
  } catch {
    return { bytes, omitted: 'not_json' }
  }
}

/** Objects and lists stay, so that the form can be seen; what stands under such a name does not. */
function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
  const isToken = members.some(([name]) => MARKS_OF_TOKENS.includes(name.toLowerCase()))
  return Object.fromEntries(
    members.map(([name, member]) => {
      const lower = name.toLowerCase()
      const isSecret = NAMES.has(lower) || (lower === 'uid' && isToken)
      return [name, isSecret && !isForm(member) ? REDACTED : redact(member)]
    }),
  )
}

function isForm(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
