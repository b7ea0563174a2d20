// One outbound request on one connection, from dispatch to the last byte of its answer. Knows the stage it is in
// (connecting, waiting, answering), because that alone tells 4003 from 4002. Holds small answers, streams large ones.

import type { Dispatcher } from 'undici'
import { Fault } from '../faults/fault.ts'
import { observe, type Stage } from '../faults/observe.ts'
import { justOpened } from './connector.ts'

/** Instants (`performance.now()` milliseconds) that the attempt fills in; an Exchange has these members. */
export interface Phases {
  connectedAt?: number | undefined
  /** TLS of a connection that was opened for this request. */
  securedAt?: number | undefined
  firstByteAt?: number | undefined
  answeredAt?: number | undefined
}

export interface AttemptRequest {
  readonly path: string
  readonly method: string
  /** Flat list: name, value, name, value … */
  readonly headers: string[]
  readonly body: Buffer | undefined
  /** Never stream the answer: hold it up to `bodyMax`. */
  readonly holdWhole?: boolean
  readonly phases: Phases
}

/** Takes the bytes of a large answer; gives false when it wants a pause until `onDrain`'s callback. */
export interface Sink {
  write(chunk: Buffer): boolean
  onDrain(callback: () => void): void
}

export interface RawAnswer {
  readonly status: number
  /** Flat list as received, names in the responder's spelling. */
  readonly headers: string[]
  /** The whole body, or its first part when `rest` is there. */
  readonly body: Buffer
  /** Sends what follows `body` to the sink; resolves at the last byte with the number of bytes sent. */
  readonly rest?: (sink: Sink) => Promise<number>
  /** It came after a redirect that changed a slash. */
  readonly redirected?: true
}

/** Who waits for the answer: one of the two is called, once. */
export interface Waiting {
  answered(answer: RawAnswer): void
  /** `fault.info.cause` is what undici reported. */
  failed(fault: Fault, stage: Stage): void
}

export interface Attempt {
  readonly stage: () => Stage
  /** Whether most of a streamed answer's time was waiting for whoever takes it. */
  readonly isHeldUp: () => boolean
  /** Ends it from this side: settles with the fault at once, then lets undici know. */
  readonly cancel: (fault: Fault) => void
}

/** Of one request. They count towards no size, so that only this ends a flood of them before the deadline. */
const INTERIM_MAX = 100

/**
 * Dispatches the request. `heldMax` and `bodyMax` are bytes: held whole up to the first, refused past the second.
 * Tells by call, not by promise: it is on the way of every request.
 */
export function startAttempt(
  dispatcher: Dispatcher,
  request: AttemptRequest,
  limits: { heldMax: number; bodyMax: number },
  waiting: Waiting,
): Attempt {
  let stage: Stage = 'connecting'
  let settled = false
  let abort: ((cause?: Error) => void) | undefined
  let status = 0
  let interims = 0
  const headers: string[] = []
  let chunks: Buffer[] = []
  let size = 0
  let resume: () => void = () => {}
  // From the moment that somebody holds the first part of a large answer.
  let streamed = false
  let broken: Fault | undefined
  let streamedAt = 0
  let pausedAt: number | undefined
  let pausedMs = 0
  let streaming: { sink: Sink; resolve: (bytes: number) => void; reject: (fault: Fault) => void } | undefined

  function end(fault: Fault): void {
    if (settled) return
    settled = true
    chunks = []
    broken = fault
    if (streaming) streaming.reject(fault)
    else if (!streamed) waiting.failed(fault, stage)
  }

  function cancel(fault: Fault): void {
    end(fault)
    abort?.()
  }

  function complete(): void {
    if (settled) return
    settled = true
    request.phases.answeredAt = performance.now()
    if (streaming) streaming.resolve(size)
    else {
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)
      waiting.answered({ status, headers, body })
    }
  }

  /** Turns from holding to streaming: undici is paused until somebody takes the rest. */
  function beginStreaming(): boolean {
    const body = Buffer.concat(chunks, size)
    chunks = []
    streamed = true
    waiting.answered({
      status,
      headers,
      body,
      rest: (sink) =>
        new Promise<number>((resolve, reject) => {
          if (broken) return reject(broken)
          streaming = { sink, resolve, reject }
          streamedAt = performance.now()
          resume()
        }),
    })
    return false
  }

  function pause(sink: Sink): void {
    const since = performance.now()
    pausedAt = since
    sink.onDrain(() => {
      pausedMs += performance.now() - since
      pausedAt = undefined
      // undici's parser must not be entered while it runs, and this may be told from within another one's data.
      setImmediate(resume)
    })
  }

  function passInterim(statusCode: number): boolean {
    // undici's parser takes 0xx as well, and fails over it later.
    const isHttp = statusCode >= 100 && ++interims <= INTERIM_MAX
    const detail = statusCode < 100 ? `HTTP status ${statusCode}` : `more than ${INTERIM_MAX} interim answers`
    if (!isHttp) cancel(new Fault('http_protocol_error', { detail }))
    return isHttp
  }

  function isHeldUp(): boolean {
    if (!streaming) return false
    const now = performance.now()
    const held = pausedMs + (pausedAt === undefined ? 0 : now - pausedAt)
    return held > (now - streamedAt) / 2
  }

  const handler: Dispatcher.DispatchHandler = {
    onConnect(abortThis) {
      abort = abortThis
      if (settled) return abortThis()
      stage = 'waiting'
      noteConnection(request.phases, true)
    },
    onHeaders(statusCode, rawHeaders, resumeThis) {
      if (statusCode < 200) return passInterim(statusCode)
      stage = 'answering'
      request.phases.firstByteAt = performance.now()
      status = statusCode
      resume = resumeThis
      for (const part of rawHeaders) headers.push(part.toString('latin1'))
      // RFC 9110 §6.4.1: these have no body, whatever their headers say.
      if (statusCode === 204 || statusCode === 304) complete()
      else if (declaredLength(headers) > limits.bodyMax) cancel(new Fault('http_response_body_size'))
      return true
    },
    onData(chunk) {
      if (settled) return false
      size += chunk.length
      if (size > limits.bodyMax) {
        cancel(new Fault('http_response_body_size'))
        return false
      }
      if (streaming) {
        const more = streaming.sink.write(chunk)
        if (!more) pause(streaming.sink)
        return more
      }
      chunks.push(chunk)
      return size > limits.heldMax && !request.holdWhole ? beginStreaming() : true
    },
    onComplete: complete,
    onError(cause) {
      if (stage === 'connecting' && !settled) noteConnection(request.phases, false)
      end(new Fault(observe(stage, cause), { cause, detail: describeCause(cause) }))
    },
  }

  dispatcher.dispatch(
    {
      path: request.path,
      method: request.method as Dispatcher.HttpMethod,
      headers: request.headers,
      body: request.body ?? null,
    },
    handler,
  )
  return { stage: () => stage, isHeldUp, cancel }
}

/** Since when there was a connection: of one that was opened for the request TCP and TLS apart. */
function noteConnection(phases: Phases, isThere: boolean): void {
  const opened = justOpened()
  const connectedAt = opened?.connectedAt ?? (isThere ? performance.now() : undefined)
  if (connectedAt !== undefined) phases.connectedAt = connectedAt
  if (opened?.securedAt !== undefined) phases.securedAt = opened.securedAt
}

function declaredLength(headers: readonly string[]): number {
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(headers[index + 1])
  }
  return 0
}

/** What the operator reads in the journal about the cause; never shown to a requester. */
function describeCause(cause: Error): string {
  const { code } = cause as { code?: unknown }
  return typeof code === 'string' ? `${code}: ${cause.message}` : cause.message
}
