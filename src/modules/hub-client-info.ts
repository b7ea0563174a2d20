// The HubClientInfo module as peers call it: the list of parties they can reach, with pages and filters (R86, R87).

import { Fault } from '../faults/fault.ts'
import { writeClientInfo } from '../ocpi/client-info.ts'
import { pageHeaders, type PageQuery, readPageQuery } from '../ocpi/page.ts'
import { VERSIONS } from '../ocpi/version.ts'
import type { PartyEntry } from '../registry/routing-table.ts'
import type { HandshakeParts } from './handshake.ts'
import type { ModuleHandler } from './module.ts'
import { roleReader, toClientInfo, visibleParties } from './reachable.ts'
import { allow } from './versions.ts'

const PAGE_MAX = 500

/** The handler: GET of the list alone. Throws `query_invalid`, `method_unsupported`, `url_unknown` (also below 2.2, T37). */
export function createHubClientInfo(
  parts: Pick<HandshakeParts, 'hub' | 'registry' | 'visible'>,
  pageMax: number = PAGE_MAX,
): ModuleHandler {
  const { hub, registry, visible } = parts
  return (request) => {
    const { version, query, connection } = request
    if (!version || !VERSIONS[version].modules.includes('hubclientinfo')) throw new Fault('url_unknown')
    allow(request, ['GET'])
    const reading = readPageQuery(query, pageMax)
    if (!reading.ok)
      throw new Fault('query_invalid', { message: `The query is not valid: ${reading.problem}` })
    const { page } = reading
    const found = visibleParties(registry.table(), connection.platform, visible).filter((entry) =>
      isWithin(entry, page),
    )
    const reader = roleReader(connection.platform, version)
    const list = {
      url: `${hub.publicUrl}/ocpi/${version}/hubclientinfo`,
      query,
      total: found.length,
      limitMax: pageMax,
    }
    return {
      data: found
        .slice(page.offset, page.offset + page.limit)
        .map((entry) => writeClientInfo(toClientInfo(entry), reader)),
      headers: pageHeaders(list, page),
    }
  }
}

/** `date_from` is inclusive, `date_to` exclusive (R68). */
function isWithin({ role }: PartyEntry, { dateFrom = -Infinity, dateTo = Infinity }: PageQuery): boolean {
  const time = Date.parse(role.lastUpdated)
  return time >= dateFrom && time < dateTo
}
