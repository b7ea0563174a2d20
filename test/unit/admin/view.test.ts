// Revoking view links: it has come to pass, or it is said that it has not, and it lasts as long as the links do.

import { describe, expect, it } from 'vitest'
import { createViews, REVOCATIONS, type Revocations, type ViewParts } from '../../../src/admin/view.ts'
import { openLiveSetting } from '../../../src/registry/live-setting.ts'
import { buildRoutingTable } from '../../../src/registry/routing-table.ts'
import { createMemorySettings, type Settings } from '../../../src/registry/settings.ts'

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
  const registry = { table: () => buildRoutingTable([], 1) }
  return { revoked, views: createViews({ revoked, registry, log, now } as unknown as ViewParts) }
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
