// Who asks: the platform behind an Authorization header. A header seen before costs one map look-up; a new one is
// hashed and looked up in the routing table.

import { Fault } from '../faults/fault.ts'
import { hashToken, readAuthorization, type TokenForm } from '../ocpi/token.ts'
import type { InboundToken } from '../registry/platform.ts'
import type { Connection, RoutingTable } from '../registry/routing-table.ts'

export interface Admitted {
  readonly connection: Connection
  readonly token: InboundToken
  /** The token as presented, for modules that must repeat it (R26). */
  readonly value: string
  readonly form: TokenForm
}

export type Admit = (authorization: string | undefined, table: RoutingTable) => Admitted

const REMEMBERED_MAX = 10_000

/** Builds the look-up; `hashKeys` are the keys of the stored token hashes. Throws `token_missing`, `token_unknown`. */
export function createAdmit(hashKeys: readonly Buffer[], now: () => number = Date.now): Admit {
  // Only headers that were let in, so a stranger fills nothing; forgotten with every new table.
  const remembered = new Map<string, Admitted>()
  let revision = -1

  function lookUp(authorization: string, table: RoutingTable): Admitted {
    const candidates = readAuthorization(authorization)
    if (candidates.length === 0) throw new Fault('token_missing')
    for (const { token: value, form } of candidates) {
      for (const key of hashKeys) {
        const found = table.tokens.get(hashToken(value, key))
        if (found) return { connection: found.connection, token: found.token, value, form }
      }
    }
    throw new Fault('token_unknown')
  }

  return (authorization, table) => {
    if (authorization === undefined) throw new Fault('token_missing')
    if (table.revision !== revision) {
      remembered.clear()
      revision = table.revision
    }
    let admitted = remembered.get(authorization)
    if (!admitted) {
      admitted = lookUp(authorization, table)
      if (remembered.size < REMEMBERED_MAX) remembered.set(authorization, admitted)
    }
    const { validUntil } = admitted.token
    if (validUntil !== undefined && validUntil <= now()) throw new Fault('token_unknown')
    return admitted
  }
}
