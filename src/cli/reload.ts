// `ocpi-hub reload`: a running hub reads its configuration file again.

import type { Command } from 'commander'
import type { ReloadChange } from '../admin/operations.ts'
import { shownText } from '../journal/text.ts'
import type { CliContext } from './context.ts'
import { adminClient, withAdminOptions, type AdminOptions } from './options.ts'
import { printJson } from './output.ts'

export function addReload(program: Command, context: CliContext): void {
  withAdminOptions(program.command('reload'))
    .description('have the hub read its configuration file again: all or nothing, no request is dropped')
    .action(async (options: AdminOptions) => {
      const answer = await adminClient(context, options).call('POST', '/api/v1/reload')
      const { changes } = answer as { changes: readonly ReloadChange[] }
      if (options.json) printJson(context, answer)
      else if (changes.length === 0) context.out('nothing has changed')
      else for (const change of changes) context.out(shownText(changeText(change)))
    })
}

function changeText({ key, before, after, added = [], removed = [], changed = [] }: ReloadChange): string {
  if (before !== undefined || after !== undefined) return `${key}: ${before ?? '-'} -> ${after ?? '-'}`
  const names = [
    ...added.map((name) => `+${name}`),
    ...removed.map((name) => `-${name}`),
    ...changed.map((name) => `~${name}`),
  ]
  return names.length === 0 ? `${key}: changed` : `${key}: ${names.join(' ')}`
}
