// Reads the tokens of eMSPs on OCPI 2.1.1, which name the contract (auth_id) that sessions and CDRs go by there: when an
// eMSP connects, after a restart, and what is new of them from time to time, because other hubs take pushes as well
// (R63, hub-requirements §3 B). In the background; what fails is tried again.

import { z } from 'zod'
import { toFault } from '../faults/fault.ts'
import type { OwnAnswer, OwnRequest } from '../forwarding/call.ts'
import type { Log } from '../journal/log.ts'
import { readLinkHeader } from '../links/link-header.ts'
import { joinPath, readTarget } from '../ocpi/endpoint.ts'
import { parseJson } from '../ocpi/json-text.ts'
import { moduleRow } from '../ocpi/module.ts'
import { partyKey, type PartyKey } from '../ocpi/party.ts'
import { VERSIONS } from '../ocpi/version.ts'
import type { Connection } from '../registry/routing-table.ts'
import type { Owners } from '../routing/owners.ts'
import { sideOf } from './endpoints.ts'
import type { HandshakeParts } from './handshake.ts'

export interface TokenReadingParts extends Pick<HandshakeParts, 'registry' | 'clock' | 'timeoutMs'> {
  readonly call: (request: OwnRequest) => Promise<OwnAnswer>
  readonly owners: Pick<Owners, 'learnList'>
  readonly log: Pick<Log, 'debug' | 'info'>
}

export interface TokenReading {
  close(): void
}

const AGAIN_MS = 600_000
const PAGE_LIMIT = 500
const PAGES_MAX = 1_000
/** Clocks of two companies are not the same. */
const OVERLAP_MS = 300_000

const PAGE = z.object({
  status_code: z.int().min(1000).max(1999),
  // An empty list may be null or left out (R112).
  data: z.array(z.unknown()).nullish(),
})

/** Begins with the eMSPs that are there; `againMs` = how often what is new is read. */
export function createTokenReading(parts: TokenReadingParts, againMs: number = AGAIN_MS): TokenReading {
  const { registry, clock, log } = parts
  /** When the last complete reading of a platform began, milliseconds since the epoch. */
  const readAt = new Map<string, number>()
  const waiting = new Set<string>()
  let working = false
  let closed = false
  let cancel = (): void => undefined

  function ask(connections: Iterable<Connection>): void {
    for (const connection of connections) if (isReadable(connection)) waiting.add(connection.platform.id)
    if (!working) void work()
  }

  /** One platform after the other: nobody waits for it. */
  async function work(): Promise<void> {
    working = true
    for (const id of waiting) {
      waiting.delete(id)
      const connection = registry.table().connections.get(id)
      if (closed || !connection || !isReadable(connection)) continue
      const begun = clock.now()
      try {
        const count = await readTokens(parts, connection, readAt.get(id), () => closed)
        readAt.set(id, begun)
        if (count > 0) log.info({ platform: id, tokens: count }, 'tokens were read')
      } catch (thrown) {
        log.debug({ platform: id, fault: toFault(thrown).code }, 'the tokens could not be read')
      }
    }
    working = false
  }

  function again(): void {
    cancel = clock.after(againMs, again)
    ask(registry.table().connections.values())
  }

  const stop = registry.watch((_after, _before, changes) => {
    ask(changes.flatMap(({ old, now }) => (now && !(old && isReadable(old)) ? now : [])))
  })
  again()
  return {
    close() {
      closed = true
      stop()
      cancel()
    },
  }
}

/** Whether it is an eMSP of a version in which sessions do not name their eMSP. */
function isReadable(connection: Connection): boolean {
  const { platform, soleParty } = connection
  const { status, outbound, version } = platform
  if (status !== 'CONNECTED' || !outbound || !version || VERSIONS[version].routed || !soleParty) return false
  return sideOf(platform) === 'EMSP' && connection.endpoint('tokens', 'SENDER') !== undefined
}

/** Reads the list page by page; `since` limits it to what has changed. Gives the number of tokens. */
async function readTokens(
  { call, owners, timeoutMs }: TokenReadingParts,
  connection: Connection,
  since: number | undefined,
  isClosed: () => boolean,
): Promise<number> {
  const { platform } = connection
  const { target } = connection.endpoint('tokens', 'SENDER')!
  const owner: PartyKey = partyKey(connection.soleParty!)
  const from = since === undefined ? '' : `&date_from=${dateTime(since - OVERLAP_MS)}`
  let url: string | undefined = target.origin + joinPath(target, '', `?limit=${PAGE_LIMIT}${from}`)
  let count = 0
  for (let page = 0; url !== undefined && page < PAGES_MAX && !isClosed(); page++) {
    const token = platform.outbound!
    const answer: OwnAnswer = await call({ platformId: platform.id, method: 'GET', url, token, timeoutMs })
    const objects = PAGE.parse(parseJson(answer.body)).data ?? []
    owners.learnList({ row: moduleRow('tokens'), version: platform.version!, objects }, owner)
    count += objects.length
    url = nextPage(answer.headers.link ?? '', url, target.origin)
  }
  return count
}

/** The token is for the platform's own host alone, and a page that leads to itself has no end. */
function nextPage(link: string, url: string, origin: string): string | undefined {
  const next = readLinkHeader([link], url).targets.find(({ rel }) => /\bnext\b/.test(rel))?.url
  return next !== undefined && next !== url && readTarget(next)?.origin === origin ? next : undefined
}

/** OCPI DateTime without fractions, which 2.1.1 does not have. */
function dateTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}
