// Endpoints of static platforms, read from their versions URL.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDiscovery, type Discovery } from '../../../src/modules/discovery.ts'
import { platform } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'
import { createKit, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

let kit: Kit
let peer: Peer
let discovery: Discovery
const warnings: string[] = []

beforeEach(async () => {
  peer = await startPeer({ modules: ['locations SENDER', 'tokens RECEIVER'] })
  peer.tokens.add('outbound-acme')
  kit = await createKit()
})
afterEach(async () => {
  discovery.close()
  await kit.close()
  await peer.close()
  warnings.length = 0
})

function begin(): void {
  const log = {
    info: () => undefined,
    warn: (_fields: object, message: string) => void warnings.push(message),
  }
  discovery = createDiscovery({ ...kit.parts, log })
}
const bare = () => platform('acme', { endpoints: [], versionsUrl: peer.versionsUrl })
const modules = () => kit.platform('acme').endpoints.map(({ module, role }) => `${module} ${role}`)

describe('a connected platform without endpoints', () => {
  it('gets those of its version details', async () => {
    await kit.registry.put(bare())
    begin()
    await discovery.firstRound
    expect(modules()).toEqual(['credentials SENDER', 'locations SENDER', 'tokens RECEIVER'])
  })

  it('is looked at when it comes later', async () => {
    begin()
    await kit.registry.put(bare())
    await waitFor(() => modules().length === 3)
  })

  it('is asked again until it answers, and one warning says so', async () => {
    await kit.registry.put(bare())
    peer.script('GET /versions', { status: 500, text: '' })
    begin()
    await discovery.firstRound
    await waitFor(() => {
      kit.clock.advance(1_000)
      return peer.requests.length >= 3
    })
    expect(warnings).toEqual(['no endpoints yet: it answered HTTP 500 without an OCPI envelope'])
    peer.script('GET /versions', () => undefined)
    await waitFor(() => {
      kit.clock.advance(60_000)
      return modules().length === 3
    })
  })

  it('has endpoints left out that are none, which is told once however often it is asked', async () => {
    await kit.registry.put(bare())
    const told: unknown[] = []
    peer.script('GET /2.2.1', {
      data: { endpoints: [{ identifier: 'locations', role: 'SENDER', url: '/locations' }] },
    })
    const log = { info: () => undefined, warn: (_: object, message: string) => void warnings.push(message) }
    discovery = createDiscovery({ ...kit.parts, log, onLeftOut: (...args) => void told.push(args) })
    await discovery.firstRound
    await waitFor(() => {
      kit.clock.advance(60_000)
      return peer.requests.length >= 6
    })
    const leftOut = 'locations SENDER: url is not an absolute http or https one'
    expect(told).toEqual([['acme', [leftOut]]])
    expect(warnings).toEqual([`no endpoints yet: its version details list none; left out: ${leftOut}`])
  })

  it('is told when it does not offer the version it is configured with', async () => {
    await kit.registry.put({ ...bare(), version: '2.3.0' })
    begin()
    await discovery.firstRound
    expect(warnings).toEqual(['no endpoints yet: it does not offer 2.3.0'])
  })
})

describe('a platform that has endpoints, or is not connected', () => {
  it('is not asked', async () => {
    await kit.registry.put(platform('acme', { versionsUrl: peer.versionsUrl }))
    await kit.registry.put({
      ...platform('planned'),
      endpoints: [],
      status: 'PLANNED',
      versionsUrl: peer.versionsUrl,
    })
    begin()
    await discovery.firstRound
    expect(peer.requests).toEqual([])
  })
})
