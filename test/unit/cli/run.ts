// Runs one command line in this process and keeps what it printed.

import { runCli } from '../../../src/cli/program.ts'

export interface CliResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly coloured?: boolean
  readonly input?: string
  /** Ends verbs that run until stopped. */
  readonly stop?: AbortSignal
  /** Called after each line of results. */
  readonly onOut?: (text: string) => void
}

export async function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const out: string[] = []
  const err: string[] = []
  const code = await runCli(argv, {
    env: options.env ?? {},
    coloured: options.coloured ?? false,
    out(text) {
      out.push(text)
      options.onOut?.(text)
    },
    err: (text) => void err.push(text),
    input: () => Promise.resolve(options.input ?? ''),
    stopped: () => options.stop ?? new AbortController().signal,
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}
