// What every error answer of the hub must be, checked in one place: HTTP status, envelope, the fault's members,
// ids repeated, routing headers turned round with the hub as author, nothing leaked, one entry in the journal.

import { expect, it } from 'vitest'
import { statusCode } from '../../src/faults/status.ts'
import { FAULTS, type FaultCode } from '../../src/faults/table.ts'
import type { JournalEntry } from '../../src/journal/journal-entry.ts'
import type { HttpAnswer } from './caller.ts'
import { HUB } from './config.ts'
import type { TestHub } from './hub.ts'
import type { Sent } from './party.ts'

export interface FaultExpectation {
  /** OCPI version of the requester: some codes differ below 2.2.1. */
  readonly version?: Parameters<typeof statusCode>[1]
  /** Party that status_message must name; the TO of the request when absent. */
  readonly names?: string
  /** TO of the answer; when absent the FROM of the request, if that was whole (T30). */
  readonly requester?: string
  /** False for configuration modules: no routing headers at all (R23). */
  readonly routed?: false
  /** What the hub could know of the request: absent for bytes that were no HTTP request. */
  readonly sent?: Sent
}

type FaultAnswer = HttpAnswer & { readonly sent?: Sent }

/** Fails unless `answer` is this fault in every respect, journal included. Gives the journal's entry. */
export async function expectFault(
  hub: TestHub,
  answer: FaultAnswer,
  code: FaultCode,
  expected: FaultExpectation = {},
): Promise<JournalEntry> {
  await expectFaultAnswer(hub, answer, code, expected)
  const row = FAULTS[code]
  const envelope = answer.json()
  const entry = await hub.entry(String(envelope.data?.reference))
  expect(entry).toMatchObject({
    author: 'hub',
    code: envelope.status_code,
    fault: code,
    at: row.at,
    reached: row.reached,
    recovery: row.recovery,
    http_status: row.http,
    message: envelope.status_message,
  })
  expect(entry.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(entry.path).not.toContain('?')
  return entry
}

/** Fails unless `answer` is this fault towards the requester (contract §3; the row: faults/table.ts). */
export async function expectFaultAnswer(
  hub: TestHub,
  answer: FaultAnswer,
  code: FaultCode,
  expected: FaultExpectation = {},
): Promise<void> {
  const row = FAULTS[code]
  const version = expected.version ?? '2.2.1'
  const envelope = answer.json()
  const data = envelope.data ?? {}
  const detail = data.fault === code ? '' : (await hub.journal.get(String(data.reference)))?.detail
  expect({
    detail,
    fault: data.fault,
    httpStatus: answer.httpStatus,
    statusCode: envelope.status_code,
    at: data.at,
    recovery: data.recovery,
  }).toEqual({
    detail: '',
    fault: code,
    httpStatus: row.http,
    statusCode: statusCode(row, version),
    at: row.at,
    recovery: row.recovery,
  })
  expect(answer.headers['content-type']).toMatch(/^application\/json(; ?charset=utf-8)?$/i)
  expect(envelope.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  expect(data.reference).toMatch(/^\S+$/)
  expect(envelope.status_message).toMatch(/\S/)
  const sent = expected.sent ?? answer.sent
  expectPublicOnly(hub, answer)
  if (sent) expectHeaders(answer, sent, expected)
  const named =
    expected.names ?? (row.layer === 'transport' || row.layer === 'routing' ? sent?.to : undefined)
  if (named) expect(envelope.status_message).toContain(named)
}

function expectHeaders(answer: HttpAnswer, sent: Sent, expected: FaultExpectation): void {
  const claimed = /^..-...$/.test(sent.from ?? '') ? sent.from : undefined
  const to = expected.routed === false ? undefined : (expected.requester ?? claimed)
  if (sent.requestId) expect(answer.headers['x-request-id']).toBe(sent.requestId)
  else expect(answer.headers['x-request-id']).toMatch(/\S/)
  if (sent.correlationId) expect(answer.headers['x-correlation-id']).toBe(sent.correlationId)
  else expect(answer.headers['x-correlation-id']).toMatch(/\S/)
  expect(routingOf(answer)).toEqual({ to, from: to && HUB })
}

/** TO and FROM of an answer's routing headers, in upper case. */
export function routingOf({ headers }: Pick<HttpAnswer, 'headers'>): {
  to: string | undefined
  from: string | undefined
} {
  const pair = (side: 'to' | 'from') => {
    const country = headers[`ocpi-${side}-country-code`]
    return country === undefined
      ? undefined
      : `${country}-${headers[`ocpi-${side}-party-id`] ?? ''}`.toUpperCase()
  }
  return { to: pair('to'), from: pair('from') }
}

/** Fails when an answer of the hub shows an address, a token, a stack or what it is built with. */
export function expectPublicOnly(hub: TestHub, answer: HttpAnswer): void {
  const text = `${answer.headerList.map((pair) => pair.join(': ')).join('\n')}\n\n${answer.body.toString('latin1')}`
  for (const platform of hub.config.platforms) {
    expect(text).not.toContain(platform.tokens.inbound)
    if (platform.tokens.outbound) expect(text).not.toContain(platform.tokens.outbound)
    for (const endpoint of platform.endpoints ?? []) {
      const { hostname, port } = new URL(endpoint.url)
      expect(text).not.toContain(hostname)
      if (port !== '') expect(text).not.toContain(`:${port}`)
    }
  }
  expect(text).not.toMatch(/127\.0\.0\.1|localhost|::1|169\.254|\/its\/own\//)
  // Stacks, libraries, and the error codes of Node.
  expect(text).not.toMatch(
    /(\n|\\n)\s+at |\bat [^"]*\.[cm]?[jt]s\b|node_modules|node:internal|undici|fastify/i,
  )
  expect(text).not.toMatch(/UND_ERR|FST_ERR|ERR_[A-Z]+|\bE(CONN|HOST|NET|AI_|NOT|PIPE|PROTO)[A-Z]*\b|HPE_/)
  expect(answer.headers).not.toHaveProperty('server')
  expect(answer.headers).not.toHaveProperty('x-powered-by')
}

/**
 * What a provoking test gives: the answer and the hub that gave it, the entry if nobody was left to answer, or
 * the admin API's problem if an operator asked for it.
 * `journalled` is false when the journal's own store is what fails: entries are lost then, never exchanges.
 */
export type Provoked =
  | {
      readonly hub: TestHub
      readonly answer: FaultAnswer
      readonly expected?: FaultExpectation
      readonly journalled?: false
    }
  | { readonly entry: JournalEntry }
  | { readonly problem: { readonly fault?: string } }

/**
 * A test that makes this row of the fault table happen on the wire and checks the whole answer.
 * A static test compares all calls of it in test/wire with the table, so the code is always a literal.
 */
export function provokes(code: FaultCode, title: string, act: () => Promise<Provoked>): void {
  it(`${title} -> ${code}`, async () => {
    const provoked = await act()
    if ('entry' in provoked) {
      const { at, reached, recovery, http } = FAULTS[code]
      expect(provoked.entry).toMatchObject({ fault: code, at, reached, recovery, http_status: http })
      return
    }
    if ('problem' in provoked) {
      expect(provoked.problem.fault).toBe(code)
      return
    }
    const { hub, answer, expected, journalled } = provoked
    if (journalled === false) await expectFaultAnswer(hub, answer, code, expected)
    else await expectFault(hub, answer, code, expected)
  })
}
