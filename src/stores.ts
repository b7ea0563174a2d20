// Opens what the hub keeps: in memory, in one embedded environment on disk, or in Redis. The only place that knows
// which adapter the configuration asks for.

import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HubConfig } from './config/hub-config.ts'
import { type CaptureShelf, createMemoryShelf } from './forwarding/capture-shelf.ts'
import type { RateExchange } from './forwarding/rate.ts'
import { createRedisShelf } from './forwarding/redis-captures.ts'
import { createRedisRates } from './forwarding/redis-rate.ts'
import { createEmbeddedJournal } from './journal/embedded.ts'
import { openEnvironment } from './journal/environment.ts'
import { createMemoryJournal } from './journal/memory.ts'
import { createRedisJournal } from './journal/redis-store.ts'
import { openRedis, type RedisConnectionOptions } from './journal/redis.ts'
import { createRedisTrail } from './journal/redis-trail.ts'
import type { JournalStore } from './journal/store.ts'
import { createEmbeddedTrail } from './journal/trail-embedded.ts'
import { createMemoryTrail, type TrailOptions, type TrailStore } from './journal/trail.ts'
import { createEmbeddedLinks } from './links/embedded.ts'
import type { LinkStore } from './links/links.ts'
import { createMemoryLinks } from './links/memory.ts'
import { createRedisLinks } from './links/redis.ts'
import { createEmbeddedStore } from './registry/embedded.ts'
import { createHeard, type Heard } from './registry/heard.ts'
import { createSoleLease, type Lease } from './registry/lease.ts'
import { createMemoryStore } from './registry/memory.ts'
import { createRedisHeard } from './registry/redis-heard.ts'
import { createRedisLease } from './registry/redis-lease.ts'
import { createRedisSettings } from './registry/redis-settings.ts'
import { createRedisStore } from './registry/redis.ts'
import { createEmbeddedSettings } from './registry/settings-embedded.ts'
import { createMemorySettings, type Settings } from './registry/settings.ts'
import type { RegistryStore } from './registry/store.ts'

export interface Stores {
  readonly registry: RegistryStore
  readonly links: LinkStore
  readonly journal: JournalStore
  /** 32 bytes each, newest first: they seal tokens and key hashes, links and cursors. */
  readonly secrets: readonly Buffer[]
  /** Who does the work that is done once for all hubs: probes, pushes. */
  readonly lease: Lease
  /** Milliseconds since the epoch: Redis's clock where there is one, so that the hubs on it agree on instants. */
  readonly now: () => number
  /** When platforms were last heard, shared among hubs. */
  readonly heard: Heard
  /** What operators set at run time. */
  readonly settings: Settings
  /** What captures have taken. */
  readonly shelf: CaptureShelf
  /** Rates counted together with other hubs, where there may be any. */
  readonly rates?: RateExchange
  /** Opens a short history. */
  trail(options: TrailOptions): TrailStore
  /** Closes what they stand on; call it after registry, links and journal were closed. */
  close(): Promise<void>
}

/**
 * Throws an Error meant for the operator when a directory is held by another process or cannot be used. `deadlines` =
 * how long Redis is waited for, where that is not what requests can wait.
 */
export async function openStores(
  config: Pick<HubConfig, 'registry' | 'journal' | 'secretKeys'>,
  deadlines: Pick<RedisConnectionOptions, 'deadlineMs' | 'writeDeadlineMs'> = {},
): Promise<Stores> {
  const { registry, journal, secretKeys } = config
  if (registry.driver === 'redis') {
    const redis = openRedis({ url: registry.url, keyPrefix: registry.keyPrefix, ...deadlines })
    const lease = createRedisLease(redis, { name: 'upkeep' })
    const heard = createHeard(createRedisHeard(redis))
    return {
      registry: createRedisStore(redis),
      links: createRedisLinks(redis),
      journal: createRedisJournal(redis, journal),
      // The configuration is refused without one: all hubs on a Redis must share it.
      secrets: secretKeys,
      lease,
      now: redis.now,
      heard,
      settings: createRedisSettings(redis),
      shelf: createRedisShelf(redis, secretKeys),
      rates: createRedisRates(redis),
      trail: (options) => createRedisTrail(redis, options),
      async close() {
        await lease.close()
        await heard.close()
        await redis.close()
      },
    }
  }
  if (registry.path === ':memory:') {
    return {
      registry: createMemoryStore(),
      links: createMemoryLinks(),
      journal: createMemoryJournal(journal),
      secrets: secretKeys.length > 0 ? secretKeys : [randomBytes(32)],
      lease: createSoleLease(),
      now: Date.now,
      heard: createHeard(),
      settings: createMemorySettings(),
      shelf: createMemoryShelf(),
      trail: createMemoryTrail,
      close: async () => {},
    }
  }
  const environment = await openEnvironment(registry.path)
  return {
    registry: createEmbeddedStore(environment),
    links: createEmbeddedLinks(environment),
    journal: createEmbeddedJournal(environment, journal),
    secrets: secretKeys.length > 0 ? secretKeys : await ownSecrets(registry.path),
    lease: createSoleLease(),
    now: Date.now,
    heard: createHeard(),
    settings: createEmbeddedSettings(environment),
    shelf: createMemoryShelf(),
    trail: (options) => createEmbeddedTrail(environment, options),
    close: () => environment.close(),
  }
}

/**
 * The secrets of a hub that was given none: one is made once and kept beside the data, readable by its user alone.
 * A newer one is put on a line above it.
 */
async function ownSecrets(directory: string): Promise<readonly Buffer[]> {
  const file = join(directory, 'secret.key')
  await mkdir(directory, { recursive: true })
  try {
    await writeFile(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const lines = (await readFile(file, 'utf8')).trim().split(/\s+/)
  const secrets = lines.map((line) => Buffer.from(line, 'base64'))
  if (secrets.some((secret) => secret.length !== 32)) {
    throw new Error(`${file} does not hold 32 bytes in Base64 on each line`)
  }
  return secrets
}
