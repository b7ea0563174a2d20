// `ocpi-hub registry …`: the registry as a whole. Backups go through a running hub, or, with --config, straight to
// the store of a hub that is stopped; that is also the way from one kind of store to the other.

import { readFileSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { counted } from '../journal/text.ts'
import { atStore } from './at-store.ts'
import { failure, type CliContext } from './context.ts'
import { adminClient, withAdminOptions, type AdminOptions } from './options.ts'
import { printData, printJson, styled } from './output.ts'
import { addRegistryKeys } from './registry-keys.ts'

const PATH = '/api/v1/registry'
const KEY_NOTE =
  'note: its tokens are sealed; only a hub with the same secret_key can import it. Keep that key, and keep it elsewhere.'

type RegistryOptions = AdminOptions & { readonly config?: string | true }

/** Decisions on a registry that has shrunk. */
const DECISIONS = [
  ['restore', 'write back what the store has lost, from the memory of the hub'],
  ['confirm', 'accept that the store has lost platforms: they are forgotten'],
] as const

export function addRegistry(program: Command, context: CliContext): void {
  const registry = program
    .command('registry')
    .description('back up, restore and judge the registry as a whole')
  addShow(registry, context)
  addExport(registry, context)
  addImport(registry, context)
  addRegistryKeys(registry, context)
  for (const [decision, description] of DECISIONS) {
    withAdminOptions(registry.command(decision))
      .description(description)
      .action(async (options: AdminOptions) => {
        print(context, options, await adminClient(context, options).call('POST', `${PATH}/${decision}`))
      })
  }
}

function addShow(registry: Command, context: CliContext): void {
  withAdminOptions(registry.command('show'))
    .description('show how the registry is: whether its store answers, how old it is, alarms')
    .action(async (options: AdminOptions) => {
      print(context, options, await adminClient(context, options).call('GET', PATH))
    })
}

function print(context: CliContext, { json }: AdminOptions, answer: unknown): void {
  if (json) printJson(context, answer)
  else printData(context, answer)
}

/** Options of the two verbs that also work without a running hub. */
function withStoreOptions(command: Command): Command {
  return withAdminOptions(command).option(
    '-c, --config [file]',
    'not through a running hub but straight at the store this configuration file names; an embedded hub must be stopped',
  )
}

function addExport(registry: Command, context: CliContext): void {
  withStoreOptions(registry.command('export'))
    .description('write the registry as one JSON document, tokens sealed')
    .option('-o, --output <file>', 'new file, readable by its owner alone; without it standard output')
    .action(async (options: RegistryOptions & { output?: string }) => {
      const backup =
        options.config === undefined
          ? await adminClient(context, options).call('GET', `${PATH}/export`)
          : await atStore(context, options.config, ({ backup: store }) => store.export(), { mustExist: true })
      const text = JSON.stringify(backup, null, 2)
      if (options.output === undefined) context.out(text)
      else writeNew(options.output, `${text}\n`)
      tellExported(context, backup as Exported)
      context.err(styled(context, 'yellow', KEY_NOTE))
    })
}

function addImport(registry: Command, context: CliContext): void {
  withStoreOptions(
    registry.command('import').argument('<file>', 'what export wrote; "-" reads standard input'),
  )
    .description('take over a registry that was exported; the secret_key must be the same')
    .option('--replace', 'forget the platforms that are there')
    .action(async (file: string, options: RegistryOptions & { replace?: boolean }) => {
      const document = parseDocument(file, file === '-' ? await context.input() : readText(file))
      const { replace = false } = options
      const answer =
        options.config === undefined
          ? await adminClient(context, options).call('POST', `${PATH}/import`, {
              body: document,
              query: { replace: String(replace) },
            })
          : await atStore(context, options.config, async ({ backup }) => {
              const { platforms, links } = await backup.import(document, { replace })
              return { imported: platforms, links }
            })
      if (options.json) return printJson(context, answer)
      const { imported, links } = answer as { imported: number; links: number }
      context.out(
        `${counted(imported, 'platform')}${links > 0 ? ` and ${counted(links, 'link')}` : ''} imported`,
      )
    })
}

interface Exported {
  readonly records: readonly unknown[]
  readonly links?: readonly unknown[]
  readonly links_left_out?: number
}

function tellExported(
  context: CliContext,
  { records, links = [], links_left_out: left = 0 }: Exported,
): void {
  const withLinks = links.length > 0 ? ` and ${counted(links.length, 'link')}` : ''
  context.err(`${counted(records.length, 'platform')}${withLinks} exported`)
  if (left === 0) return
  const note = `note: ${counted(left, 'more link')} to stored CDRs found no room; back up the store itself`
  context.err(styled(context, 'yellow', note))
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw failure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, error)
  }
}

function parseDocument(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw failure(`${file === '-' ? 'standard input' : file} is not JSON`, error)
  }
}

/** Never writes over a backup that is there. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw failure(
      code === 'EEXIST' ? `${file} is there already` : `${file} cannot be written (${code})`,
      error,
    )
  }
}
