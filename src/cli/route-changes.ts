// `ocpi-hub routes apply|versions|restore|reset`: the rules of all hubs, changed at run time and put back.

import { readFileSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { counted } from '../journal/text.ts'
import type { AdminClient } from './admin-client.ts'
import { failure, type CliContext } from './context.ts'
import { adminClient, readCount, readVersion, withAdminOptions, type AdminOptions } from './options.ts'
import { printJson, printTable } from './output.ts'

const PATH = '/api/v1/routes'

interface RoutesAnswer {
  readonly items: readonly unknown[]
  readonly source: string
  readonly version: number
}

interface ChangeOptions extends AdminOptions {
  readonly ifVersion?: number
}

interface VersionItem {
  readonly version: number
  readonly source: string
  readonly rules: number
  readonly updated?: string
  readonly updated_by?: string
}

export function addRouteChanges(routes: Command, context: CliContext): void {
  withChangeOptions(
    routes
      .command('apply')
      .argument(
        '<file>',
        'YAML or JSON: a list of rules, or a configuration with routes; "-" = standard input',
      ),
  )
    .description('replace the rules of all hubs, all or nothing')
    .action(async (file: string, options: ChangeOptions) => {
      const items =
        file === '-'
          ? await readRules(context, 'standard input', await context.input())
          : await readRules(context, file, readText(file))
      await change(context, options, 'PUT', PATH, { items })
    })
  withChangeOptions(routes.command('reset'))
    .description('go back to the rules of the configuration file')
    .action((options: ChangeOptions) => change(context, options, 'DELETE', PATH))
  withAdminOptions(routes.command('versions'))
    .description('list the versions that can be restored')
    .action(async (options: AdminOptions) => {
      const answer = await adminClient(context, options).call('GET', `${PATH}/versions`)
      const { items } = answer as { items: readonly VersionItem[] }
      if (options.json) printJson(context, answer)
      else if (items.length === 0) context.err('nobody has set rules: those of the configuration file apply')
      else printVersions(context, items)
    })
  withChangeOptions(routes.command('restore').argument('<version>', 'number of the version', readCount))
    .description('put an earlier version in effect again, as a new one')
    .action((version: number, options: ChangeOptions) =>
      change(context, options, 'POST', `${PATH}/restore`, { version }),
    )
}

function withChangeOptions(command: Command): Command {
  return withAdminOptions(command).addOption(
    new Option(
      '--if-version <version>',
      'change nothing unless this version is in effect, as in "routes versions"; 0 while nobody has set rules',
    ).argParser(readVersion),
  )
}

async function change(
  context: CliContext,
  options: ChangeOptions,
  method: string,
  path: string,
  body?: unknown,
): Promise<void> {
  const client = adminClient(context, options)
  const ifMatch = options.ifVersion === undefined ? undefined : await tagOf(client, options.ifVersion)
  const answer = await client.call(method, path, { body, ...(ifMatch === undefined ? {} : { ifMatch }) })
  print(context, options, answer)
}

/** The ETag of the version, if it is the one in effect. */
async function tagOf(client: AdminClient, version: number): Promise<string | undefined> {
  const { value, etag } = await client.read(PATH)
  const { version: now } = value as RoutesAnswer
  if (now === version) return etag
  throw failure(
    `version ${now} is in effect, not ${version}; nothing was changed. "ocpi-hub routes list" shows it`,
  )
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
async function readRules(context: CliContext, file: string, text: string): Promise<readonly unknown[]> {
  const { formatFault } = await import('../config/load.ts')
  const { readRulesFile } = await import('../config/rules-file.ts')
  const { rules, faults } = await readRulesFile(text, file, context.env)
  if (faults.length > 0) throw failure(faults.map(formatFault).join('\n'))
  // An empty file is rather a mistake than the wish to have no rules.
  if (!rules) throw failure(`${file} holds no list of rules; [] is one without any`)
  return rules
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
