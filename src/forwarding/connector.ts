// Opens the connections of the forwarding leg: guarded addresses, an exact connect deadline, and the mark that
// tells a connection that has served before from a fresh one.

import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { buildConnector } from 'undici'
import { CONNECT_TIMEOUT } from '../faults/observe.ts'
import { type AddressGuard, prohibited, prohibitedScheme } from './guard.ts'

/** Bytes that a connection had read when the request that is on it now was sent. */
const READ_BEFORE = new WeakMap<object, number>()
subscribe('undici:client:sendHeaders', (message) => {
  const { socket } = message as { readonly socket: Socket }
  READ_BEFORE.set(socket, socket.bytesRead)
})

const CLOSED_CODES: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
const KEEP_ALIVE_RACES = new WeakSet<Error>()

/**
 * Whether this error ended a connection that had carried an answer before, and had read nothing since the request was
 * sent: not even an interim answer (RFC 9110 §9.2.2, §15.2).
 */
export function isKeepAliveRaceError(error: unknown): boolean {
  return error instanceof Error && KEEP_ALIVE_RACES.has(error)
}

function noteKeepAliveRace(socket: Socket, cause: Error & { readonly code?: unknown }): void {
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
 * A connector for undici. `connectTimeoutMs` covers DNS, TCP and TLS and is exact; undici's own connect timer
 * fires up to half a second late, so it is off. `secureContext` says whose certificates are trusted: Node's, if absent.
 */
export function createConnector(
  guard: AddressGuard,
  connectTimeoutMs: () => number,
  secureContext: SecureContext = createSecureContext(),
): buildConnector.connector {
  const settings = {
    timeout: 0,
    lookup: guard.lookup,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    maxCachedSessions: 100,
    // The same for all: Node would make one for each connection, which is most of what opening one costs.
    secureContext,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
  } as buildConnector.BuildOptions
  // It keeps the sessions.
  let open = buildConnector(settings)
  let openSince = performance.now()

  return (options, callback) => {
    if (performance.now() - openSince > SESSIONS_MAX_MS) {
      open = buildConnector(settings)
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
    const timer = setTimeout(() => {
      settled = true
      socket?.destroy()
      handOver(Object.assign(new Error('connect deadline'), { code: CONNECT_TIMEOUT }), null)
    }, connectTimeoutMs())
    const socket = open(options, (...[error, opened]: Parameters<buildConnector.Callback>) => {
      clearTimeout(timer)
      if (settled) {
        opened?.destroy()
        return
      }
      settled = true
      if (error) return handOver(error, null)
      opened.on('error', (cause: Error) => {
        noteKeepAliveRace(opened, cause)
        // A TLS alert leaves the socket open, and the end that follows would hide from undici what was wrong.
        opened.destroy()
      })
      handOver(null, opened)
    }) as unknown as Pick<Socket, 'destroy' | 'once'> | undefined
    socket?.once('connect', () => (connectedAt = performance.now()))
  }
}
