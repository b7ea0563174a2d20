// Capture on demand: bodies are never kept, unless an operator arms it for one party and module, for some minutes.
// What is kept is redacted and bounded, in the memory of this hub alone, and gone an hour after the end.

import { randomUUID } from 'node:crypto'
import { toFault } from '../faults/fault.ts'
import type { Exchange } from '../journal/exchange.ts'
import { moduleKey } from '../ocpi/module.ts'
import type { PartyKey } from '../ocpi/party.ts'
import { inflateBody, isPlain } from './body-reader.ts'
import type { Conduct, Errand } from './conduct.ts'
import type { Relayed } from './relayed.ts'
import { keepBody, type KeptBody } from './redact.ts'

export interface CapturedExchange {
  /** RFC 3339: when the request arrived. */
  readonly time: string
  readonly from?: PartyKey
  readonly to?: PartyKey
  readonly method: string
  /** Without query. */
  readonly path: string
  readonly request_id: string
  readonly correlation_id: string
  readonly http_status?: number
  readonly code?: number
  readonly fault?: string
  readonly request?: KeptBody
  readonly answer?: KeptBody
}

export interface Capture {
  readonly id: string
  readonly party: PartyKey
  readonly module: string
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly until: number
  readonly armed: boolean
  /** Exchanges kept, and those that came when it was full. */
  readonly kept: readonly CapturedExchange[]
  readonly left: number
}

export interface Captures {
  isArmed(): boolean
  /** `undefined` = there are too many already. */
  arm(order: { party: PartyKey; module: string; minutes: number; by: string }): Capture | undefined
  /** Newest first. */
  list(): readonly Capture[]
  get(id: string): Capture | undefined
  /** Ends it and forgets what it kept. Gives whether there was one. */
  drop(id: string): boolean
  /** The conduct, watched while something is armed. */
  watch(conduct: Conduct): Conduct
  close(): void
}

export interface CapturesOptions {
  /** Told when one has ended by itself. */
  readonly onEnd?: (capture: Capture) => void
  readonly minuteMs?: number
}

/** Captures at a time, those that have ended and are still kept included. */
export const CAPTURES_MAX = 10
const EXCHANGES_MAX = 50
const KEPT_AFTER_MS = 3_600_000
const INFLATED_MAX = 1024 * 1024

type Armed = { -readonly [Member in keyof Capture]: Capture[Member] } & {
  readonly kept: CapturedExchange[]
  timer: NodeJS.Timeout
}

export function createCaptures({ onEnd, minuteMs = 60_000 }: CapturesOptions = {}): Captures {
  const captures = new Map<string, Armed>()
  let armed = 0

  function end(capture: Armed): void {
    if (!capture.armed) return
    capture.armed = false
    armed--
    clearTimeout(capture.timer)
    capture.timer = setTimeout(() => captures.delete(capture.id), KEPT_AFTER_MS).unref()
  }

  function drop(id: string): boolean {
    const capture = captures.get(id)
    if (!capture) return false
    end(capture)
    clearTimeout(capture.timer)
    return captures.delete(id)
  }

  function matching({ from, to, module }: Exchange): Armed[] {
    if (module === undefined) return []
    const key = moduleKey(module)
    return [...captures.values()].filter(
      (one) => one.armed && one.module === key && (one.party === from || one.party === to),
    )
  }

  async function take(errand: Errand, outcome: Outcome): Promise<void> {
    const wanted = matching(errand.exchange)
    if (wanted.length === 0) return
    const taken = await toCaptured(errand, outcome)
    for (const capture of wanted) {
      if (capture.kept.length < EXCHANGES_MAX) capture.kept.push(taken)
      else capture.left++
    }
  }

  function watched(answer: Promise<Relayed>, errand: Errand): Promise<Relayed> {
    if (armed === 0) return answer
    answer.then(
      (relayed) => take(errand, { relayed }),
      (thrown: unknown) => take(errand, { thrown }),
    )
    return answer
  }

  return {
    isArmed: () => armed > 0,
    arm({ party, module, minutes, by }) {
      if (captures.size >= CAPTURES_MAX) return undefined
      const since = Date.now()
      const capture: Armed = {
        id: randomUUID(),
        party,
        module: moduleKey(module),
        by,
        since,
        until: since + minutes * minuteMs,
        armed: true,
        kept: [],
        left: 0,
        timer: setTimeout(() => {
          end(capture)
          onEnd?.(capture)
        }, minutes * minuteMs).unref(),
      }
      captures.set(capture.id, capture)
      armed++
      return capture
    },
    list: () => [...captures.values()].toReversed(),
    get: (id) => captures.get(id),
    drop,
    watch: (conduct) => ({
      decision: (decision, errand) => watched(conduct.decision(decision, errand), errand),
      link: (id, errand) => watched(conduct.link(id, errand), errand),
    }),
    close() {
      for (const id of captures.keys()) drop(id)
    },
  }
}

interface Outcome {
  readonly relayed?: Relayed
  readonly thrown?: unknown
}

async function toCaptured({ message, exchange }: Errand, outcome: Outcome): Promise<CapturedExchange> {
  const { from, to, method, path, requestId, correlationId, startedAt } = exchange
  const { relayed, thrown } = outcome
  const answer = relayed && (await keepAnswer(relayed))
  return {
    time: new Date(startedAt).toISOString(),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    method,
    path,
    request_id: requestId,
    correlation_id: correlationId,
    ...(relayed ? { http_status: relayed.httpStatus } : {}),
    ...(relayed?.statusCode === undefined ? {} : { code: relayed.statusCode }),
    ...(thrown === undefined ? {} : { fault: toFault(thrown).code }),
    ...(message.body ? { request: keepBody(message.body) } : {}),
    ...(answer ? { answer } : {}),
  }
}

/** The first part of an answer that streams is no JSON by itself, so nothing of it is kept. */
async function keepAnswer({ body, headers, rest }: Relayed): Promise<KeptBody> {
  const bytes = body.length
  if (rest) return { bytes, omitted: 'too_large' }
  const place = headers.findIndex((name, index) => index % 2 === 0 && /^content-encoding$/i.test(name))
  const coding = place < 0 ? undefined : headers[place + 1]
  if (isPlain(coding) || typeof body === 'string') return keepBody(body)
  const plain = await inflateBody(body, coding!, INFLATED_MAX)
  return plain ? keepBody(plain) : { bytes, omitted: 'coded' }
}
