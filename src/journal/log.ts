// The only door to pino: JSON lines written at once, so that a crash loses none. Operator lines go through
// info, warn and error; one line per exchange has fixed field names. Tokens and URLs to call back are struck out.

import { pino, type DestinationStream, type LoggerOptions } from 'pino'
import type { Exchange } from './exchange.ts'
import type { JournalEntry } from './journal-entry.ts'

export interface LogOptions {
  /** One of pino's levels, `silent` included. */
  readonly level: string
  /** errors = a line for every exchange that is not 1xxx; all = for each. */
  readonly exchanges: 'errors' | 'all'
}

export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  /** An `err` among the fields is written with its stack. */
  error(fields: object, message: string): void
  /** Whether an exchange with this code gets a line. */
  wants(success: boolean): boolean
  /** The line of an exchange; `exchange` adds the byte counts that the entry does not keep. */
  exchange(entry: JournalEntry, exchange: Pick<Exchange, 'bytesIn' | 'bytesOut'>): void
  /** Takes over new options at once (reload). Throws when the level is none of pino's. */
  configure(options: LogOptions): void
}

const SECRETS = [
  'authorization',
  'Authorization',
  'token',
  'response_url',
  'outbound',
  'inbound',
  'secret_key',
]
const IS_SECRET: ReadonlySet<string> = new Set(SECRETS)
const REDACTED = ['', '*.', '*.*.'].flatMap((depth) => SECRETS.map((name) => `${depth}${name}`))

/** A log that writes to standard output, or to `destination`. */
export function createLog(options: LogOptions, destination: DestinationStream = standardOutput()): Log {
  const form: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  }
  const redacting = pino({ ...form, redact: { paths: REDACTED, censor: '[redacted]' } }, destination)
  // Striking out costs 80 µs a line, also where there is nothing to strike out.
  const plain = pino(form, destination)
  const loggerFor = (fields: object) => (isPlain(fields) ? plain : redacting)
  let { exchanges } = options
  return {
    debug: (fields, message) => loggerFor(fields).debug(fields, message),
    info: (fields, message) => loggerFor(fields).info(fields, message),
    warn: (fields, message) => loggerFor(fields).warn(fields, message),
    error: (fields, message) => loggerFor(fields).error(fields, message),
    wants: (success) => !success || exchanges === 'all',
    // An entry has fixed members, none of them secret.
    exchange: (entry, bytes) => plain[levelOf(entry)](toLine(entry, bytes), 'exchange'),
    configure(next) {
      redacting.level = next.level
      plain.level = next.level
      exchanges = next.exchanges
    },
  }
}

/** Whether nothing in it is to be struck out: no name of a secret, and nothing that may hold one. */
function isPlain(fields: object): boolean {
  return Object.entries(fields).every(([name, value]) => typeof value !== 'object' && !IS_SECRET.has(name))
}

const WAITING_BYTES_MAX = 4 * 1024 * 1024
const AGAIN_MS = 50
/** What a slow reader gets for the last lines when the process ends. */
const LAST_LINES_MS = 500
const PAUSE_MS = 5

let opened: DestinationStream | undefined

/** One for all logs of the process. */
function standardOutput(): DestinationStream {
  return (opened ??= openStandardOutput())
}

/**
 * Never waited for: a reader that takes nothing and a disk that is full hold lines back and in the end cost them, and do
 * not hold up the hub.
 */
function openStandardOutput(): DestinationStream {
  const output = pino.destination({
    // Not 1: it is the use of process.stdout that makes a full pipe or socket refuse (EAGAIN) instead of block.
    fd: process.stdout.fd,
    sync: true,
    maxLength: WAITING_BYTES_MAX,
    // Else every line would hold up the process until the reader takes it.
    retryEAGAIN: () => false,
  })
  let lost = 0
  let timer: NodeJS.Timeout | undefined

  // What could not be written stays in front of the next line.
  output.on('error', () => {
    timer ??= setTimeout(again, AGAIN_MS).unref()
  })
  output.on('drop', () => lost++)

  function again(): void {
    clearTimeout(timer)
    timer = undefined
    output.write('')
    if (timer !== undefined || lost === 0) return
    const line = { level: 'warn', time: new Date(), lost, msg: 'log lines were lost: they were not taken' }
    lost = 0
    output.write(`${JSON.stringify(line)}\n`)
  }

  process.once('exit', () => {
    const clock = new Int32Array(new SharedArrayBuffer(4))
    const until = performance.now() + LAST_LINES_MS
    while (timer !== undefined && performance.now() < until) {
      Atomics.wait(clock, 0, 0, PAUSE_MS)
      again()
    }
  })
  return output
}

// The side that must act sets the level: an operator reads `error` as "mine", `warn` as "my partner's".
function levelOf(entry: JournalEntry): 'info' | 'warn' | 'error' {
  if (entry.at === 'hub') return entry.recovery === 'wait' ? 'warn' : 'error'
  return entry.at === 'responder' ? 'warn' : 'info'
}

function toLine(entry: JournalEntry, bytes: Pick<Exchange, 'bytesIn' | 'bytesOut'>): object {
  const { time, duration_ms: total_ms, phases, ...fields } = entry
  // Not spread, for the reason of withMembers.
  return Object.assign(
    fields,
    { arrived: time, total_ms },
    phases && { phases },
    phases?.total === undefined ? {} : { upstream_ms: phases.total },
    bytes.bytesIn === undefined ? {} : { bytes_in: bytes.bytesIn },
    bytes.bytesOut === undefined ? {} : { bytes_out: bytes.bytesOut },
  )
}
