// Who is there (R88, T2, T20 as the contract changes it): notes every sign of life and every failure, asks platforms
// that have been silent for their versions, and moves platforms between CONNECTED and OFFLINE. The numbers live in a
// plain map; only a changed status goes to the registry (R91). PLANNED and SUSPENDED are left alone.

import { toFault } from '../faults/fault.ts'
import { REFUSAL_CAUSES } from '../faults/http-status.ts'
import { FAULTS, type FaultCode } from '../faults/table.ts'
import type { Log } from '../journal/log.ts'
import type { TokenForm } from '../ocpi/token.ts'
import type { Platform } from '../registry/platform.ts'
import type { Registry } from '../registry/registry.ts'
import type { Lease } from '../registry/lease.ts'
import type { Clock } from './clock.ts'
import type { Call } from './peer.ts'
import { changePlatform, withStatus } from './platform-change.ts'
import { type ProbeResult, probePlatform } from './probe.ts'
import { isReachedElsewhere, newPulse, type Outlook, probeDueAt, type Pulse } from './pulse.ts'

export interface StillAliveOptions {
  /** Silence before a platform is asked. */
  readonly probeAfterMs: number
  /** For one probe. */
  readonly timeoutMs: number
  /** Consecutive connection failures, or refusals of the hub's token, that make a platform OFFLINE. */
  readonly offlineAfter: number
}

export interface StillAliveParts {
  readonly registry: Registry
  readonly call: Call
  readonly clock: Clock
  readonly lease: Pick<Lease, 'holds'>
  readonly log: Pick<Log, 'info' | 'warn'>
  /** Something only an operator can mend. */
  readonly alarm: (kind: 'token_rejected', platformId: string, detail: string) => void
  /** A sign of life: a request, an answer, a probe that found it. Called for each of them. */
  readonly onHeard?: (platformId: string) => void
  /** When any hub has heard it last, as far as it is known here. Milliseconds since the epoch. */
  readonly lastHeard?: (platformId: string) => number | undefined
  /** A probe found the platform well. */
  readonly onAlive?: (platform: Platform) => void
}

export interface StillAlive {
  /** An authenticated request came from the platform. Cheap enough for every request. */
  requested(platformId: string): void
  /** The platform answered a request of the hub, whatever it answered. */
  heard(platformId: string): void
  /**
   * A request of the hub failed: faults of the transport at the responder and `token_rejected` count.
   * `likelyCause` = what the operator looks at first, for the alarm.
   */
  failed(platformId: string, fault: FaultCode, likelyCause?: string): void
  /** Asks the platform now; settled when the status it led to stands. `undefined` if there is none. */
  probe(platformId: string): Promise<ProbeResult | undefined>
  /** How near the platform is to OFFLINE, as this hub sees it; `undefined` if there is none. */
  outlook(platformId: string): Outlook | undefined
  close(): void
}

const SWEEP_MIN_MS = 20
const SWEEP_MAX_MS = 1_000
const PROBES_MAX = 16
const BACKOFF_FIRST_MS = 5_000
// After a registry that did not answer.
const CHANGE_AGAIN_MS = 1_000
/** Of a refusal that says nothing of its cause. */
const EXPIRED = REFUSAL_CAUSES.get(401)!

/** Starts to watch; `options` may change meanwhile; `random` in 0..1 spreads the probes. */
export function createStillAlive(
  parts: StillAliveParts,
  options: StillAliveOptions,
  random: () => number = Math.random,
): StillAlive {
  const { registry, clock, lease, log } = parts
  const pulses = new Map<string, Pulse>()
  let probes = 0
  let cancelSweep = (): void => undefined
  let closed = false

  function pulseOf(id: string): Pulse {
    let pulse = pulses.get(id)
    if (!pulse) {
      pulse = newPulse(clock.monotonic())
      pulses.set(id, pulse)
    }
    return pulse
  }

  function alive(id: string): Pulse {
    const pulse = pulseOf(id)
    pulse.heardAt = clock.monotonic()
    parts.onHeard?.(id)
    pulse.failures = 0
    pulse.reachedElsewhere = false
    return pulse
  }

  /** Brings an OFFLINE platform back; the table is asked first, so that it costs one look-up for all others. */
  function bringBack(id: string, pulse: Pulse): void {
    if (registry.table().connections.get(id)?.platform.status === 'OFFLINE') change(id, pulse, 'CONNECTED')
  }

  function change(id: string, pulse: Pulse, to: 'CONNECTED' | 'OFFLINE'): void {
    if (pulse.changing || closed) return
    const from = to === 'OFFLINE' ? 'CONNECTED' : 'OFFLINE'
    const isDue = () => to === 'CONNECTED' || Math.max(pulse.failures, pulse.refusals) >= options.offlineAfter
    pulse.changing = changePlatform(registry, id, (current) =>
      current.status === from && isDue() ? withStatus(current, to, clock.now()) : undefined,
    ).then(
      (stored) => {
        pulse.changing = undefined
        if (!stored) return
        pulse.attempts = 0
        if (to === 'CONNECTED') pulse.refusals = 0
        pulse.probeAt = to === 'OFFLINE' ? clock.monotonic() + backoffMs(0) : Infinity
        log[to === 'OFFLINE' ? 'warn' : 'info']({ platform: id }, `the platform is ${to} now`)
      },
      (thrown: unknown) => {
        log.warn({ platform: id, fault: toFault(thrown).code }, `the platform could not be set ${to}`)
        clock.after(CHANGE_AGAIN_MS, () => (pulse.changing = undefined))
      },
    )
  }

  function fail(id: string, pulse: Pulse): void {
    const now = clock.now()
    if (pulse.failures++ === 0) pulse.failingSince = now
    if (pulse.failures < options.offlineAfter) return
    const platform = registry.table().connections.get(id)?.platform
    // OFFLINE holds for all hubs: one whose own way there is broken must not take it from those that reach it.
    const since = now - options.probeAfterMs
    if (!platform || !isReachedElsewhere(platform, pulse, parts.lastHeard?.(id), { since, now }))
      return change(id, pulse, 'OFFLINE')
    if (!pulse.reachedElsewhere)
      log.warn({ platform: id }, 'the platform cannot be reached from this hub, but from another one')
    pulse.reachedElsewhere = true
  }

  function failed(id: string, fault: FaultCode, likelyCause?: string): void {
    const row = FAULTS[fault]
    const pulse = pulseOf(id)
    if (fault === 'token_rejected') return refuse(id, pulse, likelyCause)
    if (row.layer !== 'transport' || row.at !== 'responder') return
    // Where the request may have arrived the platform is slow or broken, not away: a probe tells.
    if (row.reached === 'no') fail(id, pulse)
    else suspect(pulse)
  }

  /** T2: one refusal is an alarm; as many as failures, and the platform cannot be reached by the hub any more. */
  function refuse(id: string, pulse: Pulse, likelyCause: string = EXPIRED): void {
    pulse.refusals = pulse.answers > 1 ? 1 : pulse.refusals + 1
    pulse.answers = 0
    // Told again when it refuses for another cause: the first one was mended, or was not the one.
    if (pulse.refusals === 1) pulse.causesTold.clear()
    if (!pulse.causesTold.has(likelyCause)) {
      parts.alarm('token_rejected', id, `the platform refuses the hub; likely cause: ${likelyCause}`)
    }
    pulse.causesTold.add(likelyCause)
    if (pulse.refusals >= options.offlineAfter) suspect(pulse)
  }

  function suspect(pulse: Pulse): void {
    pulse.probeAt = Math.min(pulse.probeAt, clock.monotonic())
  }

  function backoffMs(attempts: number): number {
    const full = Math.min(
      options.probeAfterMs,
      Math.min(BACKOFF_FIRST_MS, options.probeAfterMs) * 2 ** attempts,
    )
    return full * (0.5 + random() / 2)
  }

  async function probe(id: string): Promise<ProbeResult | undefined> {
    const result = await ask(id)
    await pulses.get(id)?.changing
    return result
  }

  async function ask(id: string): Promise<ProbeResult | undefined> {
    const platform = registry.table().connections.get(id)?.platform
    if (!platform) return undefined
    const pulse = pulseOf(id)
    pulse.probing = true
    pulse.doubted = false
    const begunAt = clock.monotonic()
    const result = await probePlatform(parts.call, platform, options.timeoutMs)
    pulse.probing = false
    if (result.ok) {
      pulse.refusals = 0
      pulse.attempts = 0
      pulse.probeAt = Infinity
      bringBack(id, alive(id))
      if (result.tokenForm !== undefined) keepForm(id, result.tokenForm)
      parts.onAlive?.(platform)
      return result
    }
    const isThere = result.fault === 'connection_declined'
    // It wants to be left alone, or was heard of since it was asked: asked again only after the usual silence.
    if (isThere || (pulse.heardAt > begunAt && result.fault !== 'token_rejected')) {
      pulse.attempts = 0
      pulse.probeAt = Infinity
      if (isThere) bringBack(id, alive(id))
      return result
    }
    pulse.probeAt = clock.monotonic() + backoffMs(pulse.attempts++)
    if (result.fault === 'token_rejected') {
      pulse.answers = 0
      refuse(id, pulse, result.likelyCause)
      if (pulse.refusals >= options.offlineAfter) change(id, pulse, 'OFFLINE')
    } else if (result.fault && FAULTS[result.fault].at === 'responder') fail(id, pulse)
    return result
  }

  /** What the platform is shown from now on; if that cannot be kept, the next probe finds it out again. */
  function keepForm(id: string, form: TokenForm): void {
    changePlatform(registry, id, ({ outbound, ...current }) =>
      outbound && outbound.form !== form ? { ...current, outbound: { ...outbound, form } } : undefined,
    ).then(
      (stored) =>
        stored && log.info({ platform: id, form }, 'the platform takes the token in another form now'),
      () => undefined,
    )
  }

  /** Asks if it is due: it may have been heard of since it was found to be. */
  function probeIfDue(id: string, pulse: Pulse): void {
    const platform = registry.table().connections.get(id)?.platform
    if (closed || !platform || pulse.probing || dueAt(platform, pulse) > clock.monotonic()) return
    probes++
    void ask(id).finally(() => probes--)
  }

  function sweep(): void {
    const untilNextMs = sweepMs(options.probeAfterMs)
    cancelSweep = clock.after(untilNextMs, sweep)
    const now = clock.monotonic()
    const { connections } = registry.table()
    let found = 0
    for (const [id, { platform }] of connections) {
      if (probes + found >= PROBES_MAX) break
      const pulse = pulseOf(id)
      if (pulse.probing || dueAt(platform, pulse) > now) continue
      // One after the other: opening many connections at once would hold up requests.
      clock.after((found++ * untilNextMs) / PROBES_MAX, () => probeIfDue(id, pulse))
    }
    for (const id of pulses.keys()) if (!connections.has(id)) pulses.delete(id)
  }

  /** When the sweep asks the platform, monotonic; Infinity = never. */
  function dueAt(platform: Platform, pulse: Pulse): number {
    return lease.holds() || pulse.doubted ? probeDueAt(platform, pulse, options.probeAfterMs) : Infinity
  }

  function outlook(id: string): Outlook | undefined {
    const platform = registry.table().connections.get(id)?.platform
    if (!platform) return undefined
    const pulse = pulseOf(id)
    const dueMs = dueAt(platform, pulse) - clock.monotonic()
    return {
      failures: Math.max(pulse.failures, pulse.refusals),
      offlineAfter: options.offlineAfter,
      probing: pulse.probing,
      ...(dueMs === Infinity || !lease.holds() ? {} : { probeAt: clock.now() + Math.max(0, dueMs) }),
    }
  }

  // What another hub has set OFFLINE each hub asks once: it may be the other one's way there that is broken.
  const unwatch = registry.watch((_after, _before, changes) => {
    for (const { old, now } of changes) {
      if (!old || !now || old.platform.status === now.platform.status) continue
      const pulse = pulseOf(now.platform.id)
      pulse.doubted = now.platform.status === 'OFFLINE' && pulse.changing === undefined
    }
  })
  cancelSweep = clock.after(sweepMs(options.probeAfterMs), sweep)
  return {
    requested: (id) => bringBack(id, alive(id)),
    heard(id) {
      const pulse = alive(id)
      pulse.answers++
      bringBack(id, pulse)
    },
    failed,
    probe,
    outlook,
    close() {
      closed = true
      unwatch()
      cancelSweep()
    },
  }
}

function sweepMs(probeAfterMs: number): number {
  return Math.min(SWEEP_MAX_MS, Math.max(SWEEP_MIN_MS, probeAfterMs / 10))
}
