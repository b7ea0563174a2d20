// `ocpi-hub serve`: runs the hub until it is told to stop.

import { constants } from 'node:os'
import type { Command } from 'commander'
import { configPath, withConfigOption, type ConfigOptions } from './config-path.ts'
import { failure, type CliContext } from './context.ts'

export function addServe(program: Command, context: CliContext): void {
  withConfigOption(program.command('serve').description('run the hub')).action(
    async (options: ConfigOptions) => {
      const onHangUp = holdHangUps(endEarly())
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

/**
 * Ends the process at once where it is told to end before there is a hub to close; what it gives leaves that to the hub.
 * Process 1, as in a container, gets no signal that nobody listens for; any other ends by itself.
 */
function endEarly(): () => void {
  if (process.pid !== 1) return () => undefined
  const end = (signal: NodeJS.Signals): never => process.exit(128 + constants.signals[signal])
  const signals = ['SIGTERM', 'SIGINT'] as const
  for (const signal of signals) process.on(signal, end)
  return () => {
    for (const signal of signals) process.removeListener(signal, end)
  }
}

/**
 * From now on SIGHUP does not end the process: one that comes before there is a hub to reload waits for it.
 * `onHub` is called once the hub is there.
 */
function holdHangUps(onHub: () => void): (reload: () => void) => void {
  let isWaiting = false
  let hangUp = (): void => void (isWaiting = true)
  process.on('SIGHUP', () => hangUp())
  return (reload) => {
    onHub()
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
