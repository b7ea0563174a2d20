// Who may operate a hub by what its configuration says: a token is made up only for a hub that was given none at all.

import { afterEach, describe, expect, it } from 'vitest'
import { hashAdminToken } from '../../src/admin/guard.ts'
import type { HubConfig } from '../../src/config/hub-config.ts'
import { createHub, type Hub } from '../../src/hub.ts'
import { operate } from '../support/admin.ts'
import { testConfig } from '../support/config.ts'

const NAMED = 'token-of-somebody-with-a-name'
const TOKENS = [{ name: 'somebody', role: 'operate', sha256: hashAdminToken(NAMED) }] as const

let hub: Hub
let config: HubConfig
afterEach(() => hub.close())

async function start(admin: HubConfig['admin']): Promise<void> {
  config = { ...testConfig(), admin }
  hub = await createHub(config, { load: () => Promise.resolve({ config, faults: [], warnings: [] }) })
}

async function reload(admin: HubConfig['admin'], token: string) {
  config = { ...config, admin }
  return operate(hub, 'POST /reload', { token })
}

const statusFor = async (token: string) => (await operate(hub, 'GET /status', { token })).status

describe('a hub', () => {
  it('with named tokens alone makes none up', async () => {
    await start({ tokens: TOKENS })
    expect([hub.adminToken, hub.adminTokenIsRandom]).toEqual([undefined, false])
    expect(await statusFor(NAMED)).toBe(200)
  })

  it('without any makes one up, which is out as soon as a reload brings others', async () => {
    await start({ tokens: [] })
    const random = hub.adminToken!
    expect(hub.adminTokenIsRandom).toBe(true)
    expect((await reload({ tokens: TOKENS }, random)).status).toBe(200)
    expect([await statusFor(random), await statusFor(NAMED)]).toEqual([401, 200])
  })

  it('gives up its token for named ones at once, but the last of them only with a restart', async () => {
    await start({ token: 'the-first-token', tokens: TOKENS })
    expect((await reload({ tokens: TOKENS }, 'the-first-token')).status).toBe(200)
    expect(await statusFor('the-first-token')).toBe(401)
    const answer = await reload({ tokens: [] }, NAMED)
    expect([answer.status, answer.json.restart_needed]).toEqual([409, ['admin.tokens']])
    expect(await statusFor(NAMED)).toBe(200)
  })
})
