// What the watch over the platforms knows of one of them: signs of life, failures in a row, when it is asked next.

import { CLOCKS_APART_MS } from '../registry/heard.ts'
import type { Platform } from '../registry/platform.ts'

/** Instants are monotonic milliseconds. */
export interface Pulse {
  /** The last sign of life, or the start. */
  heardAt: number
  failures: number
  /** When the failures in a row began; milliseconds since the epoch, by the clock that hubs share. */
  failingSince: number
  /** Another hub reaches it in spite of them: the operator was told. */
  reachedElsewhere: boolean
  refusals: number
  /** Likely causes of the refusals in a row that the operator was told. */
  readonly causesTold: Set<string>
  /** Answers since the last refusal: one of them is the refusal's own. */
  answers: number
  /** Next probe while it is OFFLINE or suspected. */
  probeAt: number
  /** Probes in a row that failed. */
  attempts: number
  probing: boolean
  /** Another hub has set it OFFLINE, and this one has not asked it since. */
  doubted: boolean
  /** A change of its status under way: settled when it is stored or was given up. */
  changing: Promise<void> | undefined
}

/** How near a platform is to OFFLINE. */
export interface Outlook {
  /** Failures in a row, and how many of them make it OFFLINE. */
  readonly failures: number
  readonly offlineAfter: number
  /** Whether it is being asked at this moment. */
  readonly probing: boolean
  /** Milliseconds since the epoch; absent = this hub does not ask it. */
  readonly probeAt?: number
}

/** Of a platform that nothing is known of at the instant `now`. */
export function newPulse(now: number): Pulse {
  return {
    heardAt: now,
    failures: 0,
    failingSince: 0,
    reachedElsewhere: false,
    refusals: 0,
    causesTold: new Set(),
    answers: 0,
    probeAt: Infinity,
    attempts: 0,
    probing: false,
    doubted: false,
    changing: undefined,
  }
}

/**
 * Whether another hub reaches it: `heardAt` is when any hub has heard it last. That, or that it was brought back, must
 * be after this hub's failures began, which a success of its own would have ended, and not before `since`. What is still
 * to come was dated by a clock that was ahead, and says nothing. All in milliseconds since the epoch.
 */
export function isReachedElsewhere(
  { status, lastUpdated }: Platform,
  { failingSince }: Pulse,
  heardAt: number | undefined,
  { since, now }: { readonly since: number; readonly now: number },
): boolean {
  const broughtBackAt = status === 'CONNECTED' ? Date.parse(lastUpdated) : 0
  const earliest = Math.max(failingSince, since)
  return [heardAt ?? 0, broughtBackAt].some((at) => at > earliest && at <= now + CLOCKS_APART_MS)
}

/** When it is to be asked, monotonic; Infinity = never. */
export function probeDueAt(
  { status, outbound, source, revision }: Platform,
  pulse: Pulse,
  probeAfterMs: number,
): number {
  // While its status is being changed, what is known of it is not yet in the table.
  if (!outbound || pulse.changing) return Infinity
  const silentAt = pulse.heardAt + probeAfterMs
  if (status === 'CONNECTED') return Math.min(pulse.probeAt, pulse.attempts === 0 ? silentAt : Infinity)
  if (status !== 'OFFLINE') return Infinity
  if (pulse.probeAt !== Infinity) return pulse.probeAt
  // OFFLINE by the word of the configuration file, which is believed for a while (D11), or since before this process
  // or this lease, and then it is asked at once.
  return source !== 'file' || revision > 0 ? pulse.heardAt : silentAt
}
