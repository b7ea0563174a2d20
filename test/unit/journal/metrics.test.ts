// Names, labels and bounds of the metrics.

import { describe, expect, it } from 'vitest'
import { createMetrics, type Metrics } from '../../../src/journal/metrics.ts'
import { exchange, failure } from './examples.ts'

async function samples(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n')
  return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
}

const fresh = () => createMetrics({ version: '1.2.3' })

describe('counting exchanges', () => {
  it('has the labels of the contract', async () => {
    const metrics = fresh()
    metrics.record(exchange(), 1008)
    metrics.record(exchange(), 1008)
    expect(await samples(metrics, 'ocpi_hub_requests_total')).toEqual([
      'ocpi_hub_requests_total{module="locations",interface="SENDER",method="GET",mode="direct",outcome="relayed"} 2',
    ])
    expect(await samples(metrics, 'ocpi_hub_errors_total')).toEqual([])
  })

  it.each([
    ['relayed', exchange()],
    ['relayed_error', exchange({ code: 2003 })],
    ['answered', exchange({ author: 'hub', mode: 'broadcast' })],
    ['fault', failure()],
  ] as const)('tells the outcome %s', async (outcome, ended) => {
    const metrics = fresh()
    metrics.record(ended, 1008)
    expect((await samples(metrics, 'ocpi_hub_requests_total')).join()).toContain(`outcome="${outcome}"`)
  })

  it('says of an error which code, fault and side, and which responder', async () => {
    const metrics = fresh()
    metrics.record(failure(), 1008)
    metrics.record(exchange({ code: 2003 }), 1008)
    expect(await samples(metrics, 'ocpi_hub_errors_total')).toEqual([
      'ocpi_hub_errors_total{code="4003",fault="dns_error",at="responder",responder="cpo"} 1',
      'ocpi_hub_errors_total{code="2003",fault="",at="",responder="cpo"} 1',
    ])
  })

  it('has one series for all custom modules and one spelling for those of OCPI (T27)', async () => {
    const metrics = fresh()
    for (const module of ['x1', 'x2', 'bookings', 'Booking']) metrics.record(exchange({ module }), 1008)
    const found = await samples(metrics, 'ocpi_hub_requests_total')
    expect(found.map((line) => /module="(\w*)".* (\d+)$/.exec(line)?.slice(1))).toEqual([
      ['custom', '2'],
      ['booking', '2'],
    ])
  })

  it('makes no series of what strangers invent: methods, status codes', async () => {
    const metrics = fresh()
    for (let number = 0; number < 3000; number++) {
      metrics.record(exchange({ method: `M${number}`, code: 2100 + number }), 1008)
    }
    expect(await samples(metrics, 'ocpi_hub_requests_total')).toHaveLength(1)
    const codes = (await samples(metrics, 'ocpi_hub_errors_total')).map(
      (line) => /code="(\w+)"/.exec(line)?.[1],
    )
    expect(new Set(codes)).toEqual(
      new Set([
        '2xxx',
        '3000',
        '3001',
        '3002',
        '3003',
        '3xxx',
        '4000',
        '4001',
        '4002',
        '4003',
        '4xxx',
        'other',
      ]),
    )
  })

  it('tells 500 responders apart and calls the rest "other"', async () => {
    const metrics = fresh()
    for (let number = 0; number < 600; number++) metrics.record(failure({ responder: `p${number}` }), 1008)
    const found = await samples(metrics, 'ocpi_hub_errors_total')
    expect(found).toHaveLength(501)
    expect(found.find((line) => line.includes('responder="other"'))).toMatch(/ 100$/)
  })
})

describe('durations', () => {
  it('put the outbound leg into the module and the rest into the overhead, in seconds', async () => {
    const metrics = fresh()
    metrics.record(exchange(), 1008)
    expect(await samples(metrics, 'ocpi_hub_forward_duration_seconds_sum')).toEqual([
      'ocpi_hub_forward_duration_seconds_sum{module="locations"} 0.005',
    ])
    expect(await samples(metrics, 'ocpi_hub_overhead_seconds_sum')).toEqual([
      'ocpi_hub_overhead_seconds_sum 0.003',
    ])
  })

  it('leave out of the overhead what the requester took to send its body and to take its answer', async () => {
    const metrics = fresh()
    metrics.record(exchange({ arrivedAt: 1001, writtenAt: 1008 }), 21_000)
    expect(await samples(metrics, 'ocpi_hub_overhead_seconds_sum')).toEqual([
      'ocpi_hub_overhead_seconds_sum 0.002',
    ])
  })

  it('have cumulative buckets that end with the count', async () => {
    const metrics = fresh()
    for (const answeredAt of [1003, 1007, 1100, 500_000]) metrics.record(exchange({ answeredAt }), 500_001)
    const buckets = await samples(metrics, 'ocpi_hub_forward_duration_seconds_bucket')
    const counts = buckets.map((line) => Number(line.split(' ')[1]))
    expect(counts).toEqual(counts.toSorted((one, other) => one - other))
    expect(buckets[0]).toBe('ocpi_hub_forward_duration_seconds_bucket{le="0.005",module="locations"} 2')
    expect(buckets.at(-1)).toBe('ocpi_hub_forward_duration_seconds_bucket{le="+Inf",module="locations"} 4')
    expect(await samples(metrics, 'ocpi_hub_forward_duration_seconds_count')).toEqual([
      'ocpi_hub_forward_duration_seconds_count{module="locations"} 4',
    ])
  })

  it('count an outbound leg that never ended as lasting to the end of the exchange', async () => {
    const metrics = fresh()
    metrics.record(failure(), 1008)
    expect(await samples(metrics, 'ocpi_hub_forward_duration_seconds_sum')).toEqual([
      'ocpi_hub_forward_duration_seconds_sum{module="locations"} 0.006',
    ])
  })

  it('count the hub alone where nothing was forwarded', async () => {
    const metrics = fresh()
    const local = exchange({ mode: 'configuration' })
    delete local.forwardedAt
    metrics.record(local, 1008)
    expect(await samples(metrics, 'ocpi_hub_forward_duration_seconds_count')).toEqual([])
    expect(await samples(metrics, 'ocpi_hub_overhead_seconds_sum')).toEqual([
      'ocpi_hub_overhead_seconds_sum 0.008',
    ])
  })
})

describe('the metrics page', () => {
  it('reads its gauges when asked', async () => {
    const metrics = fresh()
    let inFlight = 1
    metrics.observe({
      parties: () => [
        ['CONNECTED', 3],
        ['OFFLINE', 1],
      ],
      inFlight: () => inFlight,
      heldBytes: () => 65_536,
      registry: () => ({ up: false, stalenessSeconds: 12.5 }),
    })
    inFlight = 7
    const text = await metrics.text()
    for (const line of [
      'ocpi_hub_parties{status="CONNECTED"} 3',
      'ocpi_hub_parties{status="OFFLINE"} 1',
      'ocpi_hub_in_flight 7',
      'ocpi_hub_held_request_bytes 65536',
      'ocpi_hub_registry_up 0',
      'ocpi_hub_registry_staleness_seconds 12.5',
      `ocpi_hub_build_info{version="1.2.3",node="${process.version}"} 1`,
    ]) {
      expect(text.split('\n')).toContain(line)
    }
    expect(text).toContain('process_cpu_seconds_total')
    expect(text).toContain('nodejs_eventloop_lag_seconds')
  })

  it('takes counters and gauges of other rooms', async () => {
    const metrics = fresh()
    metrics.counter('ocpi_hub_dialect_unknown_total', 'Unknown codes.', ['dialect']).add(['ivxp'])
    metrics.gauge('ocpi_hub_things', 'Things.', () => 4)
    const text = await metrics.text()
    expect(text).toContain('ocpi_hub_dialect_unknown_total{dialect="ivxp"} 1')
    expect(text).toContain('ocpi_hub_things 4')
  })

  it('writes a label value with quotes, backslashes and line ends on one line', async () => {
    const metrics = fresh()
    metrics.record(failure({ responder: 'a"b\\c\nd' }), 1008)
    expect(await samples(metrics, 'ocpi_hub_errors_total')).toEqual([
      'ocpi_hub_errors_total{code="4003",fault="dns_error",at="responder",responder="a\\"b\\\\c\\nd"} 1',
    ])
  })

  it('follows the naming rules of Prometheus', async () => {
    const metrics = fresh()
    metrics.record(failure(), 1008)
    const types = (await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)
    const wrong = [...types].filter(([, name = '', type]) => {
      const counted = name.endsWith('_total')
      return (
        counted !== (type === 'counter') ||
        /(milliseconds|_ms|minutes|_(count|sum|bucket)$)/.test(name) ||
        /[A-Z]/.test(name)
      )
    })
    expect(wrong.map(([line]) => line)).toEqual([])
  })
})
