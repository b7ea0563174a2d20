// What all calls that change something share: who does it, whether it may still be done (If-Match), and how a fault
// of the hub or of a peer reads as a problem.

import type { FastifyRequest } from 'fastify'
import { Fault } from '../faults/fault.ts'
import type { FaultCode, FaultRow } from '../faults/table.ts'
import type { Operations } from './operations.ts'
import type { AdminParts } from './parts.ts'
import { problemError } from './problem.ts'

/** The operations; a server that only describes the API has none. */
export function operationsOf({ operations }: Pick<AdminParts, 'operations'>): Operations {
  if (!operations) throw problemError(503, 'This server describes the API only; no hub stands behind it.')
  return operations
}

/** Name of the token that the request showed. */
export function whoOf({ operator }: FastifyRequest): string {
  return operator?.name ?? 'unknown'
}

/** Throws a 412 problem when an If-Match header names another state than the one that stands (RFC 9110 §13.1.1). */
export function requireMatch({ headers }: Pick<FastifyRequest, 'headers'>, etag: string | undefined): void {
  const wanted = headers['if-match']
  if (wanted === undefined) return
  const tags = wanted.split(',').map((tag) => tag.trim())
  if (etag !== undefined && (tags.includes('*') || tags.includes(etag))) return
  throw problemError(412, 'It was changed since it was read; read it again.', etag ? { etag } : {})
}

/** Runs work that throws Faults; they become problems that name the fault and what to do about it. */
export async function asProblems<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (thrown) {
    throw thrown instanceof Fault && thrown.code !== 'hub_failure' ? faultProblem(thrown) : thrown
  }
}

/** A Fault as a problem for operators, who may read its detail. */
export function faultProblem({ code, row, info }: Fault): Error {
  const sentence = info.message ?? `${row.when.charAt(0).toUpperCase()}${row.when.slice(1)}`
  return problemError(statusOfFault(code, row), `${sentence}.`, {
    fault: code,
    at: row.at,
    recovery: row.recovery,
    advice: ADVICE[code] ?? row.advice,
    ...(info.detail === undefined ? {} : { reason: info.detail }),
  })
}

/** What an operator of the hub does, where the row speaks to a requester. */
const ADVICE: Readonly<Partial<Record<FaultCode, string>>> = {
  already_registered: 'Choose another id, or remove the platform first.',
  not_registered: 'It must register first: hand it a registration token, or connect to it.',
  method_unsupported: 'Change the configuration file and reload it.',
  party_taken: 'Let the party move here first, or suspend the platform that holds it.',
  to_unknown: 'Look the party up in the list of parties.',
  token_rejected: 'Ask the operator of the platform for a registration token that is valid.',
  version_unsupported: 'Offer a version that the platform speaks (hub.versions), or have it upgraded.',
}

/** 409: it contradicts what the hub has; 422: the peer, or what was said of it, does not fit. */
const STATUS: Readonly<Partial<Record<FaultCode, number>>> = {
  already_registered: 409,
  not_registered: 409,
  method_unsupported: 409,
  party_taken: 409,
  to_unknown: 404,
  version_unsupported: 422,
  endpoints_missing: 422,
  credentials_invalid: 422,
  credentials_refused: 422,
  token_rejected: 422,
  destination_ip_prohibited: 422,
  store_unavailable: 503,
  hub_overloaded: 503,
}

function statusOfFault(code: FaultCode, row: FaultRow): number {
  return STATUS[code] ?? (row.ocpi === 4002 || code === 'connection_timeout' ? 504 : 502)
}
