// Links: hub URLs that stand for a party's own URL (next page, stored CDR, response_url). The id is an HMAC over
// what it stands for, so the same URL gives the same id, a page can be read again, and nobody can guess one.

import { createHmac } from 'node:crypto'
import type { InterfaceRole } from '../ocpi/module.ts'
import type { PartyKey } from '../ocpi/party.ts'

/** page = Link of a list (24 h); location = stored CDR (for good); callback = response_url (7 days or longer). */
export type LinkPurpose = 'page' | 'location' | 'callback'

export interface Link {
  readonly purpose: LinkPurpose
  /** Platform that may call the link. */
  readonly caller: string
  /** Platform whose URL it stands for. */
  readonly owner: string
  /** The owner's absolute URL. */
  readonly url: string
  readonly module: string
  readonly interface: InterfaceRole
  /** Parties as in the routing headers of a request on this link. */
  readonly from: PartyKey
  readonly to: PartyKey
  /** Correlation id of the exchange that made the link. */
  readonly correlationId: string
  /** Of a page: the dates that its list was asked with, as a query; absent where there were none. */
  readonly listQuery?: string
}

/** A link as a store keeps it. */
export interface KeptLink {
  readonly id: string
  readonly link: Link
  /** Milliseconds since the epoch; absent = for good. */
  readonly expiresAt?: number
}

export interface LinkStore {
  /** Keeps the link under `id` for `lifeMs`, or for good; an equal link again prolongs its life. Throws `Fault` `store_unavailable`. */
  put(id: string, link: Link, lifeMs?: number): Promise<void>
  /** The link, or `undefined` when unknown or expired. Throws `Fault` `store_unavailable`. */
  get(id: string): Promise<Link | undefined>
  /**
   * All links that have not ended, in no order; some may come twice, and those that come or go meanwhile or not at
   * all. Throws `Fault` `store_unavailable`.
   */
  all(): AsyncIterable<KeptLink>
  close(): Promise<void>
}

/** 43 characters of base64url: longer than any OCPI object id, so it is never mistaken for one. */
export const LINK_ID = /^[A-Za-z0-9_-]{43}$/

/** The id of a link: HMAC-SHA256 with the hub's key over what it stands for and the platforms and parties it is bound to. */
export function linkId(link: Omit<Link, 'correlationId'>, key: Buffer): string {
  return createHmac('sha256', key)
    .update(
      JSON.stringify([
        link.purpose,
        link.caller,
        link.owner,
        link.url,
        link.module,
        link.interface,
        link.from,
        link.to,
        ...(link.listQuery === undefined ? [] : [link.listQuery]),
      ]),
    )
    .digest('base64url')
}
