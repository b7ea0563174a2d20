// `ocpi-hub audit`: who changed what, newest first.

import { Option, type Command } from 'commander'
import type { AuditEntry } from '../journal/audit.ts'
import type { CliContext } from './context.ts'
import { adminClient, readCount, withAdminOptions, type AdminOptions } from './options.ts'
import { printJson, printTable } from './output.ts'

const DEFAULT_LIMIT = 20

export function addAudit(program: Command, context: CliContext): void {
  withAdminOptions(program.command('audit'))
    .description('show who changed what, or was refused to, newest first')
    .addOption(
      new Option('--limit <count>', `at most so many (default ${DEFAULT_LIMIT})`).argParser(readCount),
    )
    .action(async (options: AdminOptions & { limit?: number }) => {
      const limit = options.limit ?? DEFAULT_LIMIT
      const items = (await adminClient(context, options).list('/api/v1/audit', {}, limit)) as AuditEntry[]
      if (options.json) printJson(context, { items })
      else if (items.length === 0) context.err('nothing was changed')
      else {
        printTable(context, items, [
          { title: 'TIME', text: ({ time }) => time },
          { title: 'WHO', text: ({ who }) => who },
          { title: 'ACTION', text: ({ action }) => action },
          {
            title: 'RESULT',
            text: ({ http_status: status }) => (status === undefined ? 'done' : `refused ${status}`),
            style: ({ http_status: status }) => (status === undefined ? undefined : 'yellow'),
          },
          { title: 'TARGET', text: ({ target }) => target ?? '-' },
          { title: 'DETAIL', text: ({ detail }) => detail ?? '' },
        ])
      }
    })
}
