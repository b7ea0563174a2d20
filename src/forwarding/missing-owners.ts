// Owners that gave nothing to a GET ALL: why, in words for the requester, and what is answered when all of them are.

import { Fault } from '../faults/fault.ts'
import type { Exchange } from '../journal/exchange.ts'
import { counted, plainText } from '../journal/text.ts'
import type { PartyKey } from '../ocpi/party.ts'
import { adoptLeg } from './leg.ts'
import type { Relayed } from './relayed.ts'

/** Of an owner's own error what is looked into for its words, and how much of them is shown among others'. */
const ERROR_BYTES_MAX = 64 * 1024
const WORDS_CHARS_MAX = 200

/** Why an owner's objects are missing. */
export interface Missing {
  readonly leg: Exchange
  /** `connection_refused`, `2001 date_from is missing`. */
  readonly words: string
  /** An OCPI error in its own words, or what went wrong. */
  readonly cause: Relayed | Fault
  /** What it gave before is all there is to have of it. */
  readonly given?: true
}

export type Missed = ReadonlyMap<PartyKey, Missing>

/** An owner that answered with an OCPI error. */
export function refusing(leg: Exchange, relayed: Relayed): Missing {
  const words = [relayed.statusCode ?? 0, readStatusMessage(relayed)].join(' ').trim()
  return { leg, words, cause: relayed }
}

function readStatusMessage({ body }: Relayed): string {
  if (body.length > ERROR_BYTES_MAX) return ''
  try {
    const { status_message: words } = JSON.parse(body.toString()) as { status_message?: unknown }
    return typeof words === 'string' ? plainText(words, WORDS_CHARS_MAX) : ''
  } catch {
    return ''
  }
}

/** What is answered when every owner is missing: the first OCPI error of one of them, or else this throws. */
export function allMissing(missing: Missed, exchange: Exchange): Relayed {
  const all = [...missing.values()]
  const { leg, cause } = all.find((one) => !(one.cause instanceof Fault)) ?? all[0]!
  // Without its headers, in which its hosts may stand: nothing of this answer was translated.
  if (!(cause instanceof Fault)) {
    adoptLeg(exchange, leg)
    return { ...cause, headers: ['Content-Type', 'application/json'] }
  }
  if (all.length === 1) {
    adoptLeg(exchange, leg)
    throw cause
  }
  throw new Fault(cause.code, { ...cause.info, message: describe(all.length, missing, 0)! })
}

/** Names the owners that are missing, each with the reason, and what was left out; `undefined` for nothing. */
export function describe(asked: number, missing: Missed, unknown: number): string | undefined {
  const gone = [...missing].filter(([, { given }]) => !given)
  const named = gone.map(([key, { words }]) => `${key}: ${words}`).join(', ')
  const sentences = [
    ...(gone.length > 0
      ? [`${asked - gone.length} of ${counted(asked, 'party', 'parties')} answered; missing ${named}`]
      : []),
    ...[...missing].flatMap(([key, { given, words }]) => (given ? [`${key} ${words}`] : [])),
    ...(unknown > 0
      ? [
          `${counted(unknown, 'object')} ${unknown === 1 ? 'is' : 'are'} left out: the hub does not know whose auth_id ${unknown === 1 ? 'it has' : 'they have'}`,
        ]
      : []),
  ]
  return sentences.length > 0 ? sentences.join('; ') : undefined
}
