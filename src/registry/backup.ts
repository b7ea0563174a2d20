// A registry as one JSON document and back: for backups, and for moving between stores. Tokens stay sealed as they
// are stored, so a backup is of use only together with the secret key.

import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { counted } from '../journal/text.ts'
import { parseJson } from '../ocpi/json-text.ts'
import { bodyProblem, readBody, readRecord } from './record.ts'
import { refuseNewer, schemaOf, UPGRADE_STEPS } from './schema.ts'
import { type Secrets, toKeyring } from './keyring.ts'
import type { Sealer } from './seal.ts'
import type { Settings } from './settings.ts'
import type { RegistryStore, StoredRecord } from './store.ts'

const RECORD = z.strictObject({
  id: z.string().min(1),
  parties: z.array(z.string()),
  tokens: z.array(z.string()),
  body: z.record(z.string(), z.unknown()),
})

const BACKUP = z.strictObject({
  format: z.literal('ocpi-hub registry'),
  schema: z.int().positive(),
  records: z.array(RECORD),
  settings: z.record(z.string(), z.string()).exactOptional(),
  links: z.array(z.unknown()).exactOptional(),
  /** Links that found no room. */
  links_left_out: z.int().exactOptional(),
})

/**
 * What operators set at run time and a backup keeps. Revoked view links and log-ins that were ended are taken over only
 * where nothing is known of any: no backup makes undone what was ended.
 */
const SETTINGS = ['routes', 'view-links', 'sessions'] as const
const SETTING_TRIES_MAX = 10

/** A whole registry: platforms and overlays by id, and what each claims; texts of settings by name. */
export type RegistryBackup = z.infer<typeof BACKUP>

type BackupRecord = z.infer<typeof RECORD>

/** A part of a backup that another room keeps. */
export interface BackupPart {
  /** JSON values, and how many more there are. Throws `Fault` `store_unavailable`. */
  export(): Promise<{ readonly items: readonly unknown[]; readonly leftOut: number }>
  /** Checks all of them before anything is written, and gives how to write them. Rejects with `RangeError`. */
  prepare(items: readonly unknown[]): Promise<() => Promise<number>>
}

/** How much was imported. */
export interface Imported {
  readonly platforms: number
  readonly links: number
}

export interface Backup {
  /** Throws `Fault` `store_unavailable`. */
  export(): Promise<RegistryBackup>
  /**
   * As `importRegistry`, and refuses tokens that do not open with the hub's secret; settings of the backup become
   * the newest version; links are added to those that are there.
   */
  import(backup: unknown, options?: { readonly replace?: boolean }): Promise<Imported>
}

/** Backups of a store and its settings, whose tokens are sealed with one of the secrets. */
export function createBackup(
  stores: { readonly registry: RegistryStore; readonly settings: Settings; readonly links?: BackupPart },
  secrets: Secrets,
): Backup {
  const { registry, settings, links } = stores
  return {
    async export() {
      const texts: Record<string, string> = {}
      for (const name of SETTINGS) {
        const setting = await settings.read(name)
        if (setting) texts[name] = setting.text
      }
      const backup = await exportRegistry(registry)
      const { items = [], leftOut = 0 } = (await links?.export()) ?? {}
      return {
        ...backup,
        ...(Object.keys(texts).length > 0 ? { settings: texts } : {}),
        ...(items.length > 0 ? { links: [...items] } : {}),
        ...(leftOut > 0 ? { links_left_out: leftOut } : {}),
      }
    },
    async import(backup, options) {
      const { settings: texts = {}, links: items = [] } = readDocument(backup)
      const sealer = toKeyring(secrets)
      refuseForeignSeals(readBackup(backup), sealer)
      const writeLinks = await links?.prepare(items)
      const platforms = await importRegistry(registry, backup, options)
      for (const name of SETTINGS) {
        const text = texts[name]
        if (text !== undefined) await writeSetting(settings, name, text)
      }
      return { platforms, links: (await writeLinks?.()) ?? 0 }
    },
  }
}

/** Whoever else writes it meanwhile, the backup comes last. */
async function writeSetting(
  settings: Settings,
  name: (typeof SETTINGS)[number],
  text: string,
): Promise<void> {
  for (let tries = 0; tries < SETTING_TRIES_MAX; tries++) {
    const standing = await settings.version(name)
    if (name === 'view-links' && standing > 0) return
    if (await settings.write(name, text, standing)) return
  }
  throw new RangeError(`others keep changing the setting ${name} meanwhile; import again`)
}

/** Everything a store holds that can be read. Throws `Fault` `store_unavailable`. */
export async function exportRegistry(store: RegistryStore): Promise<RegistryBackup> {
  const { schema, records } = await store.load()
  return {
    format: 'ocpi-hub registry',
    // An empty store has no version yet: it is of this one.
    schema: schema || schemaOf(UPGRADE_STEPS),
    records: [...records]
      .flatMap(([id, text]) => readRecord(id, text) ?? [])
      .flatMap(({ id, parties, tokens, body }) => {
        const parsed = RECORD.safeParse({ id, parties, tokens, body: parseJson(body ?? '') })
        return parsed.success ? parsed.data : []
      }),
  }
}

/**
 * Writes a backup into a store, all at once; hubs that run on it follow. A store that holds platforms is refused
 * unless `replace`: then it holds nothing but the backup afterwards. Gives how many records it wrote. Throws
 * `RangeError`, with words for the operator, when the backup is not one, is of another version or contradicts itself;
 * `Fault` `store_unavailable`.
 */
export async function importRegistry(
  store: RegistryStore,
  backup: unknown,
  { replace = false }: { readonly replace?: boolean } = {},
): Promise<number> {
  const records = readBackup(backup)
  const schema = schemaOf(UPGRADE_STEPS)
  const content = await store.load()
  const standing = [...content.records]
    .map(([id, text]) => readRecord(id, text))
    .filter((record) => record?.body)
  if (standing.length > 0 && !replace) {
    throw new RangeError(
      `the registry holds ${counted(standing.length, 'platform')} already; nothing was imported`,
    )
  }
  // Nothing is left in the form of another version when all of it is replaced: so an older one takes its store back.
  if (content.schema !== 0 && content.schema !== schema && !replace) {
    throw new RangeError(
      `the registry has schema ${content.schema}, this version writes ${schema}; nothing was imported (--replace puts the backup in place of all of it)`,
    )
  }
  const top = 1 + Math.max(content.revision, ...standing.map((record) => record?.revision ?? 0))
  const gone = standing.flatMap((record) => (record ? emptied(record, top) : []))
  const refused = await store.putBack(
    [...gone, ...records.map((record) => toRecord(record, top + 1))],
    schema,
  )
  if (refused.length > 0) {
    throw new RangeError(
      `others took parties or tokens of ${refused.join(', ')} meanwhile; import again, with --replace`,
    )
  }
  return records.length
}

function readDocument(backup: unknown): RegistryBackup {
  const parsed = BACKUP.safeParse(backup)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const strange = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const place = [...(issue?.path ?? []), ...strange].join('.')
  throw new RangeError(`this is no backup of a registry: ${place || 'it'} is not as an export has it`)
}

/** The records of a backup in today's form. */
function readBackup(backup: unknown): BackupRecord[] {
  const document = readDocument(backup)
  refuseNewer(document, UPGRADE_STEPS)
  const steps = UPGRADE_STEPS.slice(document.schema - 1)
  const records = document.records.map((record) => ({
    ...record,
    body: steps.reduce((body, step) => step(body), record.body),
  }))
  refuseContradictions(records)
  return records
}

function refuseContradictions(records: readonly BackupRecord[]): void {
  const claimed = new Map<string, string>()
  for (const { id, parties, tokens, body } of records) {
    const problem = bodyProblem(id, body)
    if (problem) throw new RangeError(`the platform ${id} of the backup is broken: ${problem}`)
    const claims = [
      `id ${id}`,
      ...parties.map((one) => `party ${one}`),
      ...tokens.map((one) => `token ${one}`),
    ]
    for (const claim of claims) {
      const holder = claimed.get(claim)
      if (holder !== undefined)
        throw new RangeError(`the platforms ${holder} and ${id} of the backup claim the same`)
      claimed.set(claim, id)
    }
  }
}

function refuseForeignSeals(records: readonly BackupRecord[], sealer: Sealer): void {
  const closed = records.filter((record) => 'problem' in readBody(toRecord(record, 1), sealer))
  const [first] = closed
  if (first) {
    throw new RangeError(
      `the tokens of ${counted(closed.length, 'platform')} (${first.id} for one) are sealed with another secret_key: import with the key of the hub that made the backup`,
    )
  }
}

function toRecord({ id, parties, tokens, body }: BackupRecord, revision: number): StoredRecord {
  return { id, revision, writeId: randomUUID(), parties, tokens, body: JSON.stringify(body) }
}

function emptied(record: StoredRecord, revision: number): StoredRecord {
  return { id: record.id, revision, writeId: randomUUID(), parties: [], tokens: [], body: null }
}
