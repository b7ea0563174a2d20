// The hub reads the tokens of eMSPs on 2.1.1 by itself.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCall } from '../../../src/forwarding/call.ts'
import { createSend, type Send } from '../../../src/forwarding/send.ts'
import { changePlatform, withStatus } from '../../../src/modules/platform-change.ts'
import { createTokenReading, type TokenReading } from '../../../src/modules/token-reading.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import { createOwners, type Owners } from '../../../src/routing/owners.ts'
import { listOf } from '../../support/lists.ts'
import { createPartyServer, type PartyServer } from '../../support/party-server.ts'
import { platform, role } from '../../support/platforms.ts'
import { testConfig } from '../../support/config.ts'
import { waitFor } from '../../support/wait.ts'
import { createKit, type Kit } from './kit.ts'

const AGAIN_MS = 600_000
const TOKENS = ['A', 'B', 'C'].map((uid) => ({ uid, auth_id: `CONTRACT-${uid}` }))

let kit: Kit
let send: Send
let server: PartyServer
let base: string
let owners: Owners
let reading: TokenReading

beforeEach(async () => {
  server = createPartyServer()
  base = await server.listen()
  owners = createOwners()
  const { forwarding, network } = testConfig()
  send = createSend(forwarding, network)
})
afterEach(async () => {
  reading.close()
  await send.close()
  await kit.close()
  await server.close()
})

const emsp = (changes: Partial<Platform> = {}) =>
  platform('old', {
    version: '2.1.1',
    roles: [role('NL-EMS EMSP')],
    endpoints: [{ module: 'tokens', role: 'SENDER', url: `${base}/its/own/data/tokens` }],
    ...changes,
  })

async function begin(...platforms: Platform[]): Promise<void> {
  kit = await createKit({}, platforms)
  const { registry, clock, timeoutMs } = kit.parts
  const log = { debug: () => undefined, info: () => undefined }
  reading = createTokenReading({ registry, clock, timeoutMs, call: createCall(send), owners, log }, AGAIN_MS)
}

const ownerOf = (contract: string) => owners.of('contract', contract)
const learned = (contract: string) => waitFor(() => ownerOf(contract), { what: contract })

describe('the tokens of an eMSP on 2.1.1', () => {
  it('are read over all pages when the hub starts', async () => {
    server.script('GET tokens', listOf(TOKENS, { pageMax: 2 }))
    await begin(emsp())
    await learned('CONTRACT-C')
    expect([ownerOf('contract-a'), owners.of('token', 'B')]).toEqual(['NL-EMS', 'NL-EMS'])
    expect(server.requests.map(({ rest }) => rest)).toEqual(['?limit=500', '?limit=2&offset=2'])
    expect(server.requests[0]!.headers.authorization).toMatch(/^Token /)
  })

  it('are read when it connects', async () => {
    server.script('GET tokens', listOf(TOKENS))
    await begin(emsp({ status: 'OFFLINE' }))
    expect(server.requests).toEqual([])
    await changePlatform(kit.registry, 'old', (one) => withStatus(one, 'CONNECTED', kit.clock.now()))
    await learned('CONTRACT-A')
  })

  it('are read again after a while, only what is new, and all of it if that failed', async () => {
    server.script('GET tokens', { status: 500, body: 'oops' })
    await begin(emsp())
    await waitFor(() => server.requests.length === 1)
    server.script('GET tokens', listOf(TOKENS))
    // Until the failure has arrived.
    await waitFor(async () => {
      kit.clock.advance(AGAIN_MS)
      await new Promise((resolve) => setImmediate(resolve))
      return server.requests.length > 1
    })
    await learned('CONTRACT-C')
    expect(server.requests.at(-1)!.rest).toBe('?limit=500')
    const before = server.requests.length
    const soon = kit.clock.now()
    await waitFor(async () => {
      kit.clock.advance(AGAIN_MS)
      await new Promise((resolve) => setImmediate(resolve))
      return server.requests.length > before
    })
    const { searchParams } = new URL(server.requests[before]!.url, base)
    expect(searchParams.get('date_from')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(Date.parse(searchParams.get('date_from')!)).toBeLessThanOrEqual(soon)
  })

  it('are not read on another host, nor from a page that leads to itself', async () => {
    server.script('GET tokens', ({ url }) => ({
      json: { data: TOKENS, status_code: 1000, timestamp: 'x' },
      headers: {
        Link: url.includes('offset') ? `<${url}>; rel="next"` : '<?limit=500&offset=3>; rel="next"',
      },
    }))
    await begin(emsp())
    await waitFor(() => server.requests.length === 2)
    server.script('GET tokens', {
      json: { data: TOKENS, status_code: 1000, timestamp: 'x' },
      headers: { Link: '<http://169.254.169.254/tokens>; rel="next"' },
    })
    await waitFor(async () => {
      kit.clock.advance(AGAIN_MS)
      await new Promise((resolve) => setImmediate(resolve))
      return server.requests.length === 3
    })
    expect(server.requests).toHaveLength(3)
  })

  it('are not asked of a CPO, of a newer version, or of one that has no such list', async () => {
    await begin(
      emsp({ id: 'cpo', roles: [role('DE-CPO CPO')], inbound: [] }),
      emsp({ id: 'newer', version: '2.2.1', roles: [role('NL-NEW EMSP')], inbound: [] }),
      emsp({ id: 'bare', endpoints: [], roles: [role('NL-BAR EMSP')], inbound: [] }),
    )
    const asked = await kit.registry.put(emsp())
    expect(asked.ok).toBe(true)
    await waitFor(() => server.requests.length === 1)
    kit.clock.advance(AGAIN_MS)
    await waitFor(() => server.requests.length === 2)
    expect(server.requests.every(({ module }) => module === 'tokens')).toBe(true)
  })
})
