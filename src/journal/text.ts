// Makes text of the outside fit for logs, journal and terminals: bounded, one line, no control characters; and numbers
// and instants fit for sentences.

// C0, DEL, C1, line and paragraph separators, and the marks that turn the direction of writing,
// and halves of a character that a cut left over.
const UNSAFE = /[\p{Control}\u2028\u2029\p{Bidi_Control}\p{Surrogate}]/gu
const NOT_PRINTABLE = /[^\x21-\x7e]/g

/**
 * `text` on one line, at most `charsMax` characters, without blanks around it (messages of OpenSSL end in a line
 * break); what cannot be shown becomes U+FFFD.
 */
export function plainText(text: string, charsMax: number): string {
  return shownText(bounded(text, charsMax).trim())
}

/** `text` with U+FFFD for what cannot be shown: nobody's words steer a terminal, a log or a page. */
export function shownText(text: string): string {
  return text.replace(UNSAFE, '\ufffd')
}

/** JSON that `JSON.stringify` has written, with escapes for what cannot be shown: it reads as the same value. */
export function shownJson(json: string): string {
  return json.replace(UNSAFE, (found) =>
    found === '\n' ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** An id as it may stand in a log: at most 128 printable ASCII characters, others become `?`. */
export function plainId(id: string): string {
  return bounded(id, 128).replace(NOT_PRINTABLE, '?')
}

/** `1 rule`, `2 rules`; `1 party`, `2 parties` where the plural is told. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

const DAY_MS = 86_400_000

/** `2026-11-27T09:00:00Z`; `instant` in milliseconds since the epoch, told to the second if it is a whole one. */
export function instantText(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z')
}

/** `ends on 2026-11-27T09:00:00Z, in 5 days`; both in milliseconds since the epoch, `end` the later one. */
export function endsText(end: number, now: number): string {
  const days = Math.floor((end - now) / DAY_MS)
  return `ends on ${instantText(end)}, in ${days === 0 ? 'less than a day' : counted(days, 'day')}`
}

function bounded(text: string, charsMax: number): string {
  return text.length > charsMax ? text.slice(0, charsMax) : text
}
