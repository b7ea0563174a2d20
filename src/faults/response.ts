// The only file that writes an error answer: Fault -> HTTP status, headers and OCPI envelope. What a requester
// reads is the public sentence and the row; details, causes and addresses stay in the journal.

import { writeEnvelope } from '../ocpi/envelope.ts'
import type { PartyKey } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import type { Fault } from './fault.ts'
import { statusCode } from './status.ts'

/** What an error answer says about the exchange it ends; an Exchange has these members. */
export interface FaultContext {
  readonly version?: VersionNumber | undefined
  readonly to?: PartyKey | undefined
  readonly reference?: string | undefined
}

export interface FaultAnswer {
  readonly httpStatus: number
  readonly statusCode: number
  readonly message: string
  /** Flat: name, value … */
  readonly headers: string[]
  readonly body: string
}

/** The answer a requester gets; always HTTP with an OCPI envelope (R98, T1, T30). */
export function faultAnswer(fault: Fault, context: FaultContext): FaultAnswer {
  const { row, info } = fault
  const code = statusCode(row, context.version ?? '2.2.1')
  const message = publicMessage(fault, context.to)
  const headers = ['Content-Type', 'application/json']
  for (const [name, value] of Object.entries(info.headers ?? {})) headers.push(name, value)
  // RFC 9110 §15.5.2; OCPI's scheme has no parameters. Some clients take a 401 without it for a broken connection.
  if (row.http === 401) headers.push('WWW-Authenticate', 'Token')
  if (row.http === 503 && !info.headers?.['Retry-After']) headers.push('Retry-After', '1')
  const data = {
    fault: fault.code,
    at: row.at,
    recovery: row.recovery,
    ...info.data,
    reference: context.reference,
  }
  return {
    httpStatus: info.httpStatus ?? row.http,
    statusCode: code,
    message,
    headers,
    body: writeEnvelope({ data, statusCode: code, statusMessage: message }),
  }
}

/** One sentence that names the party and what happened. */
function publicMessage(fault: Fault, to: PartyKey | undefined): string {
  const { message } = fault.info
  if (message !== undefined) return `${message}.`
  const when = fault.info.what === undefined ? fault.row.when : `the party ${fault.info.what}`
  const { layer, reached } = fault.row
  const concernsParty = layer === 'routing' || layer === 'transport' || reached !== 'no'
  if (to === undefined || !concernsParty) return `${capital(when)}.`
  if (when.startsWith('the party')) return `${to}${when.slice('the party'.length)}.`
  return /\bthe party\b/.test(when)
    ? `${capital(when.replace(/\bthe party\b/, () => to))}.`
    : `${to}: ${when}.`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
