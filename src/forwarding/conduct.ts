// Conducts a decision: one file per way, chosen here by its name.

import type { Exchange } from '../journal/exchange.ts'
import type { LinkStore } from '../links/links.ts'
import type { Connection, RoutingTable } from '../registry/routing-table.ts'
import type { Decision } from '../routing/decide.ts'
import type { Message } from '../routing/message.ts'
import type { CompiledRules } from '../routing/rules.ts'
import type { Relayed } from './relayed.ts'
import { askAll } from './ask.ts'
import type { Broadcaster } from './broadcast.ts'
import { forwardTo, type Requester } from './direct.ts'
import { getAll, type GetAllParts } from './get-all.ts'
import { forwardLinked } from './linked.ts'

export interface ConductParts extends GetAllParts {
  readonly links: LinkStore
  readonly broadcast: Broadcaster
}

/** One functional request under way. */
export interface Errand {
  readonly message: Message
  readonly sender: Connection
  readonly table: RoutingTable
  readonly rules: CompiledRules
  readonly exchange: Exchange
  readonly requester: Requester
}

export interface Conduct {
  /** Carries a decision out and gives the answer to the requester. Throws Faults. */
  decision(decision: Decision, errand: Errand): Promise<Relayed>
  /** Follows a hub URL that stands for a party's own. Throws Faults. */
  link(id: string, errand: Errand): Promise<Relayed>
}

/** Builds the conduct of all ways. */
export function createConduct(parts: ConductParts): Conduct {
  function go(decision: Decision, { message, exchange, requester }: Errand): Promise<Relayed> {
    switch (decision.way) {
      case 'direct':
      case 'open':
        exchange.mode = decision.way
        return forwardTo(decision.route, message, exchange, requester, parts)
      case 'ask':
        exchange.mode = 'open'
        return askAll(decision.routes, message, exchange, requester, parts)
      case 'broadcast':
        exchange.mode = 'broadcast'
        return Promise.resolve(parts.broadcast(decision.routes, message, exchange))
      case 'get-all':
        exchange.mode = 'get-all'
        return getAll(decision.routes, message, exchange, requester, parts)
    }
  }

  return {
    decision(decision, errand) {
      try {
        return go(parts.limits.count(decision), errand)
      } catch (fault) {
        return Promise.reject(fault)
      }
    },
    link(id, { message, sender, table, rules, exchange, requester }) {
      exchange.mode = 'callback'
      const context = { exchange, requester, table, rules, links: parts.links }
      return forwardLinked(id, message, sender, context, parts)
    },
  }
}
