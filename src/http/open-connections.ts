// How many connections may be open on the OCPI port: not so many that nothing is left for receivers, the store and the
// operator. Whoever has a token and who has not use up descriptors alike, and without one even `accept` fails in silence.

import { readFileSync } from 'node:fs'
import type { DropArgument, Server } from 'node:net'
import type { Log } from '../journal/log.ts'
import type { Metrics } from '../journal/metrics.ts'
import { oncePerMinute } from './once-per-minute.ts'

/** Of the file descriptors; the alert OcpiHubFilesRunOut of config/prometheus/alerts.yml comes at as many. */
const SHARE = 0.8

/**
 * Bounds the open connections of a server by the descriptors that the process may have; those beyond are closed at once,
 * counted, and told once a minute. Where the system does not say how many there are, nothing is bounded.
 */
export function boundConnections(
  server: Server,
  { log, metrics }: { readonly log: Pick<Log, 'warn'>; readonly metrics: Pick<Metrics, 'counter'> },
): void {
  const dropped = metrics.counter(
    'ocpi_hub_connections_dropped_total',
    'Connections to the OCPI port that were closed at once, because too many were open.',
  )
  const descriptors = descriptorsMax()
  if (descriptors === undefined) return
  server.maxConnections = Math.floor(descriptors * SHARE)
  const isNews = oncePerMinute()
  let since = 0
  server.on('drop', (connection?: DropArgument) => {
    dropped.add([])
    since++
    if (!isNews('')) return
    log.warn(
      { connections: since, peer: connection?.remoteAddress },
      `connections were closed at once: ${server.maxConnections} are open, as many as ${descriptors} file descriptors allow`,
    )
    since = 0
  })
}

/** Of this process, as Linux tells it; `undefined` = not told, or no limit. */
function descriptorsMax(): number | undefined {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
    return line ? Number(line[1]) : undefined
  } catch {
    return undefined
  }
}
