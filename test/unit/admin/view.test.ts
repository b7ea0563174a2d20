// Revoking view links: it has come to pass, or it is said that it has not, and it lasts as long as the links do.

import { describe, expect, it } from 'vitest'
import { createViews, REVOCATIONS, type Revocations, type ViewParts } from '../../../src/admin/view.ts'
import { Fault } from '../../../src/faults/fault.ts'
import { openLiveSetting } from '../../../src/registry/live-setting.ts'
import { buildRoutingTable } from '../../../src/registry/routing-table.ts'
import { createMemorySettings, type Settings } from '../../../src/registry/settings.ts'
import { platform } from '../../support/platforms.ts'

/** A journal whose store is away. */
const UNREADABLE: Pick<ViewParts, 'hub' | 'journal'> = {
  hub: { countryCode: 'NL', partyId: 'HUB', name: 'Hub' },
  journal: { query: () => Promise.reject(new Fault('store_unavailable')) },
}

/** What revokes, and everybody else who writes `rivals` times at the very moment it does. */
async function openViews(rivals = 0, now = Date.now) {
  const settings = createMemorySettings()
  let left = rivals
  const contested: Settings = {
    ...settings,
    async write(name, text, seen) {
      if (left-- > 0) await settings.write(name, '{}', await settings.version(name))
      return settings.write(name, text, seen)
    },
  }
  const log = { warn: () => undefined }
  const read = (json: unknown) => REVOCATIONS.safeParse(json).data
  const revoked = await openLiveSetting<Revocations>(contested, { name: 'revoked', read, log })
  const registry = { table: () => buildRoutingTable([platform('nl-ems')], 1) }
  const parts = { revoked, registry, log, now, ...UNREADABLE, keys: [Buffer.alloc(32, 7)], publicUrl: '' }
  return { revoked, views: createViews(parts as unknown as ViewParts) }
}

describe('a revocation', () => {
  it('stands when the platform is gone, until all its links have ended by themselves', async () => {
    const DAY_MS = 86_400_000
    let now = Date.now()
    const { revoked, views } = await openViews(0, () => now)
    await views.revoke('comes-again')
    now += 89 * DAY_MS
    await views.revoke('nl-ems')
    expect(Object.keys(revoked.value()!)).toEqual(['comes-again', 'nl-ems'])
    now += 2 * DAY_MS
    await views.revoke('nl-ems')
    expect(Object.keys(revoked.value()!)).toEqual(['nl-ems'])
  })
})

describe('a link made by a hub whose clock is an hour ahead, or has been', () => {
  it('ends with a revocation by another hub, and one that is made then is good', async () => {
    const HOUR_MS = 3_600_000
    let ahead = HOUR_MS
    const { views } = await openViews(0, () => Date.now() + ahead)
    const make = () =>
      views
        .make('nl-ems', 4 * HOUR_MS)
        .url.split('/')
        .at(-1)!
    const status = async (token: string) => (await views.answer(token)).httpStatus
    const before = make()
    expect(await status(before)).toBe(503)
    ahead = 0
    await views.revoke('nl-ems')
    expect(await status(before)).toBe(404)
    const between = make()
    expect(await status(between)).toBe(503)
    ahead = -HOUR_MS
    await views.revoke('nl-ems')
    expect(await status(between)).toBe(404)
    expect(await status(make())).toBe(503)
  })
})

describe('a link whose view cannot be read', () => {
  it('is told to be good, on the page and in its data', async () => {
    const { views } = await openViews()
    const token = views.make('nl-ems', 60_000).url.split('/').at(-1)!
    const page = await views.answer(token)
    expect(page).toMatchObject({ httpStatus: 503, body: expect.stringContaining('The link is good') })
    expect(page.body).not.toContain('ended')
    const data = await views.answer(`${token}/data`)
    expect(data).toMatchObject({ httpStatus: 503 })
    expect(JSON.parse(data.body)).toEqual({ error: 'the view cannot be read now; the link is good' })
  })
})

describe('links that are revoked while others revoke', () => {
  it('are revoked', async () => {
    const { revoked, views } = await openViews(2)
    await views.revoke('nl-ems')
    expect(revoked.value()).toHaveProperty('nl-ems')
  })

  it('are not said to be when they could not be', async () => {
    const { revoked, views } = await openViews(100)
    await expect(views.revoke('nl-ems')).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(revoked.value()).not.toHaveProperty('nl-ems')
  })
})
