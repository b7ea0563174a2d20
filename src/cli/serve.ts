// `ocpi-hub serve`: runs the hub until it is told to stop.

import type { Command } from 'commander'
import { configPath, withConfigOption, type ConfigOptions } from './config-path.ts'
import type { CliContext } from './context.ts'

export function addServe(program: Command, context: CliContext): void {
  withConfigOption(program.command('serve').description('run the hub')).action(
    async (options: ConfigOptions) => {
      // The hub and its libraries are loaded by the verb that needs them: `explain` answers in a blink.
      const { serveHub } = await import('../main.ts')
      await serveHub(configPath(context, options), context.env)
    },
  )
}
