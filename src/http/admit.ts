// Who asks: the platform behind an Authorization header. A header seen before costs one map look-up, with a new routing
// table one more; a new one is hashed and looked up in the table.

import type { Socket } from 'node:net'
import { Fault } from '../faults/fault.ts'
import { describeAuthorization, hashToken, readAuthorization, type TokenForm } from '../ocpi/token.ts'
import type { InboundToken } from '../registry/platform.ts'
import type { Connection, RoutingTable } from '../registry/routing-table.ts'
import type { Guesses } from './guesses.ts'
import { type IsRead, notRead } from './unread.ts'

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

/** What a header that was let in says, whatever the table. */
interface Read extends Pick<Admitted, 'value' | 'form'> {
  readonly hash: string
}

const REMEMBERED_MAX = 10_000

/**
 * Builds the look-up; `hashKeys` are the keys of the stored token hashes. Throws `token_missing`, `token_unknown`, and
 * `rate_limited` where too many wrong tokens came from; `store_unavailable` while no token can be told to be wrong.
 */
export function createAdmit(
  hashKeys: readonly Buffer[],
  guesses: Guesses,
  now: () => number = Date.now,
  isRead: IsRead = () => true,
): Admit {
  // Only headers that were let in, so a stranger fills nothing.
  const read = new Map<string, Read>()
  // Of one table, so that connections which are no more are not held.
  let [admitted, revision] = [new Map<string, Admitted>(), -1]

  /** A wrong token too many is answered later, which tells nothing of the token. */
  function wrongToken(looks: string, from: Origin | undefined): Fault {
    if (!isRead()) return notRead()
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
        const hash = hashToken(value, key)
        const found = table.tokens.get(hash)
        if (!found) continue
        // Those of tokens that are no more are never asked for again.
        if (read.size >= REMEMBERED_MAX && !read.has(authorization)) read.clear()
        read.set(authorization, { hash, value, form })
        return { value, form, ...found }
      }
    }
    throw wrongToken(describeAuthorization(authorization), from)
  }

  /** What a header that was let in before stands for in this table; `undefined` when its token is none any more. */
  function recall(authorization: string, table: RoutingTable): Admitted | undefined {
    const known = read.get(authorization)
    const found = known && table.tokens.get(known.hash)
    return found && { value: known.value, form: known.form, ...found }
  }

  function find(authorization: string, table: RoutingTable, from?: Origin): Admitted {
    if (revision !== table.revision) [admitted, revision] = [new Map(), table.revision]
    const known = admitted.get(authorization)
    if (known) return known
    const found = recall(authorization, table) ?? lookUp(authorization, table, from)
    if (admitted.size >= REMEMBERED_MAX) admitted.clear()
    admitted.set(authorization, found)
    return found
  }

  return (authorization, table, from) => {
    if (authorization === undefined) throw tokenMissing(authorization, from)
    const asking = find(authorization, table, from)
    const { validUntil } = asking.token
    if (validUntil !== undefined && validUntil <= now()) {
      const { id } = asking.connection.platform
      throw wrongToken(
        `a token of platform ${id} that was good until ${new Date(validUntil).toISOString()}`,
        from,
      )
    }
    return asking
  }
}

function tokenMissing(authorization: string | undefined, from: Origin | undefined): Fault {
  const looks = describeAuthorization(authorization)
  // Whoever writes the client learns what to mend; of the header it tells nothing that may be a secret.
  return new Fault('token_missing', { message: `The request has ${looks}`, detail: withAddress(looks, from) })
}

/** Of strangers the address is all there is to find them by; of a load balancer in between it is that one's. */
function withAddress(looks: string, from: Origin | undefined): string {
  return from?.remoteAddress === undefined ? looks : `${looks}, from ${from.remoteAddress}`
}
