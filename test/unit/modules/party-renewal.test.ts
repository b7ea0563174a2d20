// New credentials for platforms on 2.3.0 that take no HubClientInfo, when whom they reach has changed (R38, T13).

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '../../../src/faults/fault.ts'
import { createPartyRenewal, type PartyRenewal } from '../../../src/modules/party-renewal.ts'
import { changePlatform, withStatus } from '../../../src/modules/platform-change.ts'
import type { Visible } from '../../../src/modules/reachable.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import { kept, platform, role } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'
import { createKit, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

let kit: Kit
let renewal: PartyRenewal
let peers: Peer[]
let holds: boolean
let rotated: string[]
let failing: Fault | undefined
let look: () => void

beforeEach(() => {
  peers = []
  rotated = []
  holds = true
  failing = undefined
  look = () => undefined
})
afterEach(async () => {
  renewal.close()
  await kit.close()
  await Promise.all(peers.map((peer) => peer.close()))
})

/** A 2.3.0 platform with nothing but locations, registered over real sockets. */
async function register(id: string, party: string, modules = ['locations SENDER']): Promise<Peer> {
  const [country_code = '', party_id = ''] = party.split('-')
  const peer = await startPeer({
    version: '2.3.0',
    modules,
    roles: [{ role: 'CPO', country_code, party_id }],
  })
  peers.push(peer)
  peer.tokens.add(`token-b-${id}`)
  const { token } = await kit.registration.prepare({ id })
  await kit.ask(token, 'POST', '/ocpi/2.3.0/credentials', peer.credentials(`token-b-${id}`))
  return peer
}

async function begin(changes: Parameters<typeof createKit>[0] = {}): Promise<void> {
  kit = await createKit(changes)
}

function start(): void {
  renewal = createPartyRenewal({
    ...kit.parts,
    lease: { holds: () => holds },
    log: { info: () => undefined, warn: () => undefined },
    visibility: {
      watch(listener) {
        look = () => listener(kit.parts.visible, kit.parts.visible)
        return () => undefined
      },
    },
    rotate: async (id) => {
      if (failing) {
        rotated.push(`${id} failed`)
        throw failing
      }
      await kit.registration.rotate(id)
      rotated.push(id)
    },
  })
}

const connect = async (id: string, party: string): Promise<Platform> =>
  kept(await kit.registry.put(platform(id, { roles: [role(`${party} EMSP`)] })))
const setStatus = (id: string, status: Platform['status']) =>
  changePlatform(kit.registry, id, (one) => withStatus(one, status, kit.clock.now()))

/** Turns the clock by single seconds, with time for what comes of it, until `seconds` have passed. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    kit.clock.advance(1_000)
    await settled()
  }
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
}

/** The parties in the last credentials that the hub has sent it. */
function toldTo(peer: Peer): string[] {
  const { body } =
    peer.requests.filter(({ method, path }) => method === 'PUT' && path === '/credentials').at(-1) ?? {}
  const { roles } = (body ?? { roles: [] }) as { roles: { party_id: string; role: string }[] }
  return roles.map(({ party_id: id, role: its }) => `${id} ${its}`).sort()
}

describe('a platform on 2.3.0 without HubClientInfo (T13)', () => {
  it('is sent credentials with all it reaches, once for changes that come together', async () => {
    await begin()
    const peer = await register('old', 'DE-CPO')
    start()
    await connect('one', 'NL-ONE')
    await pass(3)
    await connect('two', 'NL-TWO')
    await pass(4)
    expect(rotated).toEqual([])
    kit.clock.advance(2_000)
    await waitFor(() => rotated.length === 1)
    expect(toldTo(peer)).toEqual(['ONE EMSP', 'TWO EMSP'])
    await pass(600)
    expect(rotated).toEqual(['old'])
  })

  it('is told nothing new by a party that is OFFLINE or PLANNED, or its own changes', async () => {
    await begin()
    await register('old', 'DE-CPO')
    await connect('one', 'NL-ONE')
    start()
    await pass(6)
    await waitFor(() => rotated.length === 1)
    await pass(400)
    await setStatus('one', 'OFFLINE')
    await kit.registration.prepare({ id: 'new', roles: [{ countryCode: 'NL', partyId: 'NEW', role: 'CPO' }] })
    await setStatus('one', 'CONNECTED')
    await pass(400)
    expect(rotated).toEqual(['old'])
    await setStatus('one', 'SUSPENDED')
    await pass(6)
    await waitFor(() => rotated.length === 2)
  })

  it('is not told again what a handshake of its own has told it', async () => {
    await begin()
    await connect('one', 'NL-ONE')
    await register('old', 'DE-CPO')
    start()
    await pass(60)
    expect(rotated).toEqual([])
  })

  it('is told at most every five minutes, however much changes', async () => {
    await begin()
    await register('old', 'DE-CPO')
    start()
    await connect('one', 'NL-ONE')
    await pass(6)
    await waitFor(() => rotated.length === 1)
    for (const id of ['AAA', 'BBB', 'CCC']) {
      await connect(id.toLowerCase(), `NL-${id}`)
      await pass(30)
    }
    expect(rotated).toHaveLength(1)
    await pass(300)
    await waitFor(() => rotated.length === 2)
    await pass(400)
    expect(rotated).toHaveLength(2)
  })

  it('is told when the operator shows or hides parties', async () => {
    let hidden = false
    const visible: Visible = (_, party) => !hidden || party.key !== 'NL-ONE'
    await begin({ visible })
    await connect('one', 'NL-ONE')
    const peer = await register('old', 'DE-CPO')
    start()
    await pass(6)
    hidden = true
    look()
    await pass(6)
    await waitFor(() => rotated.length === 1)
    expect(toldTo(peer)).toEqual(['HUB OTHER'])
  })

  it('that refuses is tried again ever more seldom; one with a handshake under way in a moment', async () => {
    await begin()
    await register('old', 'DE-CPO')
    start()
    failing = new Fault('method_rejected')
    await connect('one', 'NL-ONE')
    await pass(6)
    expect(rotated).toEqual(['old failed'])
    await pass(310)
    expect(rotated).toHaveLength(2)
    await pass(310)
    expect(rotated).toHaveLength(2)
    await pass(300)
    expect(rotated).toHaveLength(3)
    failing = new Fault('store_unavailable')
    await pass(1_300)
    const before = rotated.length
    failing = undefined
    await pass(10)
    await waitFor(() => rotated.length === before + 1)
    expect(rotated.at(-1)).toBe('old')
  })

  it('is told by the holder of the lease, whoever that is by then', async () => {
    await begin()
    await register('old', 'DE-CPO')
    holds = false
    start()
    await connect('one', 'NL-ONE')
    await pass(60)
    expect(rotated).toEqual([])
    holds = true
    await pass(10)
    await waitFor(() => rotated.length === 1)
  })
})

describe('no credentials are sent', () => {
  it('to a platform that takes HubClientInfo, is on another version, or does not stand in the registry', async () => {
    await begin()
    await register('listening', 'DE-CPO', ['locations SENDER', 'hubclientinfo RECEIVER'])
    kept(await kit.registry.put(platform('old', { roles: [role('DE-OLD CPO')] })))
    start()
    await connect('one', 'NL-ONE')
    await pass(400)
    expect(rotated).toEqual([])
  })
})
