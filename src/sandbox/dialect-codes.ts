// The parties that do not speak OCPI errors: every code of a dialect's table on demand, in the dialect's own shape
// and with its own HTTP status, so that what the hub makes of it can be seen.

import { randomUUID } from 'node:crypto'
import { DIALECTS } from '../dialects/dialect.ts'
import type { Dialect, DialectRow } from '../dialects/row.ts'
import { answerJson, answerText, type Reply } from './reply.ts'
import type { RunningParty, SandboxRequest } from './request.ts'

/** Asks for a success: any JSON object, without an OCPI envelope. */
export const SUCCESS = 'SUCCESS'

const RETRY_AFTER_S = 30

/** Details that come with a code, where its format has some. */
const DETAILS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ISSUER_NOT_ACCEPTED: { providedIssuer: 'sandbox-issuer', acceptedIssuers: ['issuer-a', 'issuer-b'] },
  SERVICE_TYPE_NOT_SUPPORTED: { requested_type: 'laundry', available_types: ['charging', 'parking'] },
  INSUFFICIENT_BALANCE: { required_usdc: '12.50', available_usdc: '3.10' },
}

/**
 * `…/objects/{code}`: that code, in any case; a code the table lacks comes in the same shape with HTTP 400, or as
 * `?http=` says. `…/objects/SUCCESS` a plain object, anything else the list of codes.
 */
export function answerDialect(request: SandboxRequest, { party }: RunningParty): Reply {
  if (party.errors === 'ocpi') return answerJson(200, {})
  const dialect: Dialect = DIALECTS[party.errors]
  const headers: Record<string, string> = dialect.requestIdHeader
    ? { [dialect.requestIdHeader]: randomUUID() }
    : {}
  const [objects, code] = request.segments
  if (objects !== 'objects' || code === undefined)
    return answerJson(200, { codes: [SUCCESS, ...dialect.rows.map((row) => row.code)] }, headers)
  if (code.toUpperCase() === SUCCESS)
    return answerJson(200, { id: 'sandbox-1', state: 'settled', amount: '12.50' }, headers)
  const row = dialect.rows.find((other) => other.code.toUpperCase() === code.toUpperCase())
  return row
    ? answerRow(dialect, row, headers)
    : answerNewCode(dialect, code, request.query.get('http'), headers)
}

function answerRow(dialect: Dialect, row: DialectRow, headers: Record<string, string>): Reply {
  if (row.http === 429) headers['retry-after'] = String(RETRY_AFTER_S)
  if (row.bodyOptional) return answerText(row.http, '', '', headers)
  const details = row.retryAfterIn ? { [row.retryAfterIn]: RETRY_AFTER_S } : DETAILS[row.code]
  return answerJson(row.http, toBody(dialect, row, details), headers)
}

function answerNewCode(
  dialect: Dialect,
  code: string,
  http: string | null,
  headers: Record<string, string>,
): Reply {
  const status = /^[45]\d\d$/.test(http ?? '') ? Number(http) : 400
  return answerJson(
    status,
    toBody(dialect, { code, slug: 'sandbox', meaning: 'a code the table lacks' }),
    headers,
  )
}

/** The error as the dialect writes it: each part at its path, those below one parent in one object. */
function toBody({ shape }: Dialect, row: Pick<DialectRow, 'code' | 'slug' | 'meaning'>, details?: unknown) {
  const parts: [path: readonly string[] | undefined, value: unknown][] = [
    [shape.code, row.code],
    [shape.slug, row.slug],
    [shape.message, row.meaning],
    [shape.details, details],
  ]
  const body: Record<string, unknown> = {}
  for (const [path, value] of parts) {
    if (!path || value === undefined) continue
    const [first = '', second] = path
    body[first] = second === undefined ? value : { ...(body[first] as object | undefined), [second]: value }
  }
  return body
}
