// Redis servers of tests: each on its own port in its own directory, to be stopped, killed, frozen and emptied.
// With TEST_REDIS_URL the tests that do none of this run on that server, under a key prefix of their own.

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { makeDirectory } from './directory.ts'
import { stablePort } from './ports.ts'
import { reap } from './reaper.ts'
import { findRedisServer, type Launcher, type RunningServer } from './redis-server.ts'
import { waitFor } from './wait.ts'

export interface RedisHandle {
  readonly url: string
  readonly port: number
  /** Ends the server in good order; it can be started again on the same port with the same data. */
  stop(): Promise<void>
  start(): Promise<void>
  /** What a crash does: nothing is written any more. */
  kill9(): Promise<void>
  /** Freezes it: connections stay, answers stop. */
  pause(): Promise<void>
  resume(): Promise<void>
  restart(): Promise<void>
  /** FLUSHALL. */
  flush(): Promise<void>
  /** A command on a connection of its own. */
  command(name: string, ...args: (string | number)[]): Promise<unknown>
  /** Ends it for good and forgets its data. */
  end(): Promise<void>
}

export interface RedisServerOptions {
  /** Keep data over a restart, each write on the disk before it is answered (`always`) or every second. */
  readonly appendonly?: 'always' | 'everysec'
  /** More arguments, e.g. `--cluster-enabled yes`. */
  readonly args?: readonly string[]
}

/** For a connection on which a test puts a lot at once: how soon it is given up is another test's matter. */
export const PATIENT = { deadlineMs: 10_000, writeDeadlineMs: 10_000 } as const

let found: Promise<Launcher> | undefined

/** Starts a server and waits until it answers. */
export function startRedis(options: RedisServerOptions = {}): Promise<RedisHandle> {
  const { appendonly, args = [] } = options
  return startServer(({ port, path }) => {
    const place = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', path, '--save', '']
    const durability = ['--appendonly', appendonly ? 'yes' : 'no', '--appendfsync', appendonly ?? 'no']
    return [...place, ...durability, ...args]
  })
}

/** A Sentinel that watches a master under a name and goes by `quorum` of its kind. */
export function startSentinel(master: { name: string; port: number; quorum: number }): Promise<RedisHandle> {
  const { name, quorum } = master
  return startServer(({ port, path }) => {
    const file = join(path, 'sentinel.conf')
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${path}`,
      `sentinel monitor ${name} 127.0.0.1 ${master.port} ${quorum}`,
      `sentinel down-after-milliseconds ${name} 1000`,
      `sentinel failover-timeout ${name} 3000`,
    ]
    writeFileSync(file, lines.join('\n'))
    return [file, '--sentinel']
  })
}

/** How far above its port a node of a cluster listens for the others. */
const CLUSTER_BUS = 10_000

type MakeArguments = (place: { readonly port: number; readonly path: string }) => readonly string[]

async function startServer(makeArguments: MakeArguments): Promise<RedisHandle> {
  const launch = await (found ??= findRedisServer())
  const directory = makeDirectory()
  const port = await stablePort(CLUSTER_BUS)
  const settings = makeArguments({ port, path: directory.path })
  let server: RunningServer | undefined
  let release = (): void => undefined

  async function start(): Promise<void> {
    server = launch(settings, directory.path)
    release = reap(server.child.pid)
    await untilAnswering(port, server)
  }

  async function stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!server) return
    const { child } = server
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
    await server.signal(signal)
    await ended
    release()
    server = undefined
  }

  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    stop: () => stop('SIGTERM'),
    kill9: () => stop('SIGKILL'),
    pause: async () => server?.signal('SIGSTOP'),
    resume: async () => server?.signal('SIGCONT'),
    async restart() {
      await stop('SIGTERM')
      await start()
    },
    flush: async () => void (await runCommand(port, 'FLUSHALL', [])),
    command: (name, ...args) => runCommand(port, name, args),
    async end() {
      await stop('SIGKILL')
      directory.remove()
    },
  }
}

async function runCommand(port: number, name: string, args: (string | number)[]): Promise<unknown> {
  const client = new Redis(port, '127.0.0.1', {
    maxRetriesPerRequest: 0,
    protocol: 2,
    enableReadyCheck: false,
  })
  client.on('error', () => undefined)
  try {
    return await client.call(name, ...args)
  } finally {
    client.disconnect()
  }
}

export interface SharedRedis {
  readonly url: string
  /** The text of every value below a key prefix. */
  dump(prefix: string): Promise<string>
  end(): Promise<void>
}

/** A server for tests that do it no harm: that of TEST_REDIS_URL, or one of their own. */
export async function sharedRedis(): Promise<SharedRedis> {
  const given = process.env.TEST_REDIS_URL
  const own = given ? undefined : await startRedis()
  const url = given ?? own!.url
  return {
    url,
    async dump(prefix) {
      const client = new Redis(url, { protocol: 2 })
      const keys = (await client.keys('*')).filter((key) => key.startsWith(prefix))
      const values = await Promise.all(keys.map((key) => client.dumpBuffer(key)))
      const hashes = await Promise.all(keys.map((key) => client.hgetall(key).catch(() => ({}))))
      client.disconnect()
      return JSON.stringify([keys, hashes]) + values.map((value) => value?.toString('latin1')).join('\n')
    },
    async end() {
      await own?.end()
    },
  }
}

async function untilAnswering(port: number, { child }: RunningServer): Promise<void> {
  let output = ''
  child.stdout?.on('data', (data: Buffer) => (output = (output + data.toString()).slice(-2000)))
  child.stderr?.on('data', (data: Buffer) => (output = (output + data.toString()).slice(-2000)))
  await waitFor(
    async () => {
      if (child.exitCode !== null) return 'it ended'
      return /PONG|NOAUTH/.test(await ping(port)) && 'it answers'
    },
    { limitMs: 10_000, what: `a Redis on port ${port}` },
  )
  if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}: ${output}`)
}

async function ping(port: number): Promise<string> {
  const socket = createConnection(port, '127.0.0.1')
  try {
    socket.end('PING\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString()
  } finally {
    socket.destroy()
  }
}
