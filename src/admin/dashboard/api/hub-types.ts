// What the admin API answers about the hub as a whole: its registry, its configuration, who changed what, captures.

import type { FaultCode } from './types.ts'

export interface AuditEntry {
  readonly id: string
  readonly time: string
  readonly who: string
  readonly action: string
  readonly target?: string
  /** Hashes of what stood before and what stands since. */
  readonly before?: string
  readonly after?: string
  /** What a change was refused with; left out: it was made. */
  readonly http_status?: number
  readonly detail?: string
}

/** The registry as a whole. */
export interface Registry {
  readonly up: boolean
  readonly loaded: boolean
  readonly staleness_seconds: number
  readonly platforms: number
  readonly revision: number
  readonly alarm?: 'registry_shrunk'
  readonly reason?: string
  readonly broken?: number
  readonly clashes?: number
}

/** Which keys of secret_key the registry depends on. */
export interface RegistryKeys {
  readonly items: readonly {
    /** Public name of the key. */
    readonly id: string
    /** 1 = the first of secret_key; absent: secret_key lacks it. */
    readonly place?: number
    readonly in_use: boolean
    /** Platforms and inbound tokens that need it. */
    readonly sealed: number
    readonly hashed: number
  }[]
  /** Platforms that are let in by an older key only. */
  readonly waiting: readonly string[]
  /** Platforms whose tokens need a key that secret_key lacks. */
  readonly locked_out?: readonly string[]
}

/** What reading the configuration file again changes, by the keys of the file. */
export interface ReloadChanges {
  readonly changes: readonly {
    readonly key: string
    readonly before?: string
    readonly after?: string
    /** Names in a list. */
    readonly added?: readonly string[]
    readonly removed?: readonly string[]
    readonly changed?: readonly string[]
  }[]
}

/** Bodies kept on demand. */
export interface Capture {
  readonly id: string
  readonly party: string
  readonly module: string
  readonly armed: boolean
  readonly by: string
  readonly since: string
  readonly until: string
  readonly count: number
  /** Exchanges that came when it was full. */
  readonly left_out: number
}

export interface CapturedBody {
  readonly bytes: number
  readonly text?: string
  readonly truncated?: true
  /** No JSON: text in which whatever looks like a secret was struck out. */
  readonly plain?: true
  readonly omitted?: 'not_json' | 'too_large' | 'coded'
}

export interface CapturedExchange {
  readonly time: string
  /** Through which of the hubs it went. */
  readonly hub?: string
  readonly from?: string
  readonly to?: string
  readonly method: string
  readonly path: string
  readonly request_id: string
  readonly forwarded_request_id?: string
  readonly correlation_id: string
  readonly http_status?: number
  readonly code?: number
  readonly fault?: FaultCode
  /** Of an answer that became a fault; its body is the answer. */
  readonly responder_http_status?: number
  readonly request?: CapturedBody
  readonly answer?: CapturedBody
}

export type CaptureWithItems = Capture & { readonly items: readonly CapturedExchange[] }
