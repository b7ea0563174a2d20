// Those who look at every exchange besides the metrics: the dashboard's traffic and, if they are configured, alerts
// and traces.

import { countedBy, type Recorder, type Traffic } from './admin/traffic.ts'
import type { HubConfig } from './config/hub-config.ts'
import type { Log } from './journal/log.ts'
import type { Metrics } from './journal/metrics.ts'
import { createTracing, type Tracing } from './journal/tracing.ts'
import { type AlertWatch, createAlertWatch } from './modules/alert-watch.ts'
import { createWebhook, type Webhook } from './modules/alert-webhook.ts'
import { systemClock } from './modules/clock.ts'
import { partyKey } from './ocpi/party.ts'

export interface Observers {
  /** The metrics, through which all of them are told of every exchange that has ended. */
  readonly metrics: Metrics
  readonly alerts: AlertWatch | undefined
  readonly tracing: Tracing | undefined
  close(): Promise<void>
}

export interface ObserverParts {
  readonly log: Log
  readonly metrics: Metrics
  readonly traffic: Traffic
  /** Of the package. */
  readonly version: string
  /** This process among the hubs of an operator. */
  readonly instance: string
}

type Config = Pick<HubConfig, 'hub' | 'alerts' | 'tracing' | 'network'>

export async function openObservers(config: Config, parts: ObserverParts): Promise<Observers> {
  const { traffic, metrics } = parts
  const alerting = openAlerts(config, parts)
  const tracing = await openTracing(config, parts)
  const recorders: Recorder[] = [(exchange) => traffic.record(exchange)]
  if (alerting) recorders.push((exchange) => alerting.alerts.record(exchange))
  if (tracing) recorders.push((exchange, end) => tracing.record(exchange, end))
  return {
    metrics: countedBy(recorders, metrics),
    alerts: alerting?.alerts,
    tracing,
    async close() {
      alerting?.alerts.close()
      await Promise.all([alerting?.webhook.close(), tracing?.close()])
    },
  }
}

function openAlerts(
  config: Config,
  parts: ObserverParts,
): { readonly alerts: AlertWatch; readonly webhook: Webhook } | undefined {
  const { webhook: url, authorization, ...options } = config.alerts
  if (url === undefined) return undefined
  const webhook = createWebhook(parts, {
    url,
    network: config.network,
    about: { hub: partyKey(config.hub), instance: parts.instance },
    ...(authorization === undefined ? {} : { authorization }),
  })
  const emit = webhook.post
  return { webhook, alerts: createAlertWatch({ clock: systemClock, emit }, options) }
}

async function openTracing({ hub, tracing }: Config, parts: ObserverParts): Promise<Tracing | undefined> {
  if (tracing.otlpEndpoint === undefined) return undefined
  return createTracing(parts, {
    endpoint: tracing.otlpEndpoint,
    sample: tracing.sample,
    scheme: new URL(hub.publicUrl).protocol.replace(':', ''),
    resource: {
      'service.version': parts.version,
      'service.instance.id': parts.instance,
      'ocpi.hub': partyKey(hub),
    },
  })
}
