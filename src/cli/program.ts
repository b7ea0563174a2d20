// The command line: every verb has a file of its own and one line in VERBS.
// Exit codes: 0 done, 1 failed, 2 not understood.

import { Command, CommanderError } from 'commander'
import { shownText } from '../journal/text.ts'
import { addAudit } from './audit.ts'
import { addCaptures } from './captures.ts'
import { addCheck } from './check.ts'
import { addCompletion } from './completion.ts'
import { isFailure, type CliContext } from './context.ts'
import { addErrors } from './errors.ts'
import { addExplain } from './explain.ts'
import { addHealthcheck } from './healthcheck.ts'
import { addMissed } from './missed.ts'
import { styledErr } from './output.ts'
import { addParties } from './parties.ts'
import { addPlatforms } from './platforms.ts'
import { addProbe } from './probe.ts'
import { addRegistry } from './registry.ts'
import { addReload } from './reload.ts'
import { addRoutes } from './routes.ts'
import { addSandbox } from './sandbox.ts'
import { addServe } from './serve.ts'
import { addTimeline } from './timeline.ts'
import { addVersion, packageVersion } from './version.ts'
import { addViewLink } from './view-link.ts'

/** Adds one verb to the program. An action that rejects makes the exit code 1. */
export type Verb = (program: Command, context: CliContext) => void

const VERBS: readonly Verb[] = [
  addServe,
  addCheck,
  addParties,
  addPlatforms,
  addMissed,
  addRoutes,
  addRegistry,
  addErrors,
  addTimeline,
  addExplain,
  addProbe,
  addViewLink,
  addCaptures,
  addAudit,
  addReload,
  addSandbox,
  addHealthcheck,
  addCompletion,
  addVersion,
]

/** The whole command tree. */
export function createProgram(context: CliContext): Command {
  const program = new Command('ocpi-hub')
    .description('OCPI roaming hub: routes requests between charge point operators and e-mobility providers.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .showSuggestionAfterError()
    .configureHelp({ sortOptions: true, showGlobalOptions: false })
  for (const add of VERBS) add(program, context)
  configure(program, context)
  return program
}

/** Runs one command line (without node and script) and gives its exit code. Never rejects. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  try {
    await createProgram(context).parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    // commander has printed what there is to say; its own exit code for a misunderstanding is 1.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const text = errorText(error)
    if (text !== '') context.err(`${styledErr(context, 'red', 'error:')} ${text}`)
    return (isFailure(error) && error.exitCode) || 1
  }
}

/** A failure says it all; what the system refused is known by its message; anything else is a bug with its stack. */
function errorText(error: unknown): string {
  if (!(error instanceof Error)) return shownText(String(error))
  if (isFailure(error)) return error.message.split('\n').map(shownText).join('\n')
  const { code, message, stack } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return `${shownText(message)}: another program listens there`
  return (error as NodeJS.ErrnoException).syscall === undefined ? (stack ?? message) : shownText(message)
}

function configure(command: Command, context: CliContext): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => context.out(text.trimEnd()),
    writeErr: (text) => context.err(text.trimEnd()),
  })
  for (const inner of command.commands) configure(inner, context)
}
