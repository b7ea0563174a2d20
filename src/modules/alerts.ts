// What operators are told without asking: which alerts stand, since when, and what is said of them. Decides only
// that something is to be said; alert-watch.ts feeds it and alert-webhook.ts carries it.
//
// An alert of one subject is sent when it begins and when it is over. After it was sent it is silent for a while: if
// it is over and comes again within that time nothing more is said, unless it still stands when the silence ends.

import { FAULTS, type FaultCode } from '../faults/table.ts'
import type { Clock } from './clock.ts'

export type AlertName =
  | 'fault_rate'
  | 'offline'
  | 'token_rejected'
  | 'registry_stale'
  | 'registry_read_only'
  | 'registry_shrunk'
  | 'hub_certificate_ends'
  | 'hub_certificate_ends_now'
  | 'receiver_certificate_ends'
export type Severity = 'warning' | 'critical'

/** As the web hook gets it. */
export interface Alert {
  readonly alert: AlertName
  readonly status: 'firing' | 'resolved'
  readonly severity: Severity
  /** Id of the platform, the name of the listener, or `registry`. */
  readonly subject: string
  /** RFC 3339: when it began, and when this was said. */
  readonly since: string
  readonly time: string
  /** One sentence. */
  readonly message: string
  /** Likeliest first, each with what to do. */
  readonly causes: readonly string[]
  /** The most frequent fault. */
  readonly fault?: FaultCode
  readonly link?: string
}

/** What is known when an alert begins or goes on. */
export interface Occasion {
  readonly severity: Severity
  readonly message: string
  readonly causes: readonly string[]
  readonly fault?: FaultCode
}

export interface Alerts {
  /** It begins, unless it stands already. */
  fire(alert: AlertName, subject: string, occasion: Occasion): void
  /** It stands since before this process, and was told. */
  assume(alert: AlertName, subject: string, occasion: Occasion, since: number): void
  /** It is over, if it stood. */
  resolve(alert: AlertName, subject: string, message: string): void
  stands(alert: AlertName, subject: string): boolean
  /** Says what waited for the end of its silence; call it every now and then. */
  tick(): void
}

export interface AlertsParts {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly silenceMs: number
  readonly emit: (alert: Alert) => void
  /** Where the dashboard is, without a trailing slash. */
  readonly dashboard?: string
}

interface State {
  readonly alert: AlertName
  readonly subject: string
  occasion: Occasion
  since: number
  firing: boolean
  /** Whether its beginning was said, so that its end is. */
  told: boolean
  /** When it was said last, monotonic; -Infinity = never. */
  toldAt: number
}

export function createAlerts({ clock, silenceMs, emit, dashboard }: AlertsParts): Alerts {
  const states = new Map<string, State>()
  const keyOf = (alert: AlertName, subject: string) => `${alert} ${subject}`

  function say(state: State, status: Alert['status'], { message, causes, severity, fault }: Occasion): void {
    const { alert, subject, since } = state
    emit({
      alert,
      status,
      severity,
      subject,
      since: new Date(since).toISOString(),
      time: new Date(clock.now()).toISOString(),
      message,
      causes,
      ...(fault === undefined ? {} : { fault }),
      ...(dashboard === undefined ? {} : { link: dashboard + linkOf(alert, subject) }),
    })
  }

  /** Says that it stands, if it is not silent. */
  function tell(state: State): void {
    if (state.told || clock.monotonic() - state.toldAt < silenceMs) return
    state.told = true
    state.toldAt = clock.monotonic()
    say(state, 'firing', state.occasion)
  }

  return {
    fire(alert, subject, occasion) {
      const key = keyOf(alert, subject)
      const before = states.get(key)
      if (before?.firing) return
      const toldAt = before?.toldAt ?? -Infinity
      const state = { alert, subject, occasion, since: clock.now(), firing: true, told: false, toldAt }
      states.set(key, state)
      tell(state)
    },
    assume(alert, subject, occasion, since) {
      const state = { alert, subject, occasion, since, firing: true, told: true, toldAt: clock.monotonic() }
      states.set(keyOf(alert, subject), state)
    },
    resolve(alert, subject, message) {
      const state = states.get(keyOf(alert, subject))
      if (!state?.firing) return
      state.firing = false
      if (!state.told) return
      state.told = false
      say(state, 'resolved', { severity: state.occasion.severity, message, causes: [] })
    },
    stands: (alert, subject) => states.get(keyOf(alert, subject))?.firing === true,
    tick() {
      for (const [key, state] of states) {
        if (state.firing) tell(state)
        else if (clock.monotonic() - state.toldAt >= silenceMs) states.delete(key)
      }
    },
  }
}

function linkOf(alert: AlertName, subject: string): string {
  if (/^(?:registry|hub)_/.test(alert)) return '/'
  const name = encodeURIComponent(subject)
  return alert === 'fault_rate' ? `/errors?responder=${name}` : `/parties/${name}`
}

const CAUSES_MAX = 3

/** The likeliest causes in words: name and share of each fault, what it is, and what to do. */
export function causesOf(byFault: readonly (readonly [fault: FaultCode, count: number])[]): string[] {
  const total = byFault.reduce((sum, [, count]) => sum + count, 0)
  return byFault.slice(0, CAUSES_MAX).map(([fault, count]) => {
    const { when, advice } = FAULTS[fault]
    return `${fault} (${percent(count / total)}): ${when}. ${advice}`
  })
}

/** 0.123 -> `12 %`. */
export function percent(share: number): string {
  return share > 0 && share < 0.01 ? 'under 1 %' : `${Math.round(share * 100)} %`
}

/** 90000 -> `2 min`. */
export function spanText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
