// What a verb knows of the world it runs in: environment, streams, the wish to stop. Tests give their own.

export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Writes one or more lines of results to standard output. */
  out(text: string): void
  /** Writes a line for people to standard error: faults, hints. */
  err(text: string): void
  /** Whether standard output may be coloured: a terminal, and no NO_COLOR (no-color.org). */
  readonly coloured: boolean
  /** The same of standard error; as standard output when absent. */
  readonly colouredErr?: boolean
  /** Reads standard input to its end. */
  input(): Promise<string>
  /** Aborted when the user wants the verb to end; asked for only by verbs that run until then. */
  stopped(): AbortSignal
}

/** The context of the real process. */
export function processContext(): CliContext {
  const { env, stdin, stdout, stderr } = process
  const mayColour = !env.NO_COLOR && env.TERM !== 'dumb'
  return {
    env,
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    coloured: stdout.isTTY === true && mayColour,
    colouredErr: stderr.isTTY === true && mayColour,
    async input() {
      if (stdin.isTTY) stderr.write('waiting for standard input; Ctrl-D ends it\n')
      const chunks: Buffer[] = []
      for await (const chunk of stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
    stopped() {
      const stop = new AbortController()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
      return stop.signal
    },
  }
}

/** An error whose message is all there is to say: no stack is printed, the exit code is 1. */
export function failure(message: string, cause?: unknown): Error {
  const error = new Error(message, { cause })
  error.name = FAILURE
  return error
}

/** The same for what was asked in a way that cannot be understood: the exit code is 2. */
export function misuse(message: string): Error {
  return Object.assign(failure(message), { exitCode: 2 })
}

/** A failure of which everything has been said already. */
export function saidFailure(): Error {
  return failure('')
}

export function isFailure(thrown: unknown): thrown is Error & { readonly exitCode?: number } {
  return thrown instanceof Error && thrown.name === FAILURE
}

const FAILURE = 'CliFailure'
