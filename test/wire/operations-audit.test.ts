// The audit trail: an entry for each change, whether it took effect or was refused, and who may read it.

import { once } from 'node:events'
import { createConnection } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashAdminToken } from '../../src/admin/guard.ts'
import { operate } from '../support/admin.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

const READER = 'a-token-that-may-only-read'
const OPERATOR = 'a-token-of-somebody-by-name'
const CURIOUS = 'a-second-token-that-may-only-read'

let scene: Scene<{ cpo: Party }>
beforeAll(async () => {
  const tokens = [
    { name: 'reader', role: 'read', sha256: hashAdminToken(READER) },
    { name: 'curious', role: 'read', sha256: hashAdminToken(CURIOUS) },
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

  it('has one for a change whose body breaks off', async () => {
    const { hostname, port } = new URL(scene.hub.adminUrl)
    const socket = createConnection(Number(port), hostname)
    socket.write(
      `PATCH /api/v1/platforms/broken-off HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${OPERATOR}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n{"id":',
    )
    await once(socket, 'data')
    socket.destroy()
    const [entry] = await waitFor(
      async () => {
        const found = await audited('broken-off')
        return found.length > 0 ? found : undefined
      },
      { what: 'the entry' },
    )
    expect(entry).toMatchObject({
      who: 'alice',
      action: 'platform.patch',
      http_status: 400,
      detail: 'The body did not arrive whole.',
    })
  })

  it('has one for each change that was refused, with what its caller was answered', async () => {
    const roles = [{ country_code: 'DE', party_id: 'CPO', role: 'CPO' }]
    await call('POST /platforms', { json: { id: 'thief', roles } })
    await call('POST /platforms', { json: { id: 'thief', roles: 'none' }, token: OPERATOR })
    await call('POST /platforms/thief/suspend', { token: READER })
    await call('POST /platforms/thief/resume')
    await call('DELETE /platforms/thief', { headers: { 'if-match': '"x"' } })
    const each = { id: expect.any(String), time: expect.any(String), target: 'thief' }
    expect(await audited('thief')).toEqual([
      { ...each, who: 'admin', action: 'platform.prepare', http_status: 409, detail: expect.any(String) },
      { ...each, who: 'alice', action: 'platform.prepare', http_status: 400, detail: expect.any(String) },
      {
        ...each,
        who: 'reader',
        action: 'platform.suspend',
        http_status: 403,
        detail: 'The token "reader" may only read.',
      },
      { ...each, who: 'admin', action: 'platform.resume', http_status: 404, detail: expect.any(String) },
      { ...each, who: 'admin', action: 'platform.remove', http_status: 404, detail: expect.any(String) },
    ])
  })

  it('has one for each probe, and for a reload that was refused', async () => {
    expect((await call('POST /platforms/de-cpo/probe')).status).toBe(200)
    expect(await audited('de-cpo')).toMatchObject([
      { action: 'platform.probe', detail: 'it answers, CONNECTED' },
    ])
    expect((await call('POST /reload')).status).toBe(409)
    expect((await call('POST /reload', { token: READER })).status).toBe(403)
    const entries = (await call('GET /audit')).json.items as Record<string, unknown>[]
    expect(entries.filter(({ action }) => action === 'config.reload')).toMatchObject([
      { who: 'reader', http_status: 403 },
      { who: 'admin', http_status: 409, detail: 'there is no file to read again' },
    ])
  })

  it('has none for those without a token, and is not flooded by those who may only read', async () => {
    const count = async () => ((await call('GET /audit?limit=1000')).json.items as unknown[]).length
    const before = await count()
    await call('POST /platforms/de-cpo/suspend', { token: null })
    expect(await count()).toBe(before)
    for (let more = 0; more < 40; more++) await call('POST /platforms/de-cpo/suspend', { token: READER })
    expect((await count()) - before).toBeLessThanOrEqual(30)
  })

  it('has one for every call of the API that changes something', async () => {
    const { json } = await call('GET /openapi.json')
    const changes = Object.entries(json.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'get')
        .map((method) => `${method.toUpperCase()} ${path.replace('/api/v1', '').replace(/{\w+}/g, 'x')}`),
    )
    expect(changes.length).toBeGreaterThan(15)
    const seen = new Set<string>()
    for (const change of changes) {
      expect((await call(change, { token: CURIOUS })).status, change).toBe(403)
      const [latest] = (await call('GET /audit?limit=1')).json.items as { who: string; id: string }[]
      expect(latest!.who, change).toBe('curious')
      expect(seen.has(latest!.id), change).toBe(false)
      seen.add(latest!.id)
    }
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
