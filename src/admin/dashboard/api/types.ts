// What the admin API answers, as far as the pages show it. Members that only newer hubs give are optional.

import type { FaultCode, Reached, Recovery, Side } from '../../../faults/table.ts'
import type { JournalEntry } from '../../../journal/journal-entry.ts'
import type { InterfaceRole } from '../../../ocpi/module.ts'
import type { ConnectionStatus } from '../../../ocpi/connection-status.ts'

export type { ConnectionStatus, FaultCode, JournalEntry, Reached, Recovery, Side }

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next_cursor?: string
}

export interface Session {
  readonly name: string
  readonly role: 'read' | 'operate'
  readonly expires: string
}

export interface HubStatus {
  readonly version: string
  /** Which of the hubs answers: host and process. */
  readonly instance?: string
  readonly node: string
  readonly uptime_seconds: number
  readonly draining: boolean
  readonly in_flight: number
  readonly platforms: number
  readonly parties: Readonly<Record<string, number>>
  readonly registry: {
    readonly up: boolean
    readonly loaded: boolean
    readonly staleness_seconds: number
    readonly revision: number
    readonly reason?: string
    readonly alarm?: string
    readonly broken?: number
    readonly clashes?: number
  }
}

export type TrafficKind =
  | 'relayed'
  | 'answered'
  | 'relayed_error'
  | 'fault_requester'
  | 'fault_responder'
  | 'fault_hub'

export interface Traffic {
  readonly bucket_seconds: number
  readonly start: string
  readonly counts: Readonly<Record<TrafficKind, readonly number[]>>
}

export interface TrafficPair {
  readonly from: string
  readonly to: string
  readonly requests: number
  readonly errors: number
}

export interface SummaryItem {
  readonly from?: string | null
  readonly to?: string | null
  readonly code?: number | null
  readonly fault?: string | null
  readonly at?: Side | null
  readonly module?: string | null
  readonly count: number
  readonly latest: string
  readonly reference: string
}

export interface Summary {
  readonly total: number
  readonly items: readonly SummaryItem[]
}

export interface CatalogueEntry {
  readonly system: string
  readonly code: string
  readonly slug?: string
  readonly category?: string
  readonly http?: number
  readonly meaning: string
  readonly at: Side | 'none'
  readonly recovery?: string
  readonly advice: string
  readonly becomes?: string
  /** What the hub's operator looks at first. */
  readonly likely_cause?: string
  readonly versions?: readonly string[]
}

export type StoryItem = JournalEntry & { readonly after_ms: number }

export interface Story {
  readonly correlation_id: string
  readonly items: readonly StoryItem[]
}

/** Whether requests are sent to a platform; nothing is told of those that are PLANNED or SUSPENDED. */
export interface Circuit {
  readonly state: 'closed' | 'open' | 'half_open'
  /** In a row. */
  readonly failures: number
  readonly opens_after: number
  readonly next_probe?: string
}

export interface Party {
  readonly address: string
  readonly country_code: string
  readonly party_id: string
  readonly role: string
  readonly name?: string
  readonly status: ConnectionStatus
  readonly platform: string
  /** Address of the hub it is behind. */
  readonly behind?: string
  /** The platform it may move to. */
  readonly moving_to?: string
  readonly last_seen?: string
  readonly last_updated: string
  readonly in_flight?: number
  readonly missed_pushes?: number
  readonly certificate_days?: number
  readonly circuit?: Circuit
}

export interface StatusChange {
  readonly time: string
  readonly status: ConnectionStatus
}

/** A change of the status of a connection. */
export type PlatformStatusChange = StatusChange & {
  readonly platform: string
  /** Addresses of its parties; absent: it has been removed. */
  readonly parties?: readonly string[]
}

/** Pushes of one module and sender that did not reach a party. */
export interface MissedPushes {
  readonly module: string
  readonly from: string
  readonly count: number
  readonly first: string
  readonly last: string
  readonly paths: readonly string[]
}

export interface Platform {
  readonly id: string
  readonly source: 'file' | 'registered'
  readonly status: ConnectionStatus
  readonly version?: string
  readonly versions_url?: string
  readonly errors: string
  readonly roles: readonly {
    readonly country_code: string
    readonly party_id: string
    readonly role: string
    readonly name?: string
    readonly status: ConnectionStatus
    readonly moving_to?: string
    readonly last_updated: string
  }[]
  /** What it has reported as a hub. */
  readonly parties_behind?: number
  readonly endpoints: readonly {
    readonly module: string
    readonly role: InterfaceRole
    readonly url: string
  }[]
  readonly tokens: {
    readonly inbound: readonly {
      readonly fingerprint: string
      readonly purpose: 'registration' | 'credentials'
      readonly valid_until?: string
    }[]
    readonly outbound?: { readonly fingerprint: string }
  }
  readonly last_seen?: string
  readonly last_updated: string
  readonly in_flight?: number
  readonly missed_pushes?: number
  readonly certificate_days?: number
  readonly circuit?: Circuit
  readonly history?: readonly StatusChange[]
}

/** A prepared connection: the token is shown this once. */
export interface Prepared {
  readonly id: string
  readonly token: string
  readonly versions_url: string
}

/** A rule as in the configuration file. */
export type RouteItem = Readonly<Record<string, unknown>>

/** Where rules come from: the configuration file of each hub, or an operator, for all hubs. */
interface RouteStamps {
  readonly source: 'file' | 'registry'
  readonly version: number
  readonly updated?: string
  readonly updated_by?: string
}

export interface RouteList extends RouteStamps {
  readonly items: readonly RouteItem[]
}

export interface RouteVersion extends RouteStamps {
  /** How many. */
  readonly rules: number
}

/** What the hub found at a party before it is connected. */
export interface Examination {
  readonly result: 'pass' | 'warn' | 'fail'
  readonly version?: string
  readonly party?: string
  readonly checks: readonly {
    readonly id: string
    readonly title: string
    readonly result: 'pass' | 'warn' | 'fail' | 'skip'
    readonly found: string
    readonly advice?: string
  }[]
}

/** What would happen to a request: a way, or a fault and the answer its sender would get. */
export interface Explanation {
  readonly steps: readonly { readonly step: string; readonly finding: string }[]
  readonly way?: string
  readonly targets?: readonly {
    readonly party: string
    readonly platform: string
    readonly status?: ConnectionStatus
    readonly deadline_ms?: number
  }[]
  readonly fault?: string
  readonly http_status?: number
  readonly status_code?: number
  readonly status_message?: string
  readonly at?: Side
  readonly advice?: string
}
