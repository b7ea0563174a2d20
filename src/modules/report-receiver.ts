// The RECEIVER interface of HubClientInfo: where a platform that is a hub tells of the parties behind it (R83, R84,
// R90, T25). It is offered to hubs alone. Whatever comes at once is written at once.

import { Fault } from '../faults/fault.ts'
import { type PartyReport, readClientInfo, writeClientInfo } from '../ocpi/client-info.ts'
import { parseJson } from '../ocpi/json-text.ts'
import { isPartyId, type PartyId, partyKey } from '../ocpi/party.ts'
import { VERSIONS } from '../ocpi/version.ts'
import { isHub, type Platform } from '../registry/platform.ts'
import type { HandshakeParts } from './handshake.ts'
import type { ModuleAnswer, ModuleHandler, ModuleRequest } from './module.ts'
import { changePlatform, roleKey } from './platform-change.ts'
import { roleReader } from './reachable.ts'
import { BEHIND_MAX, isHeldHere, withoutReports, withReports } from './reported.ts'

type ReceiverParts = Pick<HandshakeParts, 'hub' | 'registry' | 'clock'>

const PATH = /^\/([^/]+)\/([^/]+)\/?$/

/**
 * The handler: PUT and GET of `/{country_code}/{party_id}`. Throws `url_unknown` (also for platforms that are no hub),
 * `method_unsupported`, `client_info_invalid`, `party_taken`, `store_unavailable`.
 */
export function createReportReceiver(parts: ReceiverParts): ModuleHandler {
  const write = createBatchWriter(parts)
  return async (request) => {
    const { version, connection, method } = request
    if (!version || !VERSIONS[version].routed || !isHub(connection.platform)) throw new Fault('url_unknown')
    const party = readPath(request.rest)
    if (method === 'GET') return { data: keptOf(connection.platform, party, version) }
    if (method !== 'PUT') throw new Fault('method_unsupported', { headers: { Allow: 'GET, PUT' } })
    const report = readReport(request, party)
    const note = await refuseHeld(parts, connection.platform, report)
    if (note !== undefined) return { statusMessage: note }
    return (await write(connection.platform.id, report)) === 'new' ? { httpStatus: 201 } : {}
  }
}

function readPath(rest: string): PartyId {
  const [, country, id] = PATH.exec(rest) ?? []
  const party = { countryCode: decoded(country), partyId: decoded(id) }
  if (!isPartyId(party)) throw new Fault('url_unknown')
  return party
}

function decoded(segment = ''): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return ''
  }
}

function readReport({ body }: ModuleRequest, party: PartyId): PartyReport {
  if (!body || body.length === 0) throw invalid('the request has none')
  const reading = readClientInfo(parseJson(body))
  if (!reading.ok) throw invalid(reading.problem)
  const [url, told] = [partyKey(party), partyKey(reading.report)]
  if (url !== told) throw invalid(`the URL names ${url} and the ClientInfo ${told}`)
  return reading.report
}

function invalid(problem: string): Fault {
  return new Fault('client_info_invalid', { message: `The ClientInfo is not valid: ${problem}` })
}

/**
 * Throws `party_taken` for this hub itself and for whoever has a platform here: a hub must not tell of them. A word for
 * what is understood and not kept: hubs, whose parties are told by whoever has them.
 */
async function refuseHeld(
  { hub, registry, clock }: ReceiverParts,
  { id, roles }: Platform,
  report: PartyReport,
): Promise<string | undefined> {
  const key = partyKey(report)
  if (key === partyKey(hub)) throw new Fault('party_taken', { message: `${key} is the hub itself` })
  if (report.role === 'HUB' || roles.some((role) => partyKey(role) === key)) {
    return `${key} is not kept: parties behind a hub are`
  }
  if (!isHeldHere(registry.table(), key, id)) return undefined
  // What it has reported before the party came here would come to life again when it leaves.
  await changePlatform(registry, id, (current) => {
    const next = withoutReports(current, key, clock.now())
    return next === current ? undefined : next
  })
  throw new Fault('party_taken', { message: `${key} is a party of another platform of this hub` })
}

function keptOf(
  platform: Platform,
  party: PartyId,
  version: NonNullable<ModuleRequest['version']>,
): ModuleAnswer['data'] {
  const kept = platform.behind?.find((role) => partyKey(role) === partyKey(party))
  if (!kept) throw new Fault('url_unknown', { message: `Nothing was reported of ${partyKey(party)}` })
  return writeClientInfo({ ...kept, status: kept.reported }, roleReader(platform, version))
}

type Outcome = 'new' | 'known'

interface Waiting {
  readonly report: PartyReport
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (thrown: unknown) => void
}

/** A hub tells of its parties one by one, all of them after an outage: those that come during a write share the next. */
function createBatchWriter({ registry, clock }: ReceiverParts) {
  const waiting = new Map<string, Waiting[]>()

  async function work(id: string): Promise<void> {
    for (let batch = waiting.get(id) ?? []; batch.length > 0; batch = waiting.get(id) ?? []) {
      waiting.set(id, [])
      await writeBatch(id, batch)
    }
    waiting.delete(id)
  }

  async function writeBatch(id: string, batch: readonly Waiting[]): Promise<void> {
    let known = new Set<string>()
    let refused = new Set<PartyReport>()
    try {
      await changePlatform(registry, id, (current) => {
        const reports = batch.map(({ report }) => report)
        const after = withReports(current, reports, clock.now())
        known = new Set((current.behind ?? []).map(roleKey))
        refused = new Set(after.refused)
        return after.platform === current ? undefined : after.platform
      })
      for (const { report, resolve, reject } of batch) {
        if (refused.has(report))
          reject(invalid(`more than ${BEHIND_MAX} parties behind one hub are not kept`))
        else resolve(known.has(roleKey(report)) ? 'known' : 'new')
      }
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown)
    }
  }

  return (id: string, report: PartyReport): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      const queue = waiting.get(id)
      const one = { report, resolve, reject }
      if (queue) queue.push(one)
      else {
        waiting.set(id, [one])
        void work(id)
      }
    })
}
