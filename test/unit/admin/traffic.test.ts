// Traffic of the last hour: counted by outcome and by pair, forgotten in time, bounded.

import { describe, expect, it } from 'vitest'
import { createTraffic, TRAFFIC_KINDS, type Traffic } from '../../../src/admin/traffic.ts'
import type { Exchange } from '../../../src/journal/exchange.ts'

const START = Date.parse('2026-03-01T12:00:00.000Z')
const MINUTE = 60_000

function startTraffic(): {
  readonly traffic: Traffic
  readonly pass: (ms: number) => void
  readonly setClock: (byMs: number) => void
} {
  let passed = 0
  let set = 0
  const traffic = createTraffic(
    () => START + passed + set,
    () => passed,
  )
  return { traffic, pass: (ms) => void (passed += ms), setClock: (byMs) => void (set += byMs) }
}

function exchange(members: Partial<Exchange> = {}): Exchange {
  return {
    startedAt: 0,
    start: 0,
    method: 'GET',
    path: '/',
    requestId: 'r',
    correlationId: 'c',
    author: 'responder',
    code: 1000,
    requester: 'ems',
    from: 'NL-EMS',
    to: 'DE-CPO',
    ...members,
  }
}

const fault = (code: Exchange['fault']): Exchange => exchange({ author: 'hub', code: 4000, fault: code! })

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

describe('traffic over time', () => {
  it('is counted by how exchanges ended, faults by whose side must act', () => {
    const { traffic } = startTraffic()
    traffic.record(exchange())
    traffic.record(exchange({ author: 'hub' }))
    traffic.record(exchange({ code: 2003 }))
    traffic.record(fault('to_unknown'))
    traffic.record(fault('dns_error'))
    traffic.record(fault('token_rejected'))
    traffic.record(exchange({ author: 'hub', code: 0 }))
    const { counts } = traffic.view()
    expect(TRAFFIC_KINDS.map((kind) => total(counts[kind]))).toEqual([1, 1, 1, 1, 1, 2])
  })

  it.each([
    ['back', -60, '2026-03-01T11:00:00.000Z'],
    ['on', 60, '2026-03-01T13:00:00.000Z'],
  ])('is not lost when the clock is set %s by an hour', (_way, minutes, start) => {
    const { traffic, pass, setClock } = startTraffic()
    traffic.record(exchange())
    setClock(minutes * MINUTE)
    pass(10_000)
    traffic.record(exchange())
    expect(traffic.view()).toMatchObject({ start, counts: { relayed: [1, 1] } })
    expect(traffic.pairs(1)).toMatchObject([{ requests: 2 }])
  })

  it('has one bucket for each ten seconds since the hub started, an hour at most', () => {
    const { traffic, pass } = startTraffic()
    traffic.record(exchange())
    expect(traffic.view()).toMatchObject({ bucket_seconds: 10, start: '2026-03-01T12:00:00.000Z' })
    expect(traffic.view().counts.relayed).toEqual([1])
    pass(25_000)
    traffic.record(exchange())
    traffic.record(exchange())
    expect(traffic.view().counts.relayed).toEqual([1, 0, 2])
    pass(60 * MINUTE)
    const { start, counts } = traffic.view()
    expect(start).toBe('2026-03-01T12:00:30.000Z')
    expect(counts.relayed).toHaveLength(360)
    expect(total(counts.relayed)).toBe(0)
  })
})

describe('traffic by pair', () => {
  it('gives requests and errors of each, most errors first', () => {
    const { traffic } = startTraffic()
    for (let count = 0; count < 3; count++) traffic.record(exchange())
    traffic.record(exchange({ to: 'DE-TWO' }))
    traffic.record(exchange({ to: 'DE-TWO', code: 2001 }))
    expect(traffic.pairs(10)).toEqual([
      { from: 'NL-EMS', to: 'DE-TWO', requests: 2, errors: 1 },
      { from: 'NL-EMS', to: 'DE-CPO', requests: 3, errors: 0 },
    ])
    expect(traffic.pairs(1)).toHaveLength(1)
  })

  it('counts no party that nobody knows, and no request without one', () => {
    const { traffic } = startTraffic()
    traffic.record(exchange({ author: 'hub', code: 4001, fault: 'to_unknown', to: 'ZZ-TOP' }))
    traffic.record(exchange({ author: 'hub', code: 2001, fault: 'from_foreign', from: 'ZZ-TOP' }))
    const { to: _to, ...withoutTo } = exchange()
    traffic.record(withoutTo)
    expect(traffic.pairs(10)).toEqual([])
  })

  it('counts none that a request without a valid token names', () => {
    const { traffic } = startTraffic()
    const { requester: _requester, ...stranger } = exchange({ author: 'hub', code: 2002 })
    traffic.record({ ...stranger, fault: 'token_unknown' })
    traffic.record({ ...stranger, fault: 'rate_limited' })
    expect(traffic.pairs(10)).toEqual([])
  })

  it('forgets what is older than an hour', () => {
    const { traffic, pass } = startTraffic()
    traffic.record(exchange())
    pass(59 * MINUTE)
    expect(traffic.pairs(10)).toHaveLength(1)
    pass(2 * MINUTE)
    expect(traffic.pairs(10)).toEqual([])
  })

  it('counts ten thousand pairs, and further ones when others have fallen silent', () => {
    const { traffic, pass } = startTraffic()
    const pair = (from: number, to: number) => exchange({ from: `NL-${from}`, to: `DE-${to}` })
    for (let from = 0; from < 101; from++) for (let to = 0; to < 100; to++) traffic.record(pair(from, to))
    expect(traffic.pairs(20_000)).toHaveLength(10_000)
    pass(70 * MINUTE)
    traffic.record(pair(500, 500))
    expect(traffic.pairs(20_000)).toEqual([{ from: 'NL-500', to: 'DE-500', requests: 1, errors: 0 }])
  })
})
