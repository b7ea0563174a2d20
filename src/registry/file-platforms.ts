// Platforms of the configuration file beside those of the store. The file is the authority for its platforms; only
// what happens in operation (status, discovered endpoints, their dates) is kept, as an overlay record. A stored
// platform that claims the id, a party or a token of a file platform is left out whole and told as a clash.

import { withMembers } from '../ocpi/with-members.ts'
import type { KnownRecords } from './known.ts'
import { changedKeys, patchMap } from './patched-map.ts'
import { isHub, type Platform, type PlatformRole } from './platform.ts'
import { claimedParty, partyClaims, recordId, tokenClaims, type StoredPlatform } from './record.ts'
import type { PutResult } from './registry.ts'

/** What the platforms of the file hold against all others, in whatever status they are in operation. */
export interface FileClaims {
  /** The platforms by id, in their order. */
  readonly platforms: ReadonlyMap<string, Platform>
  /** Claim (registry/record.ts) -> id of the file platform. */
  readonly parties: ReadonlyMap<string, string>
  readonly tokens: ReadonlyMap<string, string>
}

/** Collects the claims. Throws `RangeError` when two platforms of the file claim the same: nothing is taken over then. */
export function claimsOfFile(platforms: readonly Platform[]): FileClaims {
  const byId = new Map<string, Platform>()
  const parties = new Map<string, string>()
  const tokens = new Map<string, string>()
  function claim(map: Map<string, string>, key: string, id: string, what: string): void {
    if (map.has(key)) throw new RangeError(`${what} belongs to the platforms ${map.get(key)} and ${id}`)
    map.set(key, id)
  }
  for (const platform of platforms) {
    if (byId.has(platform.id)) throw new RangeError(`the platform ${platform.id} stands twice`)
    byId.set(platform.id, platform)
    // In operation a platform may be resumed that the file suspends: its parties are taken all the same.
    for (const party of partyClaims({ ...platform, status: 'CONNECTED' }))
      claim(parties, party, platform.id, party)
    for (const token of tokenClaims(platform)) claim(tokens, token, platform.id, 'one inbound token')
  }
  return { platforms: byId, parties, tokens }
}

/** The conflict of a platform of the store with those of the file, if any. */
export function conflictWithFile(
  platform: Platform,
  file: FileClaims,
): (PutResult & { ok: false }) | undefined {
  if (file.platforms.size === 0) return undefined
  if (file.platforms.has(platform.id)) return { ok: false, conflict: 'stale', holder: platform.id }
  for (const claim of partyClaims(platform)) {
    const holder = file.parties.get(claim)
    if (holder !== undefined) return { ok: false, conflict: 'party', party: claimedParty(claim), holder }
  }
  for (const token of tokenClaims(platform)) {
    const holder = file.tokens.get(token)
    if (holder !== undefined) return { ok: false, conflict: 'token', holder }
  }
  return undefined
}

/** All platforms of a snapshot. */
export interface Joined {
  /** By the ids of their records; those of the file first. */
  readonly platforms: ReadonlyMap<string, Platform>
  /** Ids of the stored ones that are left out for the sake of the file. */
  readonly left: readonly string[]
  /** Number of records that cannot be read. */
  readonly broken: number
  /** Of `platforms` those that are not what they were at the join before; the others are the same objects. */
  readonly changed: readonly Platform[]
}

/** What is joined: the platforms of the file with what they claim, and the records of the store. */
export interface ToJoin {
  readonly file: FileClaims
  readonly known: KnownRecords
}

interface Before {
  readonly from: ToJoin
  readonly joined: Joined
}

/** Joins again and again. As long as the same platforms are there it costs what has changed, not what there is. */
export function createJoin(): (from: ToJoin) => Joined {
  let before: Before | undefined
  return (from) => {
    const joined = (before && patchJoined(from, before)) ?? joinPlatforms(from)
    before = { from, joined }
    return joined
  }
}

/** `undefined` when a platform came or went, or may be left out now. */
function patchJoined({ file, known }: ToJoin, before: Before): Joined | undefined {
  if (file !== before.from.file) return undefined
  const changes = new Map<string, Platform>()
  for (const id of changedKeys(known, before.from.known)) {
    const [now, old] = [known.get(id), before.from.known.get(id)]
    const joined = before.joined.platforms.get(id)
    if (!joined || !now?.stored || old?.problem !== undefined) return undefined
    const inFile = joined.source === 'file' ? file.platforms.get(joined.id) : undefined
    if (!inFile && conflictWithFile(now.stored.platform, file)) return undefined
    changes.set(id, inFile ? withOverlay(inFile, now.stored) : now.stored.platform)
  }
  const platforms = patchMap(before.joined.platforms, changes)
  return { ...before.joined, platforms, changed: [...changes.values()] }
}

function joinPlatforms({ file, known }: ToJoin): Joined {
  const registered = registeredById(known)
  const left = new Set(
    file.platforms.size === 0 ? [] : registered.filter((platform) => conflictWithFile(platform, file)),
  )
  const platforms = [
    ...[...file.platforms.values()].map((platform) =>
      withOverlay(platform, known.get(recordId(platform))?.stored),
    ),
    ...registered.filter((platform) => !left.has(platform)),
  ]
  return {
    platforms: new Map(platforms.map((platform) => [recordId(platform), platform])),
    left: [...left].map((platform) => platform.id),
    broken: [...known.values()].filter((entry) => entry.problem).length,
    changed: platforms,
  }
}

/** By id: every hub of a cluster lists its platforms in the same order. */
function registeredById(known: KnownRecords): Platform[] {
  const found: Platform[] = []
  for (const { stored } of known.values()) {
    if (stored?.platform.source === 'registered') found.push(stored.platform)
  }
  // Mostly in order already, which makes this cheap.
  return found.sort((one, other) => (one.id < other.id ? -1 : 1))
}

/** What is kept of a file platform: no tokens, and the file's status, to notice when the file is edited. */
export function toOverlay(platform: Platform, file: Platform): StoredPlatform {
  const { outbound: _, ...plain } = platform
  return { platform: { ...plain, source: 'file', inbound: [] }, fileStatus: file.status }
}

/** A file platform as it stands in operation. A status that was edited in the file since then wins. */
function withOverlay(file: Platform, overlay: StoredPlatform | undefined): Platform {
  if (!overlay) return file
  const { platform, fileStatus } = overlay
  return withMembers(file, {
    revision: platform.revision,
    status: fileStatus === file.status ? platform.status : file.status,
    endpoints: file.endpoints.length > 0 ? file.endpoints : platform.endpoints,
    roles: file.roles.map((role) => withLaterDate(role, platform.roles)),
    ...(platform.behind && isHub(file) ? { behind: platform.behind } : {}),
    lastUpdated: later(file.lastUpdated, platform.lastUpdated),
  })
}

function withLaterDate(role: PlatformRole, kept: readonly PlatformRole[]): PlatformRole {
  const same = kept.find(
    (other) =>
      other.role === role.role && other.countryCode === role.countryCode && other.partyId === role.partyId,
  )
  return same ? withMembers(role, { lastUpdated: later(role.lastUpdated, same.lastUpdated) }) : role
}

function later(one: string, other: string): string {
  return Date.parse(other) > Date.parse(one) ? other : one
}
