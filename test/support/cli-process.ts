// The executable as operators start it: a process of its own, its output, its exit code.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface CliProcess {
  /** Everything printed so far. */
  out(): string
  err(): string
  /** From now on nobody reads its standard error. */
  deafen(): void
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void
  /** The same to the process that its wrapper has started. */
  signalChild(name: 'SIGTERM'): void
  /** Exit code, once it has ended. */
  readonly ended: Promise<number | null>
}

const running = new Set<ChildProcess>()

/** Ends every process that a test left behind, a failed one say. */
export async function endCliProcesses(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      child.kill('SIGKILL')
      await once(child, 'close')
    }),
  )
}

/**
 * Starts `ocpi-hub` with these arguments and nothing of the hub's own variables in its environment. `wrapper` is put
 * before the command.
 */
export function startCli(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
): CliProcess {
  const [command, ...args] = [...wrapper, process.execPath, '--import', 'tsx', MAIN, ...argv]
  const child = spawn(command!, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  return {
    out: () => out,
    err: () => err,
    deafen: () => void child.stderr.destroy(),
    signal: (name) => void child.kill(name),
    signalChild: (name) => {
      process.kill(Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')), name)
    },
    ended: once(child, 'close').then(([code]) => code as number | null),
  }
}
