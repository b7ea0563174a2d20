// `ocpi-hub serve`: runs the hub until it is told to stop.

import type { Command } from 'commander'
import { configPath, withConfigOption, type ConfigOptions } from './config-path.ts'
import { failure, type CliContext } from './context.ts'

export function addServe(program: Command, context: CliContext): void {
  withConfigOption(program.command('serve').description('run the hub')).action(
    async (options: ConfigOptions) => {
      const onHangUp = holdHangUps()
      // The hub and its libraries are loaded by the verb that needs them: `explain` answers in a blink.
      const { serveHub } = await import('../main.ts')
      try {
        await serveHub(configPath(context, options), context.env, onHangUp)
      } catch (error) {
        throw refusalOf(error) ?? error
      }
    },
  )
}

/** From now on SIGHUP does not end the process: one that comes before there is a hub to reload waits for it. */
function holdHangUps(): (reload: () => void) => void {
  let isWaiting = false
  let hangUp = (): void => void (isWaiting = true)
  process.on('SIGHUP', () => hangUp())
  return (reload) => {
    hangUp = reload
    if (isWaiting) reload()
  }
}

/** A store that refuses this hub says why in words for operators; anything else keeps its stack. */
function refusalOf(error: unknown): Error | undefined {
  const text = error instanceof Error ? error.message : ''
  if (/^(registry\.path|secret_key) /.test(text)) return failure(text, error)
  if (text.startsWith('it was written by a newer ')) return failure(`the registry: ${text}`, error)
  return undefined
}
