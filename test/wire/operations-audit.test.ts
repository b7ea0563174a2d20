// The audit trail: an entry for each change that took effect, and who may read it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashAdminToken } from '../../src/admin/guard.ts'
import { operate } from '../support/admin.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'

const READER = 'a-token-that-may-only-read'
const OPERATOR = 'a-token-of-somebody-by-name'

let scene: Scene<{ cpo: Party }>
beforeAll(async () => {
  const tokens = [
    { name: 'reader', role: 'read', sha256: hashAdminToken(READER) },
    { name: 'alice', role: 'operate', sha256: hashAdminToken(OPERATOR) },
  ] as const
  scene = await stage({ cpo: party('DE-CPO', 'CPO') }, { admin: { tokens } })
})
afterAll(() => scene.close())

const call = (text: string, init?: Parameters<typeof operate>[2]) => operate(scene.hub, text, init)
const hashOf = ({ headers }: { headers: Headers }) => headers.get('etag')!.slice(1, -1)

/** What was audited of a platform, oldest first. */
async function audited(target: string): Promise<Record<string, string>[]> {
  const { json } = await call('GET /audit')
  return (json.items as Record<string, string>[]).filter((entry) => entry.target === target).toReversed()
}

describe('the audit trail', () => {
  it('has one entry for each change, with who made it and the hashes before and after', async () => {
    expect((await call('POST /platforms', { json: { id: 'acme' }, token: OPERATOR })).status).toBe(201)
    const prepared = hashOf(await call('GET /platforms/acme'))
    const suspended = hashOf(await call('POST /platforms/acme/suspend'))
    await call('DELETE /platforms/acme')
    const each = { id: expect.any(String), time: expect.any(String), target: 'acme' }
    expect(await audited('acme')).toEqual([
      { ...each, who: 'alice', action: 'platform.prepare', after: prepared },
      { ...each, who: 'admin', action: 'platform.suspend', before: prepared, after: suspended },
      { ...each, who: 'admin', action: 'platform.remove', before: suspended },
    ])
    const { json } = await call('GET /audit')
    expect(json.items[0].time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('has none for what was refused', async () => {
    await call('POST /platforms', {
      json: { id: 'thief', roles: [{ country_code: 'DE', party_id: 'CPO', role: 'CPO' }] },
    })
    await call('POST /platforms/thief/suspend')
    expect(await audited('thief')).toEqual([])
  })

  it('comes in pages, newest first, and a cursor of another list is refused', async () => {
    for (let count = 0; count < 5; count++) await call('POST /platforms/de-cpo/suspend')
    await call('POST /platforms/de-cpo/resume')
    const seen: string[] = []
    let path = '/audit?limit=2'
    for (let page = 0; page < 3; page++) {
      const { json } = await call(`GET ${path}`)
      seen.push(...(json.items as { id: string }[]).map(({ id }) => id))
      path = `/audit?limit=2&cursor=${json.next_cursor}`
    }
    expect(seen).toHaveLength(6)
    expect(seen).toEqual(seen.toSorted().toReversed())
    const { json } = await call('GET /codes?limit=1')
    expect((await call(`GET /audit?cursor=${json.next_cursor}`)).status).toBe(400)
  })

  it('may be read by a token that may only read; changes may not be made with it', async () => {
    expect((await call('GET /audit', { token: READER })).status).toBe(200)
    for (const change of ['POST /platforms', 'DELETE /platforms/de-cpo', 'POST /platforms/de-cpo/suspend']) {
      expect((await call(change, { token: READER })).status, change).toBe(403)
      expect((await call(change, { token: null })).status, change).toBe(401)
    }
  })
})
