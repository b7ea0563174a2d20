// When a receiver fails more than it usually does, and when it is over.

import { describe, expect, it } from 'vitest'
import { FAULT_CODES, type FaultCode } from '../../../src/faults/table.ts'
import { createFaultRates, RECEIVER_FAULTS, type FaultRates } from '../../../src/modules/fault-rates.ts'

function open(minRequests = 20): FaultRates {
  return createFaultRates({ minRequests })
}

/** One window with so many requests, some of them failed; gives what it was judged to be. */
function window(
  rates: FaultRates,
  requests: number,
  faults: number,
  fault: FaultCode = 'connection_refused',
) {
  for (let index = 0; index < requests; index++) {
    rates.record(index < faults ? { responder: 'acme', fault } : { responder: 'acme' })
  }
  return rates.judge().map(({ status }) => status)
}

describe('a receiver that has worked', () => {
  it('fires when a tenth or more of its requests fail, and is over when they do not', () => {
    const rates = open()
    expect(window(rates, 100, 0)).toEqual([])
    expect(window(rates, 100, 9)).toEqual([])
    expect(window(rates, 100, 30)).toEqual(['firing'])
    expect(window(rates, 100, 30)).toEqual([])
    expect(window(rates, 100, 8)).toEqual([])
    expect(window(rates, 100, 1)).toEqual(['resolved'])
    expect(window(rates, 100, 0)).toEqual([])
  })

  it('tells the faults by their frequency, the rate and the usual one', () => {
    const rates = open()
    window(rates, 100, 0)
    for (const [fault, count] of [
      ['http_response_timeout', 10],
      ['connection_refused', 20],
    ] as const) {
      for (let index = 0; index < count; index++) rates.record({ responder: 'acme', fault })
    }
    for (let index = 0; index < 30; index++) rates.record({ responder: 'acme' })
    expect(rates.judge()).toEqual([
      {
        responder: 'acme',
        status: 'firing',
        requests: 60,
        faults: 30,
        rate: 0.5,
        usual: 0,
        byFault: [
          ['connection_refused', 20],
          ['http_response_timeout', 10],
        ],
      },
    ])
    expect(rates.recent('acme')[0]).toEqual(['connection_refused', 20])
  })

  it('fires on a first window that is bad, since a receiver is expected to work', () => {
    expect(window(open(), 20, 20)).toEqual(['firing'])
  })
})

describe('what is usual', () => {
  it('is learnt: a receiver that always fails a little fires only when it fails clearly more', () => {
    const rates = open()
    // So slowly that no window stands out.
    for (let step = 0; step < 60; step++) expect(window(rates, 100, Math.min(step, 30))).toEqual([])
    expect(window(rates, 100, 38)).toEqual([])
    expect(window(rates, 100, 60)).toEqual(['firing'])
  })

  it('becomes what stays for hours: it is over although nothing has changed', () => {
    const rates = open()
    expect(window(rates, 100, 30)).toEqual(['firing'])
    let windows = 0
    while (window(rates, 100, 30).length === 0) windows++
    expect(windows).toBeGreaterThan(60)
    expect(windows).toBeLessThan(400)
  })
})

describe('too few requests', () => {
  it('are put together over windows until they are enough', () => {
    const rates = open()
    for (let count = 0; count < 3; count++) expect(window(rates, 5, 5)).toEqual([])
    expect(window(rates, 5, 5)).toEqual(['firing'])
  })

  it('are let go after ten windows', () => {
    const rates = open()
    for (let count = 0; count < 10; count++) expect(window(rates, 1, 1)).toEqual([])
    expect(window(rates, 19, 0)).toEqual([])
    expect(window(rates, 1, 0)).toEqual([])
    expect(rates.recent('acme')).toEqual([])
  })

  it('do not make four faults an alert', () => {
    expect(window(open(5), 6, 4)).toEqual([])
    expect(window(open(5), 6, 5)).toEqual(['firing'])
  })
})

describe('what counts', () => {
  it('is what the receiver or the way to it did: no requester, no route, no token of the hub', () => {
    const not = FAULT_CODES.filter((code) => !RECEIVER_FAULTS.has(code))
    expect(not).toContain('to_not_connected')
    expect(not).toContain('token_rejected')
    expect(not).toContain('requester_gone')
    expect(not).toContain('object_unknown')
    for (const code of [
      'dns_error',
      'tls_certificate_error',
      'http_response_timeout',
      'answer_not_ocpi',
    ] as const) {
      expect(RECEIVER_FAULTS.has(code)).toBe(true)
    }
    expect(window(open(), 100, 100, 'object_unknown')).toEqual([])
  })

  it('is not made better by requests that are not sent while it is OFFLINE', () => {
    const rates = open()
    expect(window(rates, 100, 60)).toEqual(['firing'])
    for (let index = 0; index < 5_000; index++) rates.record({ responder: 'acme', fault: 'to_not_connected' })
    expect(window(rates, 100, 60)).toEqual([])
  })

  it('is kept per receiver, and forgotten with it', () => {
    const rates = open()
    window(rates, 100, 50)
    rates.record({})
    expect(rates.recent('acme')).toHaveLength(1)
    rates.retain(() => false)
    expect(rates.recent('acme')).toEqual([])
    expect(rates.judge()).toEqual([])
  })
})
