// A sandbox party as the hub connects to it: the shape of one entry of `platforms:`, with tokens that everybody
// knows, which is why the sandbox belongs on loopback only.

import type { Endpoint } from '../ocpi/endpoint.ts'
import { partyKey } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import type { ConnectionStatus, DialectName } from '../registry/platform.ts'
import type { SandboxParty } from './party.ts'

export const SANDBOX_HOST = '127.0.0.1'
/** Port of the first party of the table; each takes the one after the party before it. */
export const SANDBOX_PORT = 9100
/** Where a closed party is: port 1 (tcpmux) of loopback, on which nothing listens nowadays. */
export const CLOSED_PORT = 1

export interface Address {
  readonly host: string
  readonly port: number
}

/** One connection, as the configuration has it. */
export interface SandboxPlatform {
  readonly id: string
  readonly version: VersionNumber
  readonly tokens: { readonly inbound: string; readonly outbound: string }
  readonly versionsUrl: string
  readonly endpoints: readonly Endpoint[]
  readonly roles: readonly {
    readonly countryCode: string
    readonly partyId: string
    readonly role: string
    readonly name: string
  }[]
  readonly status: ConnectionStatus
  readonly errors: DialectName
}

/** The connection to a party whose server is at `origin`, e.g. `http://127.0.0.1:9101`. */
export function toPlatform(party: SandboxParty, origin: string): SandboxPlatform {
  return {
    id: platformId(party),
    version: party.version,
    tokens: { inbound: inboundToken(party), outbound: outboundToken(party) },
    versionsUrl: `${origin}/ocpi/versions`,
    endpoints: party.endpoints.map(([module, role]) => ({
      module,
      role,
      url: `${origin}/ocpi/${party.version}/${role.toLowerCase()}/${module}`,
    })),
    roles: party.roles.map((role) => ({
      countryCode: party.countryCode,
      partyId: party.partyId,
      role,
      name: party.name,
    })),
    status: party.status,
    errors: party.errors,
  }
}

/** `http://127.0.0.1:9101`, with brackets around an IPv6 address. */
export function toOrigin({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** `nl-ems` */
export function platformId(party: SandboxParty): string {
  return partyKey(party).toLowerCase()
}

/** What the party shows the hub: `sandbox-nl-ems`. */
export function inboundToken(party: SandboxParty): string {
  return `sandbox-${platformId(party)}`
}

/** What the hub shows the party: `hub-to-nl-ems`. */
function outboundToken(party: SandboxParty): string {
  return `hub-to-${platformId(party)}`
}
