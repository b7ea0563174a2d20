// What operators are told and when: beginnings, ends, silence, and which of several hubs speaks.

import { describe, expect, it } from 'vitest'
import { cpuMsOf } from '../../support/in-time.ts'
import { exchange, MINUTE, scene } from './alert-scene.ts'

describe('fault rates', () => {
  it('are told with the likeliest causes, and when they are over', async () => {
    const at = await scene({ acme: 'CONNECTED' }, { dashboard: 'https://admin.example' })
    at.window('acme', 100)
    at.window('acme', 100, 'connection_refused')
    expect(at.all).toEqual([
      {
        alert: 'fault_rate',
        status: 'firing',
        severity: 'critical',
        subject: 'acme',
        since: '2026-06-01T00:02:00.000Z',
        time: '2026-06-01T00:02:00.000Z',
        message: 'Requests to acme (DE-CP0) fail: 100 % of 100 requests, usually 0 %.',
        causes: [
          'connection_refused (100 %): the party refused the connection. Start the service, or correct the port in the version details.',
        ],
        fault: 'connection_refused',
        link: 'https://admin.example/errors?responder=acme',
      },
    ])
    at.told()
    at.window('acme', 100)
    expect(at.all).toMatchObject([
      { status: 'resolved', since: '2026-06-01T00:02:00.000Z', time: '2026-06-01T00:03:00.000Z', causes: [] },
    ])
    expect(at.all[0]!.message).toBe('acme (DE-CP0) works again: 0 % of 100 requests, usually 1 %.')
  })

  it('are told once in the time of silence, and after it if they still stand', async () => {
    const at = await scene()
    at.window('acme', 100, 'dns_error')
    expect(at.told()).toEqual([['fault_rate', 'firing', 'acme']])
    at.window('acme', 100)
    expect(at.told()).toEqual([['fault_rate', 'resolved', 'acme']])
    at.window('acme', 100, 'dns_error')
    at.window('acme', 100)
    at.window('acme', 100, 'dns_error')
    expect(at.told()).toEqual([])
    at.clock.advance(30 * MINUTE)
    expect(at.told()).toEqual([['fault_rate', 'firing', 'acme']])
    at.window('acme', 100)
    expect(at.told()).toEqual([['fault_rate', 'resolved', 'acme']])
  })

  it('are told by each hub for itself, lease or not', async () => {
    const at = await scene()
    at.holds = false
    at.window('acme', 100, 'dns_error')
    expect(at.told()).toEqual([['fault_rate', 'firing', 'acme']])
  })
})

describe('connections', () => {
  it('that go OFFLINE and come back are told, with what failed before', async () => {
    const at = await scene()
    at.window('acme', 5, 'tls_certificate_error')
    await at.setStatus('acme', 'OFFLINE')
    expect(at.all[0]).toMatchObject({
      alert: 'offline',
      severity: 'warning',
      fault: 'tls_certificate_error',
      message: 'acme (DE-CP0) is OFFLINE: the hub does not reach it, and answers 4003 for it.',
      causes: [expect.stringContaining("the party's TLS certificate is not acceptable")],
    })
    at.told()
    await at.setStatus('acme', 'CONNECTED')
    expect(at.told()).toEqual([['offline', 'resolved', 'acme']])
  })

  it('that were OFFLINE before the hub started are told only when they come back', async () => {
    const at = await scene({ acme: 'OFFLINE' })
    at.clock.advance(MINUTE)
    expect(at.told()).toEqual([])
    await at.setStatus('acme', 'CONNECTED')
    expect(at.all[0]).toMatchObject({ status: 'resolved', since: '2026-01-02T03:04:05.000Z' })
  })

  it('are told by the holder of the lease, whoever it is when they come back', async () => {
    const at = await scene()
    at.holds = false
    await at.setStatus('acme', 'OFFLINE')
    expect(at.told()).toEqual([])
    at.holds = true
    await at.setStatus('acme', 'CONNECTED')
    expect(at.told()).toEqual([['offline', 'resolved', 'acme']])
  })

  it('that are removed end what was told of them', async () => {
    const at = await scene()
    at.window('acme', 100, 'dns_error')
    await at.setStatus('acme', 'OFFLINE')
    at.alerts.tokenRejected('acme', 'it expired')
    at.told()
    await at.registry.remove(at.registry.table().connections.get('acme')!.platform)
    expect(at.told()).toEqual([
      ['fault_rate', 'resolved', 'acme'],
      ['offline', 'resolved', 'acme'],
      ['token_rejected', 'resolved', 'acme'],
    ])
  })
})

describe('a token that is refused', () => {
  it('is told with the likely cause, and over when a request is answered', async () => {
    const at = await scene({ acme: 'CONNECTED', other: 'CONNECTED' })
    at.alerts.tokenRejected('acme', 'the platform refuses the hub; likely cause: it was renewed')
    at.alerts.tokenRejected('acme', 'the platform refuses the hub; likely cause: another')
    expect(at.all).toMatchObject([
      {
        alert: 'token_rejected',
        severity: 'critical',
        fault: 'token_rejected',
        causes: ['The platform refuses the hub; likely cause: it was renewed.', expect.any(String)],
      },
    ])
    at.told()
    at.alerts.record(exchange('other'))
    at.alerts.record(exchange('acme', 'token_rejected'))
    expect(at.told()).toEqual([])
    at.alerts.record(exchange('acme'))
    expect(at.told()).toEqual([['token_rejected', 'resolved', 'acme']])
  })
})

describe('the registry', () => {
  it('that cannot be reached is told by each hub, since nobody can hold a lease then', async () => {
    const at = await scene()
    at.holds = false
    at.health = { up: false, loaded: true, stalenessSeconds: 29, reason: 'the connection was refused' }
    at.clock.advance(5_000)
    expect(at.told()).toEqual([])
    at.health = { ...at.health, stalenessSeconds: 31 }
    at.clock.advance(5_000)
    expect(at.all[0]).toMatchObject({
      alert: 'registry_stale',
      subject: 'registry',
      causes: ['The connection was refused.', expect.any(String)],
    })
    at.told()
    at.health = { up: true, loaded: true, stalenessSeconds: 0 }
    at.clock.advance(5_000)
    expect(at.told()).toEqual([['registry_stale', 'resolved', 'registry']])
  })

  it('that answers and takes no writes is told by each hub, until it takes them again', async () => {
    const at = await scene()
    at.holds = false
    at.health = { up: false, loaded: true, stalenessSeconds: 0.4, reason: 'Redis refuses writes: OOM full.' }
    at.clock.advance(30_000)
    expect(at.told()).toEqual([])
    at.clock.advance(10_000)
    expect(at.all[0]).toMatchObject({
      severity: 'warning',
      causes: ['Redis refuses writes: OOM full.', expect.any(String)],
    })
    expect(at.told()).toEqual([['registry_read_only', 'firing', 'registry']])
    at.health = { up: true, loaded: true, stalenessSeconds: 0 }
    at.clock.advance(5_000)
    expect(at.told()).toEqual([['registry_read_only', 'resolved', 'registry']])
  })

  it('that goes away is stale and nothing else', async () => {
    const at = await scene()
    for (let seconds = 1; seconds < 60; seconds += 5) {
      at.health = { up: false, loaded: true, stalenessSeconds: seconds }
      at.clock.advance(5_000)
    }
    expect(at.told()).toEqual([['registry_stale', 'firing', 'registry']])
  })

  it('that has shrunk is told by the holder of the lease', async () => {
    const at = await scene()
    at.health = { up: true, loaded: true, stalenessSeconds: 0, alarm: 'registry_shrunk' }
    at.clock.advance(5_000)
    expect(at.told()).toEqual([['registry_shrunk', 'firing', 'registry']])
    at.health = { up: true, loaded: true, stalenessSeconds: 0 }
    at.clock.advance(5_000)
    expect(at.told()).toEqual([['registry_shrunk', 'resolved', 'registry']])
  })
})

it('costs a success less than 0.3 µs', async () => {
  const at = await scene()
  const one = exchange('acme')
  const rounds = 200_000
  const run = (): number => {
    const tookMs = cpuMsOf(() => {
      for (let count = 0; count < rounds; count++) at.alerts.record(one)
    })
    return (tookMs * 1000) / rounds
  }
  run()
  expect(Math.min(run(), run(), run(), run(), run())).toBeLessThan(0.3)
})
