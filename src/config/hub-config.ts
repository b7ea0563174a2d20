// The checked, frozen configuration as the program uses it: sections of the YAML file with durations in
// milliseconds, sizes in bytes, names in camel case. config/schema.ts makes it; main.ts hands its parts out.

import type { ForwardingOptions, NetworkOptions } from '../forwarding/options.ts'
import type { ArrivalOptions } from '../http/options.ts'
import type { Endpoint } from '../ocpi/endpoint.ts'
import type { TokenForm } from '../ocpi/token.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import type { ConnectionStatus, DialectName } from '../registry/platform.ts'
import type { RouteRule } from '../routing/rule.ts'

export interface ListenConfig {
  readonly host: string
  readonly port: number
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string }
}

export interface PlatformConfig {
  readonly id: string
  readonly version: VersionNumber
  readonly tokens: { readonly inbound: string; readonly outbound?: string; readonly form?: TokenForm }
  readonly versionsUrl?: string
  readonly endpoints?: readonly Endpoint[]
  readonly roles: readonly {
    readonly countryCode: string
    readonly partyId: string
    readonly role: string
    readonly name?: string
  }[]
  readonly status: ConnectionStatus
  readonly errors: DialectName
}

/** Whether it says who may operate the hub; if not, the hub makes a token up. */
export function hasAdminToken({ token, tokens }: HubConfig['admin']): boolean {
  return token !== undefined || tokens.length > 0
}

export interface HubConfig {
  readonly hub: {
    readonly countryCode: string
    readonly partyId: string
    readonly name: string
    /** Without a trailing slash. */
    readonly publicUrl: string
    readonly versions: readonly VersionNumber[]
  }
  readonly listen: { readonly ocpi: ListenConfig; readonly admin: ListenConfig }
  /** At the OCPI side. */
  readonly arrival: ArrivalOptions
  readonly admin: {
    readonly token?: string
    readonly tokens: readonly {
      readonly name: string
      readonly role: 'read' | 'operate'
      readonly sha256: string
    }[]
  }
  readonly registry: {
    readonly driver: 'embedded' | 'redis'
    readonly path: string
    readonly url: string
    readonly keyPrefix: string
  }
  /** 32 bytes each, newest first; none = one is made once and kept beside the embedded registry. */
  readonly secretKeys: readonly Buffer[]
  readonly forwarding: ForwardingOptions
  readonly liveness: {
    readonly probeAfterMs: number
    readonly timeoutMs: number
    readonly offlineAfter: number
  }
  readonly network: NetworkOptions
  readonly journal: { readonly maxEntries: number }
  readonly log: { readonly level: string; readonly exchanges: 'errors' | 'all' }
  readonly alerts: {
    /** Absent = no alerts are sent. */
    readonly webhook?: string
    readonly authorization?: string
    /** Base of links, without a trailing slash. */
    readonly dashboard?: string
    readonly windowMs: number
    readonly minRequests: number
    readonly silenceMs: number
  }
  readonly tracing: {
    /** Absent = nothing is traced. */
    readonly otlpEndpoint?: string
    /** Share of the exchanges, 0 to 1. */
    readonly sample: number
  }
  readonly shutdown: {
    /** Between SIGTERM and the end of listening. */
    readonly delayMs: number
    /** For requests under way after that. */
    readonly timeoutMs: number
  }
  readonly platforms: readonly PlatformConfig[]
  readonly routes: readonly RouteRule[]
  readonly sandbox: boolean
}
