// What explaining a request looks at besides the decision: the state of the hub at this moment.

import type { Limits } from '../forwarding/limits.ts'
import type { RoutingContext } from '../routing/decide.ts'

export interface ExplainParts {
  context(): RoutingContext
  readonly limits: Pick<Limits, 'inFlight' | 'waitMs'>
  /** Requests under way to a platform, and how many there may be. */
  inFlight(platformId: string): number
  readonly options: () => {
    readonly timeoutMs: number
    readonly pendingMax: number
    readonly inFlightMax: number
  }
}
