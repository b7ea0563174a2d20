// The same words on every page: sides, whether a request arrived, what to do, times and numbers.

import { RECOVERIES } from '../../faults/table.ts'
import { MODULES } from '../../ocpi/module.ts'
import type { ConnectionStatus, JournalEntry, Reached, Recovery } from './api/types.ts'

export const REACHED_WORDS: Readonly<Record<Reached, string>> = {
  no: 'did not reach the responder',
  maybe: 'may have reached the responder',
  yes: 'reached the responder',
}

/** Identifiers to choose from; custom modules can be given in the address bar. */
export const FUNCTIONAL_MODULES: readonly string[] = MODULES.filter(({ kind }) => kind === 'functional')
  .map(({ id }) => id)
  .sort()

/** What to do, as a sentence. */
export function recoveryText(recovery: Recovery): string {
  const text = RECOVERIES[recovery]
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`
}

/** What a requester does, in as few words as fit a table. */
export const RECOVERY_WORDS: Readonly<Record<Recovery, string>> = {
  correct: 'correct the request',
  authenticate: 'get a valid token',
  wait: 'repeat later',
  check: 'GET before repeating',
  ask_responder: "ask the receiver's operator",
  ask_hub: "ask the hub's operator",
}

export const STATUS_WORDS: Readonly<Record<ConnectionStatus, string>> = {
  CONNECTED: 'connected',
  OFFLINE: 'offline',
  PLANNED: 'planned',
  SUSPENDED: 'suspended',
}

/** Whether an entry is a success that was kept for its time line. */
export function isSuccess({ code }: Pick<JournalEntry, 'code'>): boolean {
  return code >= 1000 && code < 2000
}

/** Whether the request arrived at the responder; what it answered itself did. */
export function reachedOf({
  reached,
  author,
}: Pick<JournalEntry, 'reached' | 'author'>): Reached | undefined {
  return reached ?? (author === 'responder' ? 'yes' : undefined)
}

/** What to call what happened: the fault's code in words, or whose answer it was. */
export function faultText({
  fault,
  code,
}: {
  readonly fault?: string | null | undefined
  readonly code?: number | null | undefined
}): string {
  if (fault) return fault.replaceAll('_', ' ')
  if (!code) return 'no answer'
  return isSuccess({ code }) ? 'success' : "responder's own answer"
}

/** The fault's code, of its words. */
export function faultCode(words: string): string {
  return words.toLowerCase().replaceAll(/\s+/g, '_')
}

/** `platform suspend`: of `platform.suspend`. */
export function deedText(action: string): string {
  return action.replaceAll(/[._]/g, ' ')
}

const whole = new Intl.NumberFormat('en')
const precise = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** `12,345` */
export function count(value: number): string {
  return whole.format(value)
}

/** `12.3K` */
export function shortCount(value: number): string {
  return value < 10_000 ? whole.format(value) : compact.format(value)
}

/** `3.4 %`; a share that is not zero is never shown as 0. */
export function percent(part: number, all: number): string {
  if (all === 0) return '0 %'
  const share = (part / all) * 100
  if (part > 0 && share < 0.1) return '< 0.1 %'
  return `${precise.format(share)} %`
}

/** `0.4 ms`, `312 ms`, `4.2 s` */
export function milliseconds(value: number): string {
  if (value >= 10_000) return `${precise.format(value / 1000)} s`
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`
  return `${value < 10 ? precise.format(value) : whole.format(Math.round(value))} ms`
}

/** `12 s`, `5 min`, `3 h`, `2 d`: of seconds. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
  return `${Math.floor(seconds / 86_400)} d`
}

/** `UTC+01:00`: what the times of day on the page are in. */
export function zoneText(date: Date = new Date()): string {
  const minutes = -date.getTimezoneOffset()
  if (minutes === 0) return 'UTC'
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `UTC${minutes < 0 ? '-' : '+'}${twoDigits(hours)}:${twoDigits(rest)}`
}

/** `14:03:22`, with the date when it is not today's; in the reader's own time zone. */
export function clockTime(time: string, { ms = false }: { ms?: boolean } = {}): string {
  const date = new Date(time)
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':')
  const fraction = ms ? `.${String(date.getMilliseconds()).padStart(3, '0')}` : ''
  if (date.toDateString() === new Date().toDateString()) return clock + fraction
  const day = `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`
  return `${day} ${clock}${fraction}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

/** `in 12 s` */
export function ahead(time: string, now: number = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000
  return seconds < 1 ? 'now' : `in ${duration(Math.ceil(seconds))}`
}

/** `12 s ago` */
export function ago(time: string, now: number = Date.now()): string {
  const seconds = (now - Date.parse(time)) / 1000
  return seconds < 5 ? 'just now' : `${duration(seconds)} ago`
}
