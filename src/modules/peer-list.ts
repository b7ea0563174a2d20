// The HubClientInfo list of a peer that is a hub, read page by page (R68, R69, R86). Whatever it holds is only read:
// what becomes of it is decided elsewhere.

import { readLinkHeader } from '../links/link-header.ts'
import { joinPath, readTarget, type Target } from '../ocpi/endpoint.ts'
import { type PartyReport, readClientInfo } from '../ocpi/client-info.ts'
import { askPeer, type Call, type Peer } from './peer.ts'

export interface PeerList {
  readonly reports: readonly PartyReport[]
  /** Whether this is all the peer has: then what is not in it is no more. */
  readonly complete: boolean
}

const PAGES_MAX = 100
const PAGE_ITEMS = 500

/** Reads up to `itemsMax` entries; those that are no ClientInfo are left out. Throws what `askPeer` throws. */
export async function askClientInfos(
  call: Call,
  peer: Peer,
  endpoint: Target,
  itemsMax: number,
): Promise<PeerList> {
  const reports: PartyReport[] = []
  let url: string | undefined = endpoint.origin + joinPath(endpoint, '', `?limit=${PAGE_ITEMS}`)
  let { token } = peer
  for (let pages = 0; url !== undefined; pages++) {
    if (pages === PAGES_MAX || reports.length > itemsMax) return { reports, complete: false }
    const asked: string = url
    const answer = await askPeer(call, { ...peer, token }, { method: 'GET', url: asked })
    // An empty list may be null or left out (R112).
    const items: unknown = answer.data ?? []
    if (!Array.isArray(items)) return { reports, complete: false }
    for (const item of items as unknown[]) {
      const reading = readClientInfo(item)
      if (reading.ok) reports.push(reading.report)
    }
    token = answer.token
    const next = nextPage(answer.headers.link, asked)
    if (next.broken) return { reports, complete: false }
    url = next.url
  }
  return { reports, complete: true }
}

interface NextPage {
  /** Absent: this was the last page. */
  readonly url?: string
  /** There is one, but not one that can be asked for. */
  readonly broken?: true
}

/** The next page, on the same server only: the hub's token is for nobody else. */
function nextPage(link: string | undefined, url: string): NextPage {
  if (link === undefined) return {}
  const { targets, broken } = readLinkHeader([link], url)
  const next = targets.find(({ rel }) => rel.split(' ').includes('next'))?.url
  if (next === undefined) return broken ? { broken: true } : {}
  return readTarget(next)?.origin === readTarget(url)?.origin ? { url: next } : { broken: true }
}
