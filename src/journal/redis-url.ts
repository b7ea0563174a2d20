// The forms in which registry.url names a Redis:
//   redis://[user:password@]host[:6379][/db]                    one server (rediss:// = TLS)
//   redis+sentinel://[user:password@]h1[:26379],h2,…/master[/db]   the master that these Sentinels name (rediss+sentinel://)
//   redis+cluster://[user:password@]h1[:6379],h2,…             Redis Cluster (rediss+cluster://)
// `?protocol=2` keeps to RESP2 for old proxies; `?sentinel_user=…&sentinel_password=…` are the Sentinels' own.

import { z } from 'zod'

export interface RedisAddress {
  readonly mode: 'single' | 'sentinel' | 'cluster'
  readonly tls: boolean
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly username?: string
  readonly password?: string
  readonly db: number
  /** Name of the master, with Sentinels. */
  readonly master?: string
  readonly sentinelUsername?: string
  readonly sentinelPassword?: string
  readonly protocol: 2 | 3
}

const FORM =
  /^(redis|rediss)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#]*)@)?([^/?#@]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/i
const NODE = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i

const QUERY = z.strictObject({
  protocol: z.enum(['2', '3']).exactOptional(),
  sentinel_user: z.string().exactOptional(),
  sentinel_password: z.string().exactOptional(),
})

/** Reads a URL. Throws `RangeError` saying what is wrong, without repeating any secret of it. */
export function readRedisUrl(url: string): RedisAddress {
  const match = FORM.exec(url.trim())
  if (!match)
    throw new RangeError('a Redis URL is redis://, rediss://, redis+sentinel:// or redis+cluster://')
  const [, scheme, kind, user, hosts, path, search] = match
  const mode = (kind?.toLowerCase() as 'sentinel' | 'cluster' | undefined) ?? 'single'
  const nodes = hosts!.split(',').map((node) => readNode(node, mode === 'sentinel' ? 26379 : 6379))
  if (mode === 'single' && nodes.length > 1) {
    throw new RangeError('several hosts need redis+sentinel:// or redis+cluster://')
  }
  return {
    mode,
    tls: scheme!.toLowerCase() === 'rediss',
    nodes,
    ...readPath(mode, path ?? ''),
    ...readUser(user),
    ...readQuery(mode, search ?? ''),
  }
}

/** The URL with `mask` in place of its passwords, for people to read. */
export function maskRedisUrl(url: string, mask: string): string {
  return url
    .replace(/^([^:]+:\/\/[^:@/?#]*:)[^@/?#]*@/, (_, before: string) => `${before}${mask}@`)
    .replace(/([?&]sentinel_password=)[^&#]*/, (_, before: string) => before + mask)
}

function readNode(text: string, defaultPort: number): { host: string; port: number } {
  const match = NODE.exec(text)
  const port = Number(match?.[3] ?? defaultPort)
  if (!match || port < 1 || port > 65535)
    throw new RangeError('a host of a Redis URL is host, host:port or [IPv6]:port')
  return { host: (match[1] ?? match[2])!, port }
}

function readPath(mode: RedisAddress['mode'], path: string): { db: number; master?: string } {
  const parts = path.split('/').filter((part) => part !== '')
  const master = mode === 'sentinel' ? parts.shift() : undefined
  if (mode === 'sentinel' && master === undefined) {
    throw new RangeError('redis+sentinel:// ends with the name of the master, e.g. /mymaster')
  }
  const [db = '0', ...rest] = parts
  if (rest.length > 0 || !/^\d{1,5}$/.test(db))
    throw new RangeError('the database of a Redis URL is a number')
  if (mode === 'cluster' && db !== '0') throw new RangeError('Redis Cluster has database 0 only')
  return { db: Number(db), ...(master === undefined ? {} : { master: decode(master) }) }
}

function readUser(user: string | undefined): { username?: string; password?: string } {
  if (user === undefined || user === '') return {}
  const colon = user.indexOf(':')
  // Without a colon a name would be meant as a password by some and as a user by others.
  if (colon < 0) throw new RangeError('a Redis URL has user:password@ or :password@ before its host')
  const [username, password] = [decode(user.slice(0, colon)), decode(user.slice(colon + 1))]
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) }
}

function readQuery(mode: RedisAddress['mode'], search: string) {
  const parsed = QUERY.safeParse(Object.fromEntries(new URLSearchParams(search)))
  const { sentinel_user: sentinelUsername, sentinel_password: sentinelPassword, protocol } = parsed.data ?? {}
  if (!parsed.success || (mode !== 'sentinel' && (sentinelUsername ?? sentinelPassword) !== undefined)) {
    throw new RangeError(
      'a Redis URL takes ?protocol=2, and with Sentinel sentinel_user and sentinel_password',
    )
  }
  return {
    protocol: protocol === '2' ? (2 as const) : (3 as const),
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new RangeError('a Redis URL has a % that begins no %XX')
  }
}

/** `ocpi-hub:` -> `{ocpi-hub}:`; a prefix that has a tag of its own is kept. */
export function taggedPrefix(prefix: string): string {
  return /\{[^}]+\}/.test(prefix) ? prefix : `{${prefix.replace(/:$/, '') || 'ocpi-hub'}}:`
}
