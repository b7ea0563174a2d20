// A hub that starts while its Redis is away: it has read nothing but its file, and denies nobody whom it has not read.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { party, type Answer } from '../support/party.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

const emsp = party('NL-EMS', 'EMSP')
const fileCpo = party('DE-FIL', 'CPO').answers('*', { json: ok([]) })
let redis: RedisHandle
let hub: TestHub
let cpo: Guest

async function open(): Promise<void> {
  hub = await startHub({
    registry: { driver: 'redis', url: redis.url },
    platforms: [emsp.platform(), fileCpo.platform()],
  })
  for (const one of [emsp, fileCpo]) one.join(hub.ocpiUrl)
}

beforeAll(async () => {
  redis = await startRedis({ appendonly: 'always' })
  await Promise.all([emsp.listen(), fileCpo.listen()])
  await open()
  cpo = await invite(hub, 'DE-CPO', 'CPO')
  await cpo.register()
  cpo.party.answers('*', { json: ok([]) })
  await hub.close()
  await redis.stop()
  await open()
  cpo.join(hub.ocpiUrl)
})
afterAll(async () => {
  await hub.close()
  await Promise.all([emsp.close(), fileCpo.close(), cpo.party.close(), redis.end()])
})

const asks = (path: string) => emsp.sends({ method: 'GET', path })

it.each<[what: string, ask: () => Promise<Answer>]>([
  ['a token', () => cpo.calls('GET', '/ocpi/versions')],
  ['a party', () => emsp.gets('locations', { to: 'DE-CPO' })],
  ['the lists of all', () => emsp.gets('locations', { to: 'hub' })],
  ['receivers of a push', () => emsp.puts('tokens', { to: 'hub', path: '/NL/EMS/T1', json: {} })],
  ['a hub URL', () => emsp.gets('locations', { path: `/${'A'.repeat(43)}` })],
  ['HubClientInfo', () => asks('/ocpi/2.2.1/hubclientinfo')],
  ['credentials', () => asks('/ocpi/2.2.1/credentials')],
])('it does not know %s, and says so', async (_what, ask) => {
  const answer = await ask()
  expect(answer.httpStatus).toBe(200)
  expect(answer.json()).toMatchObject({
    status_code: 4000,
    data: { fault: 'store_unavailable', recovery: 'wait' },
  })
})

it('locks nobody out for a token that it does not know', async () => {
  const answers = await Promise.all(Array.from({ length: 80 }, () => cpo.calls('GET', '/ocpi/versions')))
  for (const answer of answers) expect(answer.json().data).toMatchObject({ fault: 'store_unavailable' })
})

it('connects the parties of its file with each other', async () => {
  expect((await emsp.gets('locations', { to: 'DE-FIL' })).json().status_code).toBe(1000)
  expect((await asks('/ocpi/versions')).json().status_code).toBe(1000)
})

it('knows all as soon as Redis is there', async () => {
  await redis.start()
  await waitFor(() => hub.registry.health().loaded)
  expect((await cpo.calls('GET', '/ocpi/versions')).json().status_code).toBe(1000)
  expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
  expect((await asks('/ocpi/2.2.1/hubclientinfo')).json().data).toHaveLength(2)
})
