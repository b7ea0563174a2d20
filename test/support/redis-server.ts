// Finds a Redis server to run, or brings one: the tests need a real one and must not depend on what is installed.
// First hit wins: REDIS_SERVER_BIN, the PATH, the unpacked Debian package in the cache (fetched once, without root),
// docker. Nothing found is a failure that names the cures; it is never a reason to leave tests out.

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export type Signal = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'

export interface RunningServer {
  readonly child: ChildProcess
  signal(name: Signal): Promise<void>
}

/** Runs a server with these arguments in a directory of its own. */
export type Launcher = (args: readonly string[], directory: string) => RunningServer

const run = promisify(execFile)
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/ocpi-hub/', import.meta.url))
const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1']
const IMAGE = 'redis:7-alpine'

/** The way to run a server on this machine. Throws with the three cures when there is none. */
export async function findRedisServer(): Promise<Launcher> {
  const named = process.env.REDIS_SERVER_BIN
  if (named) return localLauncher(named)
  const installed = ['redis-server', 'valkey-server'].map(onPath).find((path) => path !== undefined)
  if (installed) return localLauncher(installed)
  const failures: string[] = []
  for (const way of [fromCache, fromDebian, fromDocker]) {
    try {
      const launcher = await way()
      if (launcher) return launcher
    } catch (error) {
      failures.push(`${way.name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error(
    [
      'The tests need a real Redis server and found none. Any one of these helps:',
      '  install redis-server or valkey-server, so that it is on the PATH',
      '  set REDIS_SERVER_BIN to the path of a redis-server (6.2 or newer)',
      '  start docker, so that `docker info` succeeds',
      ...failures,
    ].join('\n'),
  )
}

function onPath(name: string): string | undefined {
  const paths = (process.env.PATH ?? '').split(delimiter)
  return paths.map((path) => join(path, name)).find((path) => existsSync(path))
}

function localLauncher(binary: string, libraries?: string): Launcher {
  return (args, directory) => {
    const env = libraries === undefined ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries }
    const child = spawn(binary, [...args], { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] })
    return { child, signal: async (name) => void child.kill(name) }
  }
}

async function fromCache(): Promise<Launcher | undefined> {
  const root = join(CACHE, 'redis')
  const binary = join(root, 'usr/bin/redis-server')
  if (!existsSync(binary)) return undefined
  const libraries = filesIn(join(root, 'usr/lib')).join(delimiter)
  await run(binary, ['--version'], { env: { ...process.env, LD_LIBRARY_PATH: libraries } })
  return localLauncher(binary, libraries)
}

/** Fetches the Debian (or Ubuntu) package and what it links to, and unpacks both beside the other caches. */
async function fromDebian(): Promise<Launcher | undefined> {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) return undefined
  mkdirSync(CACHE, { recursive: true })
  const work = mkdtempSync(join(CACHE, 'redis-'))
  try {
    const download = () => run('apt-get', ['download', ...PACKAGES], { cwd: work })
    // The lists of a fresh image are empty, and those of an old one name files that are gone.
    await download().catch(async () => {
      await run('apt-get', ['update'])
      await download()
    })
    const root = join(work, 'root')
    const archives = filesIn(work).filter((file) => file.endsWith('.deb'))
    for (const file of archives) await run('dpkg-deb', ['-x', file, root])
    // Another worker may have been quicker: its result is as good.
    if (!existsSync(join(CACHE, 'redis'))) renameSync(root, join(CACHE, 'redis'))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return fromCache()
}

async function fromDocker(): Promise<Launcher | undefined> {
  if (!onPath('docker')) return undefined
  await run('docker', ['info'])
  return (args, directory) => {
    const name = `ocpi-hub-test-${process.pid}-${Math.random().toString(36).slice(2)}`
    // On the host's network and in the same directory, so that ports and paths mean what they mean outside.
    const options = [
      '--rm',
      '--name',
      name,
      '--network',
      'host',
      '-v',
      `${directory}:${directory}`,
      '-w',
      directory,
    ]
    const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
    const child = spawn('docker', ['run', ...options, '--user', user, IMAGE, 'redis-server', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return { child, signal: async (signal) => void (await run('docker', ['kill', '--signal', signal, name])) }
  }
}

function filesIn(directory: string): string[] {
  return readdirSync(directory).map((name) => join(directory, name))
}
