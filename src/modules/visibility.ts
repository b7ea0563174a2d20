// Which party a platform may know of, by the operator's routes (R87, T38), and word of it when they change.

import { partyKey } from '../ocpi/party.ts'
import { isHub } from '../registry/platform.ts'
import type { RouteBook } from '../routing/route-book.ts'
import { type CompiledRules, hidesAlike, isDenied } from '../routing/rules.ts'
import type { Visible } from './reachable.ts'

export interface Visibility {
  /** As it is now. */
  readonly visible: Visible
  /** Called after each change of the routes that may have hidden or shown a party. Gives the way to stop. */
  watch(listener: (after: Visible, before: Visible) => void): () => void
}

/** What the routes in effect let be seen. */
export function createVisibility(routes: Pick<RouteBook, 'rules' | 'watch'>): Visibility {
  return {
    visible: (from, party) => visibleBy(routes.rules())(from, party),
    watch: (listener) =>
      routes.watch((after, before) => {
        if (!hidesAlike(after, before)) listener(visibleBy(after), visibleBy(before))
      }),
  }
}

/** A platform sees a party if any of its own parties may reach it; one that has not named them, as anybody. */
function visibleBy(rules: CompiledRules): Visible {
  return (from, party) => {
    // A hub is told who is connected here, not whom other hubs have reported: a ClientInfo does not say by which way
    // it came, so two hubs could keep a party alive for each other that has long gone (T25).
    if (isHub(from) && (party.behind || party.role.role.toUpperCase() === 'HUB')) return false
    const own = from.roles.length > 0 ? from.roles.map((role) => partyKey(role)) : ['']
    return !own.every((key) => isDenied(rules, key, party.key))
  }
}
