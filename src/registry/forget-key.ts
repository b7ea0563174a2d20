// What is left to do when a key is lost: platforms whose outbound token nobody can open any more are forgotten, so
// that they can register anew. Only for keys that secret_key does not hold.

import { randomUUID } from 'node:crypto'
import type { Sealer } from './seal.ts'
import { readBody, readRecord } from './record.ts'
import type { RegistryStore, StoredRecord } from './store.ts'

/**
 * Removes the platforms that are sealed with the key `keyId`; gives their ids. Throws `RangeError`, in words for the
 * operator, when secret_key holds that key, and `Fault` `store_unavailable`.
 */
export async function forgetKey(store: RegistryStore, keyId: string, keyring: Sealer): Promise<string[]> {
  if (keyring.knows(keyId)) throw new RangeError(`secret_key holds key ${keyId}; nothing was forgotten`)
  const { schema, records } = await store.load()
  const lost = [...records].flatMap(([id, text]): StoredRecord[] => {
    const record = readRecord(id, text)
    if (!record || record.body === null) return []
    const read = readBody(record, keyring)
    return 'problem' in read && read.missingKey === keyId ? [record] : []
  })
  for (const { id, revision } of lost) {
    const tombstone = { id, writeId: randomUUID(), parties: [], tokens: [], body: null }
    const result = await store.write({ ...tombstone, seen: revision }, schema)
    if (!result.ok) throw new RangeError(`the platform ${id} was changed by somebody else meanwhile`)
  }
  return lost.map(({ id }) => id)
}
