// Sends one request to a platform and gives its answer, or the Fault that explains why there is none. Owns the
// connection pools, their caps and the one deadline of the exchange; never retries but for the keep-alive race, and
// follows no redirect but to the same URL with or without a slash.

import { Client, Pool } from 'undici'
import { Fault, toFault } from '../faults/fault.ts'
import type { Stage } from '../faults/observe.ts'
import { FAULTS } from '../faults/table.ts'
import { type Attempt, type AttemptRequest, type RawAnswer, startAttempt, type Waiting } from './attempt.ts'
import { platformFull } from './caps.ts'
import { createCertificates, ORIGINS_MAX, type Certificates } from './certificates.ts'
import { createConnector, isIdleEndError, isKeepAliveRaceError } from './connector.ts'
import { type AddressGuard, createAddressGuard } from './guard.ts'
import type { ForwardingOptions, NetworkOptions } from './options.ts'
import { otherSlash } from './other-slash.ts'

export interface OutboundRequest extends AttemptRequest {
  /** Whose caps and connections it uses. */
  readonly platformId: string
  readonly origin: string
  readonly timeoutMs: number
}

export interface Flight {
  /** The answer; rejects with a Fault. `rest` of a large one is under the same deadline and rejects alike. */
  readonly answer: Promise<RawAnswer>
  /** The requester is gone, or nobody wants the rest: ends the flight with `requester_gone`. */
  readonly cancel: () => void
}

export interface Send {
  (request: OutboundRequest): Flight
  /** Requests under way to a platform. */
  readonly inFlight: (platformId: string) => number
  /** Closes the connections to platforms that are no longer there. */
  readonly retain: (isLive: (platformId: string) => boolean) => void
  readonly guard: AddressGuard
  readonly certificates: Pick<Certificates, 'endOf' | 'ends'>
  readonly close: () => Promise<void>
}

interface Lane {
  inFlight: number
  readonly pools: Map<string, Pool>
}

// What is safe to send twice when nothing of an answer was read: RFC 9110 §9.2.2. PATCH and POST never (R92).
const IDEMPOTENT = new Set(['GET', 'PUT', 'DELETE'])

/** Builds the sender; `network` decides which addresses it may call. */
export function createSend(options: ForwardingOptions, network: NetworkOptions): Send {
  const guard = createAddressGuard(network)
  const lanes = new Map<string, Lane>()
  // Read each time: a reload changes them.
  const limits = {
    get heldMax() {
      return options.heldAnswerBytes
    },
    get bodyMax() {
      return options.maxResponseBodyBytes
    },
  }
  const certificates = createCertificates()
  const connect = createConnector(guard, () => options.connectTimeoutMs)
  const clientOptions = {
    connect,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    // A server's Keep-Alive hint may lengthen it, but not past what the keep-alive race makes unsafe.
    keepAliveMaxTimeout: 10_000,
    maxHeaderSize: 16_384,
    // The exchange has one deadline of its own; undici's timers fire up to half a second late.
    headersTimeout: 0,
    bodyTimeout: 0,
  }

  function laneOf(platformId: string): Lane {
    let lane = lanes.get(platformId)
    if (!lane) {
      lane = { inFlight: 0, pools: new Map() }
      lanes.set(platformId, lane)
    }
    return lane
  }

  function poolOf(lane: Lane, { origin, platformId }: OutboundRequest): Pool {
    let pool = lane.pools.get(origin)
    if (!pool) {
      if (lane.pools.size >= ORIGINS_MAX) closeFirst(lane)
      pool = new Pool(origin, {
        ...clientOptions,
        connect: certificates.watch(connect, platformId, origin),
        connections: options.connectionsMax,
      })
      lane.pools.set(origin, pool)
    }
    return pool
  }

  /** Once more on a connection of its own, after a reused one died before any byte of an answer. */
  function onceMore(request: OutboundRequest, waiting: Waiting): Attempt {
    const client = new Client(request.origin, clientOptions)
    const attempt = startAttempt(client, request, limits, waiting)
    // Closes when what is under way on it has ended.
    client.close().catch(() => {})
    return attempt
  }

  /** At the same URL but for the slash at its end, where it was redirected to. */
  function elsewhere(pool: Pool, request: OutboundRequest, waiting: Waiting): Attempt {
    return startAttempt(pool, request, limits, {
      answered: (raw) => waiting.answered({ ...raw, redirected: true }),
      failed: (fault, stage) => waiting.failed(fault, stage),
    })
  }

  function send(request: OutboundRequest): Flight {
    const lane = laneOf(request.platformId)
    if (lane.inFlight >= options.pendingMax) {
      return { answer: Promise.reject(platformFull(options.pendingMax)), cancel: () => {} }
    }
    const pool = poolOf(lane, request)
    lane.inFlight++
    let attempt: Attempt | undefined
    let deadline: NodeJS.Timeout | undefined
    let ended = false

    function end(): void {
      if (ended) return
      ended = true
      clearTimeout(deadline)
      lane.inFlight--
    }

    const answer = new Promise<RawAnswer>((resolve, reject) => {
      function answered(raw: RawAnswer): void {
        const { rest } = raw
        if (rest) return resolve({ ...raw, rest: (sink) => rest(sink).finally(end) })
        end()
        resolve(raw)
      }
      function failed(fault: Fault): void {
        end()
        reject(fault)
      }
      function failedFirst(fault: Fault, stage: Stage): void {
        if (!isKeepAliveRace(request, fault, stage)) return failed(fault)
        attempt = onceMore(request, {
          answered: answeredFirst,
          failed: (second) => failed(toldOfBoth(request, stage, fault, second)),
        })
      }
      function answeredFirst(raw: RawAnswer): void {
        const path = raw.status < 300 ? undefined : otherSlash(request, raw)
        if (path === undefined) answered(raw)
        else attempt = elsewhere(pool, { ...request, path }, { answered, failed })
      }
      try {
        attempt = startAttempt(pool, request, limits, { answered: answeredFirst, failed: failedFirst })
      } catch (error) {
        failed(toFault(error))
      }
    })
    // One timer for all of it: connecting, waiting, a second attempt, the rest of a large answer.
    if (!ended) {
      deadline = setTimeout(() => {
        if (attempt) attempt.cancel(overdue(attempt))
      }, request.timeoutMs)
    }
    return {
      answer,
      cancel() {
        attempt?.cancel(new Fault('requester_gone'))
        end()
      },
    }
  }

  return Object.assign(send, {
    guard,
    certificates,
    inFlight: (platformId: string) => lanes.get(platformId)?.inFlight ?? 0,
    retain(isLive: (platformId: string) => boolean) {
      certificates.retain(isLive)
      for (const [platformId, lane] of lanes) {
        if (isLive(platformId) || lane.inFlight > 0) continue
        lanes.delete(platformId)
        for (const pool of lane.pools.values()) pool.close().catch(() => {})
      }
    },
    async close() {
      const pools = [...lanes.values()].flatMap((lane) => [...lane.pools.values()])
      lanes.clear()
      await Promise.all(pools.map((pool) => pool.destroy()))
    },
  })
}

/** Closes the pool that was opened longest ago, once what is under way in it has ended. */
function closeFirst({ pools }: Lane): void {
  const [origin, pool] = pools.entries().next().value!
  pools.delete(origin)
  pool.close().catch(() => {})
}

/** What the deadline has struck. */
function overdue(attempt: Attempt): Fault {
  if (attempt.isHeldUp())
    return new Fault('requester_gone', { detail: 'the requester took the answer too slowly and was cut off' })
  return new Fault(attempt.stage() === 'connecting' ? 'connection_timeout' : 'http_response_timeout')
}

/**
 * Of two attempts: that the second one did not arrive is told of both only when the first one surely had no effect. A GET
 * has none.
 */
function toldOfBoth({ method }: OutboundRequest, stage: Stage, first: Fault, second: Fault): Fault {
  const mayHaveActed = stage === 'waiting' && method !== 'GET'
  return mayHaveActed && FAULTS[second.code].reached === 'no' ? first : second
}

/**
 * A reused connection ended: before the request was written to it, or before anything of an answer was read, and then
 * only what is safe to send twice may go out once more.
 */
function isKeepAliveRace({ method }: OutboundRequest, { info }: Fault, stage: Stage): boolean {
  if (stage === 'connecting') return isIdleEndError(info.cause)
  return stage === 'waiting' && IDEMPOTENT.has(method) && isKeepAliveRaceError(info.cause)
}
