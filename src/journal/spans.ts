// Spans of an exchange that has ended, in the words of OpenTelemetry: one as a server, one as a client for the
// request that went out, with its phases as events. Names and values are bounded; hosts and queries are never in them.

import type { Attributes, HrTime, SpanContext } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Resource } from '@opentelemetry/resources'
import { FAULTS } from '../faults/table.ts'
import { knownModuleKey } from '../ocpi/module.ts'
import { isSuccess } from './entry.ts'
import { type Exchange, METHODS } from './exchange.ts'
import { plainId, plainText } from './text.ts'
import { newSpanId, type Trace } from './trace.ts'

/** Numbers of @opentelemetry/api, which is not loaded here. */
const SERVER = 1
const CLIENT = 2
const SAMPLED = 1
const STATUS_UNSET = 0
const STATUS_ERROR = 2

const PATH_CHARS_MAX = 256

/** What the spans of a hub have in common. */
export interface SpanOrigin {
  readonly resource: Resource
  /** `http` or `https`: how parties reach the hub. */
  readonly scheme: string
}

/** The spans of a traced exchange that ended at the instant `end` (`performance.now()` milliseconds). */
export function toSpans(exchange: Exchange, trace: Trace, end: number, origin: SpanOrigin): ReadableSpan[] {
  const client =
    trace.isLeg || exchange.forwardedAt !== undefined
      ? [clientSpan(exchange, trace, end, origin.resource)]
      : []
  return trace.isLeg ? client : [serverSpan(exchange, trace, end, origin), ...client]
}

function serverSpan(
  exchange: Exchange,
  trace: Trace,
  end: number,
  { resource, scheme }: SpanOrigin,
): ReadableSpan {
  const route = routeOf(exchange)
  const method = methodOf(exchange)
  return toSpan(exchange, resource, {
    name: route === undefined ? method : `${method} ${route}`,
    kind: SERVER,
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentId: trace.parentId,
    isParentRemote: true,
    from: exchange.start,
    to: end,
    events: [],
    isError: exchange.fault !== undefined && FAULTS[exchange.fault].at !== 'requester',
    attributes: present({
      'http.route': route,
      'http.response.status_code': exchange.httpStatus,
      'http.request.body.size': exchange.bytesIn,
      'http.response.body.size': exchange.bytesOut,
      'url.path': plainText(exchange.path, PATH_CHARS_MAX),
      'url.scheme': scheme,
      'ocpi.request_id': plainId(exchange.requestId),
      'ocpi.requester': exchange.requester,
      'ocpi.status_code': exchange.code,
      'ocpi.author': exchange.author,
      'ocpi.reference': exchange.reference,
      ...commonAttributes(exchange),
    }),
  })
}

function clientSpan(exchange: Exchange, trace: Trace, end: number, resource: Resource): ReadableSpan {
  const { module, interface: role, responderHttpStatus: status } = exchange
  const from = exchange.forwardedAt ?? exchange.start
  const to = exchange.answeredAt ?? end
  const events = [
    ['connected', exchange.connectedAt],
    ['secured', exchange.securedAt],
    ['first byte', exchange.firstByteAt],
  ] as const
  return toSpan(exchange, resource, {
    name: [methodOf(exchange), role?.toLowerCase(), moduleOf(module)].filter(Boolean).join(' '),
    kind: CLIENT,
    traceId: trace.traceId,
    spanId: trace.clientId ?? newSpanId(),
    parentId: trace.isLeg ? trace.parentId : trace.spanId,
    isParentRemote: false,
    from,
    to: Math.max(from, to),
    events: events.flatMap(([name, at]) => (at === undefined ? [] : [{ name, at }])),
    isError: (exchange.fault !== undefined && isOfLeg(exchange)) || (status !== undefined && status >= 400),
    attributes: present({
      ...commonAttributes(exchange),
      'http.response.status_code': status,
      'peer.service': exchange.responder,
      'ocpi.request_id': exchange.forwardedRequestId,
      'ocpi.responder_code': exchange.responderCode && plainText(exchange.responderCode, 64),
    }),
  })
}

/** Whether the fault happened on the way to the responder or there. */
function isOfLeg({ fault }: Exchange): boolean {
  return fault !== undefined && FAULTS[fault].layer !== 'ocpi'
}

function commonAttributes(exchange: Exchange): Record<string, string | number | undefined> {
  const { fault, code, method } = exchange
  return {
    'http.request.method': methodOf(exchange),
    'http.request.method_original': METHODS.includes(method) ? undefined : plainText(method, 32),
    'error.type': fault ?? (code === undefined || isSuccess(code) ? undefined : `ocpi_${code}`),
    'ocpi.correlation_id': plainId(exchange.correlationId),
    'ocpi.module': moduleOf(exchange.module),
    'ocpi.interface': exchange.interface,
    'ocpi.version': exchange.version,
    'ocpi.mode': exchange.mode,
    'ocpi.from': exchange.from && plainText(exchange.from, 64),
    'ocpi.to': exchange.to && plainText(exchange.to, 64),
    'ocpi.fault.at': fault && FAULTS[fault].at,
    'ocpi.fault.reached': fault && FAULTS[fault].reached,
  }
}

function methodOf({ method }: Exchange): string {
  return METHODS.includes(method) ? method : '_OTHER'
}

function moduleOf(module: string | undefined): string | undefined {
  if (module === undefined) return undefined
  return knownModuleKey(module) ?? 'custom'
}

/** The path as a pattern: `/ocpi/2.2.1/sender/locations`. */
function routeOf({ version, interface: role, module, mode }: Exchange): string | undefined {
  const name = moduleOf(module)
  const isConfiguration = mode === 'configuration'
  if (isConfiguration && name === 'versions') return `/ocpi/${version ?? name}`
  if (version === undefined || name === undefined) return undefined
  return isConfiguration || role === undefined
    ? `/ocpi/${version}/${name}`
    : `/ocpi/${version}/${role.toLowerCase()}/${name}`
}

interface Sketch {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  readonly isParentRemote: boolean
  /** Instants, as in an exchange. */
  readonly from: number
  readonly to: number
  readonly events: readonly { readonly name: string; readonly at: number }[]
  readonly isError: boolean
  readonly attributes: Attributes
}

function toSpan(exchange: Exchange, resource: Resource, sketch: Sketch): ReadableSpan {
  const { traceId, spanId, parentId } = sketch
  const time = (at: number) => hrTime(exchange.startedAt + (at - exchange.start))
  const context: SpanContext = { traceId, spanId, traceFlags: SAMPLED }
  return {
    name: sketch.name,
    kind: sketch.kind,
    spanContext: () => context,
    ...(parentId === undefined
      ? {}
      : {
          parentSpanContext: {
            traceId,
            spanId: parentId,
            traceFlags: SAMPLED,
            isRemote: sketch.isParentRemote,
          },
        }),
    startTime: time(sketch.from),
    endTime: time(sketch.to),
    duration: hrTime(sketch.to - sketch.from),
    status: { code: sketch.isError ? STATUS_ERROR : STATUS_UNSET },
    attributes: sketch.attributes,
    events: sketch.events.map(({ name, at }) => ({ name, time: time(at) })),
    links: [],
    ended: true,
    resource,
    instrumentationScope: { name: 'ocpi-hub' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000)
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)]
}

function present(attributes: Readonly<Record<string, string | number | undefined>>): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}
