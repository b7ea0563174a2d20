// What there is to see of a connection before anything is sent over it: name, address, time, TLS certificates. For
// examining a party; it goes through the same guard as every other connection and is closed at once.

import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { X509Certificate } from 'node:crypto'
import pTimeout from 'p-timeout'
import { CONNECT_TIMEOUT, observe, UNRESOLVED } from '../faults/observe.ts'
import type { FaultCode } from '../faults/table.ts'
import { ATTEMPT_SHARE } from './connector.ts'
import { type AddressGuard, ipLiteral, prohibited } from './guard.ts'

export interface CertificateFacts {
  /** Common name and alternative names as the certificate writes them. */
  readonly names: readonly string[]
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly validFrom: number
  readonly validTo: number
}

export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly protocol: string
  /** The server's own first, then its issuers as far as they are known. */
  readonly chain: readonly CertificateFacts[]
  /** Why the hub would not accept it, as Node's code; absent when it would. */
  readonly refusal?: string
  readonly handshakeMs: number
}

/** Members are absent from the step on that failed; `fault` then says how. */
export interface ConnectionFacts {
  /** Only those the guard allows. */
  readonly addresses?: readonly string[]
  readonly lookupMs?: number
  readonly connectMs?: number
  readonly tls?: TlsFacts
  readonly failure?: { readonly step: 'lookup' | 'connect' | 'tls'; readonly fault: FaultCode }
}

const CHAIN_MAX = 10
const NAMES_MAX = 20

/**
 * Connects to the host of an absolute http(s) URL and looks at it; each step within `timeoutMs`. Certificates are
 * read even when they are not valid: nothing is sent. Never rejects.
 */
export async function readConnectionFacts(
  guard: AddressGuard,
  url: string,
  timeoutMs: number,
): Promise<ConnectionFacts> {
  const { hostname, protocol, port } = new URL(url)
  const host = ipLiteral(hostname) ?? hostname
  let facts: ConnectionFacts = {}
  let step: 'lookup' | 'connect' | 'tls' = 'lookup'
  let socket: Socket | undefined
  try {
    if (!guard.allowsScheme(protocol)) throw prohibited(protocol)
    const lookupAt = performance.now()
    const addresses = await within(timeoutMs, resolve(guard, host), UNRESOLVED)
    facts = { addresses, lookupMs: performance.now() - lookupAt }
    step = 'connect'
    const connectAt = performance.now()
    socket = connectTcp({
      host,
      port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
      lookup: guard.lookup,
      autoSelectFamilyAttemptTimeout: Math.ceil(timeoutMs * ATTEMPT_SHARE),
    })
    await within(timeoutMs, opened(socket, 'connect'))
    facts = { ...facts, connectMs: performance.now() - connectAt }
    if (protocol !== 'https:') return facts
    step = 'tls'
    const tls = await within(timeoutMs, shakeHands(socket, host))
    return { ...facts, tls }
  } catch (error) {
    return { ...facts, failure: { step, fault: observe('connecting', error) } }
  } finally {
    socket?.destroy()
  }
}

/** Whether the host of an absolute http(s) URL has an address that may be called; the fault if not. Never rejects. */
export async function readLookupFault(
  guard: AddressGuard,
  url: string,
  timeoutMs: number,
): Promise<FaultCode | undefined> {
  const { hostname, protocol } = new URL(url)
  try {
    if (!guard.allowsScheme(protocol)) throw prohibited(protocol)
    await within(timeoutMs, resolve(guard, ipLiteral(hostname) ?? hostname), UNRESOLVED)
    return undefined
  } catch (error) {
    return observe('connecting', error)
  }
}

function within<Value>(
  milliseconds: number,
  promise: Promise<Value>,
  code = CONNECT_TIMEOUT,
): Promise<Value> {
  const late = Object.assign(new Error('deadline'), { code })
  return pTimeout(promise, {
    milliseconds,
    fallback: () => {
      throw late
    },
  })
}

function resolve(guard: AddressGuard, host: string): Promise<string[]> {
  return new Promise((done, fail) => {
    if (ipLiteral(host) !== undefined) {
      if (guard.allowsAddress(host)) done([host])
      else fail(prohibited(host))
      return
    }
    guard.lookup(host, { all: true }, (error, found) => {
      if (error) fail(error)
      else done(typeof found === 'string' ? [found] : found.map(({ address }) => address))
    })
  })
}

function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((done, fail) => {
    socket.once(event, () => done())
    // Stays: an error that comes after the deadline has nobody else to go to.
    socket.on('error', fail)
    socket.once('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
  })
}

async function shakeHands(socket: Socket, host: string): Promise<TlsFacts> {
  const startedAt = performance.now()
  const secure = connectTls({
    socket,
    host,
    ...(ipLiteral(host) === undefined ? { servername: host } : {}),
    ALPNProtocols: ['http/1.1'],
    // To look at what is wrong with them; no request follows.
    rejectUnauthorized: false,
  })
  await opened(secure, 'secureConnect')
  const refusal = refusalOf(secure)
  return {
    protocol: secure.getProtocol() ?? '',
    chain: readChain(secure.getPeerX509Certificate()),
    handshakeMs: performance.now() - startedAt,
    ...(refusal === undefined ? {} : { refusal }),
  }
}

function refusalOf({ authorized, authorizationError }: TLSSocket): string | undefined {
  if (authorized) return undefined
  const { code } = authorizationError as Error & { code?: string }
  return code ?? String(authorizationError)
}

function readChain(leaf: X509Certificate | undefined): CertificateFacts[] {
  const chain: CertificateFacts[] = []
  const seen = new Set<string>()
  for (let certificate = leaf; certificate && chain.length < CHAIN_MAX; ) {
    if (seen.has(certificate.fingerprint256)) break
    seen.add(certificate.fingerprint256)
    chain.push({
      names: namesOf(certificate),
      issuer: nameOf(certificate.issuer),
      validFrom: Date.parse(certificate.validFrom),
      validTo: Date.parse(certificate.validTo),
    })
    certificate = certificate.issuerCertificate
  }
  return chain
}

function namesOf({ subject, subjectAltName }: X509Certificate): string[] {
  const alternatives = (subjectAltName ?? '').split(', ').filter((name) => name !== '')
  const own = nameOf(subject)
  return [...(own === '' ? [] : [own]), ...alternatives.slice(0, NAMES_MAX)]
}

/** The common name of a distinguished name, or its organisation, or all of it. */
function nameOf(distinguishedName: string | undefined): string {
  const lines = (distinguishedName ?? '').split('\n')
  const named = (key: string) => lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1)
  return named('CN') ?? named('O') ?? lines.join(', ')
}
