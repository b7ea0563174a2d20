// Links as a part of a backup: which of them, sealed, and back.

import { describe, expect, it } from 'vitest'
import { createLinkBackup } from '../../../src/links/link-backup.ts'
import { linkId, type Link, type LinkPurpose, type LinkStore } from '../../../src/links/links.ts'
import { createMemoryLinks } from '../../../src/links/memory.ts'
import { createSealer } from '../../../src/registry/seal.ts'
import { SECRET } from '../../support/platforms.ts'

const NOW = Date.UTC(2026, 5, 1)
const HOUR_MS = 3_600_000
const sealer = createSealer([SECRET])

function link(purpose: LinkPurpose, number = 0): Link {
  return {
    purpose,
    caller: 'cpo',
    owner: 'emsp',
    url: `https://emsp.example/canary/${purpose}/${number}`,
    module: 'commands',
    interface: 'SENDER',
    from: 'DE-CPO',
    to: 'NL-EMS',
    correlationId: 'c',
  }
}

const idOf = (one: Link) => linkId(one, SECRET)

/** A store with a call-back, a page and `locations` stored CDRs. */
async function filled(locations = 1): Promise<LinkStore> {
  const store = createMemoryLinks({ now: () => NOW })
  await store.put(idOf(link('callback')), link('callback'), HOUR_MS)
  await store.put(idOf(link('page')), link('page'), HOUR_MS)
  for (let number = 0; number < locations; number++) {
    await store.put(idOf(link('location', number)), link('location', number))
  }
  return store
}

const backupOf = (store: LinkStore, { max = 100, now = () => NOW } = {}) =>
  createLinkBackup(store, sealer, { max, now })

/** As a file would give it back. */
const copy = (items: readonly unknown[]) => JSON.parse(JSON.stringify(items)) as Record<string, unknown>[]

describe('links in a backup', () => {
  it('are those that outlive a move, with their ends and without a URL to be read', async () => {
    const { items, leftOut } = await backupOf(await filled()).export()
    expect(leftOut).toBe(0)
    expect(copy(items)).toEqual([
      expect.objectContaining({ purpose: 'callback', expires: '2026-06-01T01:00:00.000Z' }),
      expect.not.objectContaining({ expires: expect.anything() as unknown }),
    ])
    expect(JSON.stringify(items)).not.toContain('canary')
    const other = createMemoryLinks({ now: () => NOW })
    const write = await backupOf(other).prepare(copy(items))
    expect(await other.get(idOf(link('callback')))).toBeUndefined()
    expect(await write()).toBe(2)
    for (const one of [link('callback'), link('location')]) expect(await other.get(idOf(one))).toEqual(one)
    expect(await other.get(idOf(link('page')))).toBeUndefined()
  })

  it('end when they would have ended, and do not come back afterwards', async () => {
    const { items } = await backupOf(await filled()).export()
    for (const [passedMs, there] of [
      [HOUR_MS / 2, true],
      [HOUR_MS, false],
    ] as const) {
      let time = NOW + passedMs
      const now = () => time
      const other = createMemoryLinks({ now })
      await (await backupOf(other, { now }).prepare(copy(items)))()
      expect((await other.get(idOf(link('callback')))) !== undefined).toBe(there)
      time = NOW + HOUR_MS
      expect(await other.get(idOf(link('callback')))).toBeUndefined()
      expect(await other.get(idOf(link('location')))).toEqual(link('location'))
    }
  })

  it('are bounded: call-backs first, and what finds no room is counted', async () => {
    const { items, leftOut } = await backupOf(await filled(7), { max: 5 }).export()
    expect(copy(items).map(({ purpose }) => purpose)).toEqual([
      'callback',
      ...Array<string>(4).fill('location'),
    ])
    expect(leftOut).toBe(3)
  })

  it('are refused, all of them, when one is broken or does not open', async () => {
    const items = copy((await backupOf(await filled()).export()).items)
    const foreign = createLinkBackup(await filled(), createSealer([Buffer.alloc(32, 9)]), {
      max: 9,
      now: () => NOW,
    })
    const wrong: [unknown, RegExp][] = [
      [7, /a link of the backup is broken/],
      [{ ...items[0], id: 'x' }, /a link of the backup is broken/],
      [{ ...items[0], expires: 'soon' }, /a link of the backup is broken/],
      [{ ...items[0], purpose: 'other' }, /the link .* of the backup is broken/],
      [{ ...items[0], id: items[1]!.id }, /sealed with another secret_key/],
      [(await foreign.export()).items[0], /sealed with another secret_key/],
    ]
    for (const [one, message] of wrong) {
      await expect(backupOf(createMemoryLinks()).prepare([...items, one])).rejects.toThrow(message)
    }
  })
})
