// The kinds of value a route has, each with the sentence that is said when a value is not of it: the same for the
// configuration file and for the admin API. No sentence repeats the value.

import * as z from 'zod'
import { readPartyText } from '../ocpi/party.ts'
import { DURATION, readDuration } from './units.ts'

// No more digits than a number keeps and is written with again.
const RATE = /^([1-9]\d{0,14})\/(\d+(?:\.\d+)?)?(ms|s|m|h|d)$/

/** Longer and Node's timers would overflow and fire at once (2^31 - 1 ms). */
const DURATION_MAX_MS = 24 * 86_400_000

export const PARTY_PATTERN_TEXT = 'must be a party (DE-CPO), the parties of a country (NL-*) or anybody ("*")'
const DURATION_TEXT = 'must be a duration with its unit, as in 250ms, 30s, 5m or 1h'
const RATE_TEXT = 'must be a rate, as in 100/s or 6000/1m'
const MODULE_TEXT = 'must be a module id, as in locations'

/** `30s` -> 30000. Units ms, s, m, h, d; more than nothing and at most 24d. */
export function duration() {
  return z
    .string({ error: DURATION_TEXT })
    .regex(DURATION, { error: DURATION_TEXT })
    .transform((text) => readDuration(text)!)
    .pipe(
      z
        .number()
        .min(1, { error: 'must be a duration of at least 1ms' })
        .max(DURATION_MAX_MS, { error: 'must be a duration of at most 24d' }),
    )
}

/** `100/s`, `6000/1m` -> requests per period. */
export function rate() {
  return z
    .string({ error: RATE_TEXT })
    .regex(RATE, { error: RATE_TEXT })
    .transform((text) => {
      const [, requests, count, unit] = RATE.exec(text)!
      return { requests: Number(requests), perMs: readDuration(`${count ?? 1}${unit}`)! }
    })
    .refine((value) => value.perMs >= 1 && value.perMs <= DURATION_MAX_MS, {
      error: 'must have a period of 1ms to 24d',
    })
}

/** A whole number; what comes from the environment is text and read as the number it shows. */
export function integer(limits: { min: number; max: number }) {
  const error = `must be a whole number from ${limits.min} to ${limits.max}`
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value),
    z.int({ error }).min(limits.min, { error }).max(limits.max, { error }),
  )
}

/** A party on its own: `DE-CPO`, in any spelling. */
export function partyText() {
  return z
    .string()
    .refine((value) => readPartyText(value) !== undefined, { error: 'must name a party, as in NL-EMS' })
}

/** Whom a route is about: `*` anybody, `NL-*` everybody of a country, `DE-CPO` (or `de-cpo`, `DE*CPO`) one party. */
export function partyPattern() {
  return z.string().refine(isPartyPattern, { error: PARTY_PATTERN_TEXT })
}

/** One value, or a list of them; `error` says what is wrong where nobody looks into the two. */
export function oneOrMore<T extends z.ZodType>(item: T, error: string) {
  return z.union([item, z.array(item).min(1, { error: 'must not be an empty list' })], { error })
}

function isPartyPattern(value: string): boolean {
  return value === '*' || /^[A-Za-z]{2}-\*$/.test(value) || readPartyText(value) !== undefined
}

/** A module id; also one that no specification knows. */
export function moduleId() {
  return z.string().regex(/^[A-Za-z0-9_-]{1,36}$/, { error: MODULE_TEXT })
}
