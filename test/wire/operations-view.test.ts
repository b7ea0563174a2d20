// View links: what a partner sees of itself, what it never sees, and how a link ends.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { writeViewToken } from '../../src/admin/view-token.ts'
import { operate } from '../support/admin.ts'
import { PUBLIC_URL } from '../support/config.ts'
import { ok, says } from '../support/envelopes.ts'
import { closedPort } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

let scene: Scene<{ emsp: Party; other: Party; cpo: Party; dead: Party }>
let deadUrl: string

beforeAll(async () => {
  deadUrl = await closedPort()
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    other: party('FR-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    dead: party('BE-DED', 'CPO', { at: deadUrl }),
  })
  const { emsp, other, cpo, hub } = scene
  cpo.answers('locations/GOOD', { json: ok({}) })
  cpo.answers('locations/BAD', { json: says(2003, 'No such <b>location</b>') })
  cpo.answers('tariffs', { status: 500, body: 'secret stack of the party' })
  await emsp.gets('locations', {
    to: 'DE-CPO',
    path: '/BAD?token=secret-query',
    headers: { 'X-Correlation-ID': '<b>bold</b>' },
  })
  await emsp.gets('tariffs', { to: 'DE-CPO' })
  await emsp.gets('locations', { to: 'BE-DED', path: '/%3Cscript%3E' })
  await other.gets('locations', { to: 'BE-DED', path: '/OF-OTHERS' })
  await emsp.gets('locations', { to: 'ZZ-TOP' })
  emsp.answers('locations', { cut: 'before' })
  await cpo.puts('locations', { to: 'NL-EMS', path: '/DE/CPO/MISSED1', json: {} })
  await operate(hub, 'POST /platforms/nl-ems/suspend')
  await cpo.puts('locations', { to: 'NL-EMS', path: '/DE/CPO/MISSED2', json: {} })
  await operate(hub, 'POST /platforms/nl-ems/resume')
  await waitFor(async () => (await operate(hub, 'GET /parties/NL-EMS/missed')).json.count === 2)
})
afterAll(() => scene.close())

async function link(id = 'nl-ems', json?: unknown): Promise<{ url: string; expires: string }> {
  const init = json === undefined ? {} : { json }
  const answer = await operate(scene.hub, `POST /platforms/${id}/view-link`, init)
  expect(answer.status, answer.text).toBe(201)
  return answer.json
}

/** Looks where a partner would: at the public URL of the OCPI side. */
function look(url: string, suffix = '', base = scene.hub.ocpiUrl) {
  return fetch(url.replace(PUBLIC_URL, base) + suffix)
}

describe('a view link', () => {
  it('leads to a page for people that runs and loads nothing', async () => {
    const { url, expires } = await link()
    expect(url).toMatch(/^http:\/\/hub\.example\/view\/[\w-]+\.[\w-]{43}$/)
    expect(Date.parse(expires) - Date.now()).toBeGreaterThan(6.9 * 86_400_000)
    const page = await look(url)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = page.headers.get('content-security-policy')!
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+=*'; /)
    expect(policy).not.toMatch(/unsafe|script-src|http/)
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    const text = await page.text()
    expect(text).not.toMatch(/<script|<link|<img|src=|href=|style=|onload/i)
    for (const shown of ['nl-ems', 'connection_refused', 'DE-CPO', '/DE/CPO/MISSED1', 'CONNECTED']) {
      expect(text).toContain(shown)
    }
    expect(text).toContain('&lt;b&gt;bold')
    expect(text).not.toContain('<b>')
  })

  it('gives the same as data: errors on both sides, status history and missed pushes', async () => {
    const { url } = await link()
    const data = (await (await look(url, '/data')).json()) as Record<string, Record<string, unknown>[]>
    expect(data).toMatchObject({
      hub: 'Hub under test (NL-HUB)',
      platform: 'nl-ems',
      status: 'CONNECTED',
      parties: [{ address: 'NL-EMS', role: 'EMSP', status: 'CONNECTED' }],
      history: [{ status: 'CONNECTED' }, { status: 'SUSPENDED' }],
      missed: [{ party: 'NL-EMS', module: 'locations', from: 'DE-CPO', count: 2 }],
    })
    const errors = data.errors!.toReversed()
    expect(errors.map(({ side, code, fault, act }) => [side, code, fault, act])).toEqual([
      ['requester', 2003, undefined, 'you'],
      ['requester', 4000, 'answer_not_ocpi', 'other'],
      ['requester', 4003, 'connection_refused', 'other'],
      ['requester', 4001, 'to_unknown', 'you'],
      ['responder', 4003, 'connection_terminated', 'you'],
      ['responder', 4003, 'to_not_connected', 'you'],
    ])
    expect(errors[3]).toMatchObject({ to: 'ZZ-TOP', advice: expect.any(String) })
  })

  it('tells whose answer it was and who must act, on either side of an exchange', async () => {
    const { url } = await link('de-cpo')
    const { errors } = (await (await look(url, '/data')).json()) as { errors: Record<string, unknown>[] }
    expect(errors.find(({ code }) => code === 2003)).toMatchObject({
      side: 'responder',
      author: 'you',
      act: 'other',
    })
    const [own, others] = await Promise.all(
      [url, (await link()).url].map(async (one) => {
        const rows = (await (await look(one)).text()).split('<tr>')
        return rows.find((row) => row.includes('2003 <span'))!
      }),
    )
    expect(own).toMatch(/your own answer<[^]*Who must act">the other party</)
    expect(others).toMatch(/answered by the other party<[^]*Who must act"><span class="you">you</)
  })

  it('shows nothing of others, no hosts, no detail, no queries, no tokens', async () => {
    const { url } = await link()
    const dead = new URL(deadUrl)
    for (const suffix of ['', '/data']) {
      const text = await (await look(url, suffix)).text()
      const hidden = [
        'FR-EMS',
        'OF-OTHERS',
        '127.0.0.1',
        dead.port,
        'ECONN',
        'secret',
        scene.cpo.url(),
        'detail',
      ]
      for (const word of hidden) expect(text, word).not.toContain(word)
      for (const { tokens } of [scene.emsp, scene.cpo]) {
        expect(text).not.toContain(tokens.inbound)
        expect(text).not.toContain(tokens.outbound)
      }
    }
  })

  it('works on the admin side as well, and is shown to nobody in lists or audit', async () => {
    const { url } = await link('de-cpo', { days: 1 })
    expect((await look(url, '', scene.hub.adminUrl)).status).toBe(200)
    const [entry] = (await operate(scene.hub, 'GET /audit')).json.items
    expect(entry).toMatchObject({ action: 'view_link.make', target: 'de-cpo', who: 'admin' })
    expect(JSON.stringify(entry)).not.toContain(url.split('/view/')[1]!.slice(0, 20))
  })

  it('stands in no journal, however it is called', async () => {
    const { url } = await link()
    const inside = scene.hub.ocpiUrl
    const path = new URL(url).pathname
    await fetch(inside + path, { method: 'POST' })
    await fetch(`${inside}${path}%ZZ`)
    await fetch(`${inside}/${path}`)
    const { json } = await operate(scene.hub, 'GET /errors')
    const paths = (json.items as { path: string }[]).map((entry) => entry.path)
    expect(paths.filter((one) => one.includes('/view/'))).toEqual(['//view/-', '/view/-', '/view/-'])
  })

  it('is refused for an unknown platform, too long a time, and those who may only read', async () => {
    expect((await operate(scene.hub, 'POST /platforms/nobody/view-link')).status).toBe(404)
    expect(
      (await operate(scene.hub, 'POST /platforms/nl-ems/view-link', { json: { days: 1000 } })).status,
    ).toBe(400)
    expect((await operate(scene.hub, 'POST /platforms/nl-ems/view-link', { token: null })).status).toBe(401)
  })
})

describe('a link that is not valid', () => {
  const KEY = Buffer.alloc(32, 1)
  const now = Date.now()

  it.each([
    ['made up', writeViewToken({ platform: 'nl-ems', made: now, expires: now + 10_000 }, KEY)],
    ['empty', ''],
    ['nonsense', 'x'.repeat(2_000)],
    ['broken', 'bm9uc2Vuc2U.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ])('shows nothing: %s', async (_what, token) => {
    for (const [suffix, type] of [
      ['', 'text/html'],
      ['/data', 'application/json'],
    ] as const) {
      const answer = await look(`${PUBLIC_URL}/view/${token}`, suffix)
      expect(answer.status).toBe(404)
      expect(answer.headers.get('content-type')).toContain(type)
      expect(await answer.text()).not.toMatch(/nl-ems|NL-EMS/)
    }
  })

  it('is one that was changed in any character, or has more behind it', async () => {
    const { url } = await link()
    const token = url.split('/view/')[1]!
    for (const place of [0, 5, token.indexOf('.') - 1, token.length - 1]) {
      const other = token[place] === 'A' ? 'B' : 'A'
      const changed = token.slice(0, place) + other + token.slice(place + 1)
      expect((await look(`${PUBLIC_URL}/view/${changed}`)).status, String(place)).toBe(404)
    }
    for (const suffix of ['/other', '/data/more', '/data/../data']) {
      expect((await look(url, suffix)).status).toBe(suffix.includes('..') ? 200 : 404)
    }
    expect((await fetch(url.replace(PUBLIC_URL, scene.hub.ocpiUrl), { method: 'POST' })).status).not.toBe(200)
  })

  it('is one that was revoked; new ones work, those of others go on', async () => {
    const mine = await link()
    const others = await link('de-cpo')
    expect((await look(mine.url)).status).toBe(200)
    expect((await operate(scene.hub, 'DELETE /platforms/nl-ems/view-link')).status).toBe(204)
    expect((await look(mine.url)).status).toBe(404)
    expect((await look(others.url)).status).toBe(200)
    await waitFor(async () => (await look((await link()).url)).status === 200)
  })
})

describe('the status history', () => {
  beforeEach(() => operate(scene.hub, 'POST /platforms/fr-ems/suspend'))
  afterEach(() => operate(scene.hub, 'POST /platforms/fr-ems/resume'))

  it('is shown with the platform, newest first, and does not change its tag by itself', async () => {
    const shown = await waitFor(async () => {
      const answer = await operate(scene.hub, 'GET /platforms/fr-ems')
      return answer.json.history.length > 0 ? answer : undefined
    })
    expect(shown.json.history[0]).toEqual({ time: expect.any(String), status: 'SUSPENDED' })
    expect(shown.json).toMatchObject({ in_flight: 0 })
    const platform = (await operate(scene.hub, 'GET /platforms/nl-ems')).json
    expect(platform).toMatchObject({ missed_pushes: 2 })
  })

  it('of all platforms is one list, newest first, in pages, and without what the start set', async () => {
    const { items } = await waitFor(async () => {
      const { json } = await operate(scene.hub, 'GET /status-changes?since=1h')
      return json.items[0]?.status === 'SUSPENDED' ? json : undefined
    })
    expect(items[0]).toEqual({
      time: expect.any(String),
      platform: 'fr-ems',
      status: 'SUSPENDED',
      parties: ['FR-EMS'],
    })
    const platforms = items.map(({ platform }: { platform: string }) => platform)
    expect(new Set(platforms)).toEqual(new Set(['fr-ems', 'nl-ems']))
    const first = (await operate(scene.hub, 'GET /status-changes?limit=1')).json
    const second = await operate(scene.hub, `GET /status-changes?limit=1&cursor=${first.next_cursor}`)
    expect([...first.items, ...second.json.items]).toEqual(items.slice(0, 2))
    const later = await operate(scene.hub, 'GET /status-changes?since=2100-01-01T00:00:00Z&limit=1')
    expect(later.json).toEqual({ items: [] })
    expect((await operate(scene.hub, `GET /audit?cursor=${first.next_cursor}`)).status).toBe(400)
    await operate(scene.hub, 'POST /platforms', { json: { id: 'soon-gone' } })
    await operate(scene.hub, 'DELETE /platforms/soon-gone')
    const [gone] = (await operate(scene.hub, 'GET /status-changes?limit=1')).json.items
    expect(gone).toEqual({ time: expect.any(String), platform: 'soon-gone', status: 'PLANNED' })
  })
})
