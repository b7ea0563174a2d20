// `ocpi-hub platforms move|moves|stay`: parties that may move from one platform to another.

import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { adminClient, readParty, withAdminOptions, type AdminOptions } from './options.ts'
import { printJson, printTable } from './output.ts'

/** A party that may move, as the admin API tells it. */
interface MoveItem {
  readonly party: string
  readonly role: string
  readonly from: string
  readonly to: string
}

/** Adds the verbs below `platforms`. */
export function addMoves(platforms: Command, context: CliContext): void {
  withAdminOptions(platforms.command('move').argument('<party>', 'as in DE-CPO', readParty))
    .description('let a party move: it may register at another platform, and counts there from then on')
    .requiredOption('--to <platform>', 'where it will register; the platform need not be there yet')
    .option('--role <role>', 'in this role alone')
    .action(async (party: string, options: AdminOptions & { to: string; role?: string }) => {
      const body = { to: options.to, role: options.role }
      printMoves(context, options, await adminClient(context, options).call('PUT', pathOf(party), { body }))
    })
  withAdminOptions(platforms.command('moves'))
    .description('list the parties that may move and have not yet')
    .action(async (options: AdminOptions) => {
      printMoves(context, options, await adminClient(context, options).call('GET', '/api/v1/moves'))
    })
  withAdminOptions(platforms.command('stay').argument('<party>', 'as in DE-CPO', readParty))
    .description('take a move back: the party stays where it is')
    .option('--role <role>', 'in this role alone')
    .action(async (party: string, options: AdminOptions & { role?: string }) => {
      const query = options.role === undefined ? {} : { role: options.role }
      const answer = await adminClient(context, options).call('DELETE', pathOf(party), { query })
      if (options.json) printJson(context, answer)
      else context.out(`${party} stays where it is`)
    })
}

function pathOf(party: string): string {
  return `/api/v1/parties/${encodeURIComponent(party)}/move`
}

function printMoves(context: CliContext, { json }: AdminOptions, answer: unknown): void {
  const { items } = answer as { items: readonly MoveItem[] }
  if (json) printJson(context, { items })
  else if (items.length === 0) context.err('no party may move')
  else {
    printTable(context, items, [
      { title: 'PARTY', text: ({ party }) => party },
      { title: 'ROLE', text: ({ role }) => role },
      { title: 'FROM', text: ({ from }) => from },
      { title: 'MAY MOVE TO', text: ({ to }) => to },
    ])
  }
}
