// Certificates at the alert web hook: two hubs with TLS listeners, one receiver with TLS, all of them renewed. Processes,
// because an authority is trusted from the start of a process on.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { makeDirectory } from '../support/directory.ts'
import { examinedParty, TOKEN, type ExaminedParty } from '../support/examined-party.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { jsonReceiver, type JsonReceiver } from '../support/json-receiver.ts'
import { stablePort } from '../support/ports.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

const directory = makeDirectory()
const served = { cert: join(directory.path, 'hub.crt'), key: join(directory.path, 'hub.key') }
let redis: RedisHandle
let hook: JsonReceiver
let cpo: ExaminedParty
const hubs: HubProcess[] = []

afterEach(async () => {
  await Promise.all(hubs.map((hub) => hub.end()))
  await Promise.all([cpo.close(), hook.close(), redis.end()])
  directory.remove()
})

async function serve(days: number): Promise<void> {
  const { cert, key } = await selfSigned('127.0.0.1', { toDays: days })
  writeFileSync(served.cert, cert)
  writeFileSync(served.key, key)
}

async function startHub(name: string): Promise<void> {
  const ports = { ocpi: await stablePort(), admin: await stablePort() }
  const host = '127.0.0.1'
  const hub = await startHubProcess({
    directory: directory.path,
    name,
    ports,
    wrapper: ['env', `NODE_EXTRA_CA_CERTS=${join(directory.path, 'ca.pem')}`],
    platforms: [
      {
        id: 'acme',
        version: '2.2.1',
        tokens: { inbound: 'acme-to-hub-0123456789', outbound: TOKEN },
        versionsUrl: cpo.versionsUrl,
        endpoints: [{ module: 'locations', role: 'SENDER', url: `${cpo.url}/2.2.1/sender/locations` }],
        roles: [{ countryCode: 'DE', partyId: 'CPO', role: 'CPO' }],
        status: 'CONNECTED',
        errors: 'ocpi',
      },
    ],
    config: {
      listen: { ocpi: { host, port: ports.ocpi, tls: served }, admin: { host, port: ports.admin } },
      registry: { driver: 'redis', url: redis.url },
      alerts: { webhook: `${hook.url}/hook`, window: '100ms' },
    },
  })
  hubs.push(hub)
  await waitFor(async () => hub.metrics().catch(() => undefined), {
    what: 'a hub that serves',
    limitMs: 30_000,
  })
}

/** Each hub connects to the receiver. */
async function connectAll(): Promise<void> {
  for (const hub of hubs) {
    const { json } = await hub.admin('/platforms/acme/probe', { method: 'POST' })
    expect(json).toMatchObject({ ok: true })
  }
}

const toldOf = (alert: string, status: string) =>
  hook.posts.map(({ json }) => json).filter((json) => json.alert === alert && json.status === status)

function told(alert: string, status: string, times: number) {
  return waitFor(() => (toldOf(alert, status).length === times ? toldOf(alert, status) : undefined), {
    what: `${alert} ${status}, ${times} times`,
  })
}

it('those of listeners are told by each hub, that of a receiver once, and all when they were renewed', async () => {
  const old = await selfSigned('127.0.0.1', { toDays: 10.5, name: 'old' })
  const renewed = await selfSigned('127.0.0.1', { toDays: 60, name: 'renewed' })
  writeFileSync(join(directory.path, 'ca.pem'), `${old.cert}\n${renewed.cert}\n`)
  await serve(1.5)
  redis = await startRedis()
  hook = await jsonReceiver()
  cpo = await examinedParty({ certificate: old })
  await startHub('a')
  await startHub('b')
  await connectAll()

  const own = await told('hub_certificate_ends', 'firing', 2)
  expect(own[0]).toMatchObject({
    severity: 'warning',
    subject: 'ocpi',
    message: expect.stringMatching(
      /^The TLS certificate of the listener ocpi of this hub ends on 20\S+, in 1 day\.$/,
    ) as string,
  })
  expect(new Set(own.map(({ instance }) => instance as string)).size).toBe(2)
  expect((await told('hub_certificate_ends_now', 'firing', 2))[0]).toMatchObject({ severity: 'critical' })
  expect((await told('receiver_certificate_ends', 'firing', 1))[0]).toMatchObject({
    severity: 'warning',
    subject: 'acme',
    message: expect.stringMatching(
      /^The TLS certificate of acme \(DE-CPO\) ends on 20\S+, in 10 days\.$/,
    ) as string,
  })

  cpo.renew(renewed)
  await connectAll()
  expect((await told('receiver_certificate_ends', 'resolved', 1))[0].message).toMatch(/ lasts until 20/)

  await serve(60)
  for (const hub of hubs) hub.signal('SIGHUP')
  await told('hub_certificate_ends', 'resolved', 2)
  await told('hub_certificate_ends_now', 'resolved', 2)
  expect(hook.posts).toHaveLength(10)
})
