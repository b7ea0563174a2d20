// Traces with a real hub, real parties and a collector: what is exported, what goes out, and nothing when it is off.

import { afterEach, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import type { ConfigOverrides } from '../support/config.ts'
import { ok } from '../support/envelopes.ts'
import { stage, type Scene } from '../support/hub.ts'
import { jsonReceiver, type JsonReceiver } from '../support/json-receiver.ts'
import { party, type Party } from '../support/party.ts'
import { NEVER } from '../support/party-server.ts'
import { waitFor } from '../support/wait.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN_ID = '00f067aa0ba902b7'
const PARENT = `00-${TRACE_ID}-${SPAN_ID}-01`

interface Span {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly start: number
  readonly end: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly string[]
  readonly error: boolean
}

type Stage = Scene<{ emsp: Party; cpo: Party; other: Party }>

let scene: Stage | undefined
let collector: JsonReceiver | undefined
afterEach(async () => {
  await scene?.close()
  await collector?.close()
  scene = undefined
  collector = undefined
})

async function open(overrides: ConfigOverrides = {}): Promise<Stage> {
  const cast = {
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO', { id: 'acme' }),
    other: party('FR-CPO', 'CPO'),
  }
  scene = await stage(cast, overrides)
  return scene
}

async function traced(sample = 1): Promise<Stage> {
  collector = await jsonReceiver()
  return open({ tracing: { otlpEndpoint: collector.url, sample } })
}

/** All spans of a trace, once there are so many. */
function spansOf(traceId: string, count: number): Promise<Span[]> {
  return waitFor(
    () => {
      const spans = allSpans().filter((span) => span.traceId === traceId)
      return spans.length >= count ? spans : undefined
    },
    { what: `${count} spans` },
  )
}

function allSpans(): Span[] {
  return (collector?.posts ?? []).flatMap(({ json }) =>
    json.resourceSpans.flatMap((resource: { scopeSpans: { spans: object[] }[] }) =>
      resource.scopeSpans.flatMap(({ spans }) => spans.map(toSpan)),
    ),
  )
}

// oxlint-disable-next-line typescript/no-explicit-any
function toSpan(span: any): Span {
  const value = (one: Record<string, unknown>) => Object.values(one)[0]
  return {
    ...span,
    start: Number(BigInt(span.startTimeUnixNano) / 1000n),
    end: Number(BigInt(span.endTimeUnixNano) / 1000n),
    attributes: Object.fromEntries(
      span.attributes.map((one: { key: string; value: Record<string, unknown> }) => [
        one.key,
        value(one.value),
      ]),
    ),
    events: span.events.map(({ name }: { name: string }) => name),
    error: span.status.code === 2,
  }
}

describe('an exchange that is traced', () => {
  it('is a span of the hub below that of the requester, and one below it for the request that went out', async () => {
    const { emsp, cpo } = await traced()
    const before = Date.now()
    cpo.answers('locations', { json: ok([]) })
    const { sent } = await emsp.gets('locations', {
      to: 'DE-CPO',
      path: '?limit=1&secret=value',
      headers: { traceparent: PARENT, tracestate: 'vendor=1' },
    })
    const spans = await spansOf(TRACE_ID, 2)
    const server = spans.find(({ kind }) => kind === 2)!
    const client = spans.find(({ kind }) => kind === 3)!
    expect(server).toMatchObject({
      name: 'GET /ocpi/2.2.1/sender/locations',
      parentSpanId: SPAN_ID,
      error: false,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/ocpi/2.2.1/sender/locations',
        'http.response.status_code': 200,
        'url.path': '/ocpi/2.2.1/sender/locations',
        'url.scheme': 'http',
        'ocpi.correlation_id': sent.correlationId,
        'ocpi.request_id': sent.requestId,
        'ocpi.from': 'NL-EMS',
        'ocpi.to': 'DE-CPO',
        'ocpi.status_code': 1000,
        'ocpi.author': 'responder',
        'ocpi.mode': 'direct',
      },
    })
    expect(client).toMatchObject({
      name: 'GET sender locations',
      parentSpanId: server.spanId,
      error: false,
      events: ['connected', 'first byte'],
      attributes: {
        'http.response.status_code': 200,
        'peer.service': 'acme',
        'ocpi.correlation_id': sent.correlationId,
        'ocpi.request_id': cpo.last().headers['x-request-id'],
      },
    })
    expect(server.start).toBeGreaterThanOrEqual(before * 1000 - 2_000)
    expect(server.start).toBeLessThanOrEqual(client.start)
    expect(client.start).toBeLessThan(client.end)
    expect(client.end).toBeLessThanOrEqual(server.end)
    expect(server.attributes).not.toHaveProperty(['error.type'])
    expect(JSON.stringify(collector!.posts)).not.toContain('secret')
    // What the receiver sees is a child of what the hub exports.
    expect(cpo.last().headers.traceparent).toBe(`00-${TRACE_ID}-${client.spanId}-01`)
    expect(cpo.last().headers.tracestate).toBe('vendor=1')
  })

  it('says what it is that exports, to the path of the collector', async () => {
    const { emsp } = await traced()
    await emsp.gets('locations', { to: 'DE-CPO', headers: { traceparent: PARENT } })
    await spansOf(TRACE_ID, 2)
    expect(collector!.posts[0]!.path).toBe('POST /v1/traces')
    const attributes = collector!.posts[0]!.json.resourceSpans[0].resource.attributes
    expect(attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'ocpi-hub' } })
    expect(attributes).toContainEqual({ key: 'ocpi.hub', value: { stringValue: 'NL-HUB' } })
  })

  it.each(['/ocpi/versions', '/ocpi/2.2.1'])('names %s as the route it is', async (path) => {
    const { emsp } = await traced()
    await emsp.sends({ method: 'GET', path, headers: { traceparent: PARENT } })
    const [server] = await spansOf(TRACE_ID, 1)
    expect(server).toMatchObject({ name: `GET ${path}`, attributes: { 'http.route': path } })
  })

  it('names the fault as error.type on both spans', async () => {
    const { emsp, cpo } = await traced()
    cpo.answers('locations', { cut: 'before' })
    const answer = await emsp.gets('locations', { to: 'DE-CPO', headers: { traceparent: PARENT } })
    const reference = answer.json().data?.reference
    const spans = await spansOf(TRACE_ID, 2)
    expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual([
      'connection_terminated',
      'connection_terminated',
    ])
    expect(spans.every(({ error }) => error)).toBe(true)
    expect(spans.find(({ kind }) => kind === 2)!.attributes).toMatchObject({
      'ocpi.status_code': 4003,
      'ocpi.reference': reference,
      'ocpi.fault.at': 'responder',
      'ocpi.fault.reached': 'maybe',
    })
  })

  it('is one span when nothing went out; a mistake of the requester is no error of the hub', async () => {
    const { emsp } = await traced()
    await emsp.gets('locations', { to: 'XX-NOT', headers: { traceparent: PARENT } })
    const [server, ...more] = await spansOf(TRACE_ID, 1)
    expect(more).toEqual([])
    expect(server).toMatchObject({ kind: 2, error: false, attributes: { 'error.type': 'to_unknown' } })
  })

  it('has one span for each receiver of a broadcast push', async () => {
    const { emsp, cpo, other } = await traced()
    const token = { country_code: 'NL', party_id: 'EMS', uid: 'T1' }
    await emsp.puts('tokens', {
      to: 'hub',
      path: '/NL/EMS/T1',
      json: token,
      headers: { traceparent: PARENT },
    })
    const spans = await spansOf(TRACE_ID, 3)
    const server = spans.find(({ kind }) => kind === 2)!
    const clients = spans.filter(({ kind }) => kind === 3)
    expect(new Set(clients.map(({ attributes }) => attributes['peer.service']))).toEqual(
      new Set(['acme', 'fr-cpo']),
    )
    expect(clients.every(({ parentSpanId }) => parentSpanId === server.spanId)).toBe(true)
    const seen = [cpo, other].map((one) => one.last().headers.traceparent?.slice(36, 52))
    expect(new Set(seen)).toEqual(new Set(clients.map(({ spanId }) => spanId)))
  })
})

describe('a hub that ends', () => {
  it('exports what it cut off, and journals the pushes that still waited as not sent', async () => {
    collector = await jsonReceiver()
    const { emsp, cpo, hub } = await open({
      tracing: { otlpEndpoint: collector.url, sample: 1 },
      shutdown: { delayMs: 1, timeoutMs: 50 },
    })
    cpo.answers('*', NEVER)
    const token = { country_code: 'NL', party_id: 'EMS', uid: 'T1' }
    const push = () => emsp.puts('tokens', { to: 'hub', path: '/NL/EMS/T1', json: token })
    const asked = emsp.gets('locations', { to: 'DE-CPO', headers: { traceparent: PARENT } })
    await push()
    await push()
    await waitFor(() => cpo.requests.length === 2, { what: 'two requests under way' })
    await hub.close()
    expect((await asked).json().status_code).toBe(4000)
    const spans = allSpans()
    expect(spans.filter(({ traceId }) => traceId === TRACE_ID)).toHaveLength(2)
    const pushed = await hub.journal.query({ fields: { to: 'DE-CPO', mode: 'broadcast' } }, { limit: 9 })
    expect(pushed?.items.map(({ fault, reached }) => [fault, reached])).toEqual([
      ['hub_draining', 'no'],
      ['hub_failure', 'maybe'],
    ])
    expect(cpo.requests).toHaveLength(2)
  })
})

describe('an exchange that is not traced', () => {
  it('passes the context of the requester on as it came', async () => {
    const { emsp, cpo } = await traced(0)
    await emsp.gets('locations', {
      to: 'DE-CPO',
      headers: { traceparent: PARENT, tracestate: 'vendor=1' },
    })
    expect(cpo.last().headers).toMatchObject({ traceparent: PARENT, tracestate: 'vendor=1' })
    await emsp.gets('locations', { to: 'DE-CPO' })
    expect(cpo.last().headers).not.toHaveProperty('traceparent')
  })

  it('is all the same when nothing is configured', async () => {
    const { emsp, cpo } = await open()
    await emsp.gets('locations', {
      to: 'DE-CPO',
      headers: { traceparent: PARENT, tracestate: 'vendor=1' },
    })
    expect(cpo.last().headers).toMatchObject({ traceparent: PARENT, tracestate: 'vendor=1' })
  })
})

describe('a collector that is away', () => {
  it('costs nobody a request, is counted, and does not hold up the end of the hub', async () => {
    collector = await jsonReceiver()
    collector.answers.push(...Array.from({ length: 20 }, () => 'hang' as const))
    const { emsp, hub } = await open({ tracing: { otlpEndpoint: collector.url, sample: 1 } })
    for (let count = 0; count < 5; count++) {
      expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    }
    await waitFor(() => collector!.posts.length > 0, { what: 'an export' })
    const start = performance.now()
    await hub.close()
    // An export has ten seconds.
    expect(performance.now() - start).toBeLessThan(9_000)
  })
})

describe('a collector that answers 200 and refuses spans', () => {
  it('has them counted as failed, the others as sent', async () => {
    collector = await jsonReceiver()
    collector.answers.push({ partialSuccess: { rejectedSpans: '1', errorMessage: 'over quota' } })
    const { emsp, hub } = await open({ tracing: { otlpEndpoint: collector.url, sample: 1 } })
    await emsp.gets('locations', { to: 'DE-CPO' })
    const counted = await waitFor(
      async () => {
        const { text } = await operate(hub, 'GET !/metrics')
        return text.match(/^ocpi_hub_spans_total\{.*$/gm) ?? undefined
      },
      { what: 'spans that are counted' },
    )
    expect(counted).toEqual([
      'ocpi_hub_spans_total{result="failed"} 1',
      'ocpi_hub_spans_total{result="sent"} 1',
    ])
  })
})
