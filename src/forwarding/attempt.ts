// One outbound request on one connection, from dispatch to the last byte of its answer. Knows the stage it is in
// (connecting, waiting, answering), because that alone tells 4003 from 4002. Holds small answers, streams large ones.

import type { Dispatcher } from 'undici'
import { Fault } from '../faults/fault.ts'
import { observe, type Stage } from '../faults/observe.ts'

/** Instants (`performance.now()` milliseconds) that the attempt fills in; an Exchange has these members. */
export interface Phases {
  connectedAt?: number | undefined
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
}

export interface Attempt {
  /** Rejects with a Fault whose `info.cause` is what undici reported. */
  readonly answer: Promise<RawAnswer>
  readonly stage: () => Stage
  /** Ends it from this side: settles with the fault at once, then lets undici know. */
  readonly cancel: (fault: Fault) => void
}

/** Dispatches the request. `heldMax` and `bodyMax` are bytes: held whole up to the first, refused past the second. */
export function startAttempt(
  dispatcher: Dispatcher,
  request: AttemptRequest,
  limits: { heldMax: number; bodyMax: number },
): Attempt {
  let stage: Stage = 'connecting'
  let settled = false
  let abort: ((cause?: Error) => void) | undefined
  let status = 0
  let headers: string[] = []
  let chunks: Buffer[] = []
  let size = 0
  let resume: () => void = () => {}
  let streaming: { sink: Sink; resolve: (bytes: number) => void } | undefined
  let succeed!: (answer: RawAnswer) => void
  let failPromise!: (error: unknown) => void
  // The promise that is open now: first the answer's, then that of its rest.
  let fail: (error: unknown) => void = (error) => failPromise(error)

  const answer = new Promise<RawAnswer>((resolve, reject) => {
    succeed = resolve
    failPromise = reject
  })

  function end(fault: Fault): void {
    if (settled) return
    settled = true
    chunks = []
    fail(fault)
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
    else succeed({ status, headers, body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size) })
  }

  /** Turns from holding to streaming: undici is paused until somebody takes the rest. */
  function beginStreaming(): boolean {
    const body = Buffer.concat(chunks, size)
    chunks = []
    succeed({
      status,
      headers,
      body,
      rest: (sink) =>
        new Promise<number>((resolve, reject) => {
          fail = reject
          if (settled)
            return reject(
              new Fault('http_response_incomplete', { detail: 'it broke before its rest was read' }),
            )
          streaming = { sink, resolve }
          resume()
        }),
    })
    return false
  }

  const handler: Dispatcher.DispatchHandler = {
    onConnect(abortThis) {
      abort = abortThis
      if (settled) return abortThis()
      stage = 'waiting'
      request.phases.connectedAt = performance.now()
    },
    onHeaders(statusCode, rawHeaders, resumeThis) {
      if (statusCode < 200) return true
      stage = 'answering'
      request.phases.firstByteAt = performance.now()
      status = statusCode
      resume = resumeThis
      headers = rawHeaders.map((part) => part.toString('latin1'))
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
        if (!more) streaming.sink.onDrain(resume)
        return more
      }
      chunks.push(chunk)
      return size > limits.heldMax && !request.holdWhole ? beginStreaming() : true
    },
    onComplete: complete,
    onError: (cause) => end(new Fault(observe(stage, cause), { cause, detail: describeCause(cause) })),
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
  return { answer, stage: () => stage, cancel }
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
