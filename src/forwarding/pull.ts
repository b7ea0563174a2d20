// Notices that a receiver has read a list to its end, and so has what it missed. Looks at a request only while
// something is missed at all.

import type { Exchange } from '../journal/exchange.ts'
import type { Message } from '../routing/message.ts'
import type { Missed } from './missed.ts'
import type { Relayed } from './relayed.ts'

/** What the answer to a request shows of a pull. */
export interface PullParts {
  readonly message: Message
  readonly exchange: Exchange
  /** Path and query as they went out. */
  readonly path: string
}

/** The answer as it came, watched if it is the last page of a list; a large one counts when its last byte is through. */
export function watchPull(relayed: Relayed, parts: PullParts, missed: Missed): Relayed {
  if (missed.isEmpty() || !isLastPage(relayed, parts.message)) return relayed
  const { rest } = relayed
  if (!rest) {
    if (isSuccess(relayed.statusCode)) note(parts, missed)
    return relayed
  }
  return {
    ...relayed,
    rest: async (sink) => {
      const statusCode = await rest(sink)
      if (isSuccess(statusCode)) note(parts, missed)
      return statusCode
    },
  }
}

/** A page behind a hub URL has no path of its own; it is of the list all the same. */
function isLastPage({ headers }: Relayed, { method, interface: role, row, rest }: Message): boolean {
  if (method !== 'GET' || role !== 'SENDER' || !row.lists?.includes(rest.replace(/\/$/, ''))) return false
  for (let index = 0; index < headers.length; index += 2) {
    if (/^link$/i.test(headers[index]!) && /\bnext\b/i.test(headers[index + 1]!)) return false
  }
  return true
}

function isSuccess(statusCode: number | undefined): boolean {
  return statusCode !== undefined && statusCode >= 1000 && statusCode < 2000
}

function note({ message, exchange, path }: PullParts, missed: Missed): void {
  const { from, to } = exchange
  if (from === undefined || to === undefined) return
  const mark = path.indexOf('?')
  const query = new URLSearchParams(message.listQuery ?? (mark < 0 ? '' : path.slice(mark)))
  missed.pulled({
    receiver: from,
    from: to,
    module: message.module,
    since: readInstant(query.get('date_from')) ?? 0,
    until: Math.min(exchange.startedAt, readInstant(query.get('date_to')) ?? Infinity),
  })
}

/** OCPI's DateTime is UTC, with or without its Z (OCPI 2.2.1 §types). */
function readInstant(text: string | null): number | undefined {
  if (text === null) return undefined
  const instant = Date.parse(/(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)
  return Number.isNaN(instant) ? undefined : instant
}
