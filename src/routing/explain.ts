// What would happen to a request, step by step, without sending it: the real decision with its trace, on a message
// put together from what an operator asks about. Pure; nothing is learned from it.

import { Fault, toFault } from '../faults/fault.ts'
import { type InterfaceRole, moduleRow } from '../ocpi/module.ts'
import { type PartyId, type PartyKey, partyKey } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import type { Connection, RoutingTable } from '../registry/routing-table.ts'
import { type Decision, decide, type RoutingContext } from './decide.ts'
import type { Owners } from './owners.ts'
import { createHead } from './head.ts'

export interface Question {
  readonly from: PartyId
  /** Absent = no TO headers. */
  readonly to?: PartyId
  readonly module: string
  readonly interface: InterfaceRole
  readonly method: string
  /** Raw path below the module: `''` or `/…`, and its query with `?`, or `''`. */
  readonly rest: string
  readonly query: string
  /** The sender's own when absent. */
  readonly version?: VersionNumber
}

export interface Step {
  /** `sender`, `from`, `route`, `to`, `way` … */
  readonly step: string
  readonly finding: string
}

export interface Explanation {
  readonly steps: readonly Step[]
  readonly sender?: Connection
  readonly version?: VersionNumber
  /** Either what is done, or why it is not; neither for a configuration module, which the hub answers itself. */
  readonly decision?: Decision
  readonly fault?: Fault
}

/** Walks the decision. Never throws: what stands in the way is in `fault`. */
export function explain(question: Question, context: RoutingContext): Explanation {
  const steps: Step[] = []
  const trace = (step: string, finding: string): void => void steps.push({ step, finding })
  const key = partyKey(question.from)
  const sender = findSender(key, context.table)
  if (!sender) {
    trace('sender', `${key} is a party of no platform; a token of it is not known`)
    return { steps, fault: new Fault('token_unknown', { message: `${key} is not known to the hub` }) }
  }
  const { platform } = sender
  const version = question.version ?? platform.version ?? '2.2.1'
  trace('sender', `${key} sends through platform ${platform.id}, ${platform.status}, in OCPI ${version}`)
  if (moduleRow(question.module).kind === 'configuration') return { steps, sender, version }
  try {
    if (!platform.inbound.some(({ purpose }) => purpose === 'credentials')) {
      throw new Fault('token_not_for_this', { message: `${platform.id} has not registered yet` })
    }
    const owners: Owners = { ...context.owners, learn: () => undefined }
    const decision = decide(toMessage(question, version), sender, { ...context, owners, trace })
    return { steps, sender, version, decision }
  } catch (thrown) {
    return { steps, sender, version, fault: toFault(thrown) }
  }
}

/** Of several platforms with the party, the one that can send. */
function findSender(key: PartyKey, table: RoutingTable): Connection | undefined {
  const live = (table.parties.get(key) ?? []).filter(({ role }) => !role.withdrawn)
  return (live.find(({ status }) => status === 'CONNECTED') ?? live[0])?.connection
}

function toMessage(question: Question, version: VersionNumber) {
  const { from, to, module, interface: role, method, rest, query } = question
  return {
    version,
    row: moduleRow(module),
    module,
    interface: role,
    method,
    rest,
    query,
    head: {
      ...createHead(),
      fromCountry: from.countryCode,
      fromParty: from.partyId,
      ...(to ? { toCountry: to.countryCode, toParty: to.partyId } : {}),
    },
    body: undefined,
  }
}
