// A hub that has not read its registry since its start knows the platforms of the file alone. What it cannot know it
// does not deny: who is told 401 registers anew, and who is given a list without others forgets them.

import { Fault, toFault } from '../faults/fault.ts'
import type { FaultCode } from '../faults/table.ts'
import type { Decision } from '../routing/decide.ts'

/** Whether the registry was read since the start. Asked only where it matters, not for every request. */
export type IsRead = () => boolean

const DENIALS: ReadonlySet<FaultCode> = new Set(['to_unknown', 'to_unresolved'])

/** `store_unavailable`, for what only the registry can tell. */
export function notRead(): Fault {
  return new Fault('store_unavailable', {
    message: 'The hub cannot read its registry yet',
  })
}

/** The decision, unless it stands on parties that this hub may not have read yet: then `store_unavailable`. */
export function decideAsRead(decideNow: () => Decision, isRead: IsRead): Decision {
  try {
    const decision = decideNow()
    if (decision.way === 'direct' || isRead()) return decision
  } catch (thrown) {
    if (!DENIALS.has(toFault(thrown).code) || isRead()) throw thrown
  }
  throw notRead()
}
