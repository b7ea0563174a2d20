// The hub's metrics and the only door to prom-client, with a registry of its own. Every label has a bounded set
// of values: nothing that a stranger sends, and no URL or id, ever makes a new series.

import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { FAULTS } from '../faults/table.ts'
import { INTERFACES, knownModuleKey } from '../ocpi/module.ts'
import { VERSIONS } from '../ocpi/version.ts'
import { isSuccess } from './entry.ts'
import { type Exchange, METHODS } from './exchange.ts'
import { MODES } from './journal-entry.ts'
import { createCounts, createDistributions, type CountSeries, type Metric } from './series.ts'

/** What is read only when somebody asks for the metrics. */
export interface MetricSources {
  /** Number of parties by connection status. */
  parties(): Iterable<readonly [status: string, count: number]>
  inFlight(): number
  heldBytes(): number
  registry(): { readonly up: boolean; readonly stalenessSeconds: number }
}

export interface Metrics {
  /** Counts an exchange that ended at the instant `end`; well below a microsecond for a success. */
  record(exchange: Exchange, end: number): void
  /** Connects the gauges; until then they have no samples. */
  observe(sources: MetricSources): void
  /** A counter for another room, e.g. `ocpi_hub_dialect_unknown_total`; its room bounds the label values. */
  counter(name: string, help: string, labelNames?: readonly string[]): CountSeries
  /** A gauge without labels for another room, read when asked for. */
  gauge(name: string, help: string, read: () => number): void
  /** A gauge with the label `responder`; of more platforms than a label may have those with the least values are shown. */
  responderGauge(
    name: string,
    help: string,
    read: () => readonly (readonly [responder: string, value: number])[],
  ): void
  /** A gauge with the label `listener`, for those that have a value. */
  listenerGauge(
    name: string,
    help: string,
    read: () => readonly (readonly [listener: string, value: number])[],
  ): void
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>
  readonly contentType: string
}

/**
 * How an exchange ended: `relayed` and `relayed_error` = the responder's answer, 1xxx or not;
 * `answered` = the hub itself answered 1xxx (its own modules, broadcast, GET ALL); `fault` = a fault of the table.
 */
export type Outcome = 'relayed' | 'relayed_error' | 'answered' | 'fault'

/** Label value of everything above a label's bound. */
const OTHER = 'other'
const RESPONDERS_MAX = 500
const OUTCOMES: readonly Outcome[] = ['relayed', 'relayed_error', 'answered', 'fault']
const STATUS_CODES: ReadonlySet<number> = new Set(Object.values(VERSIONS).flatMap((row) => row.statusCodes))
// OpenTelemetry's advice for HTTP, with 30 s and 60 s for the hub's own deadlines.
const FORWARD_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60]
const OVERHEAD_BOUNDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]

/** Metrics of one hub; `version` is shown as `ocpi_hub_build_info`. */
export function createMetrics(options: { readonly version: string }): Metrics {
  const registry = new Registry()
  addProcessMetrics(registry)
  addBuildInfo(registry, options.version)
  const record = createRecorder(registry)
  return {
    record,
    observe: (sources) => addSources(registry, sources),
    counter: (name, help, labelNames = []) => createCounts(registry, { name, help }, labelNames),
    gauge: (name, help, read) => addGauge(registry, { name, help }, read),
    responderGauge: (name, help, read) => addLabelledGauge(registry, { name, help }, 'responder', read),
    listenerGauge: (name, help, read) => addLabelledGauge(registry, { name, help }, 'listener', read),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

/** `relayed`, `relayed_error`, `answered` or `fault`. */
export function outcomeOf(exchange: Pick<Exchange, 'author' | 'code'>): Outcome {
  const success = isSuccess(exchange.code)
  if (exchange.author === 'responder') return success ? 'relayed' : 'relayed_error'
  return success ? 'answered' : 'fault'
}

function createRecorder(registry: Registry): Metrics['record'] {
  const requests = createCounts(
    registry,
    { name: 'ocpi_hub_requests_total', help: 'Exchanges that ended, by how they ended.' },
    ['module', 'interface', 'method', 'mode', 'outcome'],
  )
  const errors = createCounts(
    registry,
    { name: 'ocpi_hub_errors_total', help: 'Exchanges answered with anything but 1xxx.' },
    ['code', 'fault', 'at', 'responder'],
  )
  const forwarded = createDistributions(
    registry,
    {
      name: 'ocpi_hub_forward_duration_seconds',
      help: 'From the start of the outbound leg to its last byte.',
    },
    { bounds: FORWARD_BOUNDS, labelName: 'module' },
  )
  const overhead = createDistributions(
    registry,
    {
      name: 'ocpi_hub_overhead_seconds',
      help: 'Time an exchange spent inside the hub itself: from its last byte in to its answer, without the outbound leg.',
    },
    { bounds: OVERHEAD_BOUNDS },
  ).of('')
  // By module, then by the place of the other four labels: no string is put together for a request.
  const cells = new Map<string, ({ count: number } | undefined)[]>()
  const responders = new Set<string>()

  return (exchange, end) => {
    const module = moduleLabel(exchange.module)
    const outcome = outcomeOf(exchange)
    let ofModule = cells.get(module)
    if (!ofModule) cells.set(module, (ofModule = []))
    const place = placeOf(exchange, outcome)
    const cell = (ofModule[place] ??= requests.cell([
      module,
      exchange.interface ?? '',
      METHODS.includes(exchange.method) ? exchange.method : OTHER,
      exchange.mode ?? '',
      outcome,
    ]))
    cell.count += 1
    const outboundMs =
      exchange.forwardedAt === undefined ? 0 : (exchange.answeredAt ?? end) - exchange.forwardedAt
    if (exchange.forwardedAt !== undefined) forwarded.of(module).observe(outboundMs / 1000)
    const { arrivedAt = exchange.start, writtenAt = end } = exchange
    overhead.observe(Math.max(0, writtenAt - arrivedAt - outboundMs) / 1000)
    if (outcome === 'relayed' || outcome === 'answered') return
    errors.add([
      codeLabel(exchange.code),
      exchange.fault ?? '',
      exchange.fault === undefined ? '' : FAULTS[exchange.fault].at,
      responderLabel(exchange.responder, responders),
    ])
  }
}

/** A number for the labels besides the module; what is in no list takes the place before the first. */
function placeOf({ interface: role, method, mode }: Exchange, outcome: Outcome): number {
  const ofInterface = role === undefined ? 0 : INTERFACES.indexOf(role) + 1
  const ofMethod = ofInterface * (METHODS.length + 1) + METHODS.indexOf(method) + 1
  const ofMode = ofMethod * (MODES.length + 1) + (mode === undefined ? 0 : MODES.indexOf(mode) + 1)
  return ofMode * OUTCOMES.length + OUTCOMES.indexOf(outcome)
}

function moduleLabel(module: string | undefined): string {
  if (module === undefined) return ''
  return knownModuleKey(module) ?? 'custom'
}

// A responder may invent status codes; only those of OCPI's own lists are told apart.
function codeLabel(code: number | undefined): string {
  if (code === undefined) return OTHER
  if (STATUS_CODES.has(code)) return String(code)
  return code >= 1000 && code < 5000 ? `${Math.floor(code / 1000)}xxx` : OTHER
}

// Platforms are known to the hub, but a big hub has more of them than a metrics server likes series.
function responderLabel(responder: string | undefined, known: Set<string>): string {
  if (responder === undefined) return ''
  if (known.has(responder)) return responder
  if (known.size >= RESPONDERS_MAX) return OTHER
  known.add(responder)
  return responder
}

function addSources(registry: Registry, sources: MetricSources): void {
  const parties = new Gauge({
    name: 'ocpi_hub_parties',
    help: 'Parties known to the hub, by connection status.',
    labelNames: ['status'],
    registers: [registry],
    collect() {
      for (const [status, count] of sources.parties()) parties.set({ status }, count)
    },
  })
  addGauge(registry, { name: 'ocpi_hub_in_flight', help: 'Requests being worked on.' }, () =>
    sources.inFlight(),
  )
  addGauge(
    registry,
    { name: 'ocpi_hub_held_request_bytes', help: 'Of bodies that count for limits.held_requests.' },
    () => sources.heldBytes(),
  )
  addGauge(
    registry,
    {
      name: 'ocpi_hub_registry_up',
      help: 'Whether the store of the registry answers and takes writes: 1 or 0.',
    },
    () => (sources.registry().up ? 1 : 0),
  )
  addGauge(
    registry,
    {
      name: 'ocpi_hub_registry_staleness_seconds',
      help: 'Since when the routing table is not known to be current.',
    },
    () => sources.registry().stalenessSeconds,
  )
}

function addGauge(registry: Registry, metric: Metric, read: () => number): void {
  new Gauge({
    ...metric,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

function addLabelledGauge(
  registry: Registry,
  metric: Metric,
  labelName: 'responder' | 'listener',
  read: () => readonly (readonly [label: string, value: number])[],
): void {
  new Gauge({
    ...metric,
    labelNames: [labelName],
    registers: [registry],
    collect() {
      this.reset()
      const least = read().toSorted(([, one], [, other]) => one - other)
      for (const [label, value] of least.slice(0, RESPONDERS_MAX)) this.set({ [labelName]: label }, value)
    },
  })
}

function addBuildInfo(registry: Registry, version: string): void {
  new Gauge({
    name: 'ocpi_hub_build_info',
    help: 'Always 1; the labels tell what runs.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.version }, 1)
}

// Gauges whose names end in _total offend promtool; handles and requests are in nodejs_active_* by type as well.
function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const { name } of registry.getMetricsAsArray()) {
    if (/^nodejs_active_.*_total$/.test(name)) registry.removeSingleMetric(name)
  }
}
