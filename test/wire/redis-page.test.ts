// docs/redis.md against a real Redis under a hub with traffic: every key is on the page, and every key on the page is
// there; the commands it shows work.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { party } from '../support/party.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { findTool } from '../support/tools.ts'
import { waitFor } from '../support/wait.ts'

const page = readFileSync(new URL('../../docs/redis.md', import.meta.url), 'utf8')
/** Keys of the first column with their types: `{ocpi-hub}:link:<id>` string. */
const documented = [...page.matchAll(/^\| `(\{ocpi-hub\}:[^`]+)` \| (\w+)/gm)].map(([, key, type]) => ({
  key: key!,
  type: type === 'sorted' ? 'zset' : type!,
  pattern: new RegExp(`^${key!.replace(/[{}]/g, '\\$&').replace(/<\w+>/g, '[^:]+')}$`),
}))

const emsp = party('NL-EMS', 'EMSP')
let redis: RedisHandle
let hub: TestHub
let cpo: Guest

beforeAll(async () => {
  redis = await startRedis()
  await emsp.listen()
  hub = await startHub({
    registry: { driver: 'redis', url: redis.url },
    platforms: [emsp.platform()],
  })
  emsp.join(hub.ocpiUrl)
  cpo = await invite(hub, 'DE-CPO', 'CPO')
  await cpo.register()
  cpo.party.answers('*', { json: ok([]) })
  await emsp.posts('commands', {
    to: 'DE-CPO',
    path: '/UNLOCK_CONNECTOR',
    json: { response_url: `${emsp.url()}/its/own/results/1` },
  })
  await emsp.gets('locations', { to: 'XX-NON' })
  const items = [{ from: 'NL-*', to: 'DE-CPO', rate: '2/1m' }]
  expect((await hub.admin('/routes', { method: 'PUT', json: { items } })).status).toBe(200)
  await emsp.gets('locations', { to: 'DE-CPO' })
  // More than one capture keeps.
  await hub.admin('/captures', { method: 'POST', json: { party: 'NL-EMS', module: 'tariffs' } })
  await Promise.all(Array.from({ length: 52 }, () => emsp.gets('tariffs', { to: 'DE-CPO' })))
})
afterAll(async () => {
  await hub.close()
  await Promise.all([emsp.close(), cpo.party.close(), redis.end()])
})

const keys = async () => (await redis.command('KEYS', '*')) as string[]

describe('the page about Redis', () => {
  it('knows every key that a hub makes, and a hub makes every key it knows', async () => {
    expect(documented.length).toBeGreaterThan(10)
    await waitFor(
      async () => {
        const found = await keys()
        return documented.every(({ pattern }) => found.some((key) => pattern.test(key)))
      },
      { limitMs: 10_000, what: `all of ${documented.map(({ key }) => key).join(', ')}` },
    )
    const unknown = (await keys()).filter((key) => !documented.some(({ pattern }) => pattern.test(key)))
    expect(unknown).toEqual([])
  })

  it('says of what type each is', async () => {
    for (const key of await keys()) {
      const types = documented.filter(({ pattern }) => pattern.test(key)).map(({ type }) => type)
      expect(types, key).toContain(await redis.command('TYPE', key))
    }
  })

  it('shows commands that work, where redis-cli is installed', () => {
    const redisCli = findTool('redis-cli')
    const commands = [...page.matchAll(/^redis-cli (.*?) +#/gm)].map(([, command]) => command!)
    expect(commands.length).toBeGreaterThan(8)
    if (!redisCli) return
    for (const command of commands.filter((one) => !one.startsWith('SUBSCRIBE'))) {
      const answer = execFileSync('sh', ['-c', `"${redisCli}" -p ${redis.port} ${command}`]).toString()
      expect(answer, command).not.toMatch(/^\(?error|^ERR|^WRONGTYPE/i)
    }
  })
})
