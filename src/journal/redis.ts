// The only door to Redis: one connection for commands, one for messages, shared by registry, links and journal.
// Every call has a deadline and ends in an answer or in the fault `store_unavailable`; nothing waits for a reconnect.

import { createHash } from 'node:crypto'
import { Cluster, Redis } from 'ioredis'
import { Fault } from '../faults/fault.ts'
import { deadline } from './deadline.ts'
import { createServerClock } from './redis-clock.ts'
import { createMessages } from './redis-messages.ts'
import { readRedisUrl, type RedisAddress, taggedPrefix } from './redis-url.ts'

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
  /**
   * A script of `defineWrite`, run once more if it fails at once: it recognises what it has done already. What threw
   * `store_unavailable` does not take effect any more, unless the connection broke while the answer was on its way.
   */
  write(
    script: RedisScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
    deadlineMs?: number,
  ): Promise<unknown>
  /** Hears the messages on a channel (see `key`), as long as it is connected. Gives the way to stop. */
  subscribe(channel: string, listener: (message: string) => void): () => void
  /** Milliseconds since the epoch by the server's clock, which all who share it go by; see `ServerClock`. */
  readonly now: () => number
  /** Called each time the command connection is ready again. Gives the way to stop. */
  onReady(listener: () => void): () => void
  close(): Promise<void>
}

export interface RedisConnectionOptions {
  /** A form of redis-url.ts. */
  readonly url: string
  /** `ocpi-hub:` makes keys like `{ocpi-hub}:platforms`. */
  readonly keyPrefix: string
  /** Of calls. */
  readonly deadlineMs?: number
  /** Of writes. */
  readonly writeDeadlineMs?: number
}

const DEADLINE_MS = 350
// Whoever asked for a write is to know within a second.
const WRITE_MS = 600
// How long before the deadline Redis stops to carry a write out: the time its answer has.
const ANSWER_MS = 100
const CONNECT_MS = 2000
// A server that is frozen keeps its connections: after this time without an answer they are given up.
const SILENCE_MS = 3000
const RETRY_MAX_MS = 1000
// A server that stays read-only is not left at every write.
const READ_ONLY_REST_MS = 2000
const LATE = 'LATE'
// What the library says between the end of a connection and its notice of it, and of what was under way then.
const LOST = /^(?:Stream isn't writeable|Reached the max retries per request)/
const TIME = defineScript(`return redis.call('TIME')`)

/** A script for `RedisConnection.run`. */
export function defineScript(lua: string): RedisScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/** A script for `RedisConnection.write`, which gives it the instant after which it does nothing. */
export function defineWrite(lua: string): RedisScript {
  return defineScript(`
do
  local now = redis.call('TIME')
  if now[1] * 1000 + now[2] / 1000 > tonumber(table.remove(ARGV)) then
    return redis.error_reply('${LATE} the write came after its deadline')
  end
end
${lua}`)
}

/** Connects in the background and goes on trying for ever. Throws `RangeError` for a URL that is none. */
export function openRedis(options: RedisConnectionOptions): RedisConnection {
  const { deadlineMs: usualMs = DEADLINE_MS, writeDeadlineMs = WRITE_MS } = options
  const address = readRedisUrl(options.url)
  const prefix = taggedPrefix(options.keyPrefix)
  let trouble = 'not connected yet'
  let closed = false
  const open = (options: Parameters<typeof connect>[1]) => lasting(connect(address, options), () => closed)
  const commands = open({ waits: false, left: (message) => (trouble = message) })
  let tried = (): void => undefined
  const firstTry = new Promise<void>((resolve) => (tried = resolve))
  const readyListeners = new Set<() => void>()
  // The library goes on in database 0 when another one is refused: there may be the registry of somebody else.
  let isElsewhere = false
  commands.on('connect', () => (isElsewhere = false))
  commands.on('error', (error: Error & { readonly command?: { readonly name: string } }) => {
    // What failed because of it tells nothing.
    if (!isElsewhere) trouble = wordsOf(error)
    if (error.command?.name === 'select') {
      isElsewhere = true
      commands.disconnect(true)
    }
    tried()
  })
  commands.on('close', () => tried())
  commands.on('ready', () => {
    if (isElsewhere) return
    tried()
    trouble = 'the connection was lost'
    clock.forget()
    clock.learn().catch(() => undefined)
    for (const listener of readyListeners) listener()
  })
  // The command connection tells of the same trouble.
  const messages = createMessages(() => open({ waits: true }).on('error', () => undefined))
  // By a script with a key: on a Cluster the node that has the keys is to be asked.
  const clock = createServerClock(async () => {
    const answer = await within(usualMs, () => runScript(TIME, [prefix], []))
    const [seconds, microseconds] = (answer as readonly unknown[]).map(Number)
    return seconds! * 1000 + microseconds! / 1000
  })

  const notConnected = (): string => `not connected: ${trouble}`

  /** Runs `send` once connected, within the deadline. */
  async function within(deadlineMs: number, send: () => Promise<unknown>): Promise<unknown> {
    const { promise: late, cancel } = deadline(deadlineMs)
    try {
      // Only at the very start is there something to wait for: later, not being connected is an outage.
      await Promise.race([firstTry, late])
      if (commands.status !== 'ready' || isElsewhere) throw new Error(notConnected())
      const answer = send()
      answer.catch(() => undefined)
      return await Promise.race([answer, late])
    } catch (error) {
      if (error instanceof Fault) throw error
      // Without its cause: that holds the arguments of the command.
      const message = error instanceof Error ? error.message : String(error)
      const reason = LOST.test(message) ? notConnected() : message
      throw new Fault('store_unavailable', { detail: `Redis: ${reason}` })
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

  async function write(
    script: RedisScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
    deadlineMs = writeDeadlineMs,
  ): Promise<unknown> {
    const end = performance.now() + deadlineMs
    const send = () =>
      within(end - performance.now(), async () =>
        runScript(script, keys, [...args, await clock.timeAt(end - ANSWER_MS)]),
      )
    try {
      return await send()
    } catch (error) {
      if (end - performance.now() < 1) throw error
      // A clock that was set, here or there, makes every write late.
      if (error instanceof Fault && error.info.detail?.startsWith(`Redis: ${LATE}`)) clock.forget()
      return send()
    }
  }

  return {
    key: (name) => prefix + name,
    call: (command, args, deadlineMs = usualMs) =>
      within(deadlineMs, () => commands.call(command, ...args.map(String))),
    run: (script, keys, args, deadlineMs = usualMs) =>
      within(deadlineMs, () => runScript(script, keys, args)),
    write,
    now: clock.now,
    subscribe: (channel, listener) => messages.subscribe(channel, listener),
    onReady(listener) {
      readyListeners.add(listener)
      return () => readyListeners.delete(listener)
    },
    async close() {
      closed = true
      clock.stop()
      messages.close()
      commands.disconnect()
    },
  }
}

/** `waits`: commands wait for a connection; `left` hears why a server was left that takes no writes. */
function connect(
  address: RedisAddress,
  { waits, left }: { readonly waits: boolean; readonly left?: (message: string) => void },
): Redis | Cluster {
  const { mode, nodes, master, username, password, tls, db, protocol } = address
  const common = {
    connectTimeout: CONNECT_MS,
    // A server that reads its data is asked again soon: how long it will take it tells wrongly in the beginning.
    maxLoadingRetryTime: RETRY_MAX_MS,
    // What was under way when a connection broke is not sent again by the library: whoever sent it decides.
    autoResendUnfulfilledCommands: false,
    // Subscriptions are made anew below: the library's own fail with nobody listening, which ends the process.
    autoResubscribe: false,
    reconnectOnError: leaveReadOnly(left),
    // With any other number what was under way at the first of so many breaks would never be answered.
    maxRetriesPerRequest: waits ? null : 0,
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

/** The library ends for good when a Sentinel tells of a new master while it still asks for the address of one. */
function lasting(client: Redis | Cluster, isClosed: () => boolean): Redis | Cluster {
  const again = (): unknown => isClosed() || client.connect().catch(() => undefined)
  return client.on('end', () => isClosed() || setTimeout(again, retryDelay(1)))
}

/** After a failover the old master refuses writes: the new one may be found by connecting anew. */
function leaveReadOnly(left?: (message: string) => void): (error: Error) => boolean {
  let leftAt = -Infinity
  return ({ message }) => {
    if (!message.includes('READONLY') || performance.now() - leftAt < READ_ONLY_REST_MS) return false
    leftAt = performance.now()
    left?.(message)
    return true
  }
}

/** Why there is no connection: what a node of a Cluster said, and no words that change with every try. */
function wordsOf(error: Error & { readonly lastNodeError?: Error }): string {
  const { message } = error.lastNodeError ?? error
  return message.replace(/ Retrying from scratch after [\d.]+ms\./, '')
}

function retryDelay(times: number): number {
  const delayMs = Math.min(RETRY_MAX_MS, 50 * 2 ** Math.min(times, 10))
  // Many hubs that lost one Redis do not come back in step.
  return delayMs * (0.5 + Math.random() / 2)
}
