// Conducts a decision: one file per way, chosen here by its name.

import type { Exchange } from '../journal/exchange.ts'
import type { Connection } from '../registry/routing-table.ts'
import type { Decision } from '../routing/decide.ts'
import type { Message } from '../routing/message.ts'
import { Fault } from '../faults/fault.ts'
import type { Relayed } from './answer.ts'
import { type ForwardingParts, forwardTo, type Requester } from './direct.ts'

export interface Conduct {
  /** Carries a decision out and gives the answer to the requester. Throws Faults. */
  decision(
    decision: Decision,
    message: Message,
    sender: Connection,
    exchange: Exchange,
    requester: Requester,
  ): Promise<Relayed>
  /** Follows a hub URL that stands for a party's own. Throws Faults. */
  link(
    id: string,
    message: Message,
    sender: Connection,
    exchange: Exchange,
    requester: Requester,
  ): Promise<Relayed>
}

export function createConduct(parts: ForwardingParts): Conduct {
  return {
    async decision(decision, message, _sender, exchange, requester) {
      if (decision.way === 'direct' || decision.way === 'open') {
        exchange.mode = decision.way
        return forwardTo(decision.route, message, exchange, requester, parts)
      }
      throw new Fault('hub_not_addressable')
    },
    async link() {
      throw new Fault('link_unknown')
    },
  }
}
