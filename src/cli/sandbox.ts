// `ocpi-hub sandbox`: the simulated parties alone, for a hub that runs elsewhere or a test of one's own.

import { once } from 'node:events'
import { Option, type Command } from 'commander'
import { failure, type CliContext } from './context.ts'
import { readPort, readUrl } from './options.ts'
import { printJson } from './output.ts'

interface SandboxVerbOptions {
  readonly host?: string
  readonly port?: number
  readonly hub?: string
  readonly platforms?: boolean
  readonly json?: boolean
}

export function addSandbox(program: Command, context: CliContext): void {
  program
    .command('sandbox')
    .description('run the simulated parties alone, until stopped')
    .option(
      '--host <address>',
      'address they listen on; their tokens are known to everybody, so keep to loopback',
    )
    .addOption(
      new Option('--port <port>', 'port of the first party, the others follow; 0 = any free ones').argParser(
        readPort,
      ),
    )
    .addOption(new Option('--hub <url>', 'versions URL of the hub they belong to').argParser(readUrl))
    .option('--platforms', 'print their connections as "platforms:" of a hub\'s configuration')
    .option('--json', 'print JSON, the connections among it')
    .action(async ({ host, port, hub, platforms, json }: SandboxVerbOptions) => {
      const { startSandbox } = await import('../sandbox/sandbox.ts')
      const { describeSandbox, renderSandboxPlatforms } = await import('../sandbox/describe.ts')
      const stopped = context.stopped()
      const sandbox = await startSandbox({
        ...(host === undefined ? {} : { host }),
        ...(port === undefined ? {} : { port }),
        ...(hub === undefined ? {} : { hubVersionsUrl: hub }),
      }).catch((error: unknown) => {
        throw failure(
          `the parties cannot listen: ${error instanceof Error ? error.message : String(error)}`,
          error,
        )
      })
      if (json) printJson(context, { parties: sandbox.parties, platforms: sandbox.platforms })
      else if (platforms) context.out(`platforms:\n${renderSandboxPlatforms(sandbox.platforms).trimEnd()}`)
      else context.out(describeSandbox(sandbox))
      if (!json) context.err('listening; Ctrl-C stops')
      if (!stopped.aborted) await once(stopped, 'abort')
      await sandbox.close()
    })
}
