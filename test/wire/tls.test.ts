// The OCPI side over TLS: a server certificate, no client certificate (R1), nothing older than TLS 1.2, the same
// limits as without it, and whatever else is said on that port ends the connection and nothing more.

import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
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
    {
      listen: { ocpi: { host: '127.0.0.1', port: 0, tls } },
      arrival: { headersTimeoutMs: 1_000, requestTimeoutMs: 2_000 },
    },
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
  /** What comes back until the hub closes a connection over TLS that has said so much. */
  async function said(bytes: string): Promise<string> {
    const { hostname: host, port } = new URL(scene.hub.ocpiUrl)
    const socket = connect({ host, port: Number(port), ca }, () => socket.write(bytes))
    return text(socket)
  }

  it('has the limits for slow senders that are set, for the handshake as well', async () => {
    const authorization = `Authorization: ${scene.emsp.authorization()}`
    const body = `${authorization}\r\nHost: hub\r\nContent-Length: 9\r\n\r\n{`
    const handshake = rawRequest(scene.hub.ocpiUrl, '', { limitMs: 10_000 })
    for (const bytes of [
      '',
      'GET /ocpi/versions HT',
      `PUT /ocpi/2.2.1/receiver/tokens/1 HTTP/1.1\r\n${body}`,
    ]) {
      expect(await said(bytes)).toMatch(/^HTTP\/1\.1 408 .*"fault":"http_request_error"/s)
    }
    expect((await handshake).closed).toBe(true)
  })

  it('answers a request without Host in an envelope', async () => {
    expect(await said('GET /ocpi/versions HTTP/1.1\r\n\r\n')).toContain('"status_code":2001')
  })
})
