// Capture on demand on the wire: nothing is kept before it is armed, for others, or after its end. What several hubs
// take lies together.

import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { hashAdminToken } from '../../src/admin/guard.ts'
import { createMemoryShelf } from '../../src/forwarding/capture-shelf.ts'
import { type Capture, CAPTURE_ORDERS, createCaptures } from '../../src/forwarding/captures.ts'
import { openLiveSetting } from '../../src/registry/live-setting.ts'
import { createMemorySettings, type Settings } from '../../src/registry/settings.ts'
import { operate } from '../support/admin.ts'
import { ok } from '../support/envelopes.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

const READER = 'a-token-that-may-only-read'
let scene: Scene<{ emsp: Party; cpo: Party; other: Party }>
beforeAll(async () => {
  scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO'), other: party('BE-CPO', 'CPO') },
    { admin: { tokens: [{ name: 'reader', role: 'read', sha256: hashAdminToken(READER) }] } },
  )
})
afterAll(() => scene.close())
afterEach(async () => {
  for (const { id } of (await call('GET /captures')).json.items) await call(`DELETE /captures/${id}`)
})

const call = (text: string, init?: Parameters<typeof operate>[2]) => operate(scene.hub, text, init)

async function arm(json: Record<string, unknown> = { party: 'de*cpo', module: 'Sessions' }) {
  const answer = await call('POST /captures', { json })
  expect(answer.status, answer.text).toBe(201)
  return answer.json
}

/** The first exchange that a capture has kept and that is wanted. */
function keptBy(id: string, isWanted: (kept: { to?: string }) => boolean) {
  return waitFor(async () => {
    const { items } = (await call(`GET /captures/${id}`)).json as { items: { to?: string }[] }
    return items.find(isWanted)
  })
}

const put = (to: string, id: string, module = 'sessions') =>
  scene.emsp.puts(module, {
    to,
    path: `/NL/EMS/${id}?secret=query`,
    json: { id, auth_id: 'canary-contract' },
  })

describe('a capture', () => {
  it('keeps what its party sends and gets of its module, redacted, and nothing else', async () => {
    await put('DE-CPO', 'BEFORE')
    const { id, ...armed } = await arm()
    expect(armed).toMatchObject({ party: 'DE-CPO', module: 'sessions', armed: true, by: 'admin', count: 0 })
    expect(Date.parse(armed.until) - Date.parse(armed.since)).toBe(5 * 60_000)
    scene.cpo.answers('sessions', { json: ok({ uid: 'canary-uid', contract_id: 'canary-contract', kwh: 7 }) })
    await put('DE-CPO', 'S1')
    await put('BE-CPO', 'S2')
    await put('DE-CPO', 'S3', 'cdrs')
    await scene.cpo.puts('sessions', { to: 'NL-EMS', path: '/DE/CPO/S4', json: { id: 'S4' } })
    const shown = await waitFor(async () => {
      const answer = await call(`GET /captures/${id}`)
      return answer.json.count === 2 ? answer : undefined
    })
    expect(shown.headers.get('cache-control')).toBe('no-store')
    expect(shown.text).not.toMatch(/canary|secret/)
    const [first, second] = shown.json.items
    expect(first).toMatchObject({
      from: 'NL-EMS',
      to: 'DE-CPO',
      method: 'PUT',
      path: '/ocpi/2.2.1/receiver/sessions/NL/EMS/S1',
      http_status: 200,
      code: 1000,
    })
    expect(JSON.parse(first.request.text)).toEqual({ id: 'S1', auth_id: '[redacted]' })
    expect(JSON.parse(first.answer.text).data).toEqual({
      uid: '[redacted]',
      contract_id: '[redacted]',
      kwh: 7,
    })
    expect(second).toMatchObject({ from: 'DE-CPO', to: 'NL-EMS' })
  })

  it('keeps faults, compressed answers, and that an answer was too large', async () => {
    const { id } = await arm({ party: 'DE-CPO', module: 'tariffs', minutes: 15 })
    const { cpo, emsp } = scene
    cpo.answers('tariffs/BROKEN', { cut: 'before' })
    cpo.answers('tariffs/GZIP', {
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: gzipSync(JSON.stringify(ok({ id: 'T1' }))),
    })
    cpo.answers('tariffs/LARGE', { json: ok('x'.repeat(2 * 1024 * 1024)) })
    for (const path of ['/BROKEN', '/GZIP', '/LARGE']) await emsp.gets('tariffs', { to: 'DE-CPO', path })
    const { items } = await waitFor(async () => {
      const { json } = await call(`GET /captures/${id}`)
      return json.count === 3 ? json : undefined
    })
    expect(items[0]).toMatchObject({ fault: 'connection_terminated' })
    expect(items[0]).not.toHaveProperty('answer')
    expect(JSON.parse(items[1].answer.text)).toMatchObject({ data: { id: 'T1' } })
    expect(items[2].answer).toMatchObject({ omitted: 'too_large' })
  })

  it('keeps the answer that became a fault: as JSON, or as text in which secrets are struck out', async () => {
    const { id } = await arm({ party: 'DE-CPO', module: 'tokens' })
    const { cpo, emsp } = scene
    const { outbound } = cpo.tokens
    const page = `<html><h1>500 Internal Error</h1><p>token ${outbound} of canary@example.com</p></html>`
    cpo.answers('tokens/PAGE', { status: 500, headers: { 'Content-Type': 'text/html' }, body: page })
    cpo.answers('tokens/JSON', {
      status: 403,
      json: { error: `unknown token ${outbound}`, contract_id: 'canary-contract' },
    })
    cpo.answers('tokens/BYTES', { status: 500, body: Buffer.from([0, 1, 2, 0xff]) })
    for (const path of ['/PAGE', '/JSON', '/BYTES']) await emsp.gets('tokens', { to: 'DE-CPO', path })
    const { items } = await waitFor(async () => {
      const answer = await call(`GET /captures/${id}`)
      expect(answer.text).not.toContain('canary')
      expect(answer.text).not.toContain(outbound)
      return answer.json.count === 3 ? answer.json : undefined
    })
    expect(items[0]).toMatchObject({ fault: 'answer_not_ocpi', responder_http_status: 500 })
    expect(items[0].answer).toEqual({
      bytes: page.length,
      text: '<html><h1>500 Internal Error</h1><p>token [redacted] of [redacted]</p></html>',
      plain: true,
    })
    expect(items[1]).toMatchObject({ fault: 'token_rejected', responder_http_status: 403 })
    expect(JSON.parse(items[1].answer.text)).toEqual({
      error: 'unknown token [redacted]',
      contract_id: '[redacted]',
    })
    expect(items[2].answer).toMatchObject({ omitted: 'not_json' })
  })

  it('keeps what a party gets of broadcast pushes, and what it is asked for GET ALL', async () => {
    const receiver = await arm({ party: 'NL-EMS', module: 'locations' })
    const owner = await arm({ party: 'DE-CPO', module: 'locations' })
    const { cpo, emsp, other } = scene
    cpo.answers('locations', { json: ok([]), headers: { 'X-Total-Count': '0' } })
    await other.puts('locations', { to: 'hub', path: '/BE/CPO/L1', json: { id: 'L1' } })
    const pushed = await keptBy(receiver.id, ({ to }) => to === 'NL-EMS')
    expect(pushed).toMatchObject({ from: 'NL-HUB', method: 'PUT', request: { text: expect.any(String) } })
    expect(pushed).toHaveProperty('answer')
    await emsp.gets('locations', { to: 'hub' })
    const asked = await keptBy(owner.id, ({ to }) => to === 'DE-CPO')
    expect(asked).toMatchObject({ method: 'GET', code: 1000, answer: { text: expect.any(String) } })
  })

  it('is bounded, and counts what it left out', async () => {
    const { id } = await arm()
    await Promise.all(Array.from({ length: 60 }, (_, index) => put('DE-CPO', `S${index}`)))
    await waitFor(async () => {
      const { json } = await call(`GET /captures/${id}`)
      return json.count === 50 && json.left_out === 10
    })
  })

  it('is refused for more than 15 minutes, an unknown party, and more than ten at once', async () => {
    const json = { party: 'DE-CPO', module: 'cdrs' }
    expect((await call('POST /captures', { json: { ...json, minutes: 16 } })).status).toBe(400)
    expect((await call('POST /captures', { json: { module: 'cdrs' } })).status).toBe(400)
    expect((await call('POST /captures', { json: { ...json, party: 'XX-XXX' } })).status).toBe(404)
    for (let count = 0; count < 10; count++) await arm(json)
    expect((await call('POST /captures', { json })).status).toBe(409)
  })

  it('is for those who may operate; those who read see that there is one, but not what it kept', async () => {
    const { id } = await arm()
    expect((await call('POST /captures', { json: {}, token: READER })).status).toBe(403)
    expect((await call(`GET /captures/${id}`, { token: READER })).status).toBe(403)
    expect((await call('GET /captures', { token: READER })).json.items).toMatchObject([{ id, armed: true }])
    expect((await call('GET /captures', { token: READER })).text).not.toContain('items":[{"time')
  })

  it('leaves a trail of who armed, read and dropped it', async () => {
    const { id } = await arm()
    await call(`GET /captures/${id}`)
    expect((await call(`DELETE /captures/${id}`)).status).toBe(204)
    expect((await call(`GET /captures/${id}`)).status).toBe(404)
    const entries = (await call('GET /audit')).json.items as { action: string; target: string; who: string }[]
    expect(
      entries.filter(({ target }) => target === id).map(({ action, who }) => `${action} ${who}`),
    ).toEqual(['capture.drop admin', 'capture.read admin', 'capture.arm admin'])
  })
})

/** Captures of one hub; the settings may be those of others as well. */
async function captures(settings: Settings, told: Capture[] = []) {
  const orders = await openLiveSetting(settings, {
    name: 'captures',
    read: (json) => CAPTURE_ORDERS.safeParse(json).data,
    log: { warn: () => undefined },
  })
  return createCaptures({ orders, shelf: createMemoryShelf(), onEnd: (capture) => void told.push(capture) })
}

const ORDER = { party: 'DE-CPO', module: 'cdrs', minutes: 15, by: 'admin' } as const
const MINUTE_MS = 60_000

describe('the end of a capture', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('comes by itself; what was kept can be read for an hour more', async () => {
    const ended: Capture[] = []
    const one = await captures(createMemorySettings(), ended)
    const { id } = (await one.arm(ORDER))!
    await vi.advanceTimersByTimeAsync(15 * MINUTE_MS - 1)
    expect(one.isArmed()).toBe(true)
    await vi.advanceTimersByTimeAsync(1)
    expect([one.isArmed(), ended.map((capture) => capture.id)]).toEqual([false, [id]])
    expect(await one.get(id)).toMatchObject({ armed: false })
    await vi.advanceTimersByTimeAsync(60 * MINUTE_MS)
    expect(await one.list()).toEqual([])
    one.close()
  })

  it('of several hubs is told by one of them; each is armed by what another was told', async () => {
    const settings = createMemorySettings()
    const ended: Capture[] = []
    const [a, b] = [await captures(settings, ended), await captures(settings, ended)]
    const { id } = (await a.arm(ORDER))!
    await vi.advanceTimersByTimeAsync(10)
    expect(b.isArmed()).toBe(true)
    expect((await b.list()).map((capture) => capture.id)).toEqual([id])
    await vi.advanceTimersByTimeAsync(15 * MINUTE_MS)
    expect([a.isArmed(), b.isArmed(), ended.length]).toEqual([false, false, 1])
    for (const one of [a, b]) one.close()
  })

  it('comes for all hubs when one drops it, and is told later when no hub was there', async () => {
    const settings = createMemorySettings()
    const ended: Capture[] = []
    const [a, b] = [await captures(settings), await captures(settings)]
    const { id } = (await a.arm(ORDER))!
    await b.drop(id)
    await vi.advanceTimersByTimeAsync(10)
    expect([a.isArmed(), b.isArmed()]).toEqual([false, false])
    await b.arm({ ...ORDER, minutes: 1 })
    for (const one of [a, b]) one.close()
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS)
    const late = await captures(settings, ended)
    await vi.advanceTimersByTimeAsync(10)
    expect([late.isArmed(), ended.length]).toEqual([false, 1])
    late.close()
  })
})
