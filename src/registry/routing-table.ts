// The immutable snapshot every request is routed with: platforms, parties and tokens in maps, endpoints taken
// apart once. A change makes a new one, patched where the same parties are there, and it is swapped by reference.

import { readTarget, type Endpoint, type Target } from '../ocpi/endpoint.ts'
import { moduleKey, type InterfaceRole } from '../ocpi/module.ts'
import { partyKey, type PartyId, type PartyKey } from '../ocpi/party.ts'
import { writeAuthorization } from '../ocpi/token.ts'
import { changedKeys, patchMap } from './patched-map.ts'
import {
  type ConnectionStatus,
  type InboundToken,
  isReported,
  type Platform,
  type PlatformRole,
  statusOf,
} from './platform.ts'
import { findYielding, isYieldable } from './yielding.ts'

/** An endpoint with its URL taken apart. */
export interface RoutedEndpoint {
  readonly endpoint: Endpoint
  readonly target: Target
}

/** A platform as requests need it. */
export interface Connection {
  readonly platform: Platform
  /** Ready Authorization header value for requests to it; `''` while it has no outbound token. */
  readonly authorization: string
  /** Its own and, of a hub, those behind it; without those that count elsewhere (yielding.ts). */
  readonly parties: ReadonlyMap<PartyKey, readonly PartyEntry[]>
  /** Its roles that count elsewhere. */
  readonly yielded: ReadonlySet<PlatformRole>
  /** The only party of the platform, if there is just one (T5). */
  readonly soleParty: PartyId | undefined
  /** Those that can be used, by `moduleKey`. */
  readonly endpoints: Readonly<Record<InterfaceRole, ReadonlyMap<string, RoutedEndpoint>>>
  /** First endpoint of (module in any spelling, interface). */
  endpoint(module: string, role: InterfaceRole): RoutedEndpoint | undefined
}

/** One party in one role, and where it is connected. */
export interface PartyEntry {
  readonly key: PartyKey
  readonly connection: Connection
  readonly role: PlatformRole
  readonly status: ConnectionStatus
  /** The platform is a hub that has reported it (T25). */
  readonly behind?: true
}

export interface RoutingTable {
  /** Grows with every snapshot of this process. */
  readonly revision: number
  readonly connections: ReadonlyMap<string, Connection>
  readonly parties: ReadonlyMap<PartyKey, readonly PartyEntry[]>
  /** Platform and token for a keyed token hash. */
  readonly tokens: ReadonlyMap<string, { readonly connection: Connection; readonly token: InboundToken }>
  /** Parties that one platform may have to yield to another. */
  readonly contested: ReadonlySet<PartyKey>
}

/** A connection that is not the same in two tables; what it was, and what it is, if it was or is. */
export interface ConnectionChange {
  readonly old?: Connection
  readonly now?: Connection
}

/** What has changed from one table to the next; cheap, because what is the same is the same object. */
export function changesOf(after: RoutingTable, before: RoutingTable): ConnectionChange[] {
  return changedKeys(after.connections, before.connections).map((id) => {
    const now = after.connections.get(id)
    const old = before.connections.get(id)
    return { ...(old ? { old } : {}), ...(now ? { now } : {}) }
  })
}

/**
 * Builds the snapshot. Endpoints whose URL is unusable are left out; later platforms never displace earlier ones.
 * Connections of platforms that are the same objects as in `before` are taken over from it; with `changed`, the only
 * platforms that are not, nobody looks for them.
 */
export function buildRoutingTable(
  platforms: readonly Platform[] | ReadonlyMap<string, Platform>,
  revision: number,
  before?: RoutingTable,
  changed: Iterable<Platform> = platforms.values(),
): RoutingTable {
  const number = 'size' in platforms ? platforms.size : platforms.length
  return (
    (number === before?.connections.size ? patchTable(changed, revision, before) : undefined) ??
    buildWhole([...platforms.values()], revision, before)
  )
}

function buildWhole(
  platforms: readonly Platform[],
  revision: number,
  before: RoutingTable | undefined,
): RoutingTable {
  const { yielded, contested } = findYielding(platforms)
  const connections = new Map<string, Connection>()
  const parties = new Map<PartyKey, readonly PartyEntry[]>()
  const tokens = new Map<string, { connection: Connection; token: InboundToken }>()
  for (const platform of platforms) {
    const known = before?.connections.get(platform.id)
    const without = yielded.get(platform.id)
    const isSame = known?.platform === platform && hasYielded(known, without)
    const connection = isSame ? known : toConnection(platform, known, without)
    connections.set(platform.id, connection)
    for (const token of platform.inbound) {
      if (!tokens.has(token.hash)) tokens.set(token.hash, { connection, token })
    }
    for (const [key, entries] of connection.parties) {
      const others = parties.get(key)
      parties.set(key, others ? [...others, ...entries] : entries)
    }
  }
  return { revision, connections, parties, tokens, contested }
}

/** Whether a connection was made without these roles and no others. */
function hasYielded({ yielded }: Connection, without: ReadonlySet<PlatformRole> = NONE): boolean {
  return yielded.size === without.size && [...without].every((role) => yielded.has(role))
}

const NONE: ReadonlySet<PlatformRole> = new Set()

/** The table before with other statuses, dates and endpoints; `undefined` when more than that has changed. */
function patchTable(
  platforms: Iterable<Platform>,
  revision: number,
  before: RoutingTable,
): RoutingTable | undefined {
  const connections = new Map<string, Connection>()
  const parties = new Map<PartyKey, readonly PartyEntry[]>()
  const tokens = new Map<string, { connection: Connection; token: InboundToken }>()
  for (const platform of platforms) {
    const old = before.connections.get(platform.id)
    if (!old) return undefined
    if (old.platform === platform) continue
    const connection = toConnection(platform, old)
    if (!hasSameKeys(connection, old) || isContested(old, before)) return undefined
    connections.set(platform.id, connection)
    for (const [key, entries] of connection.parties) {
      const all = parties.get(key) ?? before.parties.get(key)!
      const first = all.findIndex((entry) => entry.connection === old)
      const isAlone = all.length === entries.length
      parties.set(key, isAlone ? entries : all.toSpliced(first, entries.length, ...entries))
    }
    for (const token of platform.inbound) {
      if (before.tokens.get(token.hash)?.connection === old) tokens.set(token.hash, { connection, token })
    }
  }
  const patched = {
    connections: patchMap(before.connections, connections),
    parties: patchMap(before.parties, parties),
    tokens: patchMap(before.tokens, tokens),
  }
  return { revision, ...patched, contested: before.contested }
}

/** Whether what has changed of it may change what counts of others. */
function isContested({ parties, yielded }: Connection, { contested }: RoutingTable): boolean {
  if (contested.size === 0) return false
  return yielded.size > 0 || [...parties.keys()].some((key) => contested.has(key))
}

function hasSameKeys(one: Connection, other: Connection): boolean {
  const tokensOf = ({ platform }: Connection): string => platform.inbound.map((token) => token.hash).join()
  return (
    one.parties.size === other.parties.size &&
    [...one.parties].every(([key, entries]) => isAlike(entries, other.parties.get(key))) &&
    tokensOf(one) === tokensOf(other)
  )
}

function isAlike(one: readonly PartyEntry[], other: readonly PartyEntry[] = []): boolean {
  return (
    one.length === other.length &&
    one.every(({ role }, index) => isYieldable(role) === isYieldable(other[index]!.role))
  )
}

/** Its endpoints by interface and module, each taken apart once: the same ones are taken over from `old`. */
function toEndpoints({ endpoints }: Platform, old: Connection | undefined): Connection['endpoints'] {
  if (old?.platform.endpoints === endpoints) return old.endpoints
  const routed = { SENDER: new Map<string, RoutedEndpoint>(), RECEIVER: new Map<string, RoutedEndpoint>() }
  for (const endpoint of endpoints) {
    const ofRole = routed[endpoint.role]
    const key = moduleKey(endpoint.module)
    const target = ofRole.has(key) ? undefined : readTarget(endpoint.url)
    if (target) ofRole.set(key, { endpoint, target })
  }
  return routed
}

function toConnection(
  platform: Platform,
  old: Connection | undefined,
  yielded: ReadonlySet<PlatformRole> = NONE,
): Connection {
  const all = platform.behind ? [...platform.roles, ...platform.behind] : platform.roles
  const roles = yielded.size > 0 ? all.filter((role) => !yielded.has(role)) : all
  const endpoints = toEndpoints(platform, old)
  const live = roles.filter((role) => !role.withdrawn)
  const keys = new Set(live.map(partyKey))
  const { outbound } = platform
  const parties = new Map<PartyKey, PartyEntry[]>()
  const connection: Connection = {
    platform,
    authorization: outbound ? writeAuthorization(outbound.token, outbound.form) : '',
    parties,
    soleParty: keys.size === 1 ? live[0] : undefined,
    yielded,
    endpoints,
    endpoint: (module, role) => endpoints[role].get(moduleKey(module)),
  }
  for (const role of roles) {
    const key = partyKey(role)
    const plain = { key, connection, role, status: statusOf(platform, role) }
    const entry: PartyEntry = isReported(role) ? { ...plain, behind: true } : plain
    const entries = parties.get(key)
    if (entries) entries.push(entry)
    else parties.set(key, [entry])
  }
  return connection
}
