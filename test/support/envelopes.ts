// OCPI envelopes as parties under test write them.

export interface EnvelopeText {
  readonly status_code: number
  readonly status_message?: string
  readonly data?: unknown
  readonly timestamp: string
}

/** A success, 1000, with `data` if given. */
export function ok(data?: unknown): EnvelopeText {
  return says(1000, 'Success', data)
}

/** Any status code with a message. */
export function says(code: number, message?: string, data?: unknown): EnvelopeText {
  return {
    ...(data === undefined ? {} : { data }),
    status_code: code,
    ...(message === undefined ? {} : { status_message: message }),
    timestamp: '2026-01-15T10:00:00.000Z',
  }
}
