// Two hubs on one Redis before operators: who logged in at one is known to the other, and what one is told to capture
// both do.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import { callHttp } from '../support/caller.ts'
import { ok } from '../support/envelopes.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { party } from '../support/party.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

const emsp = party('NL-EMS', 'EMSP')
const cpo = party('DE-CPO', 'CPO').answers('*', { json: ok({ id: 'canary-in-clear' }) })

let redis: RedisHandle
let a: TestHub
let b: TestHub

beforeAll(async () => {
  redis = await startRedis()
  await Promise.all([emsp.listen(), cpo.listen()])
  const start = () =>
    startHub({
      registry: { driver: 'redis', url: redis.url },
      platforms: [emsp.platform(), cpo.platform()],
    })
  a = await start()
  b = await start()
})
afterAll(async () => {
  await Promise.all([a?.close(), b?.close(), emsp.close(), cpo.close()])
  await redis?.end()
})

/** A call as the dashboard's own page makes it. */
function page(hub: TestHub, request: string, cookie = '', json?: unknown) {
  const [method = '', path = ''] = request.split(' ')
  const headers: [string, string][] = [
    ['X-OCPI-Hub', 'dashboard'],
    ['Sec-Fetch-Site', 'same-origin'],
  ]
  if (cookie !== '') headers.push(['Cookie', cookie])
  if (json !== undefined) headers.push(['Content-Type', 'application/json'])
  const body = json === undefined ? undefined : JSON.stringify(json)
  return callHttp(hub.adminUrl, { method, path, headers, body })
}

describe('a session', () => {
  it('that began at one hub is known to the other, and ends on both', async () => {
    const answer = await page(a, 'POST /login', '', { token: a.adminToken })
    const cookie = answer.headers['set-cookie']!.split(';')[0]!
    expect((await page(b, 'GET /api/v1/status', cookie)).httpStatus).toBe(200)
    expect((await page(b, 'POST /logout', cookie)).httpStatus).toBe(204)
    expect((await page(b, 'GET /api/v1/status', cookie)).httpStatus).toBe(401)
    await waitFor(async () => (await page(a, 'GET /api/v1/status', cookie)).httpStatus === 401)
  })
})

describe('a capture', () => {
  it('armed at one hub keeps what goes through either, shown by both, and sealed in between', async () => {
    const { json } = await operate(a, 'POST /captures', { json: { party: 'DE-CPO', module: 'tariffs' } })
    const { id } = json
    await waitFor(async () => (await operate(b, 'GET /captures')).json.items[0]?.id === id)
    for (const hub of [a, b]) {
      emsp.join(hub.ocpiUrl)
      await emsp.gets('tariffs', { to: 'DE-CPO' })
    }
    for (const hub of [a, b]) {
      const shown = await waitFor(async () => {
        const answer = (await operate(hub, `GET /captures/${id}`)).json
        return answer.count === 2 ? answer : undefined
      })
      expect(shown.items).toHaveLength(2)
      expect(shown.items[0].answer.text).toContain('canary-in-clear')
      expect(shown.items[0].hub).toMatch(/:\d+$/)
      expect((await operate(hub, 'GET /status')).json.instance).toBe(shown.items[0].hub)
    }
    const list = (await redis.command('LRANGE', `{ocpi-hub}:capture:${id}`, '0', '-1')) as string[]
    expect(list).toHaveLength(2)
    expect(list.join()).not.toContain('canary')
    expect(Number(await redis.command('PTTL', `{ocpi-hub}:capture:${id}`))).toBeGreaterThan(3_600_000)
    expect((await operate(b, `DELETE /captures/${id}`)).status).toBe(204)
    await waitFor(async () => (await operate(a, 'GET /captures')).json.items.length === 0)
    expect(await redis.command('EXISTS', `{ocpi-hub}:capture:${id}`)).toBe(0)
  })
})
