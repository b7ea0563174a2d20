// Capture on demand on the wire: nothing is kept before it is armed, for others, or after its end.

import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { hashAdminToken } from '../../src/admin/guard.ts'
import { createCaptures } from '../../src/forwarding/captures.ts'
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

describe('the end of a capture', () => {
  it('comes by itself; what was kept can be read for an hour more', () => {
    vi.useFakeTimers()
    try {
      const ended: string[] = []
      const captures = createCaptures({ onEnd: ({ id }) => void ended.push(id) })
      const { id } = captures.arm({ party: 'DE-CPO', module: 'cdrs', minutes: 15, by: 'admin' })!
      vi.advanceTimersByTime(15 * 60_000 - 1)
      expect(captures.isArmed()).toBe(true)
      vi.advanceTimersByTime(1)
      expect([captures.isArmed(), ended]).toEqual([false, [id]])
      expect(captures.get(id)).toMatchObject({ armed: false })
      vi.advanceTimersByTime(60 * 60_000)
      expect(captures.list()).toEqual([])
      captures.close()
    } finally {
      vi.useRealTimers()
    }
  })
})
