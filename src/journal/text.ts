// Makes text of the outside fit for logs, journal and terminals: bounded, one line, no control characters.

// C0, DEL, C1, line and paragraph separators, and the marks that turn the direction of writing,
// and halves of a character that a cut left over.
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\p{Surrogate}]/gu
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

/** An id as it may stand in a log: at most 128 printable ASCII characters, others become `?`. */
export function plainId(id: string): string {
  return bounded(id, 128).replace(NOT_PRINTABLE, '?')
}

function bounded(text: string, charsMax: number): string {
  return text.length > charsMax ? text.slice(0, charsMax) : text
}
