// Liveness where several hubs share a registry: OFFLINE holds for all of them, so a hub whose own way to a platform is
// broken must not take it from those that reach it.

import { afterEach, describe, expect, it } from 'vitest'
import { changePlatform, withStatus } from '../../../src/modules/platform-change.ts'
import { createStillAlive, type StillAlive } from '../../../src/modules/still-alive.ts'
import type { ConnectionStatus } from '../../../src/registry/platform.ts'
import { platform, role } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'
import { createKit, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

const SILENCE_MS = 300_000

let kit: Kit
let peer: Peer
let alive: StillAlive
/** When another hub has heard the platform. */
let heardElsewhere: number | undefined

afterEach(async () => {
  alive.close()
  await kit.close()
  await peer.close()
})

async function begin(hasLease = true): Promise<void> {
  peer = await startPeer()
  peer.tokens.add('outbound-acme')
  kit = await createKit({}, [
    platform('acme', { versionsUrl: peer.versionsUrl, roles: [role('DE-CPO CPO')] }),
  ])
  heardElsewhere = undefined
  const log = { info: () => undefined, warn: () => undefined }
  const lease = { holds: () => hasLease }
  const parts = { ...kit.parts, lease, log, alarm: () => undefined, lastHeard: () => heardElsewhere }
  alive = createStillAlive(parts, { probeAfterMs: SILENCE_MS, timeoutMs: 300, offlineAfter: 3 }, () => 1)
}

const status = () => kit.platform('acme').status
const becomes = (wanted: ConnectionStatus) => waitFor(() => status() === wanted, { what: wanted })

/** As another hub does. */
async function setStatus(to: ConnectionStatus): Promise<void> {
  await changePlatform(kit.registry, 'acme', (current) => withStatus(current, to, kit.clock.now()))
}

/** A second after what came before, and a second before what follows. */
function failOnce(): void {
  kit.clock.advance(1_000)
  alive.failed('acme', 'connection_timeout')
  kit.clock.advance(1_000)
}

/** As often as makes it OFFLINE. */
function failAgain(): void {
  for (let count = 0; count < 3; count++) alive.failed('acme', 'connection_timeout')
}

describe('failures that another hub does not see', () => {
  it('leave the platform CONNECTED while the other one hears it', async () => {
    await begin()
    failOnce()
    heardElsewhere = kit.clock.now()
    failAgain()
    expect(alive.outlook('acme')).toMatchObject({ failures: 4 })
    expect(status()).toBe('CONNECTED')
  })

  it('leave it CONNECTED once the other one has brought it back', async () => {
    await begin()
    failAgain()
    await becomes('OFFLINE')
    kit.clock.advance(1_000)
    await setStatus('CONNECTED')
    alive.failed('acme', 'connection_timeout')
    expect(alive.outlook('acme')).toMatchObject({ failures: 4 })
    expect(status()).toBe('CONNECTED')
  })

  it('make it OFFLINE when the other one has not heard it since they began', async () => {
    await begin()
    heardElsewhere = kit.clock.now()
    failOnce()
    failAgain()
    await becomes('OFFLINE')
  })

  it('make it OFFLINE when it was heard and changed by a clock that was ahead and was set right', async () => {
    await begin()
    heardElsewhere = kit.clock.now() + 3_600_000
    await changePlatform(kit.registry, 'acme', (current) =>
      withStatus(withStatus(current, 'OFFLINE', 0), 'CONNECTED', heardElsewhere!),
    )
    failOnce()
    failAgain()
    await becomes('OFFLINE')
  })

  it('make it OFFLINE when the other one has heard nothing either for the silence that is set', async () => {
    await begin()
    // The silence makes this hub ask it, which would bring it back.
    peer.script('GET /versions', { status: 503, text: 'no' })
    failOnce()
    heardElsewhere = kit.clock.now()
    failAgain()
    kit.clock.advance(SILENCE_MS)
    alive.failed('acme', 'connection_timeout')
    await becomes('OFFLINE')
  })
})

describe('a platform that another hub has set OFFLINE', () => {
  /** Turns the clock until so many probes have come. */
  const untilProbed = (count: number) =>
    waitFor(() => {
      if (peer.requests.length < count) kit.clock.advance(100)
      return peer.requests.length >= count
    })

  it('is asked once by a hub without the lease, and CONNECTED if it answers', async () => {
    await begin(false)
    await setStatus('OFFLINE')
    await untilProbed(1)
    await becomes('CONNECTED')
  })

  it('is not asked again by a hub without the lease if it does not answer', async () => {
    await begin(false)
    peer.script('GET /versions', { status: 503, text: 'no' })
    await setStatus('OFFLINE')
    await untilProbed(1)
    await waitFor(() => alive.outlook('acme')?.probing === false)
    kit.clock.advance(10 * SILENCE_MS)
    expect([status(), peer.requests.length]).toEqual(['OFFLINE', 1])
  })
})
