// Who asks: the platform behind an Authorization header. A header seen before costs one map look-up; a new one is
// hashed and looked up in the routing table.

import type { Socket } from 'node:net'
import { Fault } from '../faults/fault.ts'
import { describeAuthorization, hashToken, readAuthorization, type TokenForm } from '../ocpi/token.ts'
import type { InboundToken } from '../registry/platform.ts'
import type { Connection, RoutingTable } from '../registry/routing-table.ts'
import type { Guesses } from './guesses.ts'

export interface Admitted {
  readonly connection: Connection
  readonly token: InboundToken
  /** The token as presented, for modules that must repeat it (R26). */
  readonly value: string
  readonly form: TokenForm
}

/** Where a request comes from; asked for its address only when its token is wrong. */
type Origin = Pick<Socket, 'remoteAddress'>

/** Without `from` a wrong token is not counted, because it was before. */
export type Admit = (authorization: string | undefined, table: RoutingTable, from?: Origin) => Admitted

const REMEMBERED_MAX = 10_000

/**
 * Builds the look-up; `hashKeys` are the keys of the stored token hashes. Throws `token_missing`, `token_unknown`, and
 * `rate_limited` where too many wrong tokens came from.
 */
export function createAdmit(
  hashKeys: readonly Buffer[],
  guesses: Guesses,
  now: () => number = Date.now,
): Admit {
  // Only headers that were let in, so a stranger fills nothing; forgotten with every new table.
  const remembered = new Map<string, Admitted>()
  let revision = -1

  /** A wrong token too many is answered later, which tells nothing of the token. */
  function wrongToken(looks: string, from: Origin | undefined): Fault {
    const waitMs = from && guesses(from.remoteAddress)
    const detail = withAddress(looks, from)
    if (waitMs === undefined) return new Fault('token_unknown', { detail })
    return new Fault('rate_limited', {
      message: 'Too many wrong credentials tokens came from this address',
      detail,
      headers: { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) },
    })
  }

  function lookUp(authorization: string, table: RoutingTable, from?: Origin): Admitted {
    const candidates = readAuthorization(authorization)
    if (candidates.length === 0) throw tokenMissing(authorization, from)
    for (const { token: value, form } of candidates) {
      for (const key of hashKeys) {
        const found = table.tokens.get(hashToken(value, key))
        if (found) return { connection: found.connection, token: found.token, value, form }
      }
    }
    throw wrongToken(describeAuthorization(authorization), from)
  }

  return (authorization, table, from) => {
    if (authorization === undefined) throw tokenMissing(authorization, from)
    if (table.revision !== revision) {
      remembered.clear()
      revision = table.revision
    }
    let admitted = remembered.get(authorization)
    if (!admitted) {
      admitted = lookUp(authorization, table, from)
      if (remembered.size < REMEMBERED_MAX) remembered.set(authorization, admitted)
    }
    const { validUntil } = admitted.token
    if (validUntil !== undefined && validUntil <= now()) {
      const { id } = admitted.connection.platform
      throw wrongToken(
        `a token of platform ${id} that was good until ${new Date(validUntil).toISOString()}`,
        from,
      )
    }
    return admitted
  }
}

function tokenMissing(authorization: string | undefined, from: Origin | undefined): Fault {
  return new Fault('token_missing', { detail: withAddress(describeAuthorization(authorization), from) })
}

/** Of strangers the address is all there is to find them by; of a load balancer in between it is that one's. */
function withAddress(looks: string, from: Origin | undefined): string {
  return from?.remoteAddress === undefined ? looks : `${looks}, from ${from.remoteAddress}`
}
