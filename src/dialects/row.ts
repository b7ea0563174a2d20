// What a dialect is: where its error answers carry their parts, and one row per error code. Pure data, so that
// a new dialect is one table and not one program.

import type { Recovery, Side } from '../faults/table.ts'

/** Faults of the hub's own leg that a responder can report; everything else it reports is its own 2xxx or 3xxx. */
export type ReportedFault = 'token_rejected' | 'responder_busy' | 'connection_declined'

/** OCPI status codes a responder's error is told in; never 4xxx, which is the hub's (R106). */
export type ReportedStatus = 2000 | 2001 | 3000 | 3001 | 3002 | 3003

export interface DialectRow {
  readonly code: string
  /** HTTP status it usually comes with; the code alone decides what it becomes. */
  readonly http: number
  /** What happened, for people: one clause, no final stop. */
  readonly meaning: string
  readonly becomes: ReportedStatus | ReportedFault
  /** Whose side must act. */
  readonly at: Side
  readonly recovery: Recovery
  /** The dialect's own advice, in a few words. */
  readonly advice: string
  /** First half of the name, where slug and code identify an error together. */
  readonly slug?: string
  readonly category?: 'client' | 'payment' | 'server'
  /** HTTP status towards the requester, where it is not 200. */
  readonly requesterHttp?: 404
  /** What the hub's operator looks at first, one clause; every `token_rejected` has one. */
  readonly likelyCause?: string
  /** The answer may come without a body: then its HTTP status stands for the code. */
  readonly bodyOptional?: true
  /** Member of `details` with the whole seconds to wait. */
  readonly retryAfterIn?: string
}

type Path = readonly [string] | readonly [string, string]

export interface Dialect {
  /** What the format belongs to, for people. */
  readonly title: string
  /** Paths of an error's parts in the JSON object. */
  readonly shape: {
    readonly code: Path
    readonly slug?: Path
    readonly message: Path
    readonly details?: Path
  }
  /** Form of every code; an answer with another one is not of this dialect. */
  readonly codeForm: RegExp
  /** Codes and slugs compare case-insensitively. */
  readonly caseFolded?: true
  /** Lower-case name of the response header with the responder's own id of the exchange. */
  readonly requestIdHeader?: string
  readonly rows: readonly DialectRow[]
}

type Compact = readonly [
  code: string,
  http: number,
  meaning: string,
  becomes: ReportedStatus | ReportedFault,
  at: Side,
  recovery: Recovery,
  advice: string,
]

/** A row from its columns; what few rows have comes as `more`. */
export function dialectRow(
  [code, http, meaning, becomes, at, recovery, advice]: Compact,
  more: Partial<DialectRow> = {},
): DialectRow {
  return { code, http, meaning, becomes, at, recovery, advice, ...more }
}
