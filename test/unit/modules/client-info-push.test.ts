// Pushes of ClientInfos to the HubClientInfo endpoints of real HTTP peers.

import { afterEach, describe, expect, it } from 'vitest'
import {
  type ClientInfoPush,
  createClientInfoPush,
  type PushParts,
} from '../../../src/modules/client-info-push.ts'
import { changePlatform, withStatus } from '../../../src/modules/platform-change.ts'
import type { ConnectionStatus, Platform } from '../../../src/registry/platform.ts'
import { platform, role } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'
import { createKit, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

let kit: Kit
let push: ClientInfoPush
const peers: Peer[] = []

afterEach(async () => {
  push.close()
  await kit.close()
  await Promise.all(peers.splice(0).map((peer) => peer.close()))
})

async function receiver(): Promise<Peer> {
  const peer = await startPeer()
  peers.push(peer)
  return peer
}

function connected(id: string, peer: Peer, changes: Partial<Platform> = {}): Platform {
  peer.tokens.add(`outbound-${id}`)
  const endpoints = [{ module: 'hubclientinfo', role: 'RECEIVER' as const, url: `${peer.url}/hci/` }]
  return platform(id, { endpoints, ...changes })
}

async function watch(platforms: readonly Platform[], changes: Partial<PushParts> = {}): Promise<void> {
  kit = await createKit({}, platforms)
  const log = { debug: () => undefined, warn: () => undefined }
  push = createClientInfoPush({ ...kit.parts, lease: leaseOf(() => true), log, ...changes })
}

/** A lease that is taken when the test says so. */
function leaseOf(holds: () => boolean) {
  const listeners: ((vacantSince: number) => void)[] = []
  return {
    holds,
    onTaken: (listener: (vacantSince: number) => void) => void listeners.push(listener),
    taken: (vacantSince: number) => listeners.forEach((listener) => listener(vacantSince)),
  }
}

const setStatus = (id: string, status: ConnectionStatus) =>
  changePlatform(kit.registry, id, (one) => withStatus(one, status, kit.clock.now()))

const told = (peer: Peer) =>
  peer.requests.map(({ method, path, body }) => {
    const info = body as { role: string; status: string }
    return `${method} ${path} ${info.role} ${info.status}`
  })

describe('a change of a party', () => {
  it('is put to every connected platform that takes it, not to the party itself (R83, R84, T23)', async () => {
    const [one, two, subject] = [await receiver(), await receiver(), await receiver()]
    await watch([
      connected('one', one, { roles: [role('NL-EMS EMSP')] }),
      connected('two', two, { roles: [role('NL-EMT EMSP')] }),
      connected('subject', subject, { roles: [role('DE-CPO CPO')] }),
      platform('deaf', { roles: [role('NL-DEF EMSP')] }),
    ])
    kit.clock.advance(1_000)
    await setStatus('subject', 'OFFLINE')
    await push.idle()
    for (const peer of [one, two]) {
      expect(peer.requests).toHaveLength(1)
      expect(peer.requests[0]).toMatchObject({
        method: 'PUT',
        path: '/hci/DE/CPO',
        body: {
          country_code: 'DE',
          party_id: 'CPO',
          role: 'CPO',
          status: 'OFFLINE',
          last_updated: new Date(kit.clock.now()).toISOString(),
        },
      })
    }
    expect(subject.requests).toEqual([])
    expect(Object.keys(one.requests[0]!.headers).filter((name) => name.startsWith('ocpi-'))).toEqual([])
  })

  it('is told when a party comes, is registered, leaves and is removed (R83, T23)', async () => {
    const peer = await receiver()
    await watch([connected('one', peer)])
    const roles = [{ countryCode: 'DE', partyId: 'CPO', role: 'CPO' }]
    await kit.registration.prepare({ id: 'new', roles })
    await push.idle()
    await setStatus('new', 'CONNECTED')
    await push.idle()
    await setStatus('new', 'SUSPENDED')
    await push.idle()
    await setStatus('new', 'CONNECTED')
    await push.idle()
    await kit.registration.remove('new')
    await push.idle()
    expect(told(peer)).toEqual(
      ['PLANNED', 'CONNECTED', 'SUSPENDED', 'CONNECTED', 'SUSPENDED'].map(
        (status) => `PUT /hci/DE/CPO CPO ${status}`,
      ),
    )
  })

  it('is told once for each role of the party, one after the other (T23)', async () => {
    const peer = await receiver()
    await watch([
      connected('one', peer),
      platform('multi', { roles: [role('DE-CPO CPO'), role('DE-CPO EMSP')] }),
    ])
    await setStatus('multi', 'OFFLINE')
    await push.idle()
    expect(told(peer)).toEqual(['PUT /hci/DE/CPO CPO OFFLINE', 'PUT /hci/DE/CPO EMSP OFFLINE'])
  })

  it('tells a role that was withdrawn as SUSPENDED, and then the role that is left (T23)', async () => {
    const peer = await receiver()
    await watch([
      connected('one', peer),
      platform('multi', { roles: [role('DE-CPO CPO'), role('DE-CPO EMSP')] }),
    ])
    await changePlatform(kit.registry, 'multi', (one) => ({
      ...one,
      roles: [one.roles[0]!, { ...one.roles[1]!, withdrawn: true }],
    }))
    await push.idle()
    expect(told(peer)).toEqual(['PUT /hci/DE/CPO EMSP SUSPENDED', 'PUT /hci/DE/CPO CPO CONNECTED'])
  })

  it('is not told when nothing but tokens, endpoints or dates changed (R91)', async () => {
    const peer = await receiver()
    await watch([connected('one', peer), platform('other', { roles: [role('DE-CPO CPO')] })])
    await changePlatform(kit.registry, 'other', (one) => ({
      ...one,
      endpoints: [],
      lastUpdated: '2027-01-01T00:00:00Z',
    }))
    await push.idle()
    expect(peer.requests).toEqual([])
  })

  it('is not told to whom it may not be shown (T38)', async () => {
    const [one, two] = [await receiver(), await receiver()]
    const visible: PushParts['visible'] = (from) => from.id === 'two'
    await watch(
      [connected('one', one), connected('two', two), platform('other', { roles: [role('DE-CPO CPO')] })],
      { visible },
    )
    await setStatus('other', 'OFFLINE')
    await push.idle()
    expect([one.requests.length, two.requests.length]).toEqual([0, 1])
  })

  it('is told by one of several hubs only: the one that holds the lease', async () => {
    const peer = await receiver()
    let holds = false
    await watch([connected('one', peer), platform('other', { roles: [role('DE-CPO CPO')] })], {
      lease: leaseOf(() => holds),
    })
    await setStatus('other', 'OFFLINE')
    await push.idle()
    holds = true
    await setStatus('other', 'CONNECTED')
    await push.idle()
    expect(told(peer)).toEqual(['PUT /hci/DE/CPO CPO CONNECTED'])
  })

  it('is told by the hub that takes the lease, when there was none that held it', async () => {
    const peer = await receiver()
    let holds = false
    const lease = leaseOf(() => holds)
    const others = ['AAA', 'BBB'].map((party) => platform(party, { roles: [role(`DE-${party} CPO`)] }))
    await watch([connected('one', peer), ...others], { lease })
    await setStatus('AAA', 'OFFLINE')
    const vacantSince = performance.now()
    for (const status of ['OFFLINE', 'CONNECTED', 'SUSPENDED'] as const) await setStatus('BBB', status)
    holds = true
    lease.taken(vacantSince)
    await push.idle()
    expect(told(peer)).toEqual(['PUT /hci/DE/BBB CPO SUSPENDED'])
    lease.taken(vacantSince)
    await push.idle()
    expect(peer.requests).toHaveLength(1)
  })

  it('is not repeated to a platform that fails, and keeps nobody else waiting (R92)', async () => {
    const [slow, fast] = [await receiver(), await receiver()]
    slow.script('PUT /hci/DE/CPO', { hangs: true })
    const failures: string[] = []
    await watch(
      [connected('slow', slow), connected('fast', fast), platform('other', { roles: [role('DE-CPO CPO')] })],
      {
        onFailure: (id, fault) => failures.push(`${id} ${fault}`),
        timeoutMs: 200,
      },
    )
    await setStatus('other', 'OFFLINE')
    await waitFor(() => fast.requests.length === 1 && push.pending() === 1)
    await push.idle()
    expect(failures).toEqual(['slow http_response_timeout'])
    expect(slow.requests).toHaveLength(1)
  })

  it('reaches a slow platform as the last word, not as a backlog', async () => {
    const slow = await receiver()
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    slow.script('PUT /hci/DE/CPO', async () => {
      await held
      return {}
    })
    await watch([connected('slow', slow), platform('other', { roles: [role('DE-CPO CPO')] })])
    await setStatus('other', 'OFFLINE')
    await waitFor(() => slow.requests.length === 1)
    for (const status of ['CONNECTED', 'SUSPENDED', 'CONNECTED', 'OFFLINE', 'CONNECTED'] as const)
      await setStatus('other', status)
    release()
    await push.idle()
    expect(told(slow)).toEqual(['PUT /hci/DE/CPO CPO OFFLINE', 'PUT /hci/DE/CPO CPO CONNECTED'])
  })

  it('is not told late by a hub that lost the lease while it waited', async () => {
    const slow = await receiver()
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    slow.script('PUT /hci/DE/AAA', async () => {
      await held
      return {}
    })
    const others = ['AAA', 'BBB'].map((party) => platform(party, { roles: [role(`DE-${party} CPO`)] }))
    let holds = true
    await watch([connected('slow', slow), ...others], { lease: leaseOf(() => holds) })
    await setStatus('AAA', 'OFFLINE')
    await waitFor(() => slow.requests.length === 1)
    await setStatus('BBB', 'OFFLINE')
    holds = false
    release()
    await push.idle()
    expect(told(slow)).toEqual(['PUT /hci/DE/AAA CPO OFFLINE'])
    holds = true
    await setStatus('BBB', 'CONNECTED')
    await push.idle()
    expect(told(slow).at(-1)).toBe('PUT /hci/DE/BBB CPO CONNECTED')
  })

  it('is dropped when too much waits already', async () => {
    const slow = await receiver()
    slow.script('PUT /hci/DE/AAA', { hangs: true })
    const others = ['AAA', 'BBB', 'CCC', 'DDD'].map((party) =>
      platform(party, { roles: [role(`DE-${party} CPO`)] }),
    )
    await watch([connected('slow', slow), ...others], { queueMax: 2, timeoutMs: 2_000 })
    await setStatus('AAA', 'OFFLINE')
    await waitFor(() => slow.requests.length === 1)
    await Promise.all(['BBB', 'CCC', 'DDD'].map((id) => setStatus(id, 'OFFLINE')))
    await push.idle()
    expect(told(slow).length).toBe(3)
  })
})
