// The codes that undici and Node really raise, from servers that misbehave: what they say must be what happened.

import { createServer } from 'node:tls'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { describe, expect, it } from 'vitest'
import { observe, type Stage } from '../../../src/faults/observe.ts'
import type { FaultCode } from '../../../src/faults/table.ts'
import { selfSigned } from '../../support/certificates.ts'
import type { BehaviourName } from '../../support/fault-behaviours.ts'
import { closedPort, faultServer, fullBacklog, TLS_BEHAVIOURS } from '../../support/fault-server.ts'

type Observed = FaultCode | 'answered'

/** Sends one GET and gives the fault it ends in. */
async function provoke(url: string, options: Agent.Options = {}): Promise<Observed> {
  const agent = new Agent({
    connectTimeout: 500,
    headersTimeout: 500,
    bodyTimeout: 500,
    maxResponseSize: 1_000_000,
    ...options,
  })
  let stage: Stage = 'connecting'
  try {
    return await new Promise<Observed>((resolve) => {
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart: () => void (stage = 'waiting'),
        onResponseStart: () => void (stage = 'answering'),
        onResponseEnd: () => resolve('answered'),
        onResponseError: (_controller, error) => resolve(observe(stage, error)),
      }
      agent.dispatch({ origin: url, path: '/', method: 'GET' }, handler)
    })
  } finally {
    await agent.destroy()
  }
}

async function provokeOn(
  start: () => Promise<{ url: string; close: () => Promise<void> }>,
): Promise<Observed> {
  const server = await start()
  try {
    return await provoke(server.url)
  } finally {
    await server.close()
  }
}

describe('a receiver that misbehaves', () => {
  it.each<[FaultCode, readonly BehaviourName[]]>([
    ['http_response_timeout', ['silence', 'reads nothing', 'head, then silence']],
    [
      'connection_terminated',
      [
        'reset after the request',
        'FIN after the request',
        'FIN in the head',
        'reset in the head',
        'unsolicited 101',
      ],
    ],
    [
      'http_response_incomplete',
      ['FIN in the body', 'reset in the body', 'FIN before the last chunk', 'FIN inside a chunk'],
    ],
    [
      'http_protocol_error',
      [
        'garbage',
        'SSH banner',
        'HTTP/0.9',
        'bare line feeds in the head',
        'NUL in a header',
        'folded header',
        'header without colon',
        'bad chunk size',
        'chunk longer than told',
        'Content-Length and Transfer-Encoding',
        'two Content-Lengths',
        'negative Content-Length',
        'Content-Length beyond 64 bits',
        'status 99',
        'status not a number',
        'head of 20 KB',
        'HTTP/2 frames',
      ],
    ],
    ['http_response_body_size', ['endless body']],
  ])('is observed as %s', async (fault, behaviours) => {
    const observed = await Promise.all(behaviours.map((name) => provokeOn(() => faultServer(name))))
    expect(Object.fromEntries(behaviours.map((name, index) => [name, observed[index]]))).toEqual(
      Object.fromEntries(behaviours.map((name) => [name, fault])),
    )
  })

  it('is observed as gone when it closes at once: before or after the request was sent, never as a bug', async () => {
    for (const name of ['reset on accept', 'FIN on accept'] as const) {
      expect(['destination_unavailable', 'connection_terminated']).toContain(
        await provokeOn(() => faultServer(name)),
      )
    }
  })
})

describe('a connection that does not come about', () => {
  it('is observed as refused when nobody listens', async () => {
    expect(await provoke(await closedPort())).toBe('connection_refused')
  })

  it('is observed as refused when no address of a name accepts it', async () => {
    const port = new URL(await closedPort()).port
    expect(await provoke(`http://localhost:${port}`)).toBe('connection_refused')
  })

  it('is observed as overdue when the queue of the receiver is full', async () => {
    expect(await provokeOn(fullBacklog)).toBe('connection_timeout')
  })

  it('is observed as a DNS error when the name does not exist', async () => {
    const missing = Object.assign(new Error('getaddrinfo ENOTFOUND'), {
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
    })
    const lookup = (_name: string, _options: unknown, callback: (error: Error) => void) => callback(missing)
    expect(await provoke('http://party.example', { connect: { lookup: lookup as never } })).toBe('dns_error')
  })

  it('is no fault of the receiver when the client is destroyed', async () => {
    const server = await faultServer('silence')
    const agent = new Agent()
    const failed = new Promise<unknown>((resolve) => {
      agent.dispatch(
        { origin: server.url, path: '/', method: 'GET' },
        { onRequestStart: () => undefined, onResponseError: (_controller, error) => resolve(error) },
      )
    })
    await agent.destroy()
    expect(observe('connecting', await failed)).toBe('hub_draining')
    await server.close()
  })
})

describe('TLS that fails', () => {
  it.each<[keyof typeof TLS_BEHAVIOURS, FaultCode]>([
    ['self-signed certificate', 'tls_certificate_error'],
    ['expired certificate', 'tls_certificate_error'],
    ['certificate of the future', 'tls_certificate_error'],
    ['certificate of another host', 'tls_certificate_error'],
    ['TLS 1.1 only', 'tls_protocol_error'],
    ['plain HTTP on the TLS port', 'tls_protocol_error'],
    ['garbage instead of a handshake', 'tls_protocol_error'],
    ['a fatal alert', 'tls_protocol_error'],
    ['a handshake that hangs', 'connection_timeout'],
    ['a reset in the handshake', 'destination_unavailable'],
  ])('%s is observed as %s', async (name, fault) => {
    expect(await provokeOn(TLS_BEHAVIOURS[name])).toBe(fault)
  })

  it.each<[string, Record<string, unknown>, FaultCode]>([
    ['a trusted certificate of another host', { host: 'other.example' }, 'tls_certificate_error'],
    ['a trusted certificate past its end', { toDays: -30 }, 'tls_certificate_error'],
    [
      'a client certificate asked for in TLS 1.2',
      { requestCert: true, maxVersion: 'TLSv1.2' },
      'tls_protocol_error',
    ],
  ])('%s is observed as a fault of the handshake', async (_title, { host, toDays, ...options }, fault) => {
    const certificate = await selfSigned((host as string) ?? '127.0.0.1', {
      fromDays: -60,
      toDays: (toDays as number) ?? 30,
    })
    const server = createServer({ ...certificate, rejectUnauthorized: true, ...options })
    server.on('tlsClientError', () => undefined)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const observed = await provoke(`https://127.0.0.1:${port}`, { connect: { ca: certificate.cert } })
    server.close()
    expect(observed).toBe(fault)
  })
})
