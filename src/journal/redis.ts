// The only door to Redis: one connection for commands, one for messages, shared by registry, links and journal.
// Every call has a deadline and ends in an answer or in the fault `store_unavailable`; nothing waits for a reconnect.

import { createHash } from 'node:crypto'
import { Cluster, Redis } from 'ioredis'
import { Fault } from '../faults/fault.ts'
import { readRedisUrl, type RedisAddress } from './redis-url.ts'

/** Lua with the hash it is called by. */
export interface RedisScript {
  readonly lua: string
  readonly sha: string
}

export type RedisArgument = string | number

export interface RedisConnection {
  /** Full name of a key; all of one hub share a hash tag, so that scripts may use them together on a Cluster. */
  key(name: string): string
  /** One command. Throws `Fault` `store_unavailable`; a write may then still take effect. */
  call(command: string, args: readonly RedisArgument[], deadlineMs?: number): Promise<unknown>
  /** A script; each runs alone on the server. Throws like `call`. */
  run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
    deadlineMs?: number,
  ): Promise<unknown>
  /** Hears the messages on a channel (see `key`), as long as it is connected. Gives the way to stop. */
  subscribe(channel: string, listener: (message: string) => void): () => void
  /** Called each time the command connection is ready again. Gives the way to stop. */
  onReady(listener: () => void): () => void
  close(): Promise<void>
}

export interface RedisConnectionOptions {
  /** A form of redis-url.ts. */
  readonly url: string
  /** `ocpi-hub:` makes keys like `{ocpi-hub}:platforms`. */
  readonly keyPrefix: string
  readonly deadlineMs?: number
}

// A write is tried twice, and whoever asked for it is to know within a second.
const DEADLINE_MS = 350
const CONNECT_MS = 2000
// A server that is frozen keeps its connections: after this time without an answer they are given up.
const SILENCE_MS = 3000
const RETRY_MAX_MS = 1000

/** A script for `RedisConnection.run`. */
export function defineScript(lua: string): RedisScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/** Connects in the background and goes on trying for ever. Throws `RangeError` for a URL that is none. */
export function openRedis(options: RedisConnectionOptions): RedisConnection {
  const { deadlineMs: usualMs = DEADLINE_MS } = options
  const address = readRedisUrl(options.url)
  const prefix = taggedPrefix(options.keyPrefix)
  const commands = connect(address, { waits: false })
  let trouble = 'not connected yet'
  let tried = (): void => undefined
  const firstTry = new Promise<void>((resolve) => (tried = resolve))
  const readyListeners = new Set<() => void>()
  commands.on('error', (error: Error) => {
    trouble = error.message
    tried()
  })
  commands.on('close', () => tried())
  commands.on('ready', () => {
    tried()
    for (const listener of readyListeners) listener()
  })
  const messages = createMessages(address)

  /** Runs `send` once connected, within the deadline. */
  async function within(deadlineMs: number, send: () => Promise<unknown>): Promise<unknown> {
    const { promise: late, cancel } = deadline(deadlineMs)
    try {
      // Only at the very start is there something to wait for: later, not being connected is an outage.
      await Promise.race([firstTry, late])
      if (commands.status !== 'ready') throw new Error(`not connected: ${trouble}`)
      const answer = send()
      answer.catch(() => undefined)
      return await Promise.race([answer, late])
    } catch (error) {
      // Without its cause: that holds the arguments of the command.
      const detail = `Redis: ${error instanceof Error ? error.message : String(error)}`
      throw new Fault('store_unavailable', { detail })
    } finally {
      cancel()
    }
  }

  async function runScript(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]) {
    try {
      return await commands.evalsha(script.sha, keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('NOSCRIPT')) throw error
      return commands.eval(script.lua, keys.length, ...keys, ...args)
    }
  }

  return {
    key: (name) => prefix + name,
    call: (command, args, deadlineMs = usualMs) =>
      within(deadlineMs, () => commands.call(command, ...args.map(String))),
    run: (script, keys, args, deadlineMs = usualMs) =>
      within(deadlineMs, () => runScript(script, keys, args)),
    subscribe: (channel, listener) => messages.subscribe(channel, listener),
    onReady(listener) {
      readyListeners.add(listener)
      return () => readyListeners.delete(listener)
    },
    async close() {
      messages.close()
      commands.disconnect()
    },
  }
}

/** `ocpi-hub:` -> `{ocpi-hub}:`; a prefix that has a tag of its own is kept. */
function taggedPrefix(prefix: string): string {
  return /\{[^}]+\}/.test(prefix) ? prefix : `{${prefix.replace(/:$/, '') || 'ocpi-hub'}}:`
}

function connect(address: RedisAddress, { waits }: { readonly waits: boolean }): Redis | Cluster {
  const { mode, nodes, master, username, password, tls, db, protocol } = address
  const common = {
    connectTimeout: CONNECT_MS,
    // What was under way when a connection broke is not sent again by the library: whoever sent it decides.
    autoResendUnfulfilledCommands: false,
    // Subscriptions are made anew below: the library's own fail with nobody listening, which ends the process.
    autoResubscribe: false,
    reconnectOnError: isReadOnly,
    maxRetriesPerRequest: waits ? null : 1,
    connectionName: 'ocpi-hub',
    disableClientInfo: true,
    protocol,
    ...(waits ? {} : { socketTimeout: SILENCE_MS }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
  } as const
  if (mode === 'cluster') {
    return new Cluster([...nodes], {
      redisOptions: common,
      clusterRetryStrategy: retryDelay,
      enableOfflineQueue: waits,
      slotsRefreshTimeout: CONNECT_MS,
      // Told at once that the cluster is down, instead of after tries that outlast every deadline.
      ...(waits ? {} : { retryDelayOnClusterDown: 0 }),
      // A managed Cluster over TLS gives names that its certificates hold: they must not become addresses.
      ...(tls ? { dnsLookup: (name, done) => done(null, name) } : {}),
    })
  }
  const single = { ...common, db, retryStrategy: retryDelay, enableOfflineQueue: waits }
  if (mode === 'single') return new Redis({ ...single, ...nodes[0]! })
  const { sentinelUsername, sentinelPassword } = address
  return new Redis({
    ...single,
    name: master!,
    sentinels: [...nodes],
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: CONNECT_MS,
    failoverDetector: true,
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
  })
}

/** After a failover the old master refuses writes: connect anew, then send the refused command. */
function isReadOnly(error: Error): 2 | false {
  return error.message.includes('READONLY') ? 2 : false
}

function retryDelay(times: number): number {
  const delayMs = Math.min(RETRY_MAX_MS, 50 * 2 ** Math.min(times, 10))
  // Many hubs that lost one Redis do not come back in step.
  return delayMs * (0.5 + Math.random() / 2)
}

/** The connection for messages, made when the first channel is wanted. */
function createMessages(address: RedisAddress) {
  const channels = new Map<string, Set<(message: string) => void>>()
  let client: Redis | Cluster | undefined

  function open(): Redis | Cluster {
    const opened = connect(address, { waits: true })
    // The command connection tells of the same trouble.
    opened.on('error', () => undefined)
    opened.on('message', (channel: string, message: string) => {
      for (const listener of channels.get(channel) ?? []) listener(message)
    })
    // Each time anew: a subscription that was under way when the connection broke is known to nobody.
    opened.on('ready', () => {
      for (const channel of channels.keys()) subscribeNow(channel)
    })
    return opened
  }

  function subscribeNow(channel: string): void {
    client?.subscribe(channel).catch(() => undefined)
  }

  return {
    subscribe(channel: string, listener: (message: string) => void): () => void {
      const listeners = channels.get(channel) ?? new Set()
      channels.set(channel, listeners.add(listener))
      client ??= open()
      if (listeners.size === 1 && client.status === 'ready') subscribeNow(channel)
      return () => listeners.delete(listener)
    },
    close() {
      channels.clear()
      client?.disconnect()
    },
  }
}

function deadline(milliseconds: number): { promise: Promise<never>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${milliseconds} ms`)), milliseconds)
  })
  promise.catch(() => undefined)
  return { promise, cancel: () => clearTimeout(timer) }
}
