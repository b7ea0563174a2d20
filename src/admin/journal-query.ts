// From query parameters to a filter of the journal.

import type { z } from 'zod'
import { readPartyText, partyKey } from '../ocpi/party.ts'
import { FILTER_FIELDS, type JournalFilter } from '../journal/query.ts'
import type { journalFilter } from './shapes.ts'

type FilterQuery = { readonly [Name in keyof typeof journalFilter]?: z.output<(typeof journalFilter)[Name]> }

/** The filter; `DE-CPO`, `de-cpo` and `DE*CPO` mean the same party. */
export function toJournalFilter(query: FilterQuery): JournalFilter {
  const { since, until, ...given } = query
  const fields: Record<string, string> = {}
  for (const field of FILTER_FIELDS) {
    const value = given[field]
    if (value !== undefined) fields[field] = field === 'from' || field === 'to' ? partyText(value) : value
  }
  return { fields, ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) }
}

function partyText(text: string): string {
  const party = readPartyText(text)
  return party ? partyKey(party) : text
}
