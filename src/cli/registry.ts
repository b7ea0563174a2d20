// `ocpi-hub registry …`: the registry as a whole. Backups go through a running hub, or, with --config, straight to
// the store of a hub that is stopped; that is also the way from one kind of store to the other.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Backup } from '../registry/backup.ts'
import { configPath } from './config-path.ts'
import { failure, saidFailure, type CliContext } from './context.ts'
import { adminClient, withAdminOptions, type AdminOptions } from './options.ts'
import { printData, printJson, styled } from './output.ts'

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
      const { records } = backup as { records: readonly unknown[] }
      context.err(`${records.length} platforms exported`)
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
          : await atStore(context, options.config, async ({ backup }) => ({
              imported: await backup.import(document, { replace }),
            }))
      if (options.json) printJson(context, answer)
      else context.out(`${(answer as { imported: number }).imported} platforms imported`)
    })
}

/** Opens the store that a configuration names, does the work, and closes it. */
async function atStore<Result>(
  context: CliContext,
  config: string | true,
  work: (parts: { readonly backup: Backup }) => Promise<Result>,
  { mustExist = false } = {},
): Promise<Result> {
  const { formatFault, loadConfig } = await import('../config/load.ts')
  const { openStores } = await import('../stores.ts')
  const { createBackup } = await import('../registry/backup.ts')
  const loaded = await loadConfig(configPath(context, config === true ? {} : { config }), context.env)
  if (!loaded.config) {
    for (const fault of loaded.faults) context.err(styled(context, 'red', formatFault(fault)))
    throw saidFailure()
  }
  const { driver, path } = loaded.config.registry
  if (driver === 'embedded' && path === ':memory:')
    throw failure('registry.path is ":memory:": nothing is kept')
  if (driver === 'embedded' && mustExist && !existsSync(join(path, 'data.mdb'))) {
    throw failure(`registry.path ${path} holds no registry; relative paths start at the working directory`)
  }
  try {
    const stores = await openStores(loaded.config)
    try {
      return await work({ backup: createBackup(stores, [stores.secret]) })
    } finally {
      await stores.close()
    }
  } catch (error) {
    throw failure(reasonOf(error), error)
  }
}

/** Words of the store, for operators; a fault has them in its detail. */
function reasonOf(error: unknown): string {
  const { info } = error as { info?: { detail?: string } }
  return info?.detail ?? (error instanceof Error ? error.message : String(error))
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
