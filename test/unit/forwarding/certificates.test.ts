// The ends of certificates: the first of a platform counts, and what is kept is bounded.

import { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { expect, it } from 'vitest'
import type { buildConnector } from 'undici'
import { createCertificates } from '../../../src/forwarding/certificates.ts'

/** A connector that at once gives a TLS socket with a certificate that ends then. */
function connectorUntil(end: number): buildConnector.connector {
  const socket = new TLSSocket(new Duplex({ read: () => undefined, write: () => undefined }) as never)
  socket.on('error', () => undefined)
  const certificate = { validTo: new Date(end).toUTCString() }
  Object.assign(socket, { getPeerX509Certificate: () => certificate })
  return (_options, callback) => callback(null, socket)
}

const certificates = createCertificates()

function connect(platform: string, origin: string, end: number): void {
  certificates.watch(connectorUntil(end), platform, origin)({} as never, () => undefined)
}

it('gives the first end of a platform, forgets old origins first and platforms that are gone', () => {
  connect('acme', 'https://one.example', 5_000_000)
  connect('acme', 'https://two.example', 3_000_000)
  expect(certificates.endOf('acme')).toBe(3_000_000)
  // Renewed.
  connect('acme', 'https://two.example', 9_000_000)
  expect(certificates.endOf('acme')).toBe(5_000_000)
  for (let index = 0; index < 15; index++) connect('acme', `https://o${index}.example`, 8_000_000)
  // The first of 17 origins is gone.
  expect(certificates.endOf('acme')).toBe(8_000_000)
  connect('other', 'https://o.example', 1_000_000)
  expect(certificates.ends()).toEqual([
    ['acme', 8_000_000],
    ['other', 1_000_000],
  ])
  certificates.retain((id) => id === 'acme')
  expect(certificates.endOf('other')).toBeUndefined()
})

it('passes over connections without TLS, and those that failed', () => {
  const plain: buildConnector.connector = (_options, callback) => callback(null, new Duplex() as never)
  const failed: buildConnector.connector = (_options, callback) => callback(new Error('no'), null)
  for (const connector of [plain, failed]) {
    certificates.watch(connector, 'plain', 'http://p.example')({} as never, () => undefined)
  }
  expect(certificates.endOf('plain')).toBeUndefined()
})
