// `ocpi-hub registry`: the registry as one file, through a running hub and without one, and from one kind of store
// to the other and back. What was registered before is let in and routed to afterwards.

import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, PUBLIC_URL } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { cli } from '../unit/cli/run.ts'

const SECRET = Buffer.alloc(32, 7)
const directory = makeDirectory()
let redis: RedisHandle
let hub: TestHub | undefined
let emsp: Guest
let cpo: Guest
let files = 0
let cdrUrl: string
let callbackUrl: string
let cookie: string
let viewUrl: string

beforeAll(async () => {
  redis = await startRedis()
  hub = await startHub(embedded('first'))
  emsp = await invite(hub, 'NL-EMS', 'EMSP')
  cpo = await invite(hub, 'DE-CPO', 'CPO')
  await emsp.register()
  await cpo.register()
  await handOut()
  await hub.close()
})
afterEach(async () => {
  await hub?.close()
  hub = undefined
})
afterAll(async () => {
  await Promise.all([emsp.party.close(), cpo.party.close(), redis.end()])
  directory.remove()
})

/** Hub URLs that must live on, routes, a view link that was revoked, and a log-in that was ended. */
async function handOut(): Promise<void> {
  emsp.party.answers('POST cdrs', {
    json: ok(),
    headers: { Location: `${emsp.party.url()}/its/own/inbox/cdrs/9` },
  })
  const parties = { from: 'DE-CPO', to: 'NL-EMS' }
  const stored = await cpo.calls('POST', '/ocpi/2.2.1/receiver/cdrs', { ...parties, json: { id: '9' } })
  cdrUrl = new URL(stored.headers.location!).pathname
  await emsp.calls('POST', '/ocpi/2.2.1/receiver/commands/UNLOCK_CONNECTOR', {
    from: 'NL-EMS',
    to: 'DE-CPO',
    json: { response_url: `${emsp.party.url()}/its/own/results/7` },
  })
  const { response_url: url } = JSON.parse(cpo.party.last().body.toString()) as { response_url: string }
  callbackUrl = new URL(url).pathname
  const made = await hub!.admin('/platforms/de-cpo/view-link', { method: 'POST' })
  viewUrl = new URL((made.json as { url: string }).url).pathname
  await hub!.admin('/platforms/de-cpo/view-link', { method: 'DELETE' })
  const page = { 'x-ocpi-hub': 'dashboard', 'sec-fetch-site': 'same-origin' }
  const headers = { ...page, 'content-type': 'application/json' }
  const body = JSON.stringify({ token: ADMIN_TOKEN })
  const session = await fetch(`${hub!.adminUrl}/login`, { method: 'POST', headers, body })
  cookie = session.headers.get('set-cookie')!.split(';')[0]!
  expect(await statusWithCookie()).toBe(200)
  await fetch(`${hub!.adminUrl}/logout`, { method: 'POST', headers: { ...page, cookie } })
  const items = [{ from: 'XX-*', to: 'DE-CPO', action: 'deny' }]
  expect((await hub!.admin('/routes', { method: 'PUT', json: { items } })).status).toBe(200)
}

/** Of a reading with the cookie of the log-in that was ended. */
const statusWithCookie = async () =>
  (await fetch(`${hub!.adminUrl}/api/v1/status`, { headers: { cookie } })).status

const newFile = (name: string) => join(directory.path, `${++files}-${name}`)

function embedded(name: string) {
  return { registry: { driver: 'embedded', path: join(directory.path, name) } } as const
}

const onRedis = () => ({ registry: { driver: 'redis', url: redis.url } }) as const

/** A configuration file for the store of these overrides. */
function configFile(
  { registry }: ReturnType<typeof embedded> | ReturnType<typeof onRedis>,
  secret: Buffer = SECRET,
): string {
  const file = newFile('hub.yaml')
  const hubSection = { country_code: 'NL', party_id: 'HUB', name: 'Hub', public_url: PUBLIC_URL }
  writeFileSync(file, JSON.stringify({ hub: hubSection, registry, secret_key: secret.toString('base64') }))
  return file
}

/** A verb against the running hub. */
function online(...argv: string[]) {
  const env = { OCPI_HUB_ADMIN_URL: hub!.adminUrl, OCPI_HUB_ADMIN_TOKEN: ADMIN_TOKEN }
  return cli(['registry', ...argv], { env })
}

/** A verb straight at the store. */
const offline = (config: string, ...argv: string[]) => cli(['registry', ...argv, '--config', config])

/** Both know each other's tokens still: a request of one arrives at the other. */
async function expectRouting(): Promise<void> {
  emsp.join(hub!.ocpiUrl)
  const answer = await emsp.calls('GET', '/ocpi/2.2.1/sender/locations', { from: 'NL-EMS', to: 'DE-CPO' })
  expect(answer.json().status_code).toBe(1000)
  expect(cpo.party.last().headers.authorization).toContain('Token ')
}

/** What was handed out before leads where it led, what was revoked stays so, and routes are in effect. */
async function expectHandedOut(): Promise<void> {
  cpo.join(hub!.ocpiUrl)
  const cdr = await cpo.calls('GET', cdrUrl)
  expect([cdr.json().status_code, emsp.party.last().url]).toEqual([1000, '/its/own/inbox/cdrs/9'])
  const result = await cpo.calls('POST', callbackUrl, { json: { result: 'ACCEPTED' } })
  expect([result.json().status_code, emsp.party.last().url]).toEqual([1000, '/its/own/results/7'])
  expect((await fetch(hub!.ocpiUrl + viewUrl)).status).toBe(404)
  expect(await statusWithCookie()).toBe(401)
  const { json } = await hub!.admin('/routes')
  expect(json).toMatchObject({ source: 'registry', items: [{ from: 'XX-*', action: 'deny' }] })
}

async function exportOf(config: string): Promise<string> {
  const file = newFile('registry.json')
  const { code, err } = await offline(config, 'export', '--output', file)
  expect(code, err).toBe(0)
  return file
}

describe('an export', () => {
  it('of a running hub is one file for its owner alone, with no token to be read in it', async () => {
    hub = await startHub(embedded('first'))
    const file = newFile('registry.json')
    const { code, out, err } = await online('export', '--output', file)
    expect([code, out]).toEqual([0, ''])
    expect(err).toContain('2 platforms and 2 links exported')
    expect(err).toContain('only a hub with the same secret_key can import it')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('"NL-EMS EMSP"')
    for (const guest of [emsp, cpo]) {
      expect(text).not.toContain(guest.token())
      expect(text).not.toContain(guest.outbound()[0])
    }
    // A response_url is often all that is needed to call it.
    expect(text).not.toContain('/its/own/results')
    expect(await online('export', '--output', file)).toMatchObject({
      code: 1,
      err: `error: ${file} is there already`,
    })
    const again = JSON.parse((await online('export')).out) as Record<string, unknown>
    expect({ ...again, links: [] }).toEqual({ ...(JSON.parse(text) as object), links: [] })
  })

  it('of an embedded hub that runs is refused straight at the store', async () => {
    hub = await startHub(embedded('first'))
    const { code, err } = await offline(configFile(embedded('first')), 'export')
    expect(code).toBe(1)
    expect(err).toMatch(/is in use by another ocpi-hub \(process \d+.*Stop that one first, or go through it/)
  })

  it('makes no new registry where there is none', async () => {
    const { code, err } = await offline(configFile(embedded('none')), 'export')
    expect([code, err]).toEqual([1, expect.stringContaining('holds no registry')])
  })
})

describe('moving a registry', () => {
  it('from embedded to Redis and back keeps everybody connected', async () => {
    const toRedis = await exportOf(configFile(embedded('first')))
    expect((await offline(configFile(onRedis()), 'import', toRedis)).out).toBe(
      '2 platforms and 2 links imported',
    )
    hub = await startHub(onRedis())
    await expectRouting()
    await expectHandedOut()
    await hub.close()

    const back = await exportOf(configFile(onRedis()))
    expect((await offline(configFile(embedded('second')), 'import', back)).code).toBe(0)
    hub = await startHub(embedded('second'))
    await expectRouting()
    await expectHandedOut()
  })

  it('takes files of older versions, which have neither links nor settings', async () => {
    const file = await exportOf(configFile(embedded('first')))
    const {
      links: _,
      settings: __,
      ...old
    } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    const oldFile = newFile('old.json')
    writeFileSync(oldFile, JSON.stringify(old))
    expect((await offline(configFile(embedded('old')), 'import', oldFile)).out).toBe('2 platforms imported')
    hub = await startHub(embedded('old'))
    await expectRouting()
  })

  it('makes no revocation undone that came after the backup', async () => {
    const file = await exportOf(configFile(embedded('first')))
    hub = await startHub(embedded('revoked'))
    await online('import', file)
    await expect.poll(() => hub!.registry.table().connections.size).toBe(2)
    const made = await hub.admin('/platforms/de-cpo/view-link', { method: 'POST' })
    const { pathname } = new URL((made.json as { url: string }).url)
    expect((await fetch(hub.ocpiUrl + pathname)).status).toBe(200)
    await hub.admin('/platforms/de-cpo/view-link', { method: 'DELETE' })
    expect((await online('import', file, '--replace')).code).toBe(0)
    expect((await fetch(hub.ocpiUrl + pathname)).status).toBe(404)
  })

  it('into a running hub has it route at once', async () => {
    const file = await exportOf(configFile(embedded('first')))
    hub = await startHub(embedded('third'))
    expect(JSON.parse((await online('import', file, '--json')).out)).toEqual({ imported: 2, links: 2 })
    await expect.poll(() => hub!.registry.table().connections.size).toBe(2)
    await expectRouting()
    const { json } = await hub.admin('/audit')
    expect((json as { items: unknown[] }).items[0]).toMatchObject({
      who: 'admin',
      action: 'registry.import',
      detail: '2 platforms',
    })
  })
})

describe('an import is refused', () => {
  it('when platforms are there, unless they are to be replaced', async () => {
    const file = await exportOf(configFile(embedded('first')))
    hub = await startHub(embedded('first'))
    await hub.admin('/platforms', { method: 'POST', json: { id: 'late' } })
    const refused = await online('import', file)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('holds 3 platforms already; nothing was imported')
    expect((await online('import', file, '--replace')).code).toBe(0)
    await expect
      .poll(() => [...hub!.registry.table().connections.keys()].sort())
      .toEqual(['de-cpo', 'nl-ems'])
    await expectRouting()
  })

  it('when its tokens are sealed with another key: nothing would get through with them', async () => {
    const file = await exportOf(configFile(embedded('first')))
    const { code, err } = await offline(configFile(embedded('fourth'), Buffer.alloc(32, 8)), 'import', file)
    expect(code).toBe(1)
    expect(err).toMatch(/2 platforms \(.* for one\) are sealed with another secret_key/)
  })

  it('when it is something else', async () => {
    const config = configFile(embedded('fifth'))
    const file = newFile('other')
    writeFileSync(file, '{"format":"other"}')
    expect((await offline(config, 'import', file)).err).toContain('this is no backup of a registry')
    writeFileSync(file, 'text')
    expect((await offline(config, 'import', file)).err).toBe(`error: ${file} is not JSON`)
    expect((await offline(config, 'import', `${file}.none`)).err).toContain('cannot be read (ENOENT)')
    expect((await offline(newFile('none.yaml'), 'import', '-')).code).toBe(1)
    hub = await startHub(embedded('sixth'))
    expect((await online('import', '-')).code).toBe(1)
  })
})

describe('the registry', () => {
  it('is shown, and needs no decision while it is whole', async () => {
    hub = await startHub(embedded('first'))
    const { out } = await online('show', '--json')
    expect(JSON.parse(out)).toMatchObject({ up: true, loaded: true, platforms: 2 })
    for (const decision of ['restore', 'confirm']) {
      expect((await online(decision)).out).toContain('platforms: 2')
    }
    await expectRouting()
  })

  it('is exported to nobody who may only look', async () => {
    const sha256 = createHash('sha256').update('look').digest('hex')
    hub = await startHub({
      ...embedded('first'),
      admin: { tokens: [{ name: 'viewer', role: 'read', sha256 }] },
    })
    const ask = (path: string) =>
      fetch(`${hub!.adminUrl}/api/v1/registry${path}`, { headers: { authorization: 'Bearer look' } })
    expect([(await ask('')).status, (await ask('/export')).status]).toEqual([200, 403])
  })
})
