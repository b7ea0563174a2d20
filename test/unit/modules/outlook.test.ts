// How near a platform is to OFFLINE, and when it is asked next: what operators see of the watch over the platforms.

import { afterEach, describe, expect, it } from 'vitest'
import { createStillAlive, type StillAlive } from '../../../src/modules/still-alive.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import { platform, role } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'
import { createKit, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

const MINUTE_MS = 60_000
const OPTIONS = { probeAfterMs: 5 * MINUTE_MS, timeoutMs: 300, offlineAfter: 3 }

let kit: Kit
let peer: Peer
let alive: StillAlive

afterEach(async () => {
  alive.close()
  await kit.close()
  await peer.close()
})

async function begin(changes: Partial<Platform> = {}, holds = true): Promise<void> {
  peer = await startPeer()
  peer.tokens.add('outbound-acme')
  kit = await createKit({}, [
    platform('acme', { versionsUrl: peer.versionsUrl, roles: [role('DE-CPO CPO')], ...changes }),
  ])
  const log = { info: () => undefined, warn: () => undefined }
  const lease = { holds: () => holds }
  alive = createStillAlive({ ...kit.parts, lease, log, alarm: () => undefined }, OPTIONS, () => 1)
}

const outlook = () => alive.outlook('acme')!
const probeInMs = () => outlook().probeAt! - kit.clock.now()

describe('the outlook of a platform', () => {
  it('is unknown of one that is not there', async () => {
    await begin()
    expect(alive.outlook('nobody')).toBeUndefined()
  })

  it('counts failures in a row, which a sign of life ends', async () => {
    await begin()
    expect(outlook()).toMatchObject({ failures: 0, offlineAfter: 3, probing: false })
    alive.failed('acme', 'connection_refused')
    alive.failed('acme', 'dns_error')
    expect(outlook().failures).toBe(2)
    alive.requested('acme')
    expect(outlook().failures).toBe(0)
  })

  it('says when silence is long enough for a probe', async () => {
    await begin()
    alive.requested('acme')
    kit.clock.advance(MINUTE_MS)
    expect(probeInMs()).toBe(4 * MINUTE_MS)
  })

  it('says when one that went OFFLINE is asked again, and that it is being asked', async () => {
    await begin()
    for (let count = 0; count < 3; count++) alive.failed('acme', 'connection_refused')
    await waitFor(() => kit.platform('acme').status === 'OFFLINE')
    await waitFor(() => outlook().probeAt !== undefined && probeInMs() > 0)
    expect(probeInMs()).toBeLessThanOrEqual(5_000)
    peer.script('GET /versions', { status: 503, text: 'no' })
    const probe = alive.probe('acme')
    expect(outlook().probing).toBe(true)
    await probe
    expect([outlook().probing, outlook().failures]).toEqual([false, 4])
  })

  it('is one of the next moment for one that has been OFFLINE since before this process', async () => {
    await begin({ status: 'OFFLINE' })
    expect(probeInMs()).toBe(0)
  })

  it.each(['PLANNED', 'SUSPENDED'] as const)('has no probe for one that is %s', async (status) => {
    await begin({ status })
    expect(outlook().probeAt).toBeUndefined()
  })

  it('has no probe by a hub that does not hold the lease', async () => {
    await begin({}, false)
    expect(outlook().probeAt).toBeUndefined()
  })
})
