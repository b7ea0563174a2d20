// `ocpi-hub errors --by …`: how often, by party, code or side; the most frequent first.

import { InvalidArgumentError } from 'commander'
import { SUMMARY_FIELDS, type SummaryField } from '../journal/query.ts'
import type { AdminClient, Query } from './admin-client.ts'
import type { CliContext } from './context.ts'
import { printJson, printTable } from './output.ts'

const FIELDS_MAX = 3

type Group = Readonly<Partial<Record<SummaryField, string | number | null>>> & {
  readonly count: number
  readonly latest: string
  readonly reference: string
}

/** `to,code`, each known and there once. */
export function readFields(text: string): string {
  const fields = text.split(',').map((field) => field.trim().toLowerCase())
  const isKnown = fields.every((field) => (SUMMARY_FIELDS as readonly string[]).includes(field))
  if (isKnown && new Set(fields).size === fields.length && fields.length <= FIELDS_MAX)
    return fields.join(',')
  throw new InvalidArgumentError(`It must be one to three different ones of ${SUMMARY_FIELDS.join(', ')}.`)
}

export async function printSummary(
  context: CliContext,
  client: AdminClient,
  by: string,
  query: Query,
  { json, limit = Infinity }: { readonly json?: boolean; readonly limit?: number },
): Promise<void> {
  const answer = await client.call('GET', '/api/v1/errors/summary', { query: { ...query, by } })
  const summary = answer as { readonly items: readonly Group[] }
  const items = summary.items.slice(0, limit)
  if (json) printJson(context, { ...summary, items })
  else if (items.length === 0) context.err('no errors')
  else {
    printTable(context, items, [
      { title: 'COUNT', text: ({ count }) => String(count) },
      ...(by.split(',') as SummaryField[]).map((field) => ({
        title: field.toUpperCase(),
        text: (group: Group) => String(group[field] ?? '-'),
      })),
      { title: 'LATEST', text: ({ latest }) => latest },
      { title: 'REFERENCE', text: ({ reference }) => reference },
    ])
  }
}
