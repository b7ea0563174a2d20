// W3C Trace Context: what is read, when an exchange is traced, and what goes out.

import { describe, expect, it } from 'vitest'
import { beginTrace, legTrace, withTraceparent } from '../../../src/journal/trace.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN_ID = '00f067aa0ba902b7'
const PARENT = `00-${TRACE_ID}-${SPAN_ID}-01`

describe('an exchange', () => {
  it('goes on with the trace of its requester', () => {
    expect(beginTrace(['Accept', '*/*', 'TraceParent', PARENT], 1)).toMatchObject({
      traceId: TRACE_ID,
      parentId: SPAN_ID,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      isLeg: false,
    })
  })

  it('begins one of its own when the requester has none', () => {
    const trace = beginTrace([], 1)!
    expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(trace.parentId).toBeUndefined()
  })

  it('is not traced when the requester does not trace it, or the sample is nothing', () => {
    expect(beginTrace(['traceparent', PARENT.replace(/01$/, '00')], 1)).toBeUndefined()
    expect(beginTrace(['traceparent', PARENT], 0)).toBeUndefined()
    expect(beginTrace([], 0)).toBeUndefined()
  })

  it('is traced by its share, decided by the trace id alone', () => {
    const parents = Array.from(
      { length: 4_000 },
      (_, index) =>
        `00-${'a'.repeat(24)}${((index * 2654435761) >>> 0).toString(16).padStart(8, '0')}-${SPAN_ID}-01`,
    )
    const traced = () => parents.filter((parent) => beginTrace(['traceparent', parent], 0.25) !== undefined)
    expect(traced().length / parents.length).toBeCloseTo(0.25, 1)
    expect(traced()).toEqual(traced())
    const own = Array.from({ length: 4_000 }, () => beginTrace([], 0.25)).filter(Boolean)
    expect(own.length / 4_000).toBeCloseTo(0.25, 1)
  })

  it.each([
    ['another length', `00-${TRACE_ID}-${SPAN_ID}`],
    ['upper case', PARENT.toUpperCase()],
    ['an invalid version', PARENT.replace(/^00/, 'ff')],
    ['no trace id', PARENT.replace(TRACE_ID, '0'.repeat(32))],
    ['no span id', PARENT.replace(SPAN_ID, '0'.repeat(16))],
    ['more behind version 00', `${PARENT}-more`],
    ['something else', 'hello'],
  ])('believes no header with %s', (_what, value) => {
    expect(beginTrace(['traceparent', value], 1)!.parentId).toBeUndefined()
  })

  it('takes more behind the flags from later versions, and believes no header that stands twice', () => {
    expect(beginTrace(['traceparent', `01-${PARENT.slice(3)}-more`], 1)!.parentId).toBe(SPAN_ID)
    expect(beginTrace(['traceparent', PARENT, 'Traceparent', PARENT], 1)!.parentId).toBeUndefined()
  })
})

describe('what goes out', () => {
  it("carries the hub's span as its parent, and the requester's tracestate", () => {
    const trace = beginTrace(['traceparent', PARENT], 1)!
    const headers = withTraceparent(['X-One', '1', 'Traceparent', PARENT, 'tracestate', 'a=b'], trace)
    expect(headers).toEqual([
      'X-One',
      '1',
      'tracestate',
      'a=b',
      'traceparent',
      `00-${TRACE_ID}-${trace.clientId}-01`,
    ])
    expect([SPAN_ID, trace.spanId]).not.toContain(trace.clientId)
  })

  it('carries no tracestate of a trace that was not believed', () => {
    const trace = beginTrace(['traceparent', 'broken', 'tracestate', 'a=b'], 1)!
    const headers = withTraceparent(['traceparent', 'broken', 'Tracestate', 'a=b'], trace)
    expect(headers).toEqual(['traceparent', `00-${trace.traceId}-${trace.clientId}-01`])
  })

  it('is a span of its own for each leg of an exchange', () => {
    const trace = beginTrace(['traceparent', PARENT], 1)!
    const [one, other] = [legTrace(trace), legTrace(trace)]
    expect(one).toMatchObject({ traceId: TRACE_ID, parentId: trace.spanId, isLeg: true, isContinued: true })
    withTraceparent([], one)
    withTraceparent([], other)
    expect(one.clientId).not.toBe(other.clientId)
  })
})
