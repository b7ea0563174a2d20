// Certificates of the listeners: read from their PEM files, and read again while the listener runs.

import { readFileSync } from 'node:fs'
import type { Server as PlainServer, ServerOptions } from 'node:http'
import { createSecureContext, Server, type SecureContextOptions } from 'node:tls'

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  /** Only clients with a certificate of this CA are let in. */
  readonly clientCa?: string
}

/**
 * Settings for Fastify with TLS, or as they are without files. Throws when a file cannot be read. Of `http`, Fastify
 * gives a server over TLS nothing: its limits are repeated, and the handshake gets as long as the headers after it.
 */
export function withTls<Settings extends { readonly http: ServerOptions & { headersTimeout: number } }>(
  settings: Settings,
  files: TlsFiles | undefined,
): Settings {
  if (!files) return settings
  const https = {
    ...settings.http,
    ...readFiles(files),
    minVersion: 'TLSv1.2',
    handshakeTimeout: settings.http.headersTimeout,
    ...(files.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
  }
  return { ...settings, https } as Settings
}

/** Why the files could not be served, in words; `undefined` = they can. */
export function tlsProblem(files: TlsFiles): string | undefined {
  try {
    createSecureContext(readFiles(files))
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Serves the files as they are now to new connections; open ones go on. Throws when they cannot be served. */
export function renewTls(server: PlainServer, files: TlsFiles): void {
  if (server instanceof Server) server.setSecureContext({ ...readFiles(files), minVersion: 'TLSv1.2' })
}

function readFiles({ cert, key, clientCa }: TlsFiles): SecureContextOptions {
  return {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...(clientCa === undefined ? {} : { ca: readFileSync(clientCa) }),
  }
}
