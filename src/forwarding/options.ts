// What the forwarding room needs to know from the configuration. All durations in milliseconds, sizes in bytes.

export interface ForwardingOptions {
  readonly connectTimeoutMs: number
  /** From sending the request to the last byte of the answer. */
  readonly timeoutMs: number
  readonly maxResponseBodyBytes: number
  /** Answers up to this size are held until whole; larger ones stream. */
  readonly heldAnswerBytes: number
  /** Open connections per receiving platform and origin. */
  readonly connectionsMax: number
  /** Requests in flight per receiving platform, waiting for a connection included; over it is answered at once. */
  readonly pendingMax: number
}

export interface NetworkOptions {
  /** Refuse http:// URLs of platforms. */
  readonly requireHttps: boolean
  /** CIDR ranges that may be called although they are private or loopback. */
  readonly allow: readonly string[]
}
