// `ocpi-hub routes apply|versions|restore|reset`: the rules of all hubs, changed at run time and put back.

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { parse } from 'yaml'
import { failure, type CliContext } from './context.ts'
import { adminClient, readCount, withAdminOptions, type AdminOptions } from './options.ts'
import { counted, printJson, printTable } from './output.ts'

const PATH = '/api/v1/routes'

interface RoutesAnswer {
  readonly items: readonly unknown[]
  readonly source: string
  readonly version: number
}

interface VersionItem {
  readonly version: number
  readonly source: string
  readonly rules: number
  readonly updated?: string
  readonly updated_by?: string
}

export function addRouteChanges(routes: Command, context: CliContext): void {
  withAdminOptions(
    routes
      .command('apply')
      .argument(
        '<file>',
        'YAML or JSON: a list of rules, or a configuration with routes; "-" = standard input',
      ),
  )
    .description('replace the rules of all hubs, all or nothing')
    .action(async (file: string, options: AdminOptions) => {
      const items =
        file === '-' ? readRules('standard input', await context.input()) : readRules(file, readText(file))
      print(context, options, await adminClient(context, options).call('PUT', PATH, { body: { items } }))
    })
  withAdminOptions(routes.command('reset'))
    .description('go back to the rules of the configuration file')
    .action(async (options: AdminOptions) => {
      print(context, options, await adminClient(context, options).call('DELETE', PATH))
    })
  withAdminOptions(routes.command('versions'))
    .description('list the versions that can be restored')
    .action(async (options: AdminOptions) => {
      const answer = await adminClient(context, options).call('GET', `${PATH}/versions`)
      const { items } = answer as { items: readonly VersionItem[] }
      if (options.json) printJson(context, answer)
      else if (items.length === 0) context.err('nobody has set rules: those of the configuration file apply')
      else printVersions(context, items)
    })
  withAdminOptions(routes.command('restore').argument('<version>', 'number of the version', readCount))
    .description('put an earlier version in effect again, as a new one')
    .action(async (version: number, options: AdminOptions) => {
      const body = { version }
      print(context, options, await adminClient(context, options).call('POST', `${PATH}/restore`, { body }))
    })
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw failure(
      `${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`,
      error,
    )
  }
}

/** The rules themselves are checked by the hub, which names each that is wrong. */
function readRules(file: string, text: string): unknown[] {
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw failure(`${file} is no YAML: ${(error as Error).message.split('\n')[0]}`, error)
  }
  // An empty file is rather a mistake than the wish to have no rules.
  const { routes, items } = (value ?? {}) as { routes?: unknown; items?: unknown }
  const rules = Array.isArray(value) ? value : (routes ?? items)
  if (!Array.isArray(rules)) throw failure(`${file} holds no list of rules; [] is one without any`)
  return rules as unknown[]
}

function print(context: CliContext, { json }: AdminOptions, answer: unknown): void {
  if (json) return printJson(context, answer)
  const { items, source, version } = answer as RoutesAnswer
  const whose = source === 'file' ? ' of the configuration file' : ''
  context.out(`version ${version}: ${counted(items.length, 'rule')}${whose} in effect`)
}

function printVersions(context: CliContext, items: readonly VersionItem[]): void {
  printTable(context, items, [
    { title: 'VERSION', text: ({ version }) => String(version) },
    { title: 'RULES', text: ({ rules, source }) => (source === 'file' ? 'file' : String(rules)) },
    { title: 'SINCE', text: ({ updated }) => updated ?? '-' },
    { title: 'BY', text: ({ updated_by: by }) => by ?? '-' },
  ])
}
