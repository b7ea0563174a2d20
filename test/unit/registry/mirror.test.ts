// The picture of a store when the answer to an own write comes later than a reading of what was written.

import { describe, expect, it } from 'vitest'
import { toKeyring } from '../../../src/registry/keyring.ts'
import { createMemoryStore } from '../../../src/registry/memory.ts'
import { createMirror } from '../../../src/registry/mirror.ts'
import { partyClaims, recordId, tokenClaims, writeBody } from '../../../src/registry/record.ts'
import { schemaOf, UPGRADE_STEPS } from '../../../src/registry/schema.ts'
import type { StoredRecord } from '../../../src/registry/store.ts'
import { platform, role, SECRET } from '../../support/platforms.ts'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Writes to a store of which the mirror has not heard the answer yet. */
function setUp() {
  const store = createMemoryStore()
  const sealer = toKeyring([SECRET])
  let changes = 0
  const mirror = createMirror(store, {
    sealer,
    steps: UPGRADE_STEPS,
    log: silent,
    changed: () => changes++,
  })

  async function write(writeId: string, seen: number): Promise<{ record: StoredRecord; note(): boolean }> {
    const one = platform('acme', { roles: [role('NL-CPO CPO')] })
    const { body, read } = writeBody({ platform: one }, sealer, undefined)
    const record = {
      id: recordId(one),
      body,
      parties: partyClaims(one),
      tokens: tokenClaims(one),
      writeId,
    }
    const result = await store.write({ ...record, seen }, schemaOf(UPGRADE_STEPS))
    if (!result.ok) throw new Error(result.conflict)
    const written = { ...record, revision: result.revision }
    return { record: written, note: () => mirror.note(written, read(result.revision)) }
  }

  return { mirror, write, changes: () => changes }
}

describe('the picture of the store', () => {
  it('takes an own write once, whichever comes first: its answer or a reading', async () => {
    const { mirror, write, changes } = setUp()
    await mirror.pull(true)
    const first = await write('one', 0)
    await mirror.pull(false)
    const pulled = mirror.known()
    expect(changes()).toBe(2)
    expect(first.note()).toBe(true)
    expect(mirror.known()).toBe(pulled)

    const second = await write('two', first.record.revision)
    expect(second.note()).toBe(true)
    await mirror.pull(false)
    expect(mirror.known().get(second.record.id)?.record?.writeId).toBe('two')
    expect(changes()).toBe(2)
  })

  it('tells when a later change of somebody else was read before the answer came', async () => {
    const { mirror, write } = setUp()
    await mirror.pull(true)
    const own = await write('own', 0)
    const theirs = await write('theirs', own.record.revision)
    await mirror.pull(false)
    expect(own.note()).toBe(false)
    await mirror.pull(true)
    expect(mirror.known().get(own.record.id)?.record?.revision).toBe(theirs.record.revision)
  })
})
