// An operator's route: which exchanges it is about and what it changes. First match wins.

import type { InterfaceRole } from '../ocpi/module.ts'

export interface RouteRule {
  /** Patterns as written: `NL-*`, `DE-CPO`, `*`; any of the list matches; absent = any. `to: none` = no TO headers. */
  readonly from?: readonly string[]
  readonly to?: readonly string[] | 'none'
  readonly module?: readonly string[]
  readonly interface?: InterfaceRole
  readonly method?: readonly string[]
  readonly action?: 'deny'
  /** `NL-EMS`: the party that gets it instead. */
  readonly deliverTo?: string
  readonly timeoutMs?: number
  readonly maxInFlight?: number
  /** Token bucket per sender. */
  readonly rate?: { readonly requests: number; readonly perMs: number }
}
