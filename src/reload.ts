// Takes a configuration file over that was read again, while the hub runs: all of it or nothing, and no request is
// dropped. What cannot be changed in a running hub refuses the whole, by the names of its keys.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ReloadOutcome } from './admin/operations.ts'
import type { Base } from './base.ts'
import { compareConfigs } from './config/changes.ts'
import { toFilePlatform } from './config/file-platforms.ts'
import type { HubConfig, PlatformConfig } from './config/hub-config.ts'
import { type ConfigResult, formatFault } from './config/load.ts'
import { oneByOne } from './journal/one-by-one.ts'
import type { TokenHashes } from './registry/keyring.ts'
import type { Platform } from './registry/platform.ts'

export interface Reload {
  /** Reads the file and takes it over; one run after the other. Never rejects. */
  run(): Promise<ReloadOutcome>
  /** What a run would do now, but for contradictions that are found only then. Never rejects. */
  preview(): Promise<ReloadOutcome>
}

export function createReload(base: Base, load: (() => Promise<ConfigResult>) | undefined): Reload {
  const { log } = base
  let { config } = base
  let certificates = digestsOf(config)
  let platforms = new Map(base.filePlatforms.map((platform) => [platform.id, platform]))
  const alone = oneByOne()

  /** Reads the file; `next` is there if it can be taken over. */
  async function look(): Promise<{ readonly outcome: ReloadOutcome; readonly next?: HubConfig }> {
    if (!load) return { outcome: { result: 'no_file' } }
    const { config: next, faults } = await load()
    if (!next) return { outcome: { result: 'invalid', faults } }
    const { changes, restart } = compareConfigs(config, next)
    if (restart.length > 0) return { outcome: { result: 'restart_needed', keys: restart } }
    const renewed = [...digestsOf(next)].filter(([key, digest]) => certificates.get(key) !== digest)
    return { outcome: { result: 'done', changes: [...changes, ...renewed.map(([key]) => ({ key }))] }, next }
  }

  async function run(): Promise<ReloadOutcome> {
    const { outcome, next } = await look()
    if (!next) return outcome
    try {
      takeOver(next)
    } catch (error) {
      // Two platforms of the file contradict each other, which is found out before anything is changed.
      if (error instanceof RangeError) return { result: 'contradiction', detail: error.message }
      throw error
    }
    return outcome
  }

  function takeOver(next: HubConfig): void {
    const now = new Date()
    const before = new Map(config.platforms.map((one) => [one.id, one]))
    const hashes = base.keyring.tokens
    const made = next.platforms.map((one) => {
      const known = platforms.get(one.id)
      return known ? renewed(known, before.get(one.id), one, hashes, now) : toFilePlatform(one, hashes, now)
    })
    base.registry.replaceFilePlatforms(made)
    platforms = new Map(made.map((platform) => [platform.id, platform]))
    if (JSON.stringify(next.routes) !== JSON.stringify(config.routes)) base.routes.replaceFile(next.routes)
    base.live.take(next)
    log.configure(next.log)
    certificates = digestsOf(next)
    config = next
  }

  function failed(err: unknown): ReloadOutcome {
    log.error({ err }, 'the configuration could not be taken over')
    return { result: 'contradiction', detail: 'the hub failed by a fault of its own; see its log' }
  }

  async function runAndTell(): Promise<ReloadOutcome> {
    const outcome = await run().catch(failed)
    tell(outcome)
    return outcome
  }

  function tell(outcome: ReloadOutcome): void {
    switch (outcome.result) {
      case 'done': {
        const changed = outcome.changes.some(({ key }) => key === 'routes')
        const shadowed = changed && base.routes.current().source === 'registry'
        const hint = shadowed ? '; its routes wait, because others were set over the admin API' : ''
        log.info({ changes: outcome.changes }, `the configuration was read again${hint}`)
        return
      }
      case 'invalid':
        log.error(
          { faults: outcome.faults.map(formatFault) },
          'the configuration is not valid; nothing was changed',
        )
        return
      case 'restart_needed':
        log.error({ keys: outcome.keys }, 'these keys need a restart; nothing was changed')
        return
      case 'contradiction':
        log.error({ detail: outcome.detail }, 'the configuration contradicts itself; nothing was changed')
        return
      case 'no_file':
        log.warn({}, 'the hub was started without a file; there is nothing to read again')
    }
  }

  return {
    run: () => alone(runAndTell),
    preview: () => look().then(({ outcome }) => outcome, failed),
  }
}

const TLS_FILES = [
  ['cert', 'cert'],
  ['key', 'key'],
  ['clientCa', 'client_ca'],
] as const

/** Of the files behind the certificates of the listeners, by their keys: they change under names that stay. */
function digestsOf({ listen }: HubConfig): ReadonlyMap<string, string> {
  const digests = new Map<string, string>()
  for (const [side, { tls }] of Object.entries(listen)) {
    for (const [name, key] of TLS_FILES) {
      const file = tls?.[name]
      if (file === undefined) continue
      const digest = createHash('sha256').update(readFileSync(file)).digest('base64url')
      digests.set(`listen.${side}.tls.${key}`, digest)
    }
  }
  return digests
}

/** A platform of the file read again: what did not change keeps its dates (R91). */
function renewed(
  known: Platform,
  before: PlatformConfig | undefined,
  config: PlatformConfig,
  hashes: TokenHashes,
  now: Date,
): Platform {
  if (JSON.stringify(before) === JSON.stringify(config)) return known
  const next = toFilePlatform(config, hashes, now)
  if (next.status !== known.status) return next
  const roles = next.roles.map((role) => {
    const same = known.roles.find(
      (one) => one.countryCode === role.countryCode && one.partyId === role.partyId && one.role === role.role,
    )
    return same ? { ...role, lastUpdated: same.lastUpdated } : role
  })
  return { ...next, roles }
}
