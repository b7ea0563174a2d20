// The place of an exchange in a trace (W3C Trace Context): read from what the requester sent, written into what goes
// out. Without a trace of the hub's own everything of the kind is passed on as it came, like any end-to-end header.

import { randomBytes } from 'node:crypto'

/** Of an exchange that is traced; others have none. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** The requester's span, if it has a trace itself; of a leg the span of the exchange it belongs to. */
  readonly parentId: string | undefined
  /** The hub's span of the exchange. */
  readonly spanId: string
  /** The hub's span of the request that went out last: the parent of whatever the responder does. */
  clientId: string | undefined
  /** Whether the requester began it: then its tracestate goes on as well. */
  readonly isContinued: boolean
  /** One of several requests that an exchange leads to; it has no span as a server. */
  readonly isLeg: boolean
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/

/**
 * Decides whether an exchange is traced, from the flat list of its headers. Its own trace goes on if the requester
 * has one, but never more often than `sample` says, and not at all if the requester does not trace it: partners are
 * not to decide what the hub's operator pays for. The decision is the same on every hub.
 */
export function beginTrace(headers: readonly string[], sample: number): Trace | undefined {
  const parent = readTraceparent(headers)
  if (!parent) {
    return Math.random() < sample ? newTrace(randomBytes(16).toString('hex'), undefined) : undefined
  }
  // The right-most bits are random whoever made the id (W3C Trace Context 2 §3.2.2.5).
  const isChosen = Number.parseInt(parent.traceId.slice(-8), 16) / 2 ** 32 < sample
  return parent.sampled && isChosen ? newTrace(parent.traceId, parent.spanId) : undefined
}

/** The trace of one of several requests that an exchange leads to. */
export function legTrace(trace: Trace): Trace {
  return { ...newTrace(trace.traceId, trace.spanId), isContinued: trace.isContinued, isLeg: true }
}

/**
 * The headers of an outbound request, with a new span of the hub as the parent; `tracestate` stays as it was, but
 * not that of a trace which is not gone on with (W3C Trace Context §4.3).
 */
export function withTraceparent(headers: readonly string[], trace: Trace): string[] {
  trace.clientId = newSpanId()
  const replaced = trace.isContinued ? /^traceparent$/i : /^trace(?:parent|state)$/i
  const kept = headers.filter((_, index) => !replaced.test(headers[index - (index % 2)]!))
  return [...kept, 'traceparent', `00-${trace.traceId}-${trace.clientId}-01`]
}

export function newSpanId(): string {
  return randomBytes(8).toString('hex')
}

function newTrace(traceId: string, parentId: string | undefined): Trace {
  return {
    traceId,
    parentId,
    spanId: newSpanId(),
    clientId: undefined,
    isContinued: parentId !== undefined,
    isLeg: false,
  }
}

/** W3C Trace Context §3.2: of a header that stands twice or is not valid nothing is believed. */
function readTraceparent(
  headers: readonly string[],
): { traceId: string; spanId: string; sampled: boolean } | undefined {
  const values = headers.filter((_, index) => index % 2 === 1 && /^traceparent$/i.test(headers[index - 1]!))
  const match = values.length === 1 ? TRACEPARENT.exec(values[0]!.trim()) : null
  if (!match) return undefined
  const [whole, version, traceId, spanId, flags] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
  ]
  if (version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  // Only later versions may go on behind the flags.
  if (version === '00' && whole.endsWith('-')) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}
