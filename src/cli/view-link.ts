// `ocpi-hub view-link`: a link with which a partner sees its own errors, status history and missed pushes.

import { Option, type Command } from 'commander'
import type { CliContext } from './context.ts'
import { adminClient, readCountTo, withAdminOptions, type AdminOptions } from './options.ts'
import { printJson } from './output.ts'

interface ViewLinkOptions extends AdminOptions {
  readonly days?: number
  readonly revoke?: boolean
}

export function addViewLink(program: Command, context: CliContext): void {
  withAdminOptions(program.command('view-link').argument('<platform>', 'whose view'))
    .description('make a read-only link with which a partner sees its own errors, and nothing else')
    .addOption(
      new Option('--days <count>', 'how long it is good for, at most 90 (default 7)').argParser(
        readCountTo(90),
      ),
    )
    .option('--revoke', 'instead: end all links of the platform')
    .action(async (platform: string, options: ViewLinkOptions) => {
      const path = `/api/v1/platforms/${encodeURIComponent(platform)}/view-link`
      const client = adminClient(context, options)
      if (options.revoke) {
        await client.call('DELETE', path)
        if (options.json) printJson(context, {})
        else context.out('all its links have ended')
        return
      }
      const body = options.days === undefined ? {} : { days: options.days }
      const answer = (await client.call('POST', path, { body })) as { url: string; expires: string }
      if (options.json) printJson(context, answer)
      else {
        context.out(answer.url)
        context.err(`good until ${answer.expires}; whoever has it may look`)
      }
    })
}
