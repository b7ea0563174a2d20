// The registry over any store: an immutable snapshot that is rebuilt whole and swapped, kept current by hints and a
// poll, and kept at all costs when the store is away. Requests never wait for the store.

import { randomUUID } from 'node:crypto'
import { Fault } from '../faults/fault.ts'
import type { Log } from '../journal/log.ts'
import { claimsOfFile, conflictWithFile, createJoin, toOverlay } from './file-platforms.ts'
import { dueRecords, neededKeys, reportKeys, type ResealableRecord } from './key-use.ts'
import { type Secrets, toKeyring } from './keyring.ts'
import { foreignKeys, showsConflict } from './known.ts'
import { createMirror } from './mirror.ts'
import type { Platform } from './platform.ts'
import { claimedParty, partyClaims, recordId, tokenClaims, writeBody, type WrittenBody } from './record.ts'
import type { PutResult, Registry, RegistryHealth, ResealResult, TableListener } from './registry.ts'
import { buildRoutingTable, changesOf } from './routing-table.ts'
import { schemaOf, UPGRADE_STEPS, type UpgradeStep } from './schema.ts'
import { spread } from './spread.ts'
import type { RecordWrite, RegistryStore } from './store.ts'
import { createUpkeep } from './upkeep.ts'

export interface RegistryOptions {
  /** For the outbound tokens. */
  readonly secretKeys: Secrets
  /** Platforms of the configuration file, `source: 'file'`. */
  readonly filePlatforms?: readonly Platform[]
  readonly log?: Pick<Log, 'info' | 'warn' | 'error'>
  /** How often the store is asked where it stands, and whether it takes writes. Milliseconds. */
  readonly pollMs?: number
  readonly upgradeSteps?: readonly UpgradeStep[]
}

const POLL_MS = 1000
const SHRUNK =
  'the store came back with far fewer platforms; the last good registry is served until an operator confirms or restores'
/** Records sealed anew at the same time. */
const RESEALED_TOGETHER = 50
/** Rounds over records that somebody else changed meanwhile. */
const RESEAL_ROUNDS = 3
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined }

/**
 * Opens a registry. With a shared store that is away it resolves all the same, with the platforms of the file only
 * and `health().loaded` false, and recovers by itself. Throws `RangeError` when the store is of a newer version, a
 * secret has not 32 bytes, or the file platforms contradict each other.
 */
export async function createRegistry(store: RegistryStore, options: RegistryOptions): Promise<Registry> {
  const { log = SILENT, pollMs = POLL_MS, upgradeSteps: steps = UPGRADE_STEPS } = options
  const keyring = toKeyring(options.secretKeys)
  const schema = schemaOf(steps)
  const listeners = new Set<TableListener>()
  let file = claimsOfFile(options.filePlatforms ?? [])
  let broken = 0
  let clashes: readonly string[] = []
  let locked: string | undefined
  let isRead = false
  let table = buildRoutingTable(file.platforms, 0)
  const join = createJoin()
  const rebuilding = spread(rebuild)
  const mirror = createMirror(store, { sealer: keyring, steps, log, changed: rebuilding.now })
  const upkeep = createUpkeep(store, { mirror, pollMs, restMs: rebuilding.restMs, log })

  function rebuild(): void {
    const known = mirror.known()
    if (keyring.ids.length > 1) keyring.settle(neededKeys(known, keyring, Date.now()))
    const { platforms, left, changed, ...joined } = join({ file, known })
    broken = joined.broken
    lock(broken > 0 ? foreignKeys(known) : undefined)
    if (left.length > 0 && left.join() !== clashes.join()) {
      log.warn(
        { platforms: left },
        'stored platforms are left out: the configuration file claims their parties',
      )
    }
    clashes = left
    // Told also when nothing is in the store: what comes after it is news.
    const isFirst = !isRead && mirror.loaded()
    isRead ||= isFirst
    // Somebody else's reading of the store was faster than the answer to an own write.
    if (!isFirst && changed.length === 0 && platforms.size === table.connections.size) return
    const before = table
    table = buildRoutingTable(platforms, before.revision + 1, before, changed)
    const changes = changesOf(table, before)
    for (const listener of listeners) {
      try {
        listener(table, before, changes)
      } catch (cause) {
        log.error({ err: cause }, 'a listener of the registry failed')
      }
    }
  }

  /** It was resealed before this hub had the new key: another hub must do its work, as when it starts (D38). */
  function lock(why: string | undefined): void {
    if (why !== undefined && locked === undefined)
      log.error({ detail: why }, 'the registry cannot be read any more')
    locked = why
  }

  /** `read` as `writeBody` gives it, absent for a tombstone; gives the new revision. */
  async function write(
    change: Omit<RecordWrite, 'writeId' | 'seen'>,
    seen: number,
    read?: WrittenBody['read'],
  ): Promise<PutResult | number> {
    requireWhole()
    const { record, problem } = mirror.known().get(change.id) ?? {}
    // Nobody has seen a platform that cannot be read: writing it anew is the way to repair it.
    const repaired = seen === 0 && problem ? (record?.revision ?? 0) : seen
    const writeId = randomUUID()
    const result = await upkeep.watchOver(() => writeOwnSchema({ writeId, seen: repaired, ...change }))
    if (result.ok) {
      const { id, parties, tokens } = change
      const own = { id, parties, tokens, writeId, revision: result.revision }
      if (!mirror.note(own, read?.(result.revision))) upkeep.pullSoon()
      return result.revision
    }
    // Somebody was faster, or the store has lost something.
    if (!showsConflict(mirror.known(), result, { id: change.id, seen: repaired })) upkeep.pullSoon()
    if (result.conflict === 'stale') return { ok: false, conflict: 'stale' }
    const { conflict, claim, holder } = result
    return { ok: false, conflict, holder, ...(conflict === 'party' ? { party: claimedParty(claim) } : {}) }
  }

  /** A store that was taken over answers, and yet is not well: in the words of the reading, if that has told it. */
  async function writeOwnSchema(change: RecordWrite) {
    const result = await store.write(change, schema)
    if (result.ok || result.conflict !== 'schema') return result
    throw new Fault('store_unavailable', {
      detail: upkeep.problem() ?? 'the registry was taken over by a hub of another version',
    })
  }

  function requireWhole(): void {
    if (mirror.shrink()) throw new Fault('store_unavailable', { detail: SHRUNK })
    if (!mirror.loaded()) throw new Fault('store_unavailable', { detail: 'the registry was never loaded' })
  }

  /** Waits until the table shows it. Not where it is written: of many that wait none is to hold on to its body. */
  async function shown(platform: Platform, writing: Promise<PutResult | number>): Promise<PutResult> {
    const written = await writing
    if (typeof written !== 'number') return written
    await rebuilding.soon()
    return { ok: true, platform: fromFile(platform) ? current(platform) : { ...platform, revision: written } }
  }

  async function writePlatform(platform: Platform): Promise<PutResult | number> {
    const conflict = conflictWithFile(platform, file)
    if (conflict) return conflict
    const id = recordId(platform)
    const { record, stored } = mirror.known().get(id) ?? {}
    const { body, read } = writeBody({ platform }, keyring, stored?.platform)
    // The lists of before, if they are the same: they live as long as the record is known.
    const parties = sameList(partyClaims(platform), record?.parties)
    const tokens = sameList(tokenClaims(platform), record?.tokens)
    return write({ id, body, parties, tokens }, platform.revision, read)
  }

  async function writeOverlay(platform: Platform): Promise<PutResult | number> {
    const inFile = file.platforms.get(platform.id)
    if (!inFile) return { ok: false, conflict: 'stale' }
    const id = recordId(platform)
    const before = mirror.known().get(id)?.stored?.platform
    const { body, read } = writeBody(toOverlay(platform, inFile), keyring, before)
    return write({ id, body, parties: [], tokens: [] }, platform.revision, read)
  }

  function current(platform: Platform): Platform {
    return table.connections.get(platform.id)?.platform ?? platform
  }

  async function remove(platform: Platform): Promise<PutResult> {
    // A file platform that nothing was kept of is as the file says already.
    if (platform.revision === 0 && fromFile(platform)) return { ok: true, platform: current(platform) }
    if (platform.revision === 0) return { ok: false, conflict: 'stale' }
    const tombstone = { id: recordId(platform), body: null, parties: [], tokens: [] }
    const removed = await shown(platform, write(tombstone, platform.revision))
    return removed.ok && !fromFile(platform) ? { ok: true, platform } : removed
  }

  /** Only the seal changes: what the record claims stays as it is, whatever the file claims meanwhile. */
  async function sealAnew({ record, stored }: ResealableRecord): Promise<boolean> {
    const { id, parties, tokens } = record
    const { body, read } = writeBody(stored, keyring)
    const written = await write({ id, body, parties, tokens }, record.revision, read)
    await rebuilding.soon()
    return typeof written === 'number'
  }

  async function reseal(): Promise<ResealResult> {
    keyring.useNewest()
    const due = () => dueRecords(mirror.known(), keyring.ids[0]!)
    let resealed = 0
    for (let round = 0; round < RESEAL_ROUNDS && due().length > 0; round++) {
      const records = due()
      for (let at = 0; at < records.length; at += RESEALED_TOGETHER) {
        const done = await Promise.all(records.slice(at, at + RESEALED_TOGETHER).map(sealAnew))
        resealed += done.filter(Boolean).length
      }
      if (due().length > 0) await upkeep.watchOver(() => mirror.pull(true))
    }
    return { resealed, left: due().length }
  }

  /** Reading and writing everything may take a while; whether the store answers at all is known soon. */
  function decide(work: () => Promise<void>): Promise<void> {
    return upkeep.watchOver(async () => {
      await store.head()
      await work()
    })
  }

  function replaceFilePlatforms(platforms: readonly Platform[]): void {
    file = claimsOfFile(platforms)
    rebuilding.now()
  }

  function health(): RegistryHealth {
    const shrunk = mirror.shrink() !== undefined
    const trouble = shrunk ? SHRUNK : (upkeep.problem() ?? locked)
    const reason = trouble ?? leftOut(broken, clashes) ?? upkeep.concern()
    return {
      up: upkeep.problem() === undefined,
      stalenessSeconds: store.shared || shrunk ? upkeep.stalenessSeconds() : 0,
      loaded: mirror.loaded() && locked === undefined,
      ...(reason === undefined ? {} : { reason }),
      ...(shrunk ? { alarm: 'registry_shrunk' as const } : {}),
      ...(broken > 0 ? { broken } : {}),
      ...(clashes.length > 0 ? { clashes: clashes.length } : {}),
    }
  }

  await upkeep.start()
  return {
    table: () => table,
    put: (platform) => shown(platform, fromFile(platform) ? writeOverlay(platform) : writePlatform(platform)),
    remove,
    catchUp: () => upkeep.catchUp(),
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    health,
    replaceFilePlatforms,
    confirmShrink: () => decide(() => mirror.confirmShrink()),
    restore: () => decide(() => mirror.restore()),
    keys: () => reportKeys(mirror.known(), keyring, Date.now()),
    reseal,
    async close() {
      upkeep.stop()
      listeners.clear()
      await store.close()
    },
  }
}

function fromFile({ source }: Platform): boolean {
  return source === 'file'
}

function sameList(now: readonly string[], before: readonly string[] = []): readonly string[] {
  return now.length === before.length && now.every((one, index) => one === before[index]) ? before : now
}

function leftOut(broken: number, clashes: readonly string[]): string | undefined {
  const words = [
    ...(broken > 0 ? [`${broken} stored platforms cannot be read and are left out`] : []),
    ...(clashes.length > 0
      ? [`left out because the configuration file claims the same: ${clashes.join(', ')}`]
      : []),
  ]
  return words.length > 0 ? words.join('; ') : undefined
}
