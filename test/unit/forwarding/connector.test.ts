// When a connection was there: TCP and TLS are told apart, for the request that it was opened for alone. And what
// ended it.

import { createServer as createPlain } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { createSecureContext } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startAttempt, type Phases } from '../../../src/forwarding/attempt.ts'
import { createConnector } from '../../../src/forwarding/connector.ts'
import { createAddressGuard } from '../../../src/forwarding/guard.ts'
import type { Fault } from '../../../src/faults/fault.ts'
import { Client } from 'undici'
import { selfSigned } from '../../support/certificates.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closing.splice(0)) await close()
})

/** Of `server`, with trust in no other certificate than `ca`. */
async function client(server: Server, scheme: string, ca?: string): Promise<Client> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const guard = createAddressGuard({ requireHttps: false, allow: ['127.0.0.0/8'] })
  const connect = createConnector(guard, () => 2_000, createSecureContext({ ca }))
  const made = new Client(`${scheme}://127.0.0.1:${port}`, { connect })
  closing.push(
    () => made.destroy(),
    () => new Promise((resolve) => server.close(resolve)),
  )
  return made
}

async function ask(to: Client): Promise<Phases & { readonly begun: number; readonly fault?: Fault }> {
  const phases: Phases = {}
  const begun = performance.now()
  const request = { path: '/', method: 'GET', headers: [], body: undefined, phases }
  const fault = await new Promise<Fault | undefined>((resolve) => {
    const waiting = { answered: () => resolve(undefined), failed: resolve }
    startAttempt(to, request, { heldMax: 1_000, bodyMax: 1_000 }, waiting)
  })
  return { ...phases, begun, ...(fault ? { fault } : {}) }
}

describe('a request', () => {
  it('over new TLS has an instant for TCP and one for TLS; over the same connection none for TLS', async () => {
    const certificate = await selfSigned()
    const to = await client(
      createServer(certificate, (_request, response) => response.end('x')),
      'https',
      certificate.cert,
    )
    const first = await ask(to)
    expect(first.connectedAt).toBeGreaterThan(first.begun)
    expect(first.securedAt).toBeGreaterThan(first.connectedAt!)
    expect(first.firstByteAt).toBeGreaterThan(first.securedAt!)
    const second = await ask(to)
    expect(second.connectedAt).toBeGreaterThanOrEqual(second.begun)
    expect(second).not.toHaveProperty('securedAt')
  })

  it('whose TLS fails tells that TCP was there', async () => {
    const to = await client(createServer(await selfSigned()), 'https')
    const failed = await ask(to)
    expect(failed.connectedAt).toBeGreaterThan(failed.begun)
    expect(failed).not.toHaveProperty('securedAt')
    expect(failed).not.toHaveProperty('firstByteAt')
  })

  it('over TLS that nobody vouches for is not sent, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const to = await client(createServer(await selfSigned()), 'https')
    expect((await ask(to)).fault).toMatchObject({ code: 'tls_certificate_error' })
  })

  it('without TLS has the one for TCP', async () => {
    const to = await client(
      createPlain((_request, response) => response.end('x')),
      'http',
    )
    const first = await ask(to)
    expect(first.connectedAt).toBeGreaterThan(first.begun)
    expect(first).not.toHaveProperty('securedAt')
  })
  it.each(['TLSv1.3', 'TLSv1.2'] as const)(
    'without the client certificate that is demanded over %s is told the alert',
    async (only) => {
      const certificate = await selfSigned()
      const demand = { requestCert: true, rejectUnauthorized: true, minVersion: only, maxVersion: only }
      const to = await client(createServer({ ...certificate, ...demand }), 'https', certificate.cert)
      const { fault } = await ask(to)
      expect(fault).toMatchObject({
        code: 'tls_protocol_error',
        info: { detail: expect.stringContaining('ALERT') },
      })
    },
  )
})

describe('the TLS of a new connection', () => {
  it('resumes the session of the one before, and after ten minutes looks at the certificate again', async () => {
    const certificate = await selfSigned()
    const resumed: boolean[] = []
    const server = createServer(certificate, (_request, response) => {
      response.setHeader('connection', 'close').end('x')
    })
    server.on('secureConnection', (socket) => resumed.push(socket.isSessionReused()))
    const to = await client(server, 'https', certificate.cert)
    await ask(to)
    await ask(to)
    const now = performance.now()
    const later = vi.spyOn(performance, 'now').mockReturnValue(now + 600_001)
    await ask(to)
    later.mockRestore()
    expect(resumed).toEqual([false, true, false])
  })
})
