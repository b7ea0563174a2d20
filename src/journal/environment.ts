// The one lmdb environment of an embedded hub, shared by journal, registry and links. Only one process may hold a
// directory: lmdb itself would let several write, but each would go on serving its own snapshot in memory.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { open, type Database, type DatabaseOptions, type Key, type RootDatabase } from 'lmdb'
import { checkDataFile, freeBytes, identityOf } from './data-file.ts'
import { takeDirectory, type Claim, type Claims } from './directory-lock.ts'
import { createGroupCommit, type GroupCommit } from './group-commit.ts'

export interface Environment {
  /** Opens or makes a named sub-database. */
  openDatabase<Value, Name extends Key = string>(
    options: DatabaseOptions & { readonly name: string },
  ): Database<Value, Name>
  /**
   * Commits every put and remove that `action` calls, on whichever sub-databases, all or none of them, and resolves
   * when they are on the disk. The only way to write asynchronously: see `OPTIONS`. `action` may run a moment later,
   * together with others, and again when the disk fails; `urgent` when a request waits for it. Rejects when the disk
   * fails or is almost full; nothing is changed then, and a later write may succeed again.
   */
  readonly write: GroupCommit['write']
  /** Why nothing would be written now, in words for the operator. */
  refusal(): string | undefined
  /** The error of a read while loading, in words for the operator. */
  explained(error: unknown): Error
  /** Waits for the writes under way and gives the directory back. */
  close(): Promise<void>
}

/** Grows with each change that an older hub could not read; 2: records of the registry lie apart from their bodies. */
const SCHEMA_VERSION = 2
const REASON_WAIT_MS = 100
const MEBIBYTE = 1024 * 1024
const FREE_AT_START_MIN = MEBIBYTE
// lmdb ends the process when a small write meets the end of the disk. Journal, registry and links together write less
// than this at once; an import may write more, but in long runs of pages, which it can see fail.
const FREE_TO_WRITE_MIN = 16 * MEBIBYTE
const PUT_BACK = 'put it back, or keep an export of this hub and start it anew'

// lmdb's two defaults are switched off because both lose track of a failed commit: with batching by event turn its
// own promise is rejected with nobody listening, which ends the process; with overlapping syncs close() never ends.
const OPTIONS = { maxDbs: 32, encoding: 'json', eventTurnBatching: false, overlappingSync: false } as const

/**
 * Opens the directory `path`, making it (mode 0700) when it does not exist.
 * Throws an `Error` whose message is meant for the operator when another process holds the directory, when it was
 * written by a newer hub, and when it cannot be read or written.
 */
export async function openEnvironment(path: string): Promise<Environment> {
  const root = openRoot(path)
  let release = async (): Promise<void> => {}
  try {
    const meta = root.openDB<unknown, string>({ name: 'meta', encoding: 'json' })
    release = await takeDirectory(path, toClaims(meta))
    checkSchema(path, meta)
    return toEnvironment(path, { root, meta, release })
  } catch (error) {
    await release()
    await root.close()
    throw explained(path, error)
  }
}

function openRoot(path: string): RootDatabase<unknown, string> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    if (freeBytes(path) < FREE_AT_START_MIN) throw new Error('the disk is full')
    checkDataFile(dataFile(path))
    // noSubdir: false, because a dot in the directory's name would make lmdb take it for a file.
    return open<unknown, string>({ ...OPTIONS, path, noSubdir: false })
  } catch (error) {
    throw explained(path, error)
  }
}

function dataFile(path: string): string {
  return join(path, 'data.mdb')
}

function explained(path: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error)
  if (reason.startsWith('registry.path ')) return new Error(reason)
  return new Error(`registry.path ${path} cannot be used: ${reason}`, { cause: error })
}

function checkSchema(path: string, meta: Database<unknown, string>): void {
  const found = meta.get('schema') ?? 0
  if (typeof found !== 'number' || found > SCHEMA_VERSION) {
    throw new Error(
      `registry.path ${path} was written by a newer ocpi-hub: its data has format ${JSON.stringify(found)}, ` +
        `this version reads up to ${SCHEMA_VERSION}. Start the newer version; the way back is an export that the ` +
        'newer version makes, imported into an empty directory with the same secret_key.',
    )
  }
}

/** With the first write of all and not before: whoever only reads, for an export, leaves the data to an older hub. */
function markSchema(meta: Database<unknown, string>): void {
  if (meta.get('schema') !== SCHEMA_VERSION) void meta.put('schema', SCHEMA_VERSION)
}

interface Opened {
  readonly root: RootDatabase<unknown, string>
  readonly meta: Database<unknown, string>
  readonly release: () => Promise<void>
}

function toEnvironment(path: string, { root, meta, release }: Opened): Environment {
  const own = identityOf(dataFile(path))
  // A file that was removed takes writes for as long as it is open; the next start would know nothing of them.
  const refusal = (): string | undefined =>
    identityOf(dataFile(path)) === own
      ? fullDisk(path)
      : `data.mdb in ${path} was removed or replaced: ${PUT_BACK}`
  const commits = createGroupCommit((action) =>
    commit(refusal, root, () => {
      markSchema(meta)
      action()
    }),
  )
  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    await commits.drain()
    await release()
    await root.close()
  }
  return {
    openDatabase<Value, Name extends Key>(options: DatabaseOptions & { readonly name: string }) {
      try {
        return root.openDB<Value, Name>({ encoding: 'json', ...options })
      } catch (error) {
        throw explained(path, error)
      }
    },
    refusal,
    explained: (error) => explained(path, error),
    write: (action, options) =>
      closing ? Promise.reject(new Error(`registry.path ${path} is closed`)) : commits.write(action, options),
    close: () => (closing ??= close()),
  }
}

async function commit(
  refusal: () => string | undefined,
  root: RootDatabase<unknown, string>,
  action: () => void,
): Promise<void> {
  const why = refusal()
  if (why !== undefined) throw new Error(why)
  try {
    await root.batch(action)
  } catch (error) {
    throw (await reasonOf(error)) ?? error
  }
}

function fullDisk(path: string): string | undefined {
  return freeBytes(path) < FREE_TO_WRITE_MIN
    ? `the disk is full: less than ${FREE_TO_WRITE_MIN / MEBIBYTE} MiB are left in ${path}`
    : undefined
}

// lmdb's error says only that it failed, and carries a promise that is rejected with the reason a moment later.
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> }
  const reason = commitError?.catch((cause: unknown) => cause)
  return Promise.race([reason, pause(REASON_WAIT_MS)])
}

// The claim is exchanged inside lmdb's write transaction, which is exclusive among processes.
function toClaims(meta: Database<unknown, string>): Claims {
  const read = () => meta.get('claim') as Claim | undefined
  return {
    read,
    exchange: (seen, next) =>
      meta.transactionSync(() => {
        if (read()?.socket !== seen?.socket) return false
        meta.putSync('claim', next)
        return true
      }),
  }
}
