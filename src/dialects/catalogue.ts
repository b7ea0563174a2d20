// The error catalogue behind `explain` and /api/v1/codes: every code of OCPI, of the hub's faults and of the
// dialects, in one shape. It is made of their tables; no code is described twice.

import { distance } from 'fastest-levenshtein'
import { FAULT_CODES, FAULTS, type FaultRow, type Recovery, type Side } from '../faults/table.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import { DIALECTS } from './dialect.ts'
import { OCPI_CODES } from './ocpi.ts'
import type { DialectRow } from './row.ts'

export interface CatalogueEntry {
  readonly system: 'ocpi' | 'hub' | keyof typeof DIALECTS
  readonly code: string
  /** First half of the name where slug and code identify an error together. */
  readonly slug?: string
  readonly category?: string
  readonly http?: number
  /** One clause, no final stop. */
  readonly meaning: string
  /** Whose side must act; none = nobody. */
  readonly at: Side | 'none'
  readonly recovery?: Recovery
  readonly advice: string
  /** What the hub's operator looks at first, of an error that refuses the hub. */
  readonly likely_cause?: string
  /** What a requester reads: an OCPI status code, or the fault and its code. */
  readonly becomes?: string
  /** Versions of OCPI that list the code. */
  readonly versions?: readonly VersionNumber[]
}

export const CATALOGUE: readonly CatalogueEntry[] = [
  ...OCPI_CODES.map((row): CatalogueEntry => ({ system: 'ocpi', ...row })),
  ...FAULT_CODES.map((code) => faultEntry(code, FAULTS[code])),
  ...(Object.keys(DIALECTS) as (keyof typeof DIALECTS)[]).flatMap((system) =>
    DIALECTS[system].rows.map((row) => dialectEntry(system, row)),
  ),
]

function faultEntry(code: string, { http, when, at, recovery, advice, ocpi }: FaultRow): CatalogueEntry {
  return { system: 'hub', code, http, meaning: when, at, recovery, advice, becomes: String(ocpi) }
}

function dialectEntry(system: keyof typeof DIALECTS, row: DialectRow): CatalogueEntry {
  const { code, slug, category, http, meaning, at, recovery, advice, likelyCause } = row
  return {
    system,
    code,
    ...(slug !== undefined && { slug }),
    ...(category !== undefined && { category }),
    http,
    meaning,
    at,
    recovery,
    advice,
    ...(likelyCause !== undefined && { likely_cause: likelyCause }),
    becomes: becomesText(row),
  }
}

function becomesText({ becomes, requesterHttp }: DialectRow): string {
  if (typeof becomes === 'string') return `${FAULTS[becomes].ocpi} ${becomes}`
  return requesterHttp === undefined ? String(becomes) : `${becomes} with HTTP ${requesterHttp}`
}

/**
 * Every entry that `text` names, in any case: a code (`2003`, `dns_error`, `ORDER_EXPIRED`), a custom code or its
 * range (`4901`, `49xx`), a slug or slug and code (`upstream_error/provider_error`), or any of these behind its
 * system (`ivxp/AMOUNT_MISMATCH`). Empty when it names none.
 */
export function findCodes(text: string): CatalogueEntry[] {
  const wanted = text.trim().toLowerCase()
  const range = /^[1-4]9\d\d$/.test(wanted) ? `${wanted.slice(0, 2)}xx` : undefined
  return CATALOGUE.filter((entry) => namesOf(entry).some((name) => name === wanted || name === range))
}

function namesOf({ system, code, slug }: CatalogueEntry): string[] {
  const names = slug === undefined ? [code] : [code, slug, `${slug}/${code}`]
  return names.flatMap((name) => [name.toLowerCase(), `${system}/${name.toLowerCase()}`])
}

const SUGGESTIONS_MAX = 3
const ASKED_LENGTH_MAX = 64

/** Up to three codes spelled nearly like `text`, nearest first: the "did you mean" of a code that is unknown. */
export function suggestCodes(text: string): string[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '' || wanted.length > ASKED_LENGTH_MAX) return []
  const codes = [...new Set(CATALOGUE.map((entry) => entry.code))]
  const farthest = Math.max(1, Math.floor(wanted.length / 3))
  return codes
    .map((code) => ({ code, far: distance(wanted, code.toLowerCase()) }))
    .filter(({ far }) => far <= farthest)
    .toSorted((a, b) => a.far - b.far)
    .slice(0, SUGGESTIONS_MAX)
    .map(({ code }) => code)
}
