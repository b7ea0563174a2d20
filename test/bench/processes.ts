// Processes of the benchmark: pinned to a core where taskset is present, ended by their own pid whatever happens,
// and asked for the CPU time they have used.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'

/** The proxy under test has a core to itself; receiver and load share the other. */
export type Core = 'proxy' | 'rest'

const CORES: Readonly<Record<Core, string>> = { proxy: '0', rest: '1' }
const PINNED = availableParallelism() > 1 && isInstalled('taskset')
const running = new Set<ChildProcess>()
// The benchmark itself is one of the rest, with its own collector's threads.
if (PINNED) spawnSync('taskset', ['-apc', CORES.rest, String(process.pid)], { stdio: 'ignore' })

/** Whether a command is on the PATH. */
export function isInstalled(command: string): boolean {
  return spawnSync('which', [command], { stdio: 'ignore' }).status === 0
}

export function isPinned(): boolean {
  return PINNED
}

/** Starts a process on its core. Its standard error is ours unless `quiet`; output is piped, or goes nowhere: `mute`. */
export function start(
  core: Core,
  command: readonly string[],
  options: { env?: NodeJS.ProcessEnv; stdin?: Buffer; quiet?: boolean; mute?: boolean } = {},
): ChildProcess {
  const [file, ...args] = PINNED ? ['taskset', '-c', CORES[core], ...command] : command
  const child = spawn(file!, args, {
    stdio: [
      options.stdin ? 'pipe' : 'ignore',
      options.mute ? 'ignore' : 'pipe',
      options.quiet ? 'ignore' : 'inherit',
    ],
    env: { ...process.env, ...options.env },
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.stdin?.end(options.stdin)
  return child
}

/**
 * What a process does beside its main thread (V8's compiler and collector, libuv's file work) goes to the other core, as
 * it would on a machine that has one free: on one core the scheduler stops the main thread for some milliseconds for it.
 */
export function leaveCoreToMainThread(pid: number): void {
  if (!PINNED) return
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    if (Number(thread) !== pid) spawnSync('taskset', ['-pc', CORES.rest, thread], { stdio: 'ignore' })
  }
}

/** First line a process prints. Rejects when it ends without one. */
export async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! })
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`it ended with ${code} and said nothing`)))
  })
  const line = new Promise<string>((resolve) => {
    lines.once('line', resolve)
  })
  try {
    return await Promise.race([line, failed])
  } finally {
    lines.close()
    child.stdout!.resume()
  }
}

/** Ends every process that was started, each by its pid. */
export function stopAll(): void {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
}

process.on('exit', stopAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(130))
}

/** CPU time a process has used, user and system, in microseconds: exact where the kernel counts nanoseconds. */
export function cpuTimeUs(pid: number): number {
  let nanoseconds = 0
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0])
    }
    return nanoseconds / 1000
  } catch {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
    // User and system time in clock ticks, a hundred a second on Linux.
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  }
}

/** Time the proxies' core, or all cores when nothing is pinned, was busy for anybody, stolen time included, in microseconds. */
export function busyTimeUs(): number {
  const name = PINNED ? `cpu${CORES.proxy}` : 'cpu'
  const line = readFileSync('/proc/stat', 'latin1')
    .split('\n')
    .find((each) => each.startsWith(`${name} `))!
  // Interrupts are left out: those of loopback traffic are the proxy's own.
  const [user, nice, system, , , , , steal] = line.split(/ +/).slice(1).map(Number)
  return (user! + nice! + system! + steal!) * 10_000
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** Waits until something listens. Rejects when the process ends first or the time is over. */
export async function listening(child: ChildProcess, port: number, limitMs = 10_000): Promise<void> {
  const until = Date.now() + limitMs
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    if (Date.now() > until) throw new Error(`nothing listened on port ${port} within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
}
