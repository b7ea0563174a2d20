// Carries alerts to the operator's web hook: POST of JSON, one after the other, repeated a few times when it fails,
// never on the way of a request. What cannot be carried is counted and said in the log.

import { setTimeout as pause } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import { toFault } from '../faults/fault.ts'
import { FAULTS } from '../faults/table.ts'
import type { NetworkOptions } from '../forwarding/options.ts'
import { createSend } from '../forwarding/send.ts'
import type { Log } from '../journal/log.ts'
import type { Metrics } from '../journal/metrics.ts'
import { readTarget } from '../ocpi/endpoint.ts'
import type { Alert } from './alerts.ts'

export interface WebhookOptions {
  readonly url: string
  /** Value of the Authorization header. */
  readonly authorization?: string
  /** The same rules as for platforms. */
  readonly network: NetworkOptions
  /** Members of every message: which hub it is, and which process of it. */
  readonly about: { readonly hub: string; readonly instance: string }
  /** Waits before another attempt, in milliseconds. */
  readonly pausesMs?: readonly number[]
}

export interface Webhook {
  /** Never throws and never waits. */
  readonly post: (alert: Alert) => void
  /** Ends it; what is under way gets a moment more. */
  close(): Promise<void>
}

const QUEUE_MAX = 200
const TIMEOUT_MS = 10_000
const CLOSING_MS = 1_000
const ANSWER_BYTES_MAX = 64 * 1024
const PAUSES_MS = [1_000, 5_000, 25_000, 60_000]
/** Answers after which another attempt may do better. */
const PASSING = new Set([408, 425, 429])

export function createWebhook(
  { log, metrics }: { readonly log: Pick<Log, 'warn'>; readonly metrics: Pick<Metrics, 'counter'> },
  options: WebhookOptions,
): Webhook {
  const { authorization, about, pausesMs = PAUSES_MS } = options
  const target = readTarget(options.url)!
  const counts = metrics.counter(
    'ocpi_hub_alerts_total',
    'Alerts for the web hook, by what became of them.',
    ['result'],
  )
  // Connections of its own: a web hook that hangs takes nothing from the platforms.
  const send = createSend(
    {
      connectTimeoutMs: TIMEOUT_MS,
      timeoutMs: TIMEOUT_MS,
      maxResponseBodyBytes: ANSWER_BYTES_MAX,
      heldAnswerBytes: ANSWER_BYTES_MAX,
      connectionsMax: 1,
      pendingMax: 1,
    },
    options.network,
  )
  const stop = new AbortController()
  const queue: Alert[] = []
  let running: Promise<void> | undefined

  /** What went wrong, and whether another attempt makes sense. */
  async function attempt(alert: Alert): Promise<{ problem: string; again: boolean } | undefined> {
    try {
      const { status } = await send({
        platformId: 'alerts',
        origin: target.origin,
        path: target.path + target.query,
        method: 'POST',
        headers: [
          'Content-Type',
          'application/json',
          ...(authorization === undefined ? [] : ['Authorization', authorization]),
        ],
        body: Buffer.from(JSON.stringify({ ...alert, ...about })),
        timeoutMs: TIMEOUT_MS,
        phases: {},
        holdWhole: true,
      }).answer
      if (status >= 200 && status < 300) return undefined
      return { problem: `HTTP ${status}`, again: status >= 500 || PASSING.has(status) }
    } catch (thrown) {
      const { code } = toFault(thrown)
      if (stop.signal.aborted && FAULTS[code].at === 'hub') return { problem: 'the hub ended', again: false }
      return { problem: code, again: code !== 'destination_ip_prohibited' }
    }
  }

  async function carry(alert: Alert): Promise<void> {
    for (let tries = 0; ; tries++) {
      const failure = await attempt(alert)
      if (!failure) return counts.add(['sent'])
      const waitMs = failure.again ? pausesMs[tries] : undefined
      if (waitMs === undefined || stop.signal.aborted) {
        counts.add(['failed'])
        const { alert: name, subject, status } = alert
        log.warn({ alert: name, subject, status, problem: failure.problem }, 'an alert could not be sent')
        return
      }
      // Spread, so that several hubs do not come back together.
      await pause(waitMs * (0.5 + Math.random() / 2), undefined, { signal: stop.signal, ref: false }).catch(
        () => undefined,
      )
    }
  }

  async function run(): Promise<void> {
    for (let next = queue.shift(); next; next = queue.shift()) await carry(next)
    running = undefined
  }

  return {
    post(alert) {
      if (stop.signal.aborted) return
      if (queue.length >= QUEUE_MAX) {
        // The newest says most.
        queue.shift()
        counts.add(['dropped'])
      }
      queue.push(alert)
      running ??= run()
    },
    async close() {
      stop.abort()
      const left = queue.splice(0).length
      if (left > 0) log.warn({ alerts: left }, 'alerts were not sent before the hub ended')
      if (running) await pTimeout(running, { milliseconds: CLOSING_MS, fallback: () => undefined })
      await send.close()
    },
  }
}
