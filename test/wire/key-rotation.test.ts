// A change of secret_key that no partner notices: tokens, hub URLs, cursors and view links of before are good while
// the old key stands behind the new one, and nothing needs the old one after the move.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { secretId } from '../../src/registry/seal.ts'
import { ADMIN_TOKEN, PUBLIC_URL } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'
import { cli } from '../unit/cli/run.ts'

const [A, B, C] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [Buffer, Buffer, Buffer]
const directory = makeDirectory()
const hubs: TestHub[] = []
const guests: Guest[] = []
let redis: RedisHandle

beforeAll(async () => {
  redis = await startRedis()
})
afterEach(async () => {
  await stop()
  await Promise.all(guests.splice(0).map(({ party }) => party.close()))
})
afterAll(async () => {
  await redis.end()
  directory.remove()
})

type Place = { readonly registry: { driver: 'embedded'; path: string } | { driver: 'redis'; url: string } }
const onDisk = (name: string): Place => ({
  registry: { driver: 'embedded', path: join(directory.path, name) },
})
const onRedis = (): Place => ({ registry: { driver: 'redis', url: redis.url } })

async function start(place: Place, ...secretKeys: Buffer[]): Promise<TestHub> {
  // Nothing here is about time.
  const hub = await startHub({
    ...place,
    secretKeys,
    forwarding: { connectTimeoutMs: 5_000, timeoutMs: 5_000 },
  })
  hubs.push(hub)
  return hub
}

async function stop(): Promise<void> {
  for (const hub of hubs.splice(0)) await hub.close()
}

interface Scene {
  readonly emsp: Guest
  readonly cpo: Guest
  /** Hub URLs that were handed out: to the EMSP, to the CPO, and to both. */
  readonly urls: {
    readonly page: string
    readonly cdr: string
    readonly callback: string
    readonly view: string
  }
}

/** Two partners that have registered, and what they were given. */
async function begin(hub: TestHub): Promise<Scene> {
  const [emsp, cpo] = [await invite(hub, 'NL-EMS', 'EMSP'), await invite(hub, 'DE-CPO', 'CPO')]
  guests.push(emsp, cpo)
  await emsp.register()
  await cpo.register()
  cpo.party.answers('GET locations', {
    json: ok([1]),
    headers: { Link: '</its/own/data/locations?offset=1>; rel="next"' },
  })
  const list = await emsp.calls('GET', '/ocpi/2.2.1/sender/locations', { from: 'NL-EMS', to: 'DE-CPO' })
  emsp.party.answers('POST cdrs', {
    json: ok(),
    headers: { Location: `${emsp.party.url()}/its/own/inbox/cdrs/9` },
  })
  const stored = await cpo.calls('POST', '/ocpi/2.2.1/receiver/cdrs', {
    from: 'DE-CPO',
    to: 'NL-EMS',
    json: { id: '9' },
  })
  await emsp.calls('POST', '/ocpi/2.2.1/receiver/commands/UNLOCK_CONNECTOR', {
    from: 'NL-EMS',
    to: 'DE-CPO',
    json: { response_url: `${emsp.party.url()}/its/own/results/7` },
  })
  const { response_url: callback } = JSON.parse(cpo.party.last().body.toString()) as { response_url: string }
  const view = await hub.admin('/platforms/de-cpo/view-link', { method: 'POST' })
  return {
    emsp,
    cpo,
    urls: {
      page: /<([^>]+)>/.exec(list.headers.link ?? '')![1]!,
      cdr: stored.headers.location!,
      callback,
      view: (view.json as { url: string }).url,
    },
  }
}

const path = (url: string) => url.slice(PUBLIC_URL.length)

/** Both are let in, and their messages arrive with the tokens they gave. */
async function expectExchanges(hub: TestHub, { emsp, cpo, urls }: Scene): Promise<void> {
  for (const guest of [emsp, cpo]) guest.join(hub.ocpiUrl)
  const asked = await emsp.calls('GET', '/ocpi/2.2.1/sender/locations', { from: 'NL-EMS', to: 'DE-CPO' })
  expect(asked.json().status_code).toBe(1000)
  expect(shown(cpo)).toBe(cpo.outbound()[0])
  const cdr = await cpo.calls('GET', path(urls.cdr))
  expect([cdr.json().status_code, emsp.party.last().url]).toEqual([1000, '/its/own/inbox/cdrs/9'])
  expect(shown(emsp)).toBe(emsp.outbound()[0])
  const result = await cpo.calls('POST', path(urls.callback), { json: { result: 'ACCEPTED' } })
  expect([result.json().status_code, emsp.party.last().url]).toEqual([1000, '/its/own/results/7'])
  const page = await emsp.calls('GET', path(urls.page))
  expect([page.json().status_code, cpo.party.last().url]).toEqual([1000, '/its/own/data/locations?offset=1'])
}

/** The token that a guest was shown last. */
function shown({ party }: Guest): string {
  const [, text = ''] = /^Token (.*)$/.exec(party.last().headers.authorization ?? '') ?? []
  return Buffer.from(text, 'base64').toString()
}

const seesView = async (hub: TestHub, url: string) => (await fetch(hub.ocpiUrl + path(url))).status === 200

interface Keys {
  items: { id: string; in_use: boolean; sealed: number; hashed: number }[]
  waiting: string[]
}
const keysOf = async (hub: TestHub) => (await hub.admin('/registry/keys')).json as Keys
const verb = (hub: TestHub, ...argv: string[]) =>
  cli(['registry', ...argv], { env: { OCPI_HUB_ADMIN_URL: hub.adminUrl, OCPI_HUB_ADMIN_TOKEN: ADMIN_TOKEN } })

/** Nothing needs key A any more. */
async function untilMoved(hub: TestHub): Promise<void> {
  await waitFor(async () => (await keysOf(hub)).waiting.length === 0, { what: 'the new hashes' })
  const { items } = await keysOf(hub)
  expect(items).toEqual([
    { id: secretId(B), place: 1, in_use: true, sealed: 2, hashed: 2 },
    { id: secretId(A), place: 2, in_use: false, sealed: 0, hashed: 0 },
  ])
}

describe('a hub alone that is given a new secret_key before the old one', () => {
  it('moves to it by itself, and then works with it alone', async () => {
    const place = onDisk('moves')
    const scene = await begin(await start(place, A))
    await stop()
    const both = await start(place, B, A)
    expect(await keysOf(both)).toEqual({
      items: [
        { id: secretId(B), place: 1, in_use: true, sealed: 2, hashed: 0 },
        { id: secretId(A), place: 2, in_use: false, sealed: 0, hashed: 2 },
      ],
      waiting: ['de-cpo', 'nl-ems'],
      locked_out: [],
    })
    await expectExchanges(both, scene)
    expect(await seesView(both, scene.urls.view)).toBe(true)
    await untilMoved(both)
    await stop()
    const after = await start(place, B)
    await expectExchanges(after, scene)
    // It was signed with the old key, and whoever has that key could sign another.
    expect(await seesView(after, scene.urls.view)).toBe(false)
    await scene.emsp.register('PUT')
    await expectExchanges(after, scene)
  })

  it('needs the old one until the last token was used', async () => {
    const place = onDisk('early')
    const scene = await begin(await start(place, A))
    await stop()
    await start(place, B, A)
    await stop()
    const early = await start(place, B)
    scene.emsp.join(early.ocpiUrl)
    const refused = await scene.emsp.calls('GET', '/ocpi/2.2.1/credentials')
    expect([refused.httpStatus, refused.json().data?.fault]).toEqual([401, 'token_unknown'])
    expect((await verb(early, 'keys')).out).toMatch(new RegExp(`^${secretId(A)} +missing +no +0 +2$`, 'm'))
    await stop()
    await expectExchanges(await start(place, B, A), scene)
  })

  it('that made its key itself takes a newer one from the line above it', async () => {
    const place = onDisk('own')
    const scene = await begin(await start(place))
    await stop()
    const file = join(directory.path, 'own', 'secret.key')
    const made = readFileSync(file, 'utf8')
    writeFileSync(file, `${B.toString('base64')}\n${made}`)
    const both = await start(place)
    await expectExchanges(both, scene)
    await waitFor(async () => (await keysOf(both)).waiting.length === 0)
    await stop()
    writeFileSync(file, `${B.toString('base64')}\n`)
    await expectExchanges(await start(place), scene)
  })
})

describe('hubs on a Redis', () => {
  it('are given a new secret_key one after the other, and move to it when they are told to', async () => {
    let [one, other] = [await start(onRedis(), A), await start(onRedis(), A)]
    const scene = await begin(one)
    await stop()

    // A rolling restart: what a hub with both keys writes, one with the old key alone can read.
    ;[one, other] = [await start(onRedis(), B, A), await start(onRedis(), A)]
    scene.emsp.join(one.ocpiUrl)
    await scene.emsp.register('PUT')
    await waitFor(() => revisions(other) === revisions(one))
    await expectExchanges(other, scene)
    await expectExchanges(one, scene)
    expect((await keysOf(one)).items).toMatchObject([{ in_use: false }, { in_use: true, sealed: 2 }])
    await stop()

    ;[one, other] = [await start(onRedis(), B, A), await start(onRedis(), B, A)]
    const { code, out, err } = await verb(one, 'reseal')
    expect([code, out]).toEqual([0, '2 platforms sealed with the newest key'])
    expect(err).toContain('2 platforms are let in by an older key until their next request: de-cpo, nl-ems')
    await waitFor(async () => (await keysOf(other)).items[0]!.in_use)
    await expectExchanges(other, scene)
    await untilMoved(one)
    const audit = (await one.admin('/audit')).json as { items: unknown[] }
    expect(audit.items[0]).toMatchObject({ action: 'registry.reseal', detail: '2 platforms' })
    await stop()

    await expectExchanges(await start(onRedis(), B), scene)
  })
})

/** Sum of the revisions of all platforms: equal when two hubs know the same. */
function revisions(hub: TestHub): number {
  return [...hub.registry.table().connections.values()].reduce(
    (sum, { platform }) => sum + platform.revision,
    0,
  )
}

describe('a hub that is given another secret_key', () => {
  it('names the platforms that can no longer be let in, where nothing is sealed', async () => {
    const place = onDisk('hashed')
    const before = await start(place, A)
    guests.push(await invite(before, 'NL-EMS', 'EMSP'))
    await stop()
    const { code, err } = await verb(await start(place, C), 'keys')
    expect(code).toBe(0)
    expect(err).toBe(
      '1 platform gets 401 until the missing key stands in secret_key again, or it registers anew: nl-ems',
    )
  })

  it('does not start, says which key is missing, and starts without what is lost when told so', async () => {
    const place = onDisk('lost')
    await begin(await start(place, A))
    await stop()
    await expect(start(place, C)).rejects.toThrow(
      `secret_key does not fit the registry: its 2 platforms are sealed with key ${secretId(A)}.`,
    )
    const file = join(directory.path, 'lost.yaml')
    const hub = { country_code: 'NL', party_id: 'HUB', name: 'Hub', public_url: PUBLIC_URL }
    const write = (key: Buffer) =>
      writeFileSync(file, JSON.stringify({ hub, ...place, secret_key: key.toString('base64') }))
    write(A)
    expect(await cli(['registry', 'forget-key', secretId(A), '--config', file])).toMatchObject({
      code: 1,
      err: `error: secret_key holds key ${secretId(A)}; nothing was forgotten`,
    })
    write(C)
    expect(await cli(['registry', 'forget-key', secretId(B), '--config', file])).toMatchObject({
      code: 0,
      out: '0 platforms forgotten',
    })
    const forgotten = await cli(['registry', 'forget-key', secretId(A), '--config', file])
    expect(forgotten).toMatchObject({ code: 0, out: '2 platforms forgotten: de-cpo, nl-ems' })
    const after = await start(place, C)
    expect(after.registry.table().connections.size).toBe(0)
    await expectExchanges(after, await begin(after))
  })
})
