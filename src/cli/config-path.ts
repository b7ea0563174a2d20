// Which configuration file a verb reads when it is not told.

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { CliContext } from './context.ts'

const SYSTEM_PATH = '/etc/ocpi-hub/hub.yaml'
const LOCAL_PATH = 'config/hub.yaml'

export interface ConfigOptions {
  readonly config?: string
}

export function withConfigOption(command: Command): Command {
  return command.option(
    '-c, --config <file>',
    `configuration file (OCPI_HUB_CONFIG; else ${SYSTEM_PATH} if it exists, else ${LOCAL_PATH})`,
  )
}

/** Flag, then OCPI_HUB_CONFIG, then the system's file, then that of the working directory. */
export function configPath(context: CliContext, options: ConfigOptions): string {
  return (
    options.config ?? (context.env.OCPI_HUB_CONFIG || (existsSync(SYSTEM_PATH) ? SYSTEM_PATH : LOCAL_PATH))
  )
}
