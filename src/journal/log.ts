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
const REDACTED = ['', '*.', '*.*.'].flatMap((depth) => SECRETS.map((name) => `${depth}${name}`))

/** A log that writes to standard output, or to `destination`. */
export function createLog(options: LogOptions, destination: DestinationStream = standardOutput()): Log {
  const form: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  }
  const logger = pino({ ...form, redact: { paths: REDACTED, censor: '[redacted]' } }, destination)
  // An entry has fixed members, none of them secret: striking out would cost 80 µs a line for nothing.
  const exchangeLogger = pino(form, destination)
  let { exchanges } = options
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    wants: (success) => !success || exchanges === 'all',
    exchange: (entry, bytes) => exchangeLogger[levelOf(entry)](toLine(entry, bytes), 'exchange'),
    configure(next) {
      logger.level = next.level
      exchangeLogger.level = next.level
      exchanges = next.exchanges
    },
  }
}

const WAITING_BYTES_MAX = 4 * 1024 * 1024

function standardOutput(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: true, maxLength: WAITING_BYTES_MAX })
  // A full disk behind standard output must not end the hub: lines wait within the limit, then are lost.
  output.on('error', () => {})
  return output
}

// The side that must act sets the level: an operator reads `error` as "mine", `warn` as "my partner's".
function levelOf(entry: JournalEntry): 'info' | 'warn' | 'error' {
  if (entry.at === 'hub') return entry.recovery === 'wait' ? 'warn' : 'error'
  return entry.at === 'responder' ? 'warn' : 'info'
}

function toLine(entry: JournalEntry, bytes: Pick<Exchange, 'bytesIn' | 'bytesOut'>): object {
  const { time, duration_ms: total_ms, phases, ...fields } = entry
  return {
    ...fields,
    arrived: time,
    total_ms,
    ...(phases === undefined ? {} : { phases }),
    ...(phases?.total === undefined ? {} : { upstream_ms: phases.total }),
    ...(bytes.bytesIn === undefined ? {} : { bytes_in: bytes.bytesIn }),
    ...(bytes.bytesOut === undefined ? {} : { bytes_out: bytes.bytesOut }),
  }
}
