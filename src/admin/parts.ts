// What the admin side is given and how its groups of calls look. A group is one file that registers its routes;
// server.ts lists the groups.

import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Journal } from '../journal/journal.ts'
import type { Log } from '../journal/log.ts'
import type { Metrics } from '../journal/metrics.ts'
import type { Registry } from '../registry/registry.ts'
import type { AdminRole, AdminToken } from './admin-token.ts'
import type { Operations } from './operations.ts'
import type { Traffic } from './traffic.ts'

export interface AdminParts {
  /** Version of the package. */
  readonly version: string
  /** This process among the hubs of an operator. */
  readonly instance?: string
  readonly registry: Pick<Registry, 'table' | 'health'>
  readonly journal: Pick<Journal, 'get' | 'query' | 'summary' | 'correlation' | 'watch'>
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>
  /** Counts of the last hour for the dashboard. */
  readonly traffic: Pick<Traffic, 'view' | 'pairs'>
  /** What can be done; absent where only the API is described. */
  readonly operations?: Operations
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  isDraining(): boolean
  /** Requests on the OCPI side being worked on. */
  inFlight(): number
  /** When the platform was last heard, in milliseconds since the epoch. */
  lastHeard(platform: string): number | undefined
  /** When the first of its TLS certificates ends, in milliseconds since the epoch. */
  certificateEnd?(platform: string): number | undefined
  /** Keyed hash of an outbound token, as `ocpi/token.ts` makes it of inbound ones. */
  hashToken(token: string): string
}

export interface AdminOptions {
  /** Asked for each request, so that a reload takes effect at once. */
  tokens(): readonly AdminToken[]
  /** Comment line on silent streams, so that proxies keep them open. Milliseconds; 15 000 when absent. */
  readonly heartbeatMs?: number
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string }
  /** Directory of the dashboard's built files, with a slash at its end; beside the compiled server when absent. */
  readonly dashboardDirectory?: string
}

export type AdminApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

export type AdminGroup = (app: AdminApp, parts: AdminParts, options: AdminOptions) => void

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; without it `read` for GET, `operate` for the rest. */
    readonly access?: 'public' | AdminRole
    /** What the call is in the audit trail, for when it is refused; a function of its body where that decides. */
    readonly action?: string | ((body: unknown) => string)
    /** The handler audits its own refusals. */
    readonly auditsItself?: true
    /** The token is also taken as the password of Basic, which is all that a browser can ask people for. */
    readonly basic?: true
  }
  interface FastifyRequest {
    /** The token that was shown; null on public routes. */
    operator: AdminToken | null
    /** Whether the token still counts, or the session goes on: asked again where an answer takes long. */
    isStillWelcome(): boolean
  }
}
