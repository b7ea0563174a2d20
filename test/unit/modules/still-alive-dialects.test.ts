// Liveness of platforms that do not answer in OCPI, and what the operator is told when the hub is refused.

import { afterEach, describe, expect, it } from 'vitest'
import { createStillAlive, type StillAlive } from '../../../src/modules/still-alive.ts'
import type { DialectName } from '../../../src/registry/platform.ts'
import { platform, role } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'
import { createKit, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

const MINUTE_MS = 60_000
const OPTIONS = { probeAfterMs: 5 * MINUTE_MS, timeoutMs: 300, offlineAfter: 3 }

let kit: Kit
let peer: Peer
let alive: StillAlive
const alarms: string[] = []

afterEach(async () => {
  alive.close()
  await kit.close()
  await peer.close()
  alarms.length = 0
})

async function begin(errors: DialectName): Promise<void> {
  peer = await startPeer()
  const acme = platform('acme', { versionsUrl: peer.versionsUrl, roles: [role('DE-CPO CPO')], errors })
  kit = await createKit({}, [acme])
  const log = { info: () => undefined, warn: () => undefined }
  const alarm = (kind: string, id: string, detail: string) => void alarms.push(`${kind} ${id}: ${detail}`)
  alive = createStillAlive({ ...kit.parts, lease: { holds: () => true }, log, alarm }, OPTIONS, () => 1)
}

const status = () => kit.platform('acme').status
const probes = () => peer.requests.length
const alarmOf = (cause: string) => `token_rejected acme: the platform refuses the hub; likely cause: ${cause}`

describe('the likely cause of a refusal', () => {
  it('is told in the alarm, once, and when another one comes', async () => {
    await begin('opencharge')
    const clock = 'the clock of the hub is wrong'
    for (const cause of [undefined, clock, undefined, clock]) {
      alive.heard('acme')
      alive.failed('acme', 'token_rejected', cause)
    }
    expect(alarms).toEqual([alarmOf('the token of the hub has expired or was replaced'), alarmOf(clock)])
  })

  it('is told again after requests were answered', async () => {
    await begin('opencharge')
    for (let count = 0; count < 2; count++) {
      alive.heard('acme')
      alive.failed('acme', 'token_rejected', 'a cause')
      alive.heard('acme')
    }
    expect(alarms).toEqual([alarmOf('a cause'), alarmOf('a cause')])
  })

  it('is read from a probe in the format of the platform', async () => {
    await begin('proof')
    const text = '{"error":"forbidden","code":"forbidden_origin","message":"no"}'
    peer.script('GET /versions', { status: 403, text })
    expect(await alive.probe('acme')).toMatchObject({ ok: false, fault: 'token_rejected', httpStatus: 403 })
    expect(alarms).toEqual([alarmOf('the address of the hub is not on the allow-list of the service')])
  })
})

describe('a platform that does not answer in OCPI', () => {
  it('is alive when it tells an error in its own format, whatever the HTTP status', async () => {
    await begin('ivxp')
    for (const [httpStatus, code] of [
      [401, 'SIGNATURE_INVALID'],
      [408, 'PAYMENT_TIMEOUT'],
      [429, 'BUSY'],
      [503, 'SERVICE_UNAVAILABLE'],
    ] as const) {
      const text = JSON.stringify({ error: code, message: 'm' })
      peer.script('GET /versions', { status: httpStatus, text })
      expect(await alive.probe('acme')).toMatchObject({ ok: true, httpStatus })
    }
    expect([alarms, status()]).toEqual([[], 'CONNECTED'])
  })

  it('is asked no more often than any other when it declines the connection', async () => {
    await begin('opencharge')
    peer.script('GET /versions', { status: 403, text: '' })
    expect(await alive.probe('acme')).toMatchObject({ ok: false, fault: 'connection_declined' })
    const since = kit.clock.now()
    await waitFor(() => {
      if (probes() < 4) kit.clock.advance(20_000)
      return probes() === 4
    })
    // Each came after the silence that any platform is granted.
    expect(kit.clock.now() - since).toBeGreaterThanOrEqual(3 * 5 * MINUTE_MS)
    for (let count = 0; count < 9; count++) alive.failed('acme', 'connection_declined')
    expect([alarms, status()]).toEqual([[], 'CONNECTED'])
  })

  it('is brought back from OFFLINE by declining: it is there again', async () => {
    await begin('opencharge')
    for (let count = 0; count < 3; count++) alive.failed('acme', 'connection_refused')
    await waitFor(() => status() === 'OFFLINE')
    peer.script('GET /versions', { status: 403, text: '' })
    await alive.probe('acme')
    await waitFor(() => status() === 'CONNECTED')
  })
})
