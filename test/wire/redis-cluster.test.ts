// A hub on a Redis Cluster by its configuration alone: partners register and exchange, a node that dies costs no
// request and is told, and all is well again when it is back.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { party } from '../support/party.ts'
import { startCluster, type RedisCluster } from '../support/redis-cluster.ts'
import { waitFor } from '../support/wait.ts'

const emsp = party('NL-EMS', 'EMSP')
let cluster: RedisCluster
let hubs: readonly TestHub[]
let cpo: Guest

beforeAll(async () => {
  cluster = await startCluster()
  await emsp.listen()
  const config = { registry: { driver: 'redis', url: cluster.url }, platforms: [emsp.platform()] } as const
  hubs = await Promise.all([startHub(config), startHub(config)])
  cpo = await invite(hubs[0]!, 'DE-CPO', 'CPO')
  await cpo.register()
  cpo.party.answers('*', { json: ok([]) })
})
afterAll(async () => {
  await Promise.all(hubs.map((hub) => hub.close()))
  await Promise.all([emsp.close(), cpo.party.close(), cluster.end()])
})

/** Status code of a request by way of one hub. */
async function asks(hub: TestHub): Promise<number | undefined> {
  emsp.join(hub.ocpiUrl)
  return (await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code
}

async function readiness(hub: TestHub): Promise<string> {
  const answer = await fetch(`${hub.ocpiUrl}/health/ready`)
  return ((await answer.json()) as { status: string }).status
}

const commandBy = (hub: TestHub) => {
  emsp.join(hub.ocpiUrl)
  return emsp.posts('commands', {
    to: 'DE-CPO',
    path: '/UNLOCK_CONNECTOR',
    json: { response_url: `${emsp.url()}/its/own/results/${Math.random()}` },
  })
}

describe('two hubs on a Redis Cluster', () => {
  it('know the same partners, and each other’s hub URLs', async () => {
    for (const hub of hubs) await waitFor(async () => (await asks(hub)) === 1000)
    expect((await commandBy(hubs[0]!)).json().status_code).toBe(1000)
    const { response_url: url } = JSON.parse(cpo.party.last().body.toString()) as { response_url: string }
    cpo.join(hubs[1]!.ocpiUrl)
    const result = await cpo.calls('POST', new URL(url).pathname, { json: { result: 'ACCEPTED' } })
    expect(result.json().status_code).toBe(1000)
    expect((await cluster.keys()).filter((key) => !key.startsWith('{ocpi-hub}:'))).toEqual([])
  })

  it('lose no request while a node is down, say so, and are well again when it is back', async () => {
    const { owner } = await cluster.nodesFor('{ocpi-hub}:platforms')
    await owner.kill9()
    try {
      for (const hub of hubs) {
        await waitFor(async () => (await readiness(hub)) === 'degraded', { limitMs: 10_000 })
        expect(await asks(hub)).toBe(1000)
        const { json } = await hub.admin('/registry')
        expect(json).toMatchObject({
          up: false,
          loaded: true,
          reason: expect.stringMatching(/^Redis: ./) as string,
        })
        expect((await commandBy(hub)).json().data?.fault).toBe('store_unavailable')
        expect((await hub.admin('/platforms', { method: 'POST', json: { id: 'late' } })).status).toBe(503)
      }
    } finally {
      await owner.start()
    }
    for (const hub of hubs) {
      await waitFor(async () => (await readiness(hub)) === 'ready', { limitMs: 20_000 })
      expect((await commandBy(hub)).json().status_code).toBe(1000)
    }
    expect((await hubs[0]!.admin('/platforms', { method: 'POST', json: { id: 'late' } })).status).toBe(201)
    await waitFor(() => hubs[1]!.registry.table().connections.has('late'))
  }, 60_000)
})
