// A renewed certificate is served after a reload, without a restart; one that does not fit its key changes nothing.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { createHub, type Hub } from '../../src/hub.ts'
import { operate } from '../support/admin.ts'
import { selfSigned, type Certificate } from '../support/certificates.ts'
import { ADMIN_TOKEN } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'

let hub: Hub
const directory = makeDirectory()
const tls = { cert: join(directory.path, 'hub.crt'), key: join(directory.path, 'hub.key') }

beforeAll(async () => {
  write(await selfSigned())
  const listener = { host: '127.0.0.1', port: 0 }
  const config = {
    hub: { country_code: 'NL', party_id: 'HUB', name: 'TLS', public_url: 'https://hub.example' },
    listen: { ocpi: { ...listener, tls }, admin: listener },
    admin: { token: ADMIN_TOKEN },
    registry: { path: ':memory:' },
    log: { level: 'silent' },
  }
  const file = join(directory.path, 'hub.yaml')
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config))
  const load = () => loadConfig(file, {})
  hub = await createHub((await load()).config!, { load })
})
afterAll(async () => {
  await hub.close()
  directory.remove()
})

function write({ cert, key }: Certificate): void {
  writeFileSync(tls.cert, cert)
  writeFileSync(tls.key, key)
}

async function open() {
  const { hostname: host, port } = new URL(hub.ocpiUrl)
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return socket
}

async function served(): Promise<string> {
  const socket = await open()
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

describe('a certificate', () => {
  it('that was renewed is told by a reload and served to new connections; open ones go on', async () => {
    const before = await served()
    const standing = await open()
    write(await selfSigned())
    expect(await served()).toBe(before)
    const keys = ['listen.ocpi.tls.cert', 'listen.ocpi.tls.key'].map((key) => ({ key }))
    expect((await operate(hub, 'GET /reload')).json).toEqual({ changes: keys })
    expect((await operate(hub, 'POST /reload')).json).toEqual({ changes: keys })
    expect((await operate(hub, 'POST /reload')).json).toEqual({ changes: [] })
    const after = await served()
    expect(after).not.toBe(before)
    standing.write('GET /health/live HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n')
    const [answer] = (await once(standing, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200/)
  })

  it('that does not fit its key refuses the reload, and the old one is served', async () => {
    const before = await served()
    const { cert } = await selfSigned()
    const { key } = await selfSigned()
    write({ cert, key })
    const answer = await operate(hub, 'POST /reload')
    expect(answer.status).toBe(422)
    expect(answer.json.faults).toMatchObject([
      { line: 1, message: 'listen.ocpi.tls.key: does not belong to the certificate in cert' },
    ])
    expect(await served()).toBe(before)
  })
})
