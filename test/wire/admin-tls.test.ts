// The admin side behind TLS: for listeners beyond loopback.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { startAdmin, type TestAdmin } from '../unit/admin/admin-server.ts'

let admin: TestAdmin
const directory = mkdtempSync(join(tmpdir(), 'admin-tls-'))
afterEach(async () => {
  await admin.close()
  rmSync(directory, { recursive: true, force: true })
})

describe('the admin side with a certificate', () => {
  it('answers over TLS and tells browsers to stay with it', async () => {
    const { cert, key } = await selfSigned()
    const tls = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') }
    writeFileSync(tls.cert, cert)
    writeFileSync(tls.key, key)
    admin = await startAdmin({ options: { tls } })
    expect(admin.url).toMatch(/^https:/)
    const request = get(`${admin.url}/health/live`, { ca: cert, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'end')
    expect(response.statusCode).toBe(200)
    expect(response.headers['strict-transport-security']).toContain('max-age=')
  })
})
