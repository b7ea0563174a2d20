// OCPI's own status codes, one row each: what a code means, whose side must act, what to do. Which version lists
// which code stands in ocpi/version.ts alone (R104). A platform with `errors: ocpi` answers in these.

import type { Recovery, Side } from '../faults/table.ts'
import { knowsStatusCode, VERSIONS, type VersionNumber } from '../ocpi/version.ts'

export interface OcpiCodeRow {
  /** Four digits, or a range set aside for custom codes: `29xx`. */
  readonly code: string
  /** HTTP status it usually comes with (R100, R101). */
  readonly http: number
  readonly meaning: string
  /** Whose side must act; none = nobody. */
  readonly at: Side | 'none'
  readonly recovery?: Recovery
  readonly advice: string
  /** Versions that list the code. */
  readonly versions: readonly VersionNumber[]
}

const ALL_VERSIONS = Object.keys(VERSIONS) as VersionNumber[]

type Compact = readonly [string, number, string, Side | 'none', Recovery | undefined, string]

function row([code, http, meaning, at, recovery, advice]: Compact): OcpiCodeRow {
  const sample = Number(code.replace('xx', '00'))
  const versions = ALL_VERSIONS.filter((version) => knowsStatusCode(version, sample))
  return { code, http, meaning, at, ...(recovery && { recovery }), advice, versions }
}

// biome-ignore format: a table is read in columns
export const OCPI_CODES: readonly OcpiCodeRow[] = [
  row(['1000', 200, 'success', 'none', undefined, 'Nothing to do.']),
  row(['19xx', 200, 'success, in a code of the parties\' own', 'none', undefined, 'See the agreement between the two parties.']),
  row(['2000', 200, 'generic client error', 'requester', 'correct', 'Read status_message and correct the request.']),
  row(['2001', 200, 'invalid or missing parameters', 'requester', 'correct', 'Correct the member that status_message names.']),
  row(['2002', 200, 'not enough information, e.g. an authorization without a location', 'requester', 'correct', 'Send the optional members that the receiver needs.']),
  row(['2003', 200, 'unknown location, e.g. a command for one that the receiver does not have', 'requester', 'correct', 'Read the list of locations again.']),
  row(['2004', 404, 'unknown token, e.g. a real-time authorization of one that the receiver does not have', 'requester', 'correct', 'Read the list of tokens again.']),
  row(['29xx', 200, 'client error, in a code of the parties\' own', 'requester', 'correct', 'See the agreement between the two parties.']),
  row(['3000', 200, 'generic server error', 'responder', 'check', 'The receiver looks in its log for the request id.']),
  row(['3001', 200, 'the receiver cannot use the sender\'s API, usually while it registers', 'requester', 'correct', 'Make the versions URL of the credentials reachable with the token in them.']),
  row(['3002', 200, 'unsupported version', 'requester', 'correct', 'Use a version that both sides offer.']),
  row(['3003', 200, 'no matching endpoints, or an expected endpoint is missing', 'requester', 'correct', 'Offer the endpoints that the other side needs.']),
  row(['39xx', 200, 'server error, in a code of the parties\' own', 'responder', 'check', 'See the agreement between the two parties.']),
  row(['4000', 200, 'generic hub error', 'hub', 'check', 'Read data.fault: it names the row of the fault table.']),
  row(['4001', 200, 'unknown receiver: the TO address is not known to the hub', 'requester', 'correct', 'Take the address from HubClientInfo.']),
  row(['4002', 200, 'the request was forwarded, but no answer came in time', 'responder', 'check', 'GET before repeating: the receiver may have processed it.']),
  row(['4003', 200, 'connection problem: the receiver cannot be reached', 'responder', 'wait', 'Read data.recovery; wait until HubClientInfo says CONNECTED.']),
  row(['49xx', 200, 'hub error, in a code of the parties\' own', 'hub', 'ask_hub', 'Ask the operator of the hub.']),
]
