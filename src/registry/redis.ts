// The registry's store in Redis, shared by any number of hubs: a hash of platforms, the indexes that make parties and
// tokens unique, a number that grows with each change, and a channel that tells it. Everything decided is decided in
// one script; a write that was interrupted is sent again and recognises itself, and does nothing once it was refused.
//   {ocpi-hub}:head       hash    schema, birth, revision
//   {ocpi-hub}:platforms  hash    id -> record: revision, writer's mark, claims, body (tokens sealed), tombstones too
//   {ocpi-hub}:parties    hash    NL-CPO CPO -> id       {ocpi-hub}:tokens  hash  keyed token hash -> id
//   {ocpi-hub}:changes    zset    id by the revision of its last change
//   {ocpi-hub}:probe      string  empty, written by whoever asks where the store stands
//   {ocpi-hub}:changed    channel of revisions

import { randomUUID } from 'node:crypto'
import { Fault } from '../faults/fault.ts'
import type { RedisConnection } from '../journal/redis.ts'
import { recordTail, recordText } from './record.ts'
import { createRedisConcerns } from './redis-concerns.ts'
import { HEAD, LOAD, PUT_BACK, UPGRADE, WRITE } from './redis-scripts.ts'
import type { RegistryStore, StoreContent, StoreHead, StoredRecord, WriteResult } from './store.ts'

// Everything of thousands of platforms takes longer than one of them, and nobody waits for it.
const ALL_MS = 5000

/** The store on a connection, which stays open when the store is closed. */
export function createRedisStore(redis: RedisConnection): RegistryStore {
  const keys = ['head', 'platforms', 'parties', 'tokens', 'changes'].map((name) => redis.key(name))
  const channel = redis.key('changed')
  const stops = new Set<() => void>()
  const concerns = createRedisConcerns(redis)

  return {
    shared: true,
    async head() {
      const answer = texts(await redis.run(HEAD, [keys[0]!, redis.key('probe')], []))
      const refusal = answer[3]
      const concern = concerns.now()
      return {
        ...toHead(answer),
        ...(refusal ? { refusal: `Redis refuses writes: ${refusal}` } : {}),
        ...(concern === undefined ? {} : { concern }),
      }
    },
    async load(since) {
      const answer = texts(await redis.run(LOAD, keys, [since ?? ''], ALL_MS))
      return { ...toHead(answer), complete: since === undefined, records: toRecords(answer.slice(3)) }
    },
    async write(write, schema) {
      const { id, seen, writeId, parties, tokens } = write
      const args = [id, seen, writeId, recordTail(write), parties.length, ...parties, ...tokens]
      return toResult(texts(await redis.write(WRITE, keys, [schema, randomUUID(), channel, ...args])))
    },
    async putBack(records, schema) {
      const args = [schema, randomUUID(), channel, ...withTexts(records)]
      return texts(await redis.write(PUT_BACK, keys, args, ALL_MS))
    },
    async upgrade(records, { seen, schema }) {
      const args = [schema, randomUUID(), channel, seen.revision, seen.schema, ...withTexts(records)]
      return (await redis.write(UPGRADE, keys, args, ALL_MS)) === 1
    },
    watch(listener) {
      const unsubscribe = redis.subscribe(channel, (message) => listener({ revision: toNumber(message) }))
      const unready = redis.onReady(() => listener('reconnected'))
      const stop = (): void => {
        unsubscribe()
        unready()
        stops.delete(stop)
      }
      stops.add(stop)
      return stop
    },
    async close() {
      concerns.stop()
      for (const stop of stops) stop()
    },
  }
}

function withTexts(records: readonly StoredRecord[]): string[] {
  return records.flatMap((record) => [record.id, recordText(record)])
}

function toHead([schema, birth, revision]: readonly string[]): StoreHead {
  return { schema: toNumber(schema), birth: birth ?? '', revision: toNumber(revision) }
}

function toRecords(parts: readonly string[]): StoreContent['records'] {
  const records = new Map<string, string>()
  for (let at = 0; at + 1 < parts.length; at += 2) records.set(parts[at]!, parts[at + 1]!)
  return records
}

function toResult([word, claim, holder]: readonly string[]): WriteResult {
  switch (word) {
    case 'ok':
      return { ok: true, revision: toNumber(claim) }
    case 'stale':
    case 'schema':
      return { ok: false, conflict: word }
    case 'party':
    case 'token':
      return { ok: false, conflict: word, claim: claim!, holder: holder! }
    default:
      throw new Fault('store_unavailable', {
        detail: `Redis: an answer of the registry's script is not known`,
      })
  }
}

/** What Redis gives for a list; a missing value is `''`. */
function texts(answer: unknown): string[] {
  if (!Array.isArray(answer)) throw new Fault('store_unavailable', { detail: 'Redis: an answer is no list' })
  return answer.map((part) => (typeof part === 'string' ? part : ''))
}

/** Whole numbers only: anything else in the store is as good as nothing. */
function toNumber(text: string | undefined): number {
  const value = Number(text)
  return Number.isSafeInteger(value) && value > 0 ? value : 0
}
