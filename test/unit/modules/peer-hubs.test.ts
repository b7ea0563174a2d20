// Reading platforms that are hubs: their endpoints and their list of parties, after handshakes and now and then (T25).

import { afterEach, describe, expect, it } from 'vitest'
import { createPeerHubs, type PeerHubs } from '../../../src/modules/peer-hubs.ts'
import { changePlatform, withStatus } from '../../../src/modules/platform-change.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import { platform, role } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'
import { createKit, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

let kit: Kit
let peer: Peer
let hubs: PeerHubs
let holds: boolean
const warnings: unknown[] = []

afterEach(async () => {
  hubs.close()
  warnings.splice(0)
  await Promise.all([kit.close(), peer.close()])
})

interface Item {
  readonly country_code: string
  readonly party_id: string
  readonly role: string
  readonly status: string
}

function item(text: string): Item {
  const [party = '', name = '', status = 'CONNECTED'] = text.split(' ')
  const [country_code = '', party_id = ''] = party.split('-')
  return { country_code, party_id, role: name, status }
}

const LIST = 'GET /hubclientinfo/?limit=500'

/** A hub at the peer's server, registered, with both interfaces of HubClientInfo unless said otherwise. */
async function begin(changes: Partial<Platform> = {}, others: readonly Platform[] = []): Promise<void> {
  peer = await startPeer({ modules: ['locations SENDER', 'hubclientinfo SENDER', 'hubclientinfo RECEIVER'] })
  peer.tokens.add('outbound-hb2')
  const endpoint = (module: string, side: 'SENDER' | 'RECEIVER') => ({
    module,
    role: side,
    url: `${peer.url}/${module}/`,
  })
  const hub = platform('hb2', {
    versionsUrl: peer.versionsUrl,
    roles: [role('NL-HB2 HUB')],
    endpoints: [
      endpoint('credentials', 'SENDER'),
      endpoint('locations', 'SENDER'),
      endpoint('hubclientinfo', 'SENDER'),
      endpoint('hubclientinfo', 'RECEIVER'),
    ],
    ...changes,
  })
  kit = await createKit({}, [hub, ...others])
  holds = true
}

function start(): void {
  hubs = createPeerHubs(kit.parts, {
    lease: { holds: () => holds },
    log: { warn: (fields: unknown) => void warnings.push(fields) },
  })
}

const behind = () =>
  (kit.platform('hb2').behind ?? []).map(
    ({ countryCode, partyId, role: its, reported }) => `${countryCode}-${partyId} ${its} ${reported}`,
  )
const asked = () => peer.requests.map(({ method, path }) => `${method} ${path}`)

/** Turns the clock until something has come of it. */
async function turn(ms: number, until: () => boolean): Promise<void> {
  kit.clock.advance(ms)
  await waitFor(until)
}

describe('a platform that is a hub', () => {
  it('is asked for its parties; what it may not tell of is left out', async () => {
    await begin({}, [platform('acme', { roles: [role('DE-ACM CPO')] })])
    peer.script(LIST, {
      data: [
        item('BE-CPO CPO'),
        item('BE-OFF CPO OFFLINE'),
        item('BE-OLD CPO SUSPENDED'),
        item('DE-ACM EMSP'),
        item('NL-HUB OTHER'),
        item('NL-HB2 OTHER'),
        item('FR-HB3 HUB'),
        { country_code: 'XXX' },
        null,
      ],
    })
    start()
    await turn(1_000, () => behind().length > 0)
    expect(behind()).toEqual(['BE-CPO CPO CONNECTED', 'BE-OFF CPO OFFLINE', 'BE-OLD CPO SUSPENDED'])
    expect(asked()).toEqual([LIST])
    expect(Object.keys(peer.requests[0]!.headers).filter((name) => name.startsWith('ocpi-'))).toEqual([])
  })

  it('is read page by page, but the token goes to no other server', async () => {
    await begin()
    const link = (url: string) => ({ headers: { link: `<${url}>; rel="next"` } })
    peer.script(LIST, { data: [item('BE-ONE CPO')], ...link('?offset=1&limit=1') })
    peer.script('GET /hubclientinfo/?offset=1&limit=1', { data: [item('BE-TWO CPO')] })
    start()
    await turn(1_000, () => behind().length === 2)
    peer.script(LIST, {
      data: [item('BE-TWO CPO OFFLINE')],
      ...link('http://127.0.0.1:1/hubclientinfo/?offset=1'),
    })
    await turn(5_000, () => behind().includes('BE-TWO CPO OFFLINE'))
    // It was not read whole, so nobody is gone.
    expect(behind()).toEqual(['BE-ONE CPO CONNECTED', 'BE-TWO CPO OFFLINE'])
    expect(warnings).toHaveLength(1)
  })

  it('has nobody behind it any more when its list is null (R112)', async () => {
    await begin()
    peer.script(LIST, { data: [item('BE-ONE CPO')] })
    start()
    await turn(1_000, () => behind().length === 1)
    peer.script(LIST, { data: null })
    await turn(5_000, () => behind().length === 0)
    expect(warnings).toEqual([])
  })

  it('is asked again after failures, ever more slowly, and told once', async () => {
    await begin()
    peer.script(LIST, { status: 500, text: 'oops' })
    start()
    await turn(1_000, () => asked().length === 1)
    for (let failures = 2; failures < 6; failures++) {
      await waitFor(() => {
        kit.clock.advance(500)
        return asked().length === failures
      })
      expect(warnings.length).toBe(failures > 3 ? 1 : warnings.length)
    }
    peer.script(LIST, { data: [item('BE-CPO CPO')] })
    await waitFor(() => {
      kit.clock.advance(5_000)
      return behind().length === 1
    })
    expect(warnings).toHaveLength(1)
  })

  it('is asked once more soon and then every ten minutes, and when it comes back', async () => {
    await begin()
    peer.script(LIST, { data: [] })
    start()
    await turn(1_000, () => asked().length === 1)
    await waitFor(() => {
      kit.clock.advance(100)
      return asked().length === 2
    })
    const before = asked().length
    kit.clock.advance(60_000)
    const setStatus = (status: Platform['status']) =>
      changePlatform(kit.registry, 'hb2', (one) => withStatus(one, status, kit.clock.now()))
    await setStatus('OFFLINE')
    kit.clock.advance(60_000)
    await setStatus('CONNECTED')
    expect(asked().length).toBe(before)
    await turn(1_000, () => asked().length === before + 1)
  })

  it('is asked for its endpoints again when it takes no ClientInfos, because it knows this hub by now', async () => {
    await begin()
    const endpoints = kit
      .platform('hb2')
      .endpoints.filter(({ module, role: side }) => module !== 'hubclientinfo' || side === 'SENDER')
    await changePlatform(kit.registry, 'hb2', (one) => ({ ...one, endpoints }))
    peer.script(LIST, { data: [item('BE-CPO CPO')] })
    start()
    await turn(1_000, () => behind().length === 1)
    expect(kit.registry.table().connections.get('hb2')!.endpoint('hubclientinfo', 'RECEIVER')).toBeDefined()
  })

  it('is not asked by a hub that does not hold the lease, nor while it is not connected', async () => {
    await begin()
    peer.script(LIST, { data: [item('BE-CPO CPO')] })
    holds = false
    start()
    kit.clock.advance(60_000)
    holds = true
    await turn(2_000, () => behind().length === 1)
    await changePlatform(kit.registry, 'hb2', (one) => withStatus(one, 'SUSPENDED', kit.clock.now()))
    peer.requests.splice(0)
    kit.clock.advance(24 * 3_600_000)
    expect(asked()).toEqual([])
  })
})

describe('a platform that is no hub', () => {
  it('is asked nothing', async () => {
    await begin({ roles: [role('DE-CPO CPO')] })
    start()
    kit.clock.advance(3_600_000)
    expect(asked()).toEqual([])
  })
})
