// The OCPI side over TLS: a server certificate, no client certificate (R1), nothing older than TLS 1.2, and
// whatever else is said on that port ends the connection and nothing more.

import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { makeDirectory } from '../support/directory.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { rawRequest } from '../support/raw.ts'

let scene: Scene<{ emsp: Party; cpo: Party }>
let ca: string
const directory = makeDirectory()

beforeAll(async () => {
  const certificate = await selfSigned()
  ca = certificate.cert
  const tls = { cert: join(directory.path, 'hub.crt'), key: join(directory.path, 'hub.key') }
  writeFileSync(tls.cert, certificate.cert)
  writeFileSync(tls.key, certificate.key)
  scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
    { listen: { ocpi: { host: '127.0.0.1', port: 0, tls } } },
  )
})
afterAll(async () => {
  await scene.close()
  directory.remove()
})

/** HTTP status and body of a GET of the versions over TLS. */
function getVersions(): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: scene.emsp.authorization() }
    const call = request(`${scene.hub.ocpiUrl}/ocpi/versions`, { ca, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode, body }))
    })
    call.on('error', reject).end()
  })
}

describe('the OCPI side over TLS', () => {
  it('serves whoever trusts its certificate, without a client certificate (R1)', async () => {
    expect(scene.hub.ocpiUrl).toMatch(/^https:/)
    const { status, body } = await getVersions()
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ status_code: 1000 })
  })

  it('refuses TLS 1.1', async () => {
    const { hostname: host, port } = new URL(scene.hub.ocpiUrl)
    const failure = await new Promise<unknown>((resolve) => {
      const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
      const socket = connect({ host, port: Number(port), ca, ...old }, () => resolve(undefined))
      socket.on('error', resolve)
    })
    expect(failure).toBeInstanceOf(Error)
  })

  it('ends a connection that speaks plain HTTP or nothing it knows, and goes on', async () => {
    for (const bytes of [
      'GET /ocpi/versions HTTP/1.1\r\nHost: hub\r\n\r\n',
      'SSH-2.0-x\r\n',
      '\x16\x03\x01\x00\x05hello',
    ]) {
      const { closed } = await rawRequest(scene.hub.ocpiUrl, bytes)
      expect(closed).toBe(true)
    }
    expect((await getVersions()).status).toBe(200)
  })
})
