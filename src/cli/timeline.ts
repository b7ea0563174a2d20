// `ocpi-hub timeline`: all that is kept of one exchange, in order: request and forward with its phases, answer,
// call-backs, receivers of a broadcast push.

import type { Command } from 'commander'
import type { JournalEntry } from '../journal/journal-entry.ts'
import { REFERENCE } from '../journal/reference.ts'
import { counted } from '../journal/text.ts'
import type { AdminClient } from './admin-client.ts'
import type { CliContext } from './context.ts'
import { codeStyle, requestText, whatText } from './errors.ts'
import { adminClient, withAdminOptions, type AdminOptions } from './options.ts'
import { printJson, printTable } from './output.ts'

/** An item of `GET /api/v1/correlations/{id}`. */
type StoryItem = JournalEntry & { readonly after_ms: number }

export function addTimeline(program: Command, context: CliContext): void {
  withAdminOptions(
    program
      .command('timeline')
      .argument('<id>', 'X-Correlation-ID of the exchange, or data.reference of an error answer'),
  )
    .description('show one exchange as a time line, with its call-backs and the receivers of a broadcast')
    .action(async (id: string, options: AdminOptions) => {
      const client = adminClient(context, options)
      const correlationId = REFERENCE.test(id) ? await correlationOf(client, id) : id
      const answer = await client.call('GET', `/api/v1/correlations/${encodeURIComponent(correlationId)}`)
      if (options.json) printJson(context, answer)
      else printStory(context, (answer as { items: readonly StoryItem[] }).items)
    })
}

async function correlationOf(client: AdminClient, reference: string): Promise<string> {
  const entry = await client.call('GET', `/api/v1/errors/${encodeURIComponent(reference)}`)
  return (entry as JournalEntry).correlation_id
}

function printStory(context: CliContext, items: readonly StoryItem[]): void {
  printTable<StoryItem>(context, items, [
    { title: 'AFTER MS', text: ({ after_ms: after }) => String(Math.round(after)) },
    { title: 'CODE', text: ({ code }) => String(code), style: codeStyle },
    { title: 'WHAT', text: whatText },
    { title: 'WAY', text: ({ mode }) => mode ?? '' },
    { title: 'FROM', text: ({ from, requester }) => from ?? requester ?? '-' },
    { title: 'TO', text: ({ to, targets }) => (targets ? counted(targets.length, 'receiver') : (to ?? '-')) },
    { title: 'REQUEST', text: requestText },
    { title: 'MS', text: ({ duration_ms: ms }) => String(Math.round(ms)) },
    { title: 'PHASES', text: phasesText },
    { title: 'REFERENCE', text: ({ reference }) => reference },
  ])
}

/** Milliseconds from the start of the outbound leg. */
function phasesText({ phases = {} }: StoryItem): string {
  const { connect, tls, first_byte: firstByte, total } = phases
  const named = [
    ['connect', connect],
    ['tls', tls],
    ['first byte', firstByte],
    ['end', total],
  ] as const
  const texts = named.flatMap(([name, ms]) => (ms === undefined ? [] : [`${name} ${Math.round(ms)}`]))
  return texts.length === 0 ? '-' : texts.join(', ')
}
