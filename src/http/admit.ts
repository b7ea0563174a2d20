// Who asks: the platform behind an Authorization header. A header seen before costs one map look-up, with a new routing
// table one more; a new one is hashed and looked up in the table.

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

/** A header that was let in. */
interface Remembered {
  readonly hash: string
  readonly admitted: Admitted
  /** Of the table that `admitted` is out of. */
  readonly revision: number
}

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
  // Only headers that were let in, so a stranger fills nothing.
  const remembered = new Map<string, Remembered>()

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

  function lookUp(authorization: string, table: RoutingTable, from?: Origin): Remembered {
    const candidates = readAuthorization(authorization)
    if (candidates.length === 0) throw tokenMissing(authorization, from)
    for (const { token: value, form } of candidates) {
      for (const key of hashKeys) {
        const hash = hashToken(value, key)
        const found = table.tokens.get(hash)
        if (found) return { hash, admitted: { value, form, ...found }, revision: table.revision }
      }
    }
    throw wrongToken(describeAuthorization(authorization), from)
  }

  /** What a header stands for in another table; `undefined` when its token is none any more. */
  function recall({ hash, admitted }: Remembered, table: RoutingTable): Remembered | undefined {
    const found = table.tokens.get(hash)
    return found && { hash, admitted: { ...admitted, ...found }, revision: table.revision }
  }

  function remember(authorization: string, header: Remembered): void {
    // Those of tokens that are no more are never asked for again.
    if (remembered.size >= REMEMBERED_MAX && !remembered.has(authorization)) remembered.clear()
    remembered.set(authorization, header)
  }

  return (authorization, table, from) => {
    if (authorization === undefined) throw tokenMissing(authorization, from)
    let header = remembered.get(authorization)
    if (header?.revision !== table.revision) {
      header = (header && recall(header, table)) ?? lookUp(authorization, table, from)
      remember(authorization, header)
    }
    const { admitted } = header
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
