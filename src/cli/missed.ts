// `ocpi-hub missed`: pushes that did not reach a party, so that it knows what to read again.

import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { adminClient, readParty, withAdminOptions, type AdminOptions } from './options.ts'
import { printJson, printTable } from './output.ts'

interface MissedItem {
  readonly module: string
  readonly from: string
  readonly count: number
  readonly first: string
  readonly last: string
  readonly paths: readonly string[]
}

const PATHS_SHOWN = 3

export function addMissed(program: Command, context: CliContext): void {
  withAdminOptions(program.command('missed').argument('<party>', 'receiving party, as in NL-EMS', readParty))
    .description('show the pushes that did not reach a party; with --json all objects that are known')
    .action(async (party: string, options: AdminOptions) => {
      const path = `/api/v1/parties/${encodeURIComponent(party)}/missed`
      const answer = await adminClient(context, options).call('GET', path)
      const { items } = answer as { items: readonly MissedItem[] }
      if (options.json) printJson(context, answer)
      else if (items.length === 0) context.err(`${party} has missed nothing`)
      else {
        printTable(context, items, [
          { title: 'MODULE', text: ({ module }) => module },
          { title: 'FROM', text: ({ from }) => from },
          { title: 'COUNT', text: ({ count }) => String(count) },
          { title: 'FIRST', text: ({ first }) => first },
          { title: 'LAST', text: ({ last }) => last },
          { title: 'OBJECTS', text: pathsText },
        ])
      }
    })
}

function pathsText({ paths, count }: MissedItem): string {
  const shown = paths.slice(-PATHS_SHOWN).join(' ')
  return count > PATHS_SHOWN ? `… ${shown}` : shown
}
