// Functional requests: message, decision, forwarding, answer. The way of architecture §3 from station 4 on.

import type { ServerResponse } from 'node:http'
import { toFault } from '../faults/fault.ts'
import type { Relayed } from '../forwarding/relayed.ts'
import type { Conduct } from '../forwarding/conduct.ts'
import type { Sink } from '../forwarding/attempt.ts'
import { readLinkPath } from '../links/hub-url.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import { type PartyId, type PartyKey, partyKey } from '../ocpi/party.ts'
import type { Registry } from '../registry/registry.ts'
import { decide, refuseSuspended } from '../routing/decide.ts'
import { toMessage } from '../routing/message.ts'
import type { Owners } from '../routing/owners.ts'
import type { CompiledRules } from '../routing/rules.ts'
import { beginAnswer } from './reply.ts'
import type { OcpiUrl } from './routes.ts'
import { decideAsRead, type IsRead, notRead } from './unread.ts'
import {
  answerFault,
  answerVisit,
  endTaken,
  endVisit,
  noteGone,
  type Visit,
  type VisitParts,
} from './visit.ts'

export interface FunctionalParts extends VisitParts {
  readonly hub: PartyId & { readonly publicUrl: string; readonly versions: readonly VersionNumber[] }
  readonly hubKey: PartyKey
  readonly registry: Pick<Registry, 'table'>
  readonly rules: () => CompiledRules
  readonly conduct: Conduct
  readonly owners: Owners
  /** This hub's name in Via. */
  readonly viaName: string
  readonly isRead: IsRead
}

/** Answers a functional request. Never rejects: whatever is thrown ends at the edge. */
export async function handleFunctional(
  visit: Visit,
  url: OcpiUrl & { kind: 'functional' },
  body: Buffer | undefined,
  response: ServerResponse,
  parts: FunctionalParts,
): Promise<void> {
  const { exchange } = visit
  exchange.version = url.version
  exchange.module = url.module
  exchange.interface = url.interface
  response.on('close', () => hangUp(visit, response))
  try {
    const relayed = await route(visit, url, body, parts)
    if (relayed.rest) await stream(visit, relayed, response, parts)
    else finish(visit, relayed, response, parts)
  } catch (error) {
    if (response.destroyed) abandon(visit, error, parts)
    else answerFault(visit, response, error, parts)
  }
}

function route(
  visit: Visit,
  url: OcpiUrl & { kind: 'functional' },
  body: Buffer | undefined,
  parts: FunctionalParts,
): Promise<Relayed> {
  const { exchange } = visit
  const sender = visit.admitted!.connection
  // An error answers to its requester as well, if the party need not be named (T5, R44).
  if (sender.soleParty) exchange.from ??= partyKey(sender.soleParty)
  const message = toMessage(url, exchange.method, visit.head, body)
  const rules = parts.rules()
  const errand = {
    message,
    sender,
    table: visit.table,
    rules,
    exchange,
    requester: { whenGone: (callback: () => void) => void visit.gone.push(callback) },
  }
  const link = readLinkPath(url.rest)
  if (link !== undefined) {
    refuseSuspended(sender)
    if (!parts.isRead()) throw notRead()
    return parts.conduct.link(link, errand)
  }
  // Noted first, so that a Fault of the decision already says which way it was.
  exchange.mode = 'direct'
  const { owners } = parts
  const context = { table: visit.table, rules, hub: parts.hubKey, via: parts.viaName, owners }
  const decision = decideAsRead(() => decide(message, sender, context), parts.isRead)
  exchange.from = partyKey(decision.from)
  return parts.conduct.decision(decision, errand)
}

/** The requester's connection closed: if it was not answered yet, whoever forwards may want to stop. */
function hangUp(visit: Visit, response: ServerResponse): void {
  if (response.writableFinished) return
  for (const callback of visit.gone) callback()
}

/** Nobody is left to answer: the exchange is recorded with what came of it. */
function abandon(visit: Visit, thrown: unknown, parts: FunctionalParts): void {
  const fault = toFault(thrown)
  const { exchange } = visit
  if (fault.code !== 'requester_gone') exchange.detail = `${fault.code} while nobody waited`
  noteGone(exchange, parts)
  endVisit(visit, parts)
}

function note(visit: Visit, relayed: Relayed): void {
  const { exchange } = visit
  exchange.author = relayed.author
  exchange.httpStatus = relayed.httpStatus
  if (relayed.statusCode !== undefined) exchange.code = relayed.statusCode
}

function finish(visit: Visit, relayed: Relayed, response: ServerResponse, parts: FunctionalParts): void {
  if (response.destroyed) {
    visit.exchange.detail = `answered ${relayed.statusCode} while nobody waited`
    noteGone(visit.exchange, parts)
    return endVisit(visit, parts)
  }
  note(visit, relayed)
  const author = relayed.from === 'hub' ? parts.hub : undefined
  answerVisit(visit, response, relayed, parts, author)
}

/** A large answer: what breaks now can only cut the requester's connection, never complete it. */
async function stream(
  visit: Visit,
  relayed: Relayed,
  response: ServerResponse,
  parts: FunctionalParts,
): Promise<void> {
  note(visit, relayed)
  const sink: Sink = beginAnswer(response, relayed, visit.exchange, parts.lifecycle.draining)
  const statusCode = await relayed.rest!(sink)
  if (statusCode !== undefined) visit.exchange.code = statusCode
  response.end()
  if (statusCode === undefined) {
    visit.exchange.reference = parts.journal.newReference()
    visit.exchange.detail = 'a streamed answer without a top-level status_code was relayed'
  }
  endTaken(visit, response, parts)
}
