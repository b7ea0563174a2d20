// What a row of the sandbox's cast says: who a party is, how it answers, and what to try with it.

import type { FaultCode } from '../faults/table.ts'
import type { InterfaceRole } from '../ocpi/module.ts'
import { partyKey, type PartyKey } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import type { ConnectionStatus, DialectName } from '../registry/platform.ts'

/**
 * How a party answers. ordinary = as OCPI says; closed = nothing listens; silent = takes requests and never answers;
 * garbage = answers bytes that are not HTTP; dialect = answers errors in the format of its `errors`; the others are
 * told in their rows.
 */
export type Behaviour =
  | 'ordinary'
  | 'closed'
  | 'silent'
  | 'garbage'
  | 'html'
  | 'cut'
  | 'unauthorized'
  | 'big'
  | 'statuses'
  | 'dialect'

export interface SandboxParty {
  readonly countryCode: string
  readonly partyId: string
  readonly name: string
  readonly roles: readonly string[]
  readonly version: VersionNumber
  readonly behaviour: Behaviour
  readonly status: ConnectionStatus
  readonly errors: DialectName
  readonly endpoints: readonly SandboxEndpoint[]
  /** How many locations it owns; 0 for a party without the role CPO. */
  readonly locationCount: number
  /**
   * Calls the hub's versions endpoint now and then, so that failing at every request leaves it OFFLINE for seconds
   * only: a party that stayed OFFLINE could not be tried again.
   */
  readonly showsLife: boolean
  /** What it does, for people: one clause. */
  readonly what: string
  readonly example: SandboxExample
}

export type SandboxEndpoint = readonly [module: string, role: InterfaceRole]

/** One request through the hub that shows the party, and what comes back. */
export interface SandboxExample {
  readonly caller: PartyKey
  /** Method and path below the hub's `/ocpi/{version}/`. */
  readonly request: string
  readonly statusCode: number
  /** Absent when the party itself is the author of the answer. */
  readonly fault?: FaultCode
}

/** `as NL-EMS to DE-OFF: GET sender/locations -> 4003 connection_refused` */
export function exampleText(party: SandboxParty): string {
  const { caller, request, statusCode, fault } = party.example
  return `as ${caller} to ${partyKey(party)}: ${request} -> ${statusCode}${fault ? ` ${fault}` : ''}`
}
