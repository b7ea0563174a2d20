// What the hub learns of its platforms' certificates from the connections it makes: days in the API, seconds in the
// metrics. A process of its own, because an authority is trusted from the start of a process on.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { PlatformConfig } from '../../src/config/hub-config.ts'
import { selfSigned } from '../support/certificates.ts'
import { ADMIN_TOKEN } from '../support/config.ts'
import { examinedParty, TOKEN, type ExaminedParty } from '../support/examined-party.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'

let directory = ''
let cpo: ExaminedParty
let hub: HubProcess

beforeEach(async () => {
  const certificate = await selfSigned('127.0.0.1', { toDays: 20.5 })
  directory = await mkdtemp(join(tmpdir(), 'certificates-'))
  const authority = join(directory, 'ca.pem')
  await writeFile(authority, certificate.cert)
  cpo = await examinedParty({ certificate })
  hub = await startHubProcess({
    directory,
    wrapper: ['env', `NODE_EXTRA_CA_CERTS=${authority}`],
    platforms: [platform('acme', `${cpo.url}/versions`)],
  })
  await hub.ready()
})

afterEach(async () => {
  await hub.end()
  await cpo.close()
  await rm(directory, { recursive: true })
})

function platform(id: string, versionsUrl: string): PlatformConfig {
  return {
    id,
    version: '2.2.1',
    tokens: { inbound: `${id}-to-hub-0123456789`, outbound: TOKEN },
    versionsUrl,
    endpoints: [{ module: 'locations', role: 'SENDER', url: `${cpo.url}/2.2.1/sender/locations` }],
    roles: [{ countryCode: 'DE', partyId: 'CPO', role: 'CPO' }],
    status: 'CONNECTED',
    errors: 'ocpi',
  }
}

async function entityTag(): Promise<string | null> {
  const response = await fetch(`${hub.adminUrl}/api/v1/platforms/acme`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  return response.headers.get('etag')
}

it('shows days and seconds once a connection was made; the entity tag is not about them', async () => {
  const before = await entityTag()
  expect((await hub.admin('/platforms/acme')).json).not.toHaveProperty('certificate_days')
  expect(await hub.metrics()).not.toMatch(/^ocpi_hub_certificate_expiry_seconds\{/m)

  expect((await hub.admin('/platforms/acme/probe', { method: 'POST' })).json).toMatchObject({ ok: true })

  expect((await hub.admin('/platforms/acme')).json).toMatchObject({ certificate_days: 20 })
  const [, seconds] =
    /^ocpi_hub_certificate_expiry_seconds\{responder="acme"\} (\S+)$/m.exec(await hub.metrics()) ?? []
  expect(Number(seconds) / 86_400).toBeCloseTo(20.5, 1)
  expect(await entityTag()).toBe(before)
})
