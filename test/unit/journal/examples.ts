// Exchanges and entries that the tests of journal and admin start from.

import { toEntry } from '../../../src/journal/entry.ts'
import type { Exchange } from '../../../src/journal/exchange.ts'
import type { JournalEntry } from '../../../src/journal/journal-entry.ts'
import type { Journal } from '../../../src/journal/journal.ts'
import { createReferences } from '../../../src/journal/reference.ts'

const newReference = createReferences()

/** A GET that was relayed with 1000 after 8 ms, 5 of them outbound. */
export function exchange(members: Partial<Exchange> = {}): Exchange {
  return {
    startedAt: Date.parse('2026-03-01T12:00:00.000Z'),
    start: 1000,
    method: 'GET',
    path: '/ocpi/2.2.1/sender/locations',
    requestId: 'request-1',
    correlationId: 'correlation-1',
    forwardedRequestId: 'request-2',
    requester: 'ems',
    responder: 'cpo',
    from: 'NL-EMS',
    to: 'DE-CPO',
    module: 'locations',
    interface: 'SENDER',
    mode: 'direct',
    forwardedAt: 1002,
    connectedAt: 1003,
    firstByteAt: 1006,
    answeredAt: 1007,
    httpStatus: 200,
    code: 1000,
    author: 'responder',
    ...members,
  }
}

/** The same, failed because the responder's host name did not resolve. */
export function failure(members: Partial<Exchange> = {}): Exchange {
  const failed = exchange({
    code: 4003,
    author: 'hub',
    fault: 'dns_error',
    message: 'DE-CPO: no such host name',
  })
  delete failed.connectedAt
  delete failed.firstByteAt
  delete failed.answeredAt
  return { ...failed, ...members }
}

/** So many failures in a journal, numbered from 1 by their request id. */
export function recordFailures(
  journal: Pick<Journal, 'record'>,
  count: number,
  members: (number: number) => Partial<Exchange> = () => ({}),
): void {
  for (let number = 1; number <= count; number++)
    journal.record(failure({ requestId: String(number), ...members(number) }))
}

/** A journal entry of a failure. */
export function entry(members: Partial<JournalEntry> = {}): JournalEntry {
  return { ...toEntry(failure(), newReference(), 1008), ...members }
}

/** `count` entries, oldest first, whose request ids are `1`, `2`, … */
export function entries(
  count: number,
  members: (number: number) => Partial<JournalEntry> = () => ({}),
): JournalEntry[] {
  return Array.from({ length: count }, (_, index) =>
    entry({ request_id: String(index + 1), ...members(index + 1) }),
  )
}
