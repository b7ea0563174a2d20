// Verbs that need no running hub: they open the store that a configuration file names.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Backup } from '../registry/backup.ts'
import type { Keyring } from '../registry/keyring.ts'
import type { Stores } from '../stores.ts'
import { configPath } from './config-path.ts'
import { failure, saidFailure, type CliContext } from './context.ts'
import { styled } from './output.ts'

// Nobody waits for this process.
/** What one document of JSON can hold. */
const LINKS_MAX = 250_000
/** A Redis that is slow, or far away, is not away. */
const PATIENT = { deadlineMs: 10_000, writeDeadlineMs: 10_000 } as const

export interface AtStore {
  readonly stores: Stores
  readonly keyring: Keyring
  readonly backup: Backup
}

/** Opens the store that a configuration names, does the work, and closes it; what fails is told in the store's words. */
export async function atStore<Result>(
  context: CliContext,
  config: string | true,
  work: (parts: AtStore) => Promise<Result>,
  { mustExist = false } = {},
): Promise<Result> {
  const { formatFault, loadConfig } = await import('../config/load.ts')
  const { openStores } = await import('../stores.ts')
  const { createBackup } = await import('../registry/backup.ts')
  const { createLinkBackup } = await import('../links/link-backup.ts')
  const { toKeyring } = await import('../registry/keyring.ts')
  const loaded = await loadConfig(configPath(context, config === true ? {} : { config }), context.env)
  if (!loaded.config) {
    for (const fault of loaded.faults) context.err(styled(context, 'red', formatFault(fault)))
    throw saidFailure()
  }
  const { driver, path } = loaded.config.registry
  if (driver === 'embedded' && path === ':memory:')
    throw failure('registry.path is ":memory:": nothing is kept')
  if (driver === 'embedded' && mustExist && !existsSync(join(path, 'data.mdb'))) {
    throw failure(`registry.path ${path} holds no registry; relative paths start at the working directory`)
  }
  try {
    const stores = await openStores(loaded.config, PATIENT)
    try {
      const keyring = toKeyring(stores.secrets)
      const links = createLinkBackup(stores.links, keyring, { max: LINKS_MAX })
      return await work({ stores, keyring, backup: createBackup({ ...stores, links }, keyring) })
    } finally {
      await stores.close()
    }
  } catch (error) {
    throw failure(reasonOf(error), error)
  }
}

/** Words of the store, for operators; a fault has them in its detail. */
function reasonOf(error: unknown): string {
  const { info } = error as { info?: { detail?: string } }
  return info?.detail ?? (error instanceof Error ? error.message : String(error))
}
