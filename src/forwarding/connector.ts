// Opens the connections of the forwarding leg: guarded addresses, an exact connect deadline, and the mark that
// tells a connection that has served before from a fresh one.

import { subscribe } from 'node:diagnostics_channel'
import type { LookupFunction, Socket } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { buildConnector } from 'undici'
import { CONNECT_TIMEOUT, UNRESOLVED } from '../faults/observe.ts'
import { createAddressOrder } from './address-order.ts'
import { type AddressGuard, prohibited, prohibitedScheme } from './guard.ts'

/** Bytes that a connection had read when the request that is on it now was sent. */
const READ_BEFORE = new WeakMap<object, number>()
subscribe('undici:client:sendHeaders', (message) => {
  const { socket } = message as { readonly socket: Socket }
  READ_BEFORE.set(socket, socket.bytesRead)
})

const CLOSED_CODES: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
const KEEP_ALIVE_RACES = new WeakSet<Error>()
const IDLE_ENDS = new WeakSet<Error>()

/**
 * Whether this error ended a connection that had carried an answer before, and had read nothing since the request was
 * sent: not even an interim answer (RFC 9110 §9.2.2, §15.2).
 */
export function isKeepAliveRaceError(error: unknown): boolean {
  return error instanceof Error && KEEP_ALIVE_RACES.has(error)
}

/**
 * Whether this error ended an open connection that had carried an answer before. To a request that had not been written
 * to it nothing has happened.
 */
export function isIdleEndError(error: unknown): boolean {
  return error instanceof Error && IDLE_ENDS.has(error)
}

function noteEnd(socket: Socket, cause: Error & { readonly code?: unknown }): void {
  if (socket.bytesRead > 0) IDLE_ENDS.add(cause)
  const before = READ_BEFORE.get(socket) ?? 0
  if (before > 0 && socket.bytesRead === before && CLOSED_CODES.has(cause.code)) KEEP_ALIVE_RACES.add(cause)
}

/** When a connection was there: its TCP, and its TLS. Instants, `performance.now()` milliseconds. */
export interface Opened {
  readonly connectedAt: number | undefined
  readonly securedAt: number | undefined
}

// undici tells the request that a connection was opened for while it is handed the connection, and of a failure alike.
let opening: Opened | undefined

/** What is known of the connection that is being handed over at this moment; `undefined` for one that was open. */
export function justOpened(): Opened | undefined {
  return opening
}

/**
 * How long TLS sessions are resumed. A receiver shows no certificate then: that it renewed its own, or let it end,
 * would be seen as late as it changes the keys of its sessions.
 */
const SESSIONS_MAX_MS = 600_000

/**
 * Of several addresses of a name Node gives up each but the last after a quarter of a second, which a party that is far
 * away, or the first packet of a connection being lost, exceeds. This share of the whole time instead.
 */
export const ATTEMPT_SHARE = 1 / 4

/**
 * A connector for undici. `connectTimeoutMs` covers DNS, TCP and TLS and is exact; undici's own connect timer
 * fires up to half a second late, so it is off. `secureContext` says whose certificates are trusted: Node's, if absent.
 */
export function createConnector(
  guard: AddressGuard,
  connectTimeoutMs: () => number,
  secureContext: SecureContext = createSecureContext(),
): buildConnector.connector {
  const order = createAddressOrder()
  const lookup: LookupFunction = (hostname, options, done) =>
    guard.lookup(hostname, options, (error, found, family) =>
      done(error, typeof found === 'string' ? found : order.sort(found), family),
    )
  const settings = () =>
    ({
      timeout: 0,
      lookup,
      autoSelectFamilyAttemptTimeout: Math.ceil(connectTimeoutMs() * ATTEMPT_SHARE),
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      maxCachedSessions: 100,
      // The same for all: Node would make one for each connection, which is most of what opening one costs.
      secureContext,
      // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
      rejectUnauthorized: true,
    }) as buildConnector.BuildOptions
  // It keeps the sessions.
  let open = buildConnector(settings())
  let openSince = performance.now()

  return (options, callback) => {
    if (performance.now() - openSince > SESSIONS_MAX_MS) {
      open = buildConnector(settings())
      openSince = performance.now()
    }
    if (!guard.allowsUrl(options)) {
      const { protocol, hostname } = options
      const refusal = guard.allowsScheme(protocol) ? prohibited(hostname) : prohibitedScheme(protocol)
      queueMicrotask(() => callback(refusal, null))
      return
    }
    let connectedAt: number | undefined
    const handOver = (...result: Parameters<buildConnector.Callback>): void => {
      const now = performance.now()
      const isOpen = result[1] !== null
      const before = opening
      opening = {
        connectedAt: connectedAt ?? (isOpen ? now : undefined),
        securedAt: isOpen && options.protocol === 'https:' ? now : undefined,
      }
      try {
        callback(...result)
      } finally {
        opening = before
      }
    }
    let settled = false
    let address: string | undefined
    const limitMs = connectTimeoutMs()
    const timer = setTimeout(() => {
      settled = true
      socket?.destroy()
      if (address !== undefined && connectedAt === undefined) order.noteFailure(address)
      handOver(late(limitMs, address, connectedAt !== undefined), null)
    }, limitMs)
    const socket = open(options, (...[error, opened]: Parameters<buildConnector.Callback>) => {
      clearTimeout(timer)
      if (settled) {
        opened?.destroy()
        return
      }
      settled = true
      if (error) return handOver(error, null)
      opened.on('error', (cause: Error) => {
        noteEnd(opened, cause)
        // A TLS alert leaves the socket open, and the end that follows would hide from undici what was wrong.
        opened.destroy()
      })
      handOver(null, opened)
    }) as unknown as Pick<Socket, 'destroy' | 'on' | 'once'> | undefined
    socket
      ?.on('connectionAttempt', (ip: string) => (address = ip))
      .on('connectionAttemptFailed', (ip: string) => order.noteFailure(ip))
      .on('connectionAttemptTimeout', (ip: string) => order.noteFailure(ip))
      .once('connect', () => {
        connectedAt = performance.now()
        if (address !== undefined) order.noteSuccess(address)
      })
  }
}

/** The error of the deadline, by how far the connection had come. A name server that keeps silent is not the party. */
function late(limitMs: number, address: string | undefined, isConnected: boolean): Error {
  const [code, what] =
    address === undefined
      ? [UNRESOLVED, 'the host name was not resolved']
      : [CONNECT_TIMEOUT, isConnected ? 'the TLS handshake did not end' : `${address} took no connection`]
  return Object.assign(new Error(`${what} within ${limitMs} ms`), { code })
}
