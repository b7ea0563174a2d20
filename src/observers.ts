// Those who look at every exchange besides the metrics: the dashboard's traffic and, if they are configured, alerts
// and traces.

import { hostname } from 'node:os'
import { countedBy, type Recorder, type Traffic } from './admin/traffic.ts'
import type { HubConfig } from './config/hub-config.ts'
import type { Log } from './journal/log.ts'
import type { Metrics } from './journal/metrics.ts'
import { type AlertWatch, createAlertWatch } from './modules/alert-watch.ts'
import { createWebhook } from './modules/alert-webhook.ts'
import { systemClock } from './modules/clock.ts'
import { partyKey } from './ocpi/party.ts'

export interface Observers {
  /** The metrics, through which all of them are told of every exchange that has ended. */
  readonly metrics: Metrics
  readonly alerts?: AlertWatch
  close(): Promise<void>
}

export async function openObservers(
  config: Pick<HubConfig, 'hub' | 'alerts' | 'network'>,
  parts: { readonly log: Log; readonly metrics: Metrics; readonly traffic: Traffic },
): Promise<Observers> {
  const { traffic, metrics } = parts
  const recorders: Recorder[] = [(exchange) => traffic.record(exchange)]
  const { webhook: url, authorization, ...options } = config.alerts
  if (url === undefined) return { metrics: countedBy(recorders, metrics), close: async () => undefined }
  const webhook = createWebhook(parts, {
    url,
    network: config.network,
    about: { hub: partyKey(config.hub), instance: `${hostname()}:${process.pid}` },
    ...(authorization === undefined ? {} : { authorization }),
  })
  const alerts = createAlertWatch({ clock: systemClock, emit: (alert) => webhook.post(alert) }, options)
  return {
    metrics: countedBy([...recorders, (exchange) => alerts.record(exchange)], metrics),
    alerts,
    async close() {
      alerts.close()
      await webhook.close()
    },
  }
}
