// Traces for OpenTelemetry, over OTLP/HTTP in JSON. The spans are made of the record when an exchange has ended, so
// that the way of a request knows nothing of it. The only door to OpenTelemetry, whose processor (a bounded queue,
// batches) and exporter (repeats, compression, OTEL_EXPORTER_OTLP_* variables) are loaded when it is configured.

import type { DiagLogger } from '@opentelemetry/api'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import pTimeout from 'p-timeout'
import type { Exchange } from './exchange.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { toSpans } from './spans.ts'
import { plainText } from './text.ts'
import { beginTrace } from './trace.ts'

export interface TracingOptions {
  /** Of a collector, with or without `/v1/traces`. */
  readonly endpoint: string
  /** Share of the exchanges, 0 to 1. */
  readonly sample: number
  /** Attributes of the resource: `service.version` … */
  readonly resource: Readonly<Record<string, string>>
  /** `http` or `https`: how parties reach the hub. */
  readonly scheme: string
  /** Longest wait of a span for its batch, in milliseconds. */
  readonly delayMs?: number
}

export interface Tracing {
  /** Decides whether an exchange that has just begun is traced; `headers` = its end-to-end headers, flat. */
  begin(exchange: Exchange, headers: readonly string[]): void
  /** Told of every exchange that has ended at the instant `end`. */
  record(exchange: Exchange, end: number): void
  /** Sends what waits, within a limit. */
  close(): Promise<void>
}

const DELAY_MS = 1_000
const TIMEOUT_MS = 10_000
const CLOSING_MS = 2_000
const QUEUE_MAX = 4_096
const BATCH_MAX = 512

/** Loads OpenTelemetry. */
export async function createTracing(
  parts: { readonly log: Pick<Log, 'warn' | 'info'>; readonly metrics: Pick<Metrics, 'counter'> },
  options: TracingOptions,
): Promise<Tracing> {
  const [{ diag }, { BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ])
  diag.setLogger(refusals.listener, { suppressOverrideMessage: true })
  const exporter = new OTLPTraceExporter({
    url: tracesUrl(options.endpoint),
    timeoutMillis: TIMEOUT_MS,
    concurrencyLimit: 4,
  })
  const processor = new BatchSpanProcessor({
    exporter: watched(exporter, parts),
    maxQueueSize: QUEUE_MAX,
    maxExportBatchSize: BATCH_MAX,
    scheduledDelayMillis: options.delayMs ?? DELAY_MS,
    exportTimeoutMillis: TIMEOUT_MS,
  })
  const resource = resourceFromAttributes({ 'service.name': 'ocpi-hub', ...options.resource })
  const { sample, scheme } = options
  return {
    begin(exchange, headers) {
      exchange.trace = beginTrace(headers, sample)
    },
    record(exchange, end) {
      if (exchange.trace === undefined) return
      for (const span of toSpans(exchange, exchange.trace, end, { resource, scheme })) processor.onEnd(span)
    },
    async close() {
      const done = processor.shutdown().catch(() => undefined)
      await pTimeout(done, { milliseconds: CLOSING_MS, fallback: () => undefined })
    },
  }
}

/** `http://collector:4318` -> `http://collector:4318/v1/traces`. */
function tracesUrl(endpoint: string): string {
  const base = endpoint.replace(/\/+$/, '')
  return base.endsWith('/v1/traces') ? base : `${base}/v1/traces`
}

interface Refusal {
  readonly spans: number
  readonly message?: string
}

const PARTIAL_SUCCESS = 'Received Partial Success response:'
const REFUSAL_CHARS_MAX = 500

/**
 * How many spans a collector that answered 200 did not take. The exporter calls that a success and tells it to the
 * diagnostics of OpenTelemetry alone, right before it calls back.
 */
function createRefusals(): { readonly listener: DiagLogger; take(): Refusal } {
  const none: Refusal = { spans: 0 }
  let last = none
  const ignore = (): void => undefined
  return {
    listener: {
      error: ignore,
      info: ignore,
      debug: ignore,
      verbose: ignore,
      warn(message, detail) {
        if (message === PARTIAL_SUCCESS) last = readRefusal(String(detail))
      },
    },
    take() {
      const taken = last
      last = none
      return taken
    },
  }
}

/** One for all hubs of a process, as the diagnostics are. */
const refusals = createRefusals()

/** OTLP's `partialSuccess`; its int64 is a text in JSON, which not every collector heeds. */
function readRefusal(text: string): Refusal {
  const { rejectedSpans, errorMessage } = JSON.parse(text) as {
    rejectedSpans?: string | number
    errorMessage?: unknown
  }
  const spans = Number(rejectedSpans ?? 0)
  return {
    spans: spans > 0 ? spans : 0,
    ...(typeof errorMessage === 'string' ? { message: plainText(errorMessage, REFUSAL_CHARS_MAX) } : {}),
  }
}

/** Counts what is exported; the first failure of an outage is a line of the log, and so is its end. */
function watched(
  exporter: SpanExporter,
  { log, metrics }: { readonly log: Pick<Log, 'warn' | 'info'>; readonly metrics: Pick<Metrics, 'counter'> },
): SpanExporter {
  const counts = metrics.counter('ocpi_hub_spans_total', 'Spans of traces, by what became of them.', [
    'result',
  ])
  let failing = false
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const refusal = refusals.take()
        const lost = result.code === 0 ? Math.min(refusal.spans, spans.length) : spans.length
        const failed = lost > 0
        if (failed) counts.add(['failed'], lost)
        if (lost < spans.length) counts.add(['sent'], spans.length - lost)
        if (failed && !failing) {
          if (result.code === 0) {
            log.warn({ spans: lost, detail: refusal.message }, 'the collector refuses spans; they are lost')
          } else log.warn({ err: result.error }, 'traces cannot be exported; they are lost')
        }
        if (!failed && failing) log.info({}, 'traces are exported again')
        failing = failed
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush ? { forceFlush: () => exporter.forceFlush!() } : {}),
  }
}
