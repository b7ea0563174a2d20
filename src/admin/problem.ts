// Errors of the admin API: problem details (RFC 9457), for everything that goes wrong on this listener. Nothing of
// the inside is shown; what the hub did wrong goes to the log.

import { STATUS_CODES } from 'node:http'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { Fault } from '../faults/fault.ts'
import { issueWords } from './issue-words.ts'

export interface Problem {
  readonly type: 'about:blank'
  /** The HTTP status in words. */
  readonly title: string
  readonly status: number
  /** One sentence about this occurrence. */
  readonly detail: string
  /** What is wrong with which parameter. */
  readonly errors?: readonly { readonly parameter: string; readonly message: string }[]
  readonly [extension: string]: unknown
}

export const PROBLEM_TYPE = 'application/problem+json'

/** A problem; `members` are extension members. */
export function toProblem(status: number, detail: string, members: Record<string, unknown> = {}): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, ...members }
}

/** An error to throw in a handler: answered with exactly this problem. */
export function problemError(status: number, detail: string, members: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(detail), { problem: toProblem(status, detail, members) })
}

/** Any thrown thing as a problem: 400 for parameters, Fastify's own 4xx, 503 without store, and 500 for the rest. */
export function readProblem(thrown: unknown): Problem {
  const { problem, statusCode, code } = thrown as { problem?: Problem; statusCode?: unknown; code?: unknown }
  if (problem) return problem
  if (hasZodFastifySchemaValidationErrors(thrown)) {
    const errors = thrown.validation.map((issue) => ({
      parameter: parameterOf(issue),
      message: issueWords(issue),
    }))
    return toProblem(400, 'The request is not valid.', { errors })
  }
  if (thrown instanceof Fault && thrown.code === 'store_unavailable') {
    return toProblem(503, 'The store does not answer; try again.', { fault: thrown.code })
  }
  if (thrown instanceof Error && typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    // RFC 9112 §8: the connection ended before the body did. Nobody reads this answer, but the audit trail keeps it.
    const detail = code === 'ECONNRESET' ? 'The body did not arrive whole' : thrown.message
    return toProblem(statusCode, `${detail.replace(/\.$/, '')}.`)
  }
  return toProblem(500, 'The hub failed by a fault of its own; see its log.')
}

function parameterOf({ instancePath, params }: { instancePath: string; params: object }): string {
  const { keys } = params as { keys?: unknown }
  const path = instancePath.split('/').filter((part) => part !== '')
  return [...path, ...(Array.isArray(keys) ? [keys.join(', ')] : [])].join('.')
}
