// Turns the record of an exchange into the journal's entry: phases from instants, the fault's row joined in,
// everything that came from outside bounded and on one line. Never holds bodies, tokens or query strings.

import { FAULTS } from '../faults/table.ts'
import { knowsStatusCode } from '../ocpi/version.ts'
import type { Exchange } from './exchange.ts'
import type { JournalEntry } from './journal-entry.ts'
import { plainId, plainText } from './text.ts'

const PATH_CHARS_MAX = 512
const NAME_CHARS_MAX = 64
const MESSAGE_CHARS_MAX = 1000
const DETAIL_CHARS_MAX = 2000

type Mutable<Kind> = { -readonly [Member in keyof Kind]: Kind[Member] }

/** Whether an OCPI status code is a success; an exchange without code is none. */
export function isSuccess(code: number | undefined): boolean {
  return code !== undefined && code >= 1000 && code < 2000
}

/** Whether the responder answered a code that the requester's version does not list (R104). */
export function isUnlisted({ author, code, version }: Exchange): boolean {
  if (code === 1000 || code === undefined || version === undefined) return false
  return author === 'responder' && !knowsStatusCode(version, code)
}

/**
 * The entry of an exchange that ended at the instant `end` (`performance.now()` milliseconds).
 * Members that the exchange does not know are left out; code and HTTP status then come from the fault's row.
 */
export function toEntry(exchange: Exchange, reference: string, end: number): JournalEntry {
  const row = exchange.fault === undefined ? undefined : FAULTS[exchange.fault]
  const entry: Mutable<JournalEntry> = {
    reference,
    time: new Date(exchange.startedAt).toISOString(),
    author: exchange.author ?? 'hub',
    code: exchange.code ?? row?.ocpi ?? 0,
    http_status: exchange.httpStatus ?? row?.http ?? 0,
    method: plainId(exchange.method),
    path: plainText(withoutQuery(exchange.path), PATH_CHARS_MAX),
    request_id: plainId(exchange.requestId),
    correlation_id: plainId(exchange.correlationId),
    duration_ms: milliseconds(end - exchange.start),
  }
  if (exchange.fault !== undefined && row) {
    entry.fault = exchange.fault
    entry.at = row.at
    entry.reached = row.reached
    entry.recovery = row.recovery
  }
  if (isUnlisted(exchange)) entry.code_unlisted = true
  addParties(entry, exchange)
  addOutboundLeg(entry, exchange)
  if (exchange.causedBy !== undefined) entry.caused_by = plainId(exchange.causedBy)
  if (exchange.targets !== undefined) entry.targets = exchange.targets
  if (exchange.message !== undefined) entry.message = plainText(exchange.message, MESSAGE_CHARS_MAX)
  if (exchange.detail !== undefined) entry.detail = plainText(exchange.detail, DETAIL_CHARS_MAX)
  return entry
}

function addParties(entry: Mutable<JournalEntry>, exchange: Exchange): void {
  if (exchange.from !== undefined) entry.from = plainText(exchange.from, NAME_CHARS_MAX)
  if (exchange.to !== undefined) entry.to = plainText(exchange.to, NAME_CHARS_MAX)
  if (exchange.requester !== undefined) entry.requester = exchange.requester
  if (exchange.responder !== undefined) entry.responder = exchange.responder
  if (exchange.module !== undefined) entry.module = plainText(exchange.module, NAME_CHARS_MAX)
  if (exchange.interface !== undefined) entry.interface = exchange.interface
  if (exchange.mode !== undefined) entry.mode = exchange.mode
}

function addOutboundLeg(entry: Mutable<JournalEntry>, exchange: Exchange): void {
  if (exchange.forwardedRequestId !== undefined)
    entry.forwarded_request_id = plainId(exchange.forwardedRequestId)
  if (exchange.responderHttpStatus !== undefined) entry.responder_http_status = exchange.responderHttpStatus
  if (exchange.responderCode !== undefined)
    entry.responder_code = plainText(exchange.responderCode, NAME_CHARS_MAX)
  const phases = toPhases(exchange)
  if (phases) entry.phases = phases
}

function toPhases(exchange: Exchange): NonNullable<JournalEntry['phases']> | undefined {
  const { forwardedAt, connectedAt, securedAt, firstByteAt, answeredAt } = exchange
  if (forwardedAt === undefined) return undefined
  const phases: Mutable<NonNullable<JournalEntry['phases']>> = {}
  if (connectedAt !== undefined) phases.connect = milliseconds(connectedAt - forwardedAt)
  if (securedAt !== undefined) phases.tls = milliseconds(securedAt - forwardedAt)
  if (firstByteAt !== undefined) phases.first_byte = milliseconds(firstByteAt - forwardedAt)
  if (answeredAt !== undefined) phases.total = milliseconds(answeredAt - forwardedAt)
  return phases
}

function withoutQuery(path: string): string {
  const query = path.indexOf('?')
  return query === -1 ? path : path.slice(0, query)
}

/** Milliseconds with microseconds as decimals; never negative. */
function milliseconds(value: number): number {
  return Math.max(0, Math.round(value * 1000) / 1000)
}
