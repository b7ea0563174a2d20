// Platforms, parties, codes, health and metrics over HTTP.

import { afterEach, describe, expect, it } from 'vitest'
import { countParties } from '../../src/admin/parties.ts'
import { FAULT_CODES } from '../../src/faults/table.ts'
import { buildRoutingTable } from '../../src/registry/routing-table.ts'
import { EMS, platform, startAdmin, type TestAdmin } from '../unit/admin/admin-server.ts'
import { failure } from '../unit/journal/examples.ts'

let admin: TestAdmin
afterEach(() => admin.close())

describe('platforms', () => {
  it('are listed by id, with tokens only as fingerprints', async () => {
    admin = await startAdmin()
    admin.lastHeard.set('cpo', Date.parse('2026-03-01T12:00:00Z'))
    const answer = await admin.call('/api/v1/platforms')
    expect(answer.json.items).toHaveLength(2)
    expect(answer.json.items[0]).toEqual({
      id: 'cpo',
      source: 'file',
      status: 'CONNECTED',
      version: '2.2.1',
      versions_url: 'https://cpo.example/ocpi/versions',
      errors: 'ocpi',
      roles: [
        {
          country_code: 'DE',
          party_id: 'CPO',
          role: 'CPO',
          name: 'Acme Charging',
          status: 'CONNECTED',
          last_updated: '2026-01-01T00:00:00Z',
        },
        {
          country_code: 'FR',
          party_id: 'CPO',
          role: 'CPO',
          status: 'SUSPENDED',
          last_updated: '2026-01-02T00:00:00Z',
        },
      ],
      endpoints: [{ module: 'locations', role: 'SENDER', url: 'https://cpo.example/ocpi/locations' }],
      tokens: {
        inbound: [{ fingerprint: 'aaaaaaaa', purpose: 'credentials' }],
        outbound: { fingerprint: 'cccccccc' },
      },
      last_seen: '2026-03-01T12:00:00.000Z',
      last_updated: '2026-01-02T00:00:00Z',
    })
    for (const secret of ['canary-outbound', 'bbbbbbbb', 'dddddddd'])
      expect(answer.text).not.toContain(secret)
    expect((await admin.call('/api/v1/platforms?status=OFFLINE')).json.items).toMatchObject([{ id: 'ems' }])
  })

  it('are shown alone with a tag that hearing from them does not change', async () => {
    admin = await startAdmin()
    const first = await admin.call('/api/v1/platforms/ems')
    expect(first.json).toMatchObject({ id: 'ems', source: 'registered', status: 'OFFLINE' })
    admin.lastHeard.set('ems', 1)
    const second = await admin.call('/api/v1/platforms/ems')
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'))
    expect((await admin.call('/api/v1/platforms/cpo')).headers.get('etag')).not.toBe(
      first.headers.get('etag'),
    )
    expect((await admin.call('/api/v1/platforms/none')).status).toBe(404)
  })

  it('are never answered with 304, since their tag is for writers', async () => {
    admin = await startAdmin()
    const first = await admin.call('/api/v1/platforms/ems')
    expect(first.headers.get('cache-control')).toBe('no-store')
    admin.lastHeard.set('ems', Date.parse('2026-03-01T12:00:00Z'))
    const headers = { 'if-none-match': first.headers.get('etag')! }
    const second = await admin.call('/api/v1/platforms/ems', { headers })
    expect([second.status, second.json?.last_seen]).toEqual([200, '2026-03-01T12:00:00.000Z'])
  })

  it('come in pages, and a cursor belongs to its list', async () => {
    const platforms = Array.from({ length: 25 }, (_, index) =>
      platform({ id: `p${String(index).padStart(2, '0')}`, inbound: [] }),
    )
    admin = await startAdmin({ platforms })
    const seen: string[] = []
    let path = '/api/v1/platforms?limit=10'
    for (let pages = 0; pages < 3; pages++) {
      const { json } = await admin.call(path)
      seen.push(...(json.items as { id: string }[]).map(({ id }) => id))
      if (pages < 2) expect((await admin.call(`/api/v1/parties?cursor=${json.next_cursor}`)).status).toBe(400)
      else expect(json).not.toHaveProperty('next_cursor')
      path = `/api/v1/platforms?limit=10&cursor=${json.next_cursor}`
    }
    expect(seen).toEqual(platforms.map(({ id }) => id))
  })
})

describe('parties', () => {
  it('are listed by address with role, status, platform and when they were last seen', async () => {
    admin = await startAdmin()
    admin.lastHeard.set('ems', Date.parse('2026-03-01T12:00:00Z'))
    const { json } = await admin.call('/api/v1/parties')
    expect(json.items).toMatchObject([
      { address: 'DE-CPO', role: 'CPO', status: 'CONNECTED', platform: 'cpo' },
      { address: 'FR-CPO', role: 'CPO', status: 'SUSPENDED', platform: 'cpo' },
      {
        address: 'NL-EMS',
        role: 'EMSP',
        status: 'OFFLINE',
        platform: 'ems',
        last_seen: '2026-03-01T12:00:00.000Z',
      },
    ])
    expect(json.items[0]).not.toHaveProperty('last_seen')
    expect((await admin.call('/api/v1/parties?role=emsp')).json.items).toHaveLength(1)
    expect((await admin.call('/api/v1/parties?status=SUSPENDED&platform=cpo')).json.items).toMatchObject([
      { address: 'FR-CPO' },
    ])
  })

  it('are counted by status, those that nobody has as 0', () => {
    expect([...countParties(buildRoutingTable([platform(), EMS], 1))]).toEqual([
      ['CONNECTED', 1],
      ['OFFLINE', 1],
      ['PLANNED', 0],
      ['SUSPENDED', 1],
    ])
  })

  it('of 5,000 platforms are listed quickly', async () => {
    const platforms = Array.from({ length: 5000 }, (_, index) => platform({ id: `p${index}`, inbound: [] }))
    admin = await startAdmin({ platforms })
    const { json } = await admin.call('/api/v1/parties?limit=1000')
    expect(json.items).toHaveLength(1000)
  })
})

describe('codes', () => {
  it('are all listed, and each fault of the hub is found by its name', async () => {
    admin = await startAdmin()
    const { json } = await admin.call('/api/v1/codes?limit=1000')
    const hub = (json.items as { system: string; code: string }[]).filter(({ system }) => system === 'hub')
    expect(hub.map(({ code }) => code)).toEqual([...FAULT_CODES])
    expect((await admin.call('/api/v1/codes?system=ivxp')).json.items.length).toBeGreaterThan(10)
  })

  it.each(['dns_error', '2003', 'ORDER_EXPIRED', 'order_expired', 'ivxp%2FAMOUNT_MISMATCH', '4901'])(
    'explains %s',
    async (code) => {
      admin = await startAdmin()
      const { json } = await admin.call(`/api/v1/codes/${code}`)
      expect(json.items[0]).toMatchObject({
        meaning: expect.any(String),
        advice: expect.any(String),
        at: expect.any(String),
      })
    },
  )

  it('suggests what was meant when it knows none', async () => {
    admin = await startAdmin()
    expect((await admin.call('/api/v1/codes/dns_eror')).json).toMatchObject({
      status: 404,
      suggestions: ['dns_error'],
    })
    expect((await admin.call(`/api/v1/codes/${'x'.repeat(400)}`)).json).toMatchObject({
      status: 404,
      suggestions: [],
    })
  })
})

describe('health', () => {
  const ready = async () => admin.call('/health/ready', { token: null })

  it('is ready with a routing table', async () => {
    admin = await startAdmin()
    expect(await ready()).toMatchObject({
      status: 200,
      json: { status: 'ready', checks: { registry: 'ok', drain: 'no' } },
    })
    expect((await admin.call('/health/live', { token: null })).json).toEqual({ status: 'live' })
  })

  it('stays 200 while the store is down and the last routing table is served', async () => {
    admin = await startAdmin()
    admin.health = {
      up: false,
      loaded: true,
      stalenessSeconds: 12.3456,
      reason: 'canary ECONNREFUSED 10.0.0.1',
    }
    const answer = await ready()
    expect(answer).toMatchObject({
      status: 200,
      json: { status: 'degraded', checks: { registry: 'stale' }, registry_staleness_seconds: 12.346 },
    })
    expect(answer.text).not.toContain('canary')
    expect((await admin.call('/api/v1/status')).json.registry).toMatchObject({
      reason: 'canary ECONNREFUSED 10.0.0.1',
    })
  })

  it('is degraded while an alarm waits for an operator', async () => {
    admin = await startAdmin()
    admin.health = { up: true, loaded: true, stalenessSeconds: 0, alarm: 'registry_shrunk' }
    expect(await ready()).toMatchObject({ status: 200, json: { status: 'degraded' } })
  })

  it('is 503 before the registry was ever read, and as soon as the hub drains', async () => {
    admin = await startAdmin()
    admin.health = { up: false, loaded: false, stalenessSeconds: 0 }
    expect(await ready()).toMatchObject({
      status: 503,
      json: { status: 'starting', checks: { registry: 'loading' } },
    })
    admin.health = { up: true, loaded: true, stalenessSeconds: 0 }
    admin.draining = true
    expect(await ready()).toMatchObject({
      status: 503,
      json: { status: 'draining', checks: { drain: 'draining' } },
    })
    expect((await admin.call('/health/live', { token: null })).status).toBe(200)
  })
})

describe('the hub itself', () => {
  it('shows its metrics as Prometheus reads them', async () => {
    admin = await startAdmin()
    admin.journal.record(failure())
    const answer = await admin.call('/metrics')
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(answer.text).toContain(
      'ocpi_hub_errors_total{code="4003",fault="dns_error",at="responder",responder="cpo"} 1',
    )
  })

  it('shows its state on one page', async () => {
    admin = await startAdmin()
    expect((await admin.call('/api/v1/status')).json).toMatchObject({
      version: '1.2.3',
      draining: false,
      in_flight: 5,
      platforms: 2,
      parties: { CONNECTED: 1, OFFLINE: 1, PLANNED: 0, SUSPENDED: 1 },
      registry: { up: true, loaded: true, revision: 7 },
    })
  })
})
