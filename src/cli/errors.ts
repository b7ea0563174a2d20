// `ocpi-hub errors`: the journal of everything that was not a success, newest first, or as it happens.

import { InvalidArgumentError, Option, type Command } from 'commander'
import { suggestCodes } from '../dialects/catalogue.ts'
import { isFaultCode, SIDES } from '../faults/table.ts'
import type { JournalEntry } from '../journal/journal-entry.ts'
import { SUMMARY_FIELDS } from '../journal/query.ts'
import { REFERENCE } from '../journal/reference.ts'
import { shownText } from '../journal/text.ts'
import type { AdminClient, Query } from './admin-client.ts'
import type { CliContext } from './context.ts'
import { printSummary, readFields } from './errors-summary.ts'
import { follow } from './follow.ts'
import {
  adminClient,
  readCount,
  readInstant,
  readParty,
  withAdminOptions,
  type AdminOptions,
} from './options.ts'
import { printData, printJson, printTable, styled, type Column, type Style } from './output.ts'

const PATH = '/api/v1/errors'
const DEFAULT_LIMIT = 20

interface ErrorsOptions extends AdminOptions {
  readonly from?: string
  readonly to?: string
  readonly code?: string
  readonly fault?: string
  readonly at?: string
  readonly module?: string
  readonly correlationId?: string
  readonly responderCode?: string
  readonly since?: string
  readonly until?: string
  readonly limit?: number
  readonly follow?: boolean
  readonly by?: string
}

export function addErrors(program: Command, context: CliContext): void {
  withAdminOptions(program.command('errors'))
    .description('show what went wrong, newest first; with a reference, that one entry in full')
    .argument('[reference]', 'data.reference of an error answer', readReference)
    .addOption(new Option('--from <party>', 'requesting party, as in NL-EMS').argParser(readParty))
    .addOption(new Option('--to <party>', 'addressed party').argParser(readParty))
    .option('--code <code>', 'OCPI status code, as in 4003', readCode)
    .option('--fault <fault>', 'fault, as in connection_refused', readFault)
    .addOption(new Option('--at <side>', 'whose side must act').choices(SIDES))
    .option('--module <module>', 'module, as in locations')
    .option('--correlation-id <id>', 'X-Correlation-ID of the exchange')
    .option('--responder-code <code>', "the responder's own code, as in ORDER_EXPIRED")
    .addOption(
      new Option('--since <time>', 'from this time on: 1h (ago) or 2026-01-31T09:00:00Z').argParser(
        readInstant,
      ),
    )
    .addOption(new Option('--until <time>', 'before this time').argParser(readInstant))
    .addOption(
      new Option('--limit <count>', `at most so many (default ${DEFAULT_LIMIT})`).argParser(readCount),
    )
    .option('-f, --follow', 'go on and show errors as they happen')
    .addOption(
      new Option('--by <fields>', `count them by one to three of ${SUMMARY_FIELDS.join(', ')}, with commas`)
        .argParser(readFields)
        .conflicts('follow'),
    )
    .action(async (reference: string | undefined, options: ErrorsOptions) => {
      const client = adminClient(context, options)
      if (reference !== undefined) return printOne(context, client, reference, options)
      if (options.by !== undefined)
        return printSummary(context, client, options.by, toQuery(options), options)
      const entries = (await client.list(
        PATH,
        toQuery(options),
        options.limit ?? DEFAULT_LIMIT,
      )) as JournalEntry[]
      if (options.follow) return followErrors(context, client, entries, options)
      if (options.json) printJson(context, { items: entries })
      else if (entries.length === 0) context.err('no errors')
      else printTable(context, entries, COLUMNS)
    })
}

function readReference(text: string): string {
  const reference = text.toUpperCase()
  if (REFERENCE.test(reference)) return reference
  throw new InvalidArgumentError('It must be 26 letters and digits, as in data.reference of an error answer.')
}

function readCode(text: string): string {
  if (/^\d{1,6}$/.test(text)) return text
  throw new InvalidArgumentError('It must be a number; names of faults go with --fault.')
}

function readFault(text: string): string {
  if (isFaultCode(text)) return text
  const near = suggestCodes(text).filter(isFaultCode)
  const hint = near.length === 0 ? 'ERRORS.md lists them' : `did you mean ${near.join(', ')}?`
  throw new InvalidArgumentError(`It must be a fault (${hint}).`)
}

async function printOne(
  context: CliContext,
  client: AdminClient,
  reference: string,
  { json }: ErrorsOptions,
): Promise<void> {
  const entry = await client.call('GET', `${PATH}/${encodeURIComponent(reference)}`)
  if (json) printJson(context, entry)
  else printData(context, entry)
}

/** Names of the filter in the API are those of the journal's entries. */
function toQuery(options: ErrorsOptions): Query {
  const { from, to, code, fault, at, module, correlationId, responderCode, since, until } = options
  return {
    from,
    to,
    code,
    fault,
    at,
    module,
    correlation_id: correlationId,
    responder_code: responderCode,
    since,
    until,
  }
}

async function followErrors(
  context: CliContext,
  client: AdminClient,
  before: readonly JournalEntry[],
  options: ErrorsOptions,
): Promise<void> {
  const print = (entry: JournalEntry): void => {
    if (options.json) printJson(context, entry, 0)
    else context.out(entryLine(context, entry))
  }
  for (const entry of before.toReversed()) print(entry)
  // The stream has no beginning and no end in time; it goes on after the newest entry that was shown.
  const query = { ...toQuery(options), since: undefined, until: undefined }
  const newest = before[0]?.reference
  await follow({
    context,
    client,
    path: `${PATH}/stream`,
    query,
    after: newest,
    onData: (data) => print(data as JournalEntry),
  })
}

const COLUMNS: readonly Column<JournalEntry>[] = [
  { title: 'TIME', text: ({ time }) => time },
  { title: 'CODE', text: ({ code }) => String(code), style: codeStyle },
  { title: 'WHAT', text: whatText },
  { title: 'AT', text: ({ at }) => at ?? '' },
  { title: 'FROM', text: ({ from, requester }) => from ?? requester ?? '-' },
  { title: 'TO', text: ({ to }) => to ?? '-' },
  { title: 'REQUEST', text: requestText },
  { title: 'MS', text: ({ duration_ms: ms }) => String(Math.round(ms)) },
  { title: 'REFERENCE', text: ({ reference }) => reference },
]

function entryLine(context: CliContext, entry: JournalEntry): string {
  const { time, code, at, from = '-', to = '-', message, reference } = entry
  const what = at === undefined ? whatText(entry) : `${whatText(entry)} at ${at}`
  const parts = [what, `${from} -> ${to}`, requestText(entry), message ?? '', reference]
  return `${time} ${styled(context, codeStyle(entry), String(code))} ${parts.filter(Boolean).map(shownText).join('  ')}`
}

export function whatText({
  fault,
  responder_code: responderCode,
  author,
  code_unlisted: isUnlisted,
}: JournalEntry): string {
  const what = fault ?? responderCode ?? `by ${author}`
  return isUnlisted ? `${what}, unlisted code` : what
}

export function requestText({ method, module, path }: JournalEntry): string {
  return `${method} ${module ?? path}`
}

export function codeStyle({ code }: JournalEntry): Style {
  if (code >= 4000) return 'red'
  return code >= 3000 ? 'magenta' : code >= 2000 ? 'yellow' : 'green'
}
