// Connections that end in the TLS handshake: no request comes of them, so the journal has nothing. They are counted by
// their error, and told once a minute for each peer and error; who only looks whether the port is open is left out.

import type { Server as PlainServer } from 'node:http'
import type { Socket } from 'node:net'
import { Server, type TLSSocket } from 'node:tls'
import type { Log } from '../journal/log.ts'
import type { Metrics } from '../journal/metrics.ts'
import { oncePerMinute } from './once-per-minute.ts'

/** A connection that was opened and closed, as load balancers do to see whether somebody listens. */
const CLOSED = 'ECONNRESET'

/** `reason`: OpenSSL's, in words. */
type Refusal = Error & { readonly code?: string; readonly reason?: string }

/** With the TCP connection below, for which Node has no public name. */
type Wrapped = TLSSocket & { readonly _parent?: Socket | null }

/** Watches the servers, by the names of their listeners; one without TLS tells nothing. */
export function tellTlsRefusals(
  servers: Readonly<Record<string, PlainServer>>,
  { log, metrics }: { readonly log: Pick<Log, 'info'>; readonly metrics: Pick<Metrics, 'counter'> },
): void {
  const refusals = metrics.counter(
    'ocpi_hub_tls_handshake_failures_total',
    'Connections to a listener that failed in the TLS handshake, by the code of Node or OpenSSL.',
    ['listener', 'error'],
  )
  const isNews = oncePerMinute()
  for (const [listener, server] of Object.entries(servers)) {
    if (!(server instanceof Server)) continue
    // A socket remembers its peer once it was asked; after the refusal of a certificate it is closed already.
    server.prependListener('connection', (socket) => void socket.remoteAddress)
    server.on('tlsClientError', (cause: Refusal, socket: Wrapped) => {
      // Node reports a certificate that it refused as a connection that closed.
      const error = codeOf(socket.authorizationError) ?? cause.code ?? cause.name
      if (error === CLOSED) return
      refusals.add([listener, error])
      const peer = socket._parent?.remoteAddress ?? socket.remoteAddress
      if (isNews(`${listener} ${peer} ${error}`))
        log.info({ listener, peer, error, detail: cause.reason }, 'a TLS handshake failed')
    })
  }
}

/** A code, though Node's types call it an error. */
function codeOf(authorizationError: unknown): string | undefined {
  return typeof authorizationError === 'string' ? authorizationError : undefined
}
