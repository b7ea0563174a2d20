// What the OCPI server needs to know from the configuration. Durations in milliseconds, sizes in bytes.

/** How requests may arrive, and how much of them at once. */
export interface ArrivalOptions {
  /** Head of a request, and the whole request, must arrive within these. */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly maxRequestBodyBytes: number
  /** Requests in flight in the whole hub. */
  readonly inFlightMax: number
  /** Of their bodies, beyond what each may have anyway (held-bodies.ts). */
  readonly heldRequestBytes: number
}
