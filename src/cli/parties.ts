// `ocpi-hub parties`: every party the hub knows, in every role, and whether it is connected.

import type { Command } from 'commander'
import type { ConnectionStatus } from '../registry/platform.ts'
import type { CliContext } from './context.ts'
import { adminClient, withAdminOptions, type AdminOptions } from './options.ts'
import { printJson, printTable, type Style } from './output.ts'

/** An item of `GET /api/v1/parties`, as far as it is shown. */
interface PartyItem {
  readonly address: string
  readonly role: string
  readonly name?: string
  readonly status: ConnectionStatus
  readonly last_seen?: string
  readonly platform: string
  readonly behind?: string
  readonly moving_to?: string
}

export const STATUS_STYLES: Readonly<Partial<Record<string, Style>>> = {
  CONNECTED: 'green',
  OFFLINE: 'red',
  PLANNED: 'yellow',
  SUSPENDED: 'dim',
}

export function addParties(program: Command, context: CliContext): void {
  withAdminOptions(program.command('parties'))
    .description('list every party with its role, status and platform')
    .action(async (options: AdminOptions) => {
      const items = (await adminClient(context, options).list('/api/v1/parties')) as PartyItem[]
      if (options.json) printJson(context, { items })
      else if (items.length === 0) context.err('no parties')
      else {
        printTable(context, items, [
          { title: 'PARTY', text: ({ address }) => address },
          { title: 'ROLE', text: ({ role }) => role },
          { title: 'STATUS', text: ({ status }) => status, style: ({ status }) => STATUS_STYLES[status] },
          { title: 'LAST SEEN', text: ({ last_seen: seen }) => seen ?? '-' },
          { title: 'PLATFORM', text: placeOf },
          { title: 'NAME', text: ({ name }) => name ?? '' },
        ])
      }
    })
}

function placeOf({ platform, behind, moving_to: to }: PartyItem): string {
  return [platform, behind && `(behind hub ${behind})`, to && `(may move to ${to})`].filter(Boolean).join(' ')
}
