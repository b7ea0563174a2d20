// The registry's store on the hub's own disk: four sub-databases of its lmdb environment. What a write promises is
// on the disk when it resolves, and survives kill -9. Writes that come together are committed together.

import { Fault } from '../faults/fault.ts'
import type { Environment } from '../journal/environment.ts'
import { oneByOne } from '../journal/one-by-one.ts'
import { parseJson } from '../ocpi/json-text.ts'
import { createLocalStore, type LocalTables, type Table } from './local-store.ts'
import type { RegistryStore, StoreHead } from './store.ts'

/** Decided without a break: few, so that requests have their turn in between. */
const WORKS_PER_COMMIT = 20

/** Among the claims; no record makes one like it. */
const PROBE = 'probe'

interface Waiting {
  /** Decides over the tables, and changes them; gives what is to be told once that is on the disk. */
  readonly decide: (tables: LocalTables) => () => void
  readonly reject: (error: Fault) => void
}

/** The store in an environment, which stays open when the store is closed. */
export function createEmbeddedStore(environment: Environment): RegistryStore {
  const tables: LocalTables = {
    head: openTable<StoreHead>(environment, 'registry', JSON_VALUE),
    records: openTable(environment, 'registry-records', RECORD_TEXT),
    bodies: openTable(environment, 'registry-bodies', TEXT),
    claims: openTable<string>(environment, 'registry-claims', JSON_VALUE),
  }
  const waiting: Waiting[] = []
  const alone = oneByOne()
  let failing = false

  async function commit(): Promise<void> {
    // They may have gone with those before them.
    if (waiting.length === 0) return
    const works: Waiting[] = []
    let tell: (() => void)[] = []
    try {
      await environment.write(
        () => {
          works.push(...waiting.splice(0, WORKS_PER_COMMIT - works.length))
          const staged = stage(tables)
          tell = works.map(({ decide }) => decide(staged))
          staged.apply()
        },
        { crowded: waiting.length > WORKS_PER_COMMIT },
      )
      failing = false
    } catch (cause) {
      failing = true
      const failed = works.length > 0 ? works : waiting.splice(0)
      for (const { reject } of failed) reject(unavailable(cause))
      return
    }
    for (const one of tell) one()
  }

  /** That there is room says nothing of a disk that has failed: only a write that goes well does. */
  async function refusal(): Promise<string | undefined> {
    const why = environment.refusal()
    if (why !== undefined || !failing) return why
    try {
      await environment.write(() => tables.claims.set(PROBE, ''))
      failing = false
      return undefined
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause)
    }
  }

  return createLocalStore({
    committed: tables,
    refusal,
    transaction: (work) =>
      new Promise((resolve, reject) => {
        waiting.push({ decide: (decided) => decide(decided, work, resolve, reject), reject })
        void alone(commit)
      }),
  })
}

/** Of the works of one commit each sees what those before it have done; one that throws has done nothing. */
function decide<Result>(
  tables: LocalTables,
  work: (tables: LocalTables) => Result,
  resolve: (result: Result) => void,
  reject: (error: Fault) => void,
): () => void {
  const staged = stage(tables)
  try {
    const result = work(staged)
    staged.apply()
    return () => resolve(result)
  } catch (cause) {
    return () => reject(unavailable(cause))
  }
}

function unavailable(cause: unknown): Fault {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new Fault('store_unavailable', { detail: `the registry cannot be written${why}`, cause })
}

/** How values lie in a table. */
interface Form<Value> {
  readonly encoding: 'json' | 'string'
  readonly read?: (value: Value) => Value
}

const JSON_VALUE = { encoding: 'json' } as const
const TEXT = { encoding: 'string' } as const
const RECORD_TEXT: Form<string> = { encoding: 'string', read: plainText }

/** In the first form of the environment texts lay in JSON. A record's own text is an object. */
function plainText(value: string): string {
  const text = value.startsWith('"') ? parseJson(value) : undefined
  return typeof text === 'string' ? text : value
}

/** Changing it is for `Environment.write`. */
function openTable<Value>(
  environment: Environment,
  name: string,
  { encoding, read = (value) => value }: Form<Value>,
): Table<Value> {
  const database = environment.openDatabase<Value>({ name, encoding })
  return {
    get(key) {
      const value = database.get(key)
      return value === undefined ? undefined : read(value)
    },
    set: (key, value) => void database.put(key, value),
    delete: (key) => void database.remove(key),
    *entries() {
      try {
        for (const { key, value } of database.getRange()) yield [key, read(value)] as const
      } catch (error) {
        throw environment.explained(error)
      }
    },
  }
}

interface StagedTable<Value> extends Table<Value> {
  readonly apply: () => void
}

/** Tables over others, which change only when what was staged is applied to them. */
function stage(tables: LocalTables): LocalTables & { readonly apply: () => void } {
  const staged = {
    head: stageTable(tables.head),
    records: stageTable(tables.records),
    bodies: stageTable(tables.bodies),
    claims: stageTable(tables.claims),
  }
  return { apply: () => Object.values(staged).forEach((table) => table.apply()), ...staged }
}

function stageTable<Value>(below: Table<Value>): StagedTable<Value> {
  const staged = new Map<string, Value | undefined>()
  return {
    entries: () => below.entries(),
    get: (key) => (staged.has(key) ? staged.get(key) : below.get(key)),
    set: (key, value) => void staged.set(key, value),
    delete: (key) => void staged.set(key, undefined),
    apply() {
      for (const [key, value] of staged) {
        if (value === undefined) below.delete(key)
        else below.set(key, value)
      }
    },
  }
}
