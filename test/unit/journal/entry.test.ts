// What of an exchange gets into the journal, and in which form.

import { describe, expect, it } from 'vitest'
import { isSuccess, toEntry } from '../../../src/journal/entry.ts'
import { exchange, failure } from './examples.ts'

describe('a journal entry', () => {
  it('has the names of the contract and the row of the fault', () => {
    expect(toEntry(failure(), '01J00000000000000000000000', 1008)).toEqual({
      reference: '01J00000000000000000000000',
      time: '2026-03-01T12:00:00.000Z',
      author: 'hub',
      code: 4003,
      fault: 'dns_error',
      at: 'responder',
      reached: 'no',
      recovery: 'wait',
      http_status: 200,
      from: 'NL-EMS',
      to: 'DE-CPO',
      requester: 'ems',
      responder: 'cpo',
      module: 'locations',
      interface: 'SENDER',
      method: 'GET',
      path: '/ocpi/2.2.1/sender/locations',
      mode: 'direct',
      request_id: 'request-1',
      forwarded_request_id: 'request-2',
      correlation_id: 'correlation-1',
      duration_ms: 8,
      phases: {},
      message: 'DE-CPO: no such host name',
    })
  })

  it('counts the phases from the start of the outbound leg', () => {
    expect(toEntry(exchange(), 'r', 1008).phases).toEqual({ connect: 1, first_byte: 4, total: 5 })
  })

  it('tells TLS from the connection below it', () => {
    expect(toEntry(exchange({ securedAt: 1005 }), 'r', 1008).phases).toEqual({
      connect: 1,
      tls: 3,
      first_byte: 4,
      total: 5,
    })
  })

  it('ends a detail without the line break that OpenSSL puts behind it', () => {
    const detail = 'EPROTO: wrong version number:355:\n'
    expect(toEntry(failure({ detail }), 'r', 1008).detail).toBe('EPROTO: wrong version number:355:')
  })

  it('has no phases when nothing was forwarded', () => {
    const local = exchange()
    delete local.forwardedAt
    expect(toEntry(local, 'r', 1008)).not.toHaveProperty('phases')
  })

  it('leaves out what the exchange does not know', () => {
    const bare = toEntry(
      {
        startedAt: 0,
        start: 0,
        method: 'GET',
        path: '/',
        requestId: 'a',
        correlationId: 'b',
        fault: 'url_unknown',
      },
      'r',
      1,
    )
    expect(Object.keys(bare).toSorted()).toEqual([
      'at',
      'author',
      'code',
      'correlation_id',
      'duration_ms',
      'fault',
      'http_status',
      'method',
      'path',
      'reached',
      'recovery',
      'reference',
      'request_id',
      'time',
    ])
    expect(bare).toMatchObject({ author: 'hub', code: 2000, http_status: 404 })
  })

  it('never has a query string', () => {
    expect(toEntry(exchange({ path: '/ocpi/x?token=secret' }), 'r', 1).path).toBe('/ocpi/x')
  })

  it('bounds everything that came from outside and keeps it on one line', () => {
    const long = 'x'.repeat(5000)
    const hostile = `a\r\n\u001b[31m\u2028\u202e\u061c\ud800${long}`
    const hostileEntry = toEntry(
      exchange({
        requestId: hostile,
        correlationId: hostile,
        method: hostile,
        path: hostile,
        module: hostile,
        from: hostile,
        to: hostile,
        message: hostile,
        detail: hostile,
        responderCode: hostile,
      }),
      'r',
      1,
    )
    for (const value of Object.values(hostileEntry)) {
      if (typeof value !== 'string') continue
      expect(value.length).toBeLessThanOrEqual(2000)
      // eslint-disable-next-line no-control-regex
      expect(value).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e\u061c]/)
      expect(Buffer.from(value, 'utf8').toString('utf8')).toBe(value)
    }
    expect(hostileEntry.request_id).toHaveLength(128)
    expect(hostileEntry.request_id).toMatch(/^[\x21-\x7e]+$/)
  })
})

describe('success', () => {
  it('is 1xxx only', () => {
    expect([1000, 1999].map(isSuccess)).toEqual([true, true])
    expect([undefined, 0, 999, 2000, 4003].map(isSuccess)).toEqual([false, false, false, false, false])
  })
})
