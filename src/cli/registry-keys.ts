// `ocpi-hub registry keys | reseal | forget-key`: which keys of secret_key the registry depends on, its move to the
// newest one, and what is left to do when one is lost.

import type { Command } from 'commander'
import { counted } from '../journal/text.ts'
import { atStore } from './at-store.ts'
import type { CliContext } from './context.ts'
import { adminClient, withAdminOptions, type AdminOptions } from './options.ts'
import { type Column, printJson, printTable, styled } from './output.ts'

const PATH = '/api/v1/registry'
/** More names than this are counted. */
const NAMES_MAX = 20

interface KeyRow {
  readonly id: string
  readonly place?: number
  readonly in_use: boolean
  readonly sealed: number
  readonly hashed: number
}

const COLUMNS: readonly Column<KeyRow>[] = [
  { title: 'KEY', text: ({ id }) => id },
  {
    title: 'IN secret_key',
    text: ({ place }) => (place === undefined ? 'missing' : place === 1 ? 'first' : `${place}.`),
    style: ({ place }) => (place === undefined ? 'red' : undefined),
  },
  { title: 'IN USE', text: ({ in_use }) => (in_use ? 'yes' : 'no') },
  { title: 'SEALED', text: ({ sealed }) => `${sealed}` },
  { title: 'HASHED', text: ({ hashed }) => `${hashed}` },
]

export function addRegistryKeys(registry: Command, context: CliContext): void {
  withAdminOptions(registry.command('keys'))
    .description('show which keys of secret_key stored tokens depend on; one with 0 and 0 may be taken away')
    .action(async (options: AdminOptions) => {
      const answer = (await adminClient(context, options).call('GET', `${PATH}/keys`)) as {
        items: readonly KeyRow[]
        waiting: readonly string[]
        /** Of newer hubs only. */
        locked_out?: readonly string[]
      }
      if (options.json) return printJson(context, answer)
      printTable(context, answer.items, COLUMNS)
      tellWaiting(context, answer.waiting)
      tellLockedOut(context, answer.locked_out ?? [])
    })
  withAdminOptions(registry.command('reseal'))
    .description('move the registry to the newest key; call it when every hub has that key')
    .action(async (options: AdminOptions) => {
      const answer = (await adminClient(context, options).call('POST', `${PATH}/reseal`)) as {
        resealed: number
        left: number
        waiting: readonly string[]
      }
      if (options.json) return printJson(context, answer)
      context.out(`${counted(answer.resealed, 'platform')} sealed with the newest key`)
      if (answer.left > 0)
        context.err(
          `${answer.left} ${answer.left === 1 ? 'was' : 'were'} changed meanwhile: call it once more`,
        )
      tellWaiting(context, answer.waiting)
    })
  addForgetKey(registry, context)
}

function addForgetKey(registry: Command, context: CliContext): void {
  registry
    .command('forget-key')
    .argument('<key>', 'id of the lost key, as the hub names it when it refuses to start')
    .requiredOption('-c, --config <file>', 'names the store; an embedded hub must be stopped')
    .option('--json', 'print JSON')
    .description('forget the platforms sealed with a key that is lost; they must register anew')
    .action(async (key: string, options: { config: string; json?: boolean }) => {
      const forgotten = await atStore(
        context,
        options.config,
        async ({ stores, keyring }) => {
          const { forgetKey } = await import('../registry/forget-key.ts')
          return forgetKey(stores.registry, key, keyring)
        },
        { mustExist: true },
      )
      if (options.json) printJson(context, { forgotten })
      else context.out(`${counted(forgotten.length, 'platform')} forgotten${named(forgotten)}`)
    })
}

function tellWaiting(context: CliContext, waiting: readonly string[]): void {
  if (waiting.length === 0) return
  const [are, their] = waiting.length === 1 ? ['is', 'its'] : ['are', 'their']
  const note = `${counted(waiting.length, 'platform')} ${are} let in by an older key until ${their} next request${named(waiting)}`
  context.err(styled(context, 'yellow', note))
}

function tellLockedOut(context: CliContext, ids: readonly string[]): void {
  if (ids.length === 0) return
  const [get, register] = ids.length === 1 ? ['gets', 'it registers'] : ['get', 'they register']
  const note = `${counted(ids.length, 'platform')} ${get} 401 until the missing key stands in secret_key again, or ${register} anew${named(ids)}`
  context.err(styled(context, 'red', note))
}

function named(ids: readonly string[]): string {
  if (ids.length === 0) return ''
  const more = ids.length > NAMES_MAX ? `, and ${ids.length - NAMES_MAX} more` : ''
  return `: ${ids.slice(0, NAMES_MAX).join(', ')}${more}`
}
