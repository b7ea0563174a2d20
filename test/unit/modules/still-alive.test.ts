// Liveness: silence, failures, refusals, and the way back, with a clock that is turned and peers that are real.

import { afterEach, describe, expect, it } from 'vitest'
import { createStillAlive, type StillAlive, type StillAliveParts } from '../../../src/modules/still-alive.ts'
import type { ConnectionStatus, Platform } from '../../../src/registry/platform.ts'
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

async function begin(changes: Partial<Platform> = {}, parts: Partial<StillAliveParts> = {}): Promise<void> {
  peer = await startPeer()
  peer.tokens.add('outbound-acme')
  kit = await createKit({}, [
    platform('acme', { versionsUrl: peer.versionsUrl, roles: [role('DE-CPO CPO')], ...changes }),
  ])
  const log = { info: () => undefined, warn: () => undefined }
  const alarm = (kind: string, id: string) => void alarms.push(`${kind} ${id}`)
  const lease = { holds: () => true }
  // 1 makes every wait as long as it can be.
  heard.splice(0)
  const onHeard = (id: string) => void heard.push(id)
  alive = createStillAlive(
    { ...kit.parts, call: counted, lease, log, alarm, onHeard, ...parts },
    OPTIONS,
    () => 1,
  )
}

/** Ids of platforms, one for each sign of life. */
const heard: string[] = []
/** Calls under way: the clock stands still for them, however busy the machine is. */
let calling = 0
const counted: StillAliveParts['call'] = async (request) => {
  calling++
  try {
    return await kit.parts.call(request)
  } finally {
    calling--
  }
}

const status = () => kit.platform('acme').status
const probes = () => peer.requests.length
const becomes = (wanted: ConnectionStatus) => waitFor(() => status() === wanted, { what: wanted })

/** Turns the clock until another probe has come to the peer. */
async function untilProbed(count = probes() + 1): Promise<void> {
  await waitFor(() => {
    if (probes() < count && calling === 0) kit.clock.advance(5_000)
    return probes() >= count
  })
}

function failThrice(fault: Parameters<StillAlive['failed']>[1] = 'connection_refused'): void {
  for (let count = 0; count < 3; count++) alive.failed('acme', fault)
}

describe('a platform that is silent', () => {
  it('is asked for its versions with its token when nothing was heard for the time set (R88)', async () => {
    await begin()
    kit.clock.advance(5 * MINUTE_MS - 1_000)
    expect(probes()).toBe(0)
    kit.clock.advance(2_000)
    await waitFor(() => probes() === 1)
    expect(peer.requests[0]).toMatchObject({
      method: 'GET',
      path: '/versions',
      authorization: `Token ${Buffer.from('outbound-acme').toString('base64')}`,
    })
  })

  it('is left alone while requests or answers of it come (R88)', async () => {
    await begin()
    for (let minute = 0; minute < 20; minute += 4) {
      kit.clock.advance(4 * MINUTE_MS)
      if (minute % 8 === 0) alive.heard('acme')
      else alive.requested('acme')
    }
    expect(probes()).toBe(0)
    expect(heard).toEqual(Array(5).fill('acme'))
  })

  it('stays CONNECTED when it answers, even with an OCPI error (T28)', async () => {
    await begin()
    peer.script('GET /versions', { status: 500, code: 3000 })
    await untilProbed()
    await waitFor(() => heard.length > 0)
    expect(status()).toBe('CONNECTED')
  })

  it('is OFFLINE after as many failed probes in a row as are set, and dated then (R83, R91)', async () => {
    await begin()
    peer.script('GET /versions', { status: 503, text: 'no' })
    const before = kit.platform('acme').roles[0]!.lastUpdated
    await untilProbed(3)
    await becomes('OFFLINE')
    const { lastUpdated } = kit.platform('acme').roles[0]!
    expect([lastUpdated > before, probes()]).toEqual([true, 3])
  })

  it('is asked by the hub that holds the lease only', async () => {
    await begin({}, { lease: { holds: () => false } })
    kit.clock.advance(60 * MINUTE_MS)
    expect((await alive.probe('acme'))?.ok).toBe(true)
    expect(probes()).toBe(1)
  })

  it.each(['PLANNED', 'SUSPENDED'] as const)('is not asked when it is %s', async (unasked) => {
    await begin({ status: unasked })
    kit.clock.advance(60 * MINUTE_MS)
    failThrice()
    alive.heard('acme')
    expect((await alive.probe('acme'))?.ok).toBe(true)
    expect([status(), probes()]).toEqual([unasked, 1])
  })
})

describe('failures in real traffic', () => {
  it('make a platform OFFLINE when as many connections in a row fail (R83)', async () => {
    await begin()
    alive.failed('acme', 'connection_refused')
    alive.failed('acme', 'dns_error')
    expect(status()).toBe('CONNECTED')
    alive.failed('acme', 'connection_timeout')
    await becomes('OFFLINE')
  })

  it('count only in a row', async () => {
    await begin()
    for (let count = 0; count < 10; count++) {
      alive.failed('acme', 'connection_refused')
      alive.failed('acme', 'connection_refused')
      alive.heard('acme')
    }
    expect((await alive.probe('acme'))?.ok).toBe(true)
    expect(status()).toBe('CONNECTED')
  })

  it('do not count when the platform answered or the hub was at fault', async () => {
    await begin()
    for (const fault of ['responder_busy', 'answer_not_ocpi', 'hub_overloaded', 'requester_gone'] as const)
      failThrice(fault)
    expect((await alive.probe('acme'))?.ok).toBe(true)
    expect(status()).toBe('CONNECTED')
  })

  it('let a platform that is too slow be asked at once instead of calling it away', async () => {
    await begin()
    failThrice('http_response_timeout')
    kit.clock.advance(1_000)
    await waitFor(() => probes() === 1)
    await waitFor(() => heard.length > 0)
    expect(status()).toBe('CONNECTED')
  })

  it('lead to OFFLINE when such a platform does not answer probes either', async () => {
    await begin()
    peer.script('GET /versions', { hangs: true })
    failThrice('http_response_timeout')
    await untilProbed(3)
    await becomes('OFFLINE')
  })
})

describe('a platform that refuses the token of the hub', () => {
  it('is told to the operator at the first refusal and stays CONNECTED (T2)', async () => {
    await begin()
    alive.heard('acme')
    alive.failed('acme', 'token_rejected')
    alive.heard('acme')
    alive.failed('acme', 'token_rejected')
    expect([alarms, status()]).toEqual([['token_rejected acme'], 'CONNECTED'])
  })

  it('is OFFLINE when it has refused often enough and the versions too (T2)', async () => {
    await begin()
    peer.tokens.clear()
    for (let count = 0; count < 3; count++) {
      alive.heard('acme')
      alive.failed('acme', 'token_rejected')
    }
    expect(status()).toBe('CONNECTED')
    await untilProbed()
    await becomes('OFFLINE')
    expect(alarms).toEqual(['token_rejected acme'])
  })

  it('is shown the token in its other form when it takes that, from then on (R4, T2)', async () => {
    await begin()
    peer.script('GET /versions', ({ authorization }) =>
      authorization === 'Token outbound-acme' ? undefined : { status: 401, code: 2000 },
    )
    expect(await alive.probe('acme')).toMatchObject({ ok: true, tokenForm: 'raw' })
    await waitFor(() => kit.platform('acme').outbound?.form === 'raw')
    expect(await alive.probe('acme')).not.toHaveProperty('tokenForm')
    expect([probes(), status(), alarms]).toEqual([3, 'CONNECTED', []])
  })

  it('is not OFFLINE when other requests are answered in between (T2)', async () => {
    await begin()
    for (let count = 0; count < 9; count++) {
      alive.heard('acme')
      alive.failed('acme', 'token_rejected')
      alive.heard('acme')
    }
    kit.clock.advance(MINUTE_MS)
    expect((await alive.probe('acme'))?.ok).toBe(true)
    expect([status(), probes()]).toEqual(['CONNECTED', 1])
  })
})

describe('a platform that is OFFLINE', () => {
  it('is asked ever more rarely, and is CONNECTED when it answers (T20)', async () => {
    await begin()
    peer.script('GET /versions', { status: 502, text: '' })
    failThrice()
    await becomes('OFFLINE')
    const waits: number[] = []
    for (let count = 1; count <= 8; count++) {
      const since = kit.clock.now()
      await untilProbed(count)
      waits.push(Math.round((kit.clock.now() - since) / 1000))
    }
    for (let index = 1; index < waits.length; index++)
      expect(waits[index]).toBeGreaterThanOrEqual(waits[index - 1]!)
    expect(waits.at(-1)).toBeLessThanOrEqual(310)
    expect(waits.at(-1)).toBeGreaterThan(200)
    peer.script('GET /versions', () => undefined)
    await untilProbed()
    await becomes('CONNECTED')
  })

  it('is CONNECTED with any request of its own (T20)', async () => {
    await begin({ status: 'OFFLINE' })
    alive.requested('acme')
    await becomes('CONNECTED')
  })

  it('is asked at once when the hub starts', async () => {
    await begin({ status: 'OFFLINE' })
    kit.clock.advance(1_000)
    await becomes('CONNECTED')
    expect(probes()).toBe(1)
  })

  it('is asked somewhere else when its versions URL is not known', async () => {
    await begin({ status: 'OFFLINE' })
    const { versionsUrl: _, ...rest } = kit.platform('acme')
    const url = `${peer.url}/data/locations`
    await kit.registry.put({ ...rest, endpoints: [{ module: 'locations', role: 'SENDER', url }] })
    kit.clock.advance(1_000)
    await becomes('CONNECTED')
    expect(peer.requests.map(({ path }) => path)).toEqual(['/data/locations?limit=1'])
  })
})

describe('the probe of an operator', () => {
  it('tells what was found', async () => {
    await begin()
    expect(await alive.probe('acme')).toMatchObject({ ok: true, httpStatus: 200 })
    peer.tokens.clear()
    expect(await alive.probe('acme')).toMatchObject({ ok: false, fault: 'token_rejected', httpStatus: 401 })
    await peer.close()
    expect(await alive.probe('acme')).toMatchObject({ ok: false, fault: 'connection_refused' })
    expect(await alive.probe('nobody')).toBeUndefined()
  })
})
