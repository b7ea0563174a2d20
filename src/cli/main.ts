#!/usr/bin/env node
// The executable: runs the command line with the real process and sets the exit code.

import { processContext } from './context.ts'
import { runCli } from './program.ts'

// `ocpi-hub errors | head` closes our output early; that is no fault.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit(0)
  process.stderr.write(`error: standard output cannot be written (${code})\n`)
  process.exit(1)
})
// Nobody is left to be told. Without a listener the next warning of Node's own would end a hub.
process.stderr.on('error', () => {})

const exitCode = await runCli(process.argv.slice(2), processContext())
// What failed may have left something open. `serve` goes on after this line, or has set the code itself.
if (exitCode !== 0) process.exit(exitCode)
