// `ocpi-hub check`: validates a configuration and prints what is in effect, secrets masked; or every fault.

import type { Command } from 'commander'
import { configPath, withConfigOption, type ConfigOptions } from './config-path.ts'
import { saidFailure, type CliContext } from './context.ts'
import { printJson, styledErr } from './output.ts'

export function addCheck(program: Command, context: CliContext): void {
  withConfigOption(program.command('check'))
    .description('validate a configuration file and print what is in effect, secrets masked')
    .option('--json', 'print JSON')
    .action(async (options: ConfigOptions & { json?: boolean }) => {
      const { formatFault, formatWarning, loadConfig } = await import('../config/load.ts')
      const { describeConfig, toFileData } = await import('../config/describe.ts')
      const path = configPath(context, options)
      const result = await loadConfig(path, context.env)
      const { config, faults } = result
      if (config) {
        const { warnings } = result
        if (options.json) printJson(context, { file: path, config: toFileData(config), faults, warnings })
        else
          context.out(`# ${path} is valid; in effect, secrets masked:\n${describeConfig(config).trimEnd()}`)
        if (!options.json) {
          for (const warning of warnings) context.err(styledErr(context, 'yellow', formatWarning(warning)))
        }
        return
      }
      if (options.json) printJson(context, { file: path, faults })
      else for (const fault of faults) context.err(styledErr(context, 'red', formatFault(fault)))
      throw saidFailure()
    })
}
