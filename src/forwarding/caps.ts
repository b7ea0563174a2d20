// What is answered where a cap of the hub's own on requests under way to one receiver is reached. The requester reads
// that the hub allows no more; which setting it is, is told to the hub's operator alone.

import { Fault } from '../faults/fault.ts'
import type { PartyKey } from '../ocpi/party.ts'

/** `limits.pending_per_platform` of the receiving platform is used up. */
export function platformFull(max: number): Fault {
  return new Fault('destination_unavailable', {
    what: 'has as many requests under way as the hub allows for one platform',
    detail: `over the cap of ${max} requests in flight (limits.pending_per_platform)`,
    local: true,
  })
}

/** `max_in_flight` of the route to the party is used up. */
export function routeFull(key: PartyKey, max: number): Fault {
  return new Fault('destination_unavailable', {
    message: `${key} has as many requests under way as a route of the hub allows`,
    detail: `over max_in_flight ${max} of the route`,
    local: true,
  })
}
