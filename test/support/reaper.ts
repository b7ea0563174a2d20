// Ends processes that a test started when the test's own process is gone, however it went: test workers are often
// killed before any exit handler runs. A shell holds a pipe to this process and acts when the pipe closes.

import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

const SCRIPT = `
pids=' '
while read -r sign pid; do
  case $sign in
    +) pids="$pids$pid " ;;
    -) pids=$(printf '%s' "$pids" | sed "s/ $pid / /") ;;
  esac
done
test "$pids" = ' ' || kill -9 $pids
`

let shell: ChildProcess | undefined

/** The process is killed after this one, unless it is released before: call that once it has ended. */
export function reap(pid: number | undefined): () => void {
  if (pid === undefined) return () => undefined
  if (!shell) {
    // Of a session of its own: what ends this process by its group must not end the shell before it has acted.
    shell = spawn('sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    shell.on('error', () => undefined)
    shell.stdin?.on('error', () => undefined)
    shell.unref()
    ;(shell.stdin as Socket | null)?.unref()
  }
  shell.stdin?.write(`+ ${pid}\n`)
  return () => void shell?.stdin?.write(`- ${pid}\n`)
}
