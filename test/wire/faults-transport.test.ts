// Faults below HTTP: a receiver that cannot be reached, breaks off, hangs or speaks something else. Each server
// misbehaves on a real socket; each row says what the requester is told and, in the journal, how far it came.

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { FaultCode } from '../../src/faults/table.ts'
import { SHORT, TIMEOUT_MS } from '../support/config.ts'
import { expectFault, provokes } from '../support/expect-fault.ts'
import type { BehaviourName } from '../support/fault-behaviours.ts'
import {
  closedPort,
  faultServer,
  fullBacklog,
  TLS_BEHAVIOURS,
  type FaultServer,
} from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { inTime } from '../support/in-time.ts'
import { party, type Answer, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

const UNROUTABLE = '224.0.0.1'

let broken: Record<BehaviourName, FaultServer>
let secured: Record<keyof typeof TLS_BEHAVIOURS, FaultServer>
let full: FaultServer
let scene: Scene<Record<string, Party>>
/** Name of a behaviour -> the party that behaves so. */
const partyOf = new Map<string, string>()

/** `NL-000`, `NL-001` …: one party per misbehaviour. */
function cast(name: string, at: string): Party {
  const key = `NL-${String(partyOf.size).padStart(3, '0')}`
  partyOf.set(name, key)
  return party(key, 'CPO', { at })
}

beforeAll(async () => {
  const { BEHAVIOURS } = await import('../support/fault-behaviours.ts')
  broken = await startAll(BEHAVIOURS, (name) => faultServer(name))
  secured = await startAll(TLS_BEHAVIOURS, (name) => TLS_BEHAVIOURS[name]())
  full = await fullBacklog()
  const parties: Record<string, Party> = { emsp: party('NL-EMS', 'EMSP') }
  const addresses = [
    ...Object.entries({ ...broken, ...secured }).map(([name, server]) => [name, server.url] as const),
    ['nobody listens', await closedPort()] as const,
    ['the queue is full', full.url] as const,
    ['the metadata service', 'http://169.254.169.254'] as const,
    ['a private address', 'http://10.1.2.3:8080'] as const,
    ['a loopback address in disguise', 'http://[::ffff:10.1.2.3]:8080'] as const,
    ['no route', `http://${UNROUTABLE}:8080`] as const,
  ]
  for (const [name, url] of addresses) parties[name] = cast(name, url)
  scene = await stage(parties, {
    network: { allow: ['127.0.0.0/8', `${UNROUTABLE}/32`] },
    forwarding: { ...SHORT, maxResponseBodyBytes: 4 * 1024 * 1024, heldAnswerBytes: 8 * 1024 * 1024 },
  })
})
afterAll(async () => {
  await scene.close()
  await Promise.all(
    [...Object.values(broken), ...Object.values(secured), full].map((server) => server.close()),
  )
})

async function startAll<Name extends string>(
  table: Readonly<Record<Name, unknown>>,
  start: (name: Name) => Promise<FaultServer>,
): Promise<Record<Name, FaultServer>> {
  const names = Object.keys(table) as Name[]
  const entries = await Promise.all(names.map(async (name) => [name, await start(name)] as const))
  return Object.fromEntries(entries) as Record<Name, FaultServer>
}

function gets(name: string): Promise<Answer> {
  return scene.emsp!.gets('locations', { to: partyOf.get(name)!, path: '/LOC1' })
}

function posts(name: string, json: unknown = { id: 'CDR1' }): Promise<Answer> {
  return scene.emsp!.posts('cdrs', { to: partyOf.get(name)!, json })
}

const asked = async (name: string) => ({ hub: scene.hub, answer: await posts(name) })

describe('a party that cannot be reached', () => {
  provokes('connection_refused', 'nobody listens', () => asked('nobody listens'))
  provokes('dns_error', 'the host name does not resolve', async () => {
    // In its own time: resolvers may take long to say so.
    const cast = {
      emsp: party('NL-EMS', 'EMSP'),
      cpo: party('DE-CPO', 'CPO', { at: 'http://nowhere.invalid' }),
    }
    const { hub, emsp, close } = await stage(cast)
    onTestFinished(close)
    return { hub, answer: await emsp.posts('cdrs', { to: 'DE-CPO', json: {} }) }
  })
  provokes('destination_ip_unroutable', 'there is no route to the address', () => asked('no route'))
  provokes('destination_ip_prohibited', 'the address is the metadata service', () =>
    asked('the metadata service'),
  )
  provokes('connection_timeout', 'the SYN is dropped', () => asked('the queue is full'))
  provokes('connection_timeout', 'the TLS handshake hangs', () => asked('a handshake that hangs'))
  provokes('destination_unavailable', 'the connection is reset in the handshake', () =>
    asked('a reset in the handshake'),
  )
  provokes('tls_certificate_error', 'the certificate is signed by itself', () =>
    asked('self-signed certificate'),
  )
  provokes('tls_protocol_error', 'plain HTTP listens on the TLS port', () =>
    asked('plain HTTP on the TLS port'),
  )

  const more: readonly (readonly [string, FaultCode])[] = [
    ['a private address', 'destination_ip_prohibited'],
    ['a loopback address in disguise', 'destination_ip_prohibited'],
    ['expired certificate', 'tls_certificate_error'],
    ['certificate of the future', 'tls_certificate_error'],
    ['certificate of another host', 'tls_certificate_error'],
    ['TLS 1.1 only', 'tls_protocol_error'],
    ['garbage instead of a handshake', 'tls_protocol_error'],
    ['a fatal alert', 'tls_protocol_error'],
  ]
  for (const [name, code] of more) {
    it(`${name} -> ${code}`, async () => {
      await expectFault(scene.hub, await posts(name), code)
    })
  }
})

describe('the entry of a failed TLS handshake', () => {
  it('tells that TCP was there, and what OpenSSL said, on one clean line', async () => {
    const answer = await posts('plain HTTP on the TLS port')
    const { detail, phases } = await scene.hub.entry(String(answer.json().data!.reference))
    expect(detail).toMatch(/SSL/)
    expect(detail).not.toMatch(/\ufffd|\s$/)
    expect(phases).toEqual({ connect: expect.any(Number) })
  })
})

describe('a party that breaks off or hangs', () => {
  provokes('connection_terminated', 'it resets after the request', () => asked('reset after the request'))
  provokes('http_response_timeout', 'it says nothing', () => asked('silence'))
  provokes('http_response_incomplete', 'it ends in the middle of the body', () => asked('FIN in the body'))
  provokes('http_protocol_error', 'it answers garbage', () => asked('garbage'))
  provokes('http_response_body_size', 'its body has no end', () => asked('endless body'))
})

const LOST = ['connection_terminated', 'destination_unavailable'] as const

const OUTCOMES: Readonly<Partial<Record<BehaviourName, readonly FaultCode[]>>> = {
  'reads nothing': ['http_response_timeout'],
  'reset on accept': LOST,
  'FIN on accept': LOST,
  'FIN after the request': ['connection_terminated'],
  'head trickles': ['http_response_timeout'],
  'FIN in the head': ['connection_terminated'],
  'reset in the head': ['connection_terminated'],
  'head, then silence': ['http_response_timeout'],
  'body trickles': ['http_response_timeout'],
  'chunks trickle': ['http_response_timeout'],
  'reset in the body': ['http_response_incomplete'],
  'FIN before the last chunk': ['http_response_incomplete'],
  'FIN inside a chunk': ['http_response_incomplete'],
  'SSH banner': ['http_protocol_error'],
  'HTTP/0.9': ['http_protocol_error'],
  'bare line feeds in the head': ['http_protocol_error'],
  'NUL in a header': ['http_protocol_error'],
  'folded header': ['http_protocol_error'],
  'header without colon': ['http_protocol_error'],
  'blank before the colon': ['http_protocol_error'],
  'bad chunk size': ['http_protocol_error'],
  'chunk longer than told': ['http_protocol_error'],
  'Content-Length and Transfer-Encoding': ['http_protocol_error'],
  'two Content-Lengths': ['http_protocol_error'],
  'negative Content-Length': ['http_protocol_error'],
  'Content-Length beyond 64 bits': ['http_protocol_error'],
  'status 99': ['http_protocol_error'],
  'status 099': ['http_protocol_error'],
  'endless interim answers': ['http_protocol_error'],
  'status not a number': ['http_protocol_error'],
  'head of 20 KB': ['http_protocol_error'],
  'HTTP/2 frames': ['http_protocol_error'],
  'unsolicited 101': ['http_protocol_error', 'connection_terminated'],
  'redirect to the metadata service': ['answer_not_ocpi'],
  'early 413 without reading': ['answer_not_ocpi'],
  'gzip bomb': ['answer_not_ocpi'],
}

describe('every misbehaviour becomes one honest answer within the deadline', () => {
  for (const [name, codes] of Object.entries(OUTCOMES)) {
    it(`${name} -> ${codes.join(' or ')}`, async () => {
      await inTime(TIMEOUT_MS + 1_000, async () => {
        const answer = await posts(name)
        const code = answer.json().data?.fault as FaultCode
        expect(codes).toContain(code)
        await expectFault(scene.hub, answer, code)
        return answer.elapsedMs
      })
    })
  }

  for (const name of [
    '103, then the answer',
    'bytes after the answer',
    'closes every idle connection at once',
  ]) {
    it(`${name} is an answer like any other`, async () => {
      for (let turn = 0; turn < 3; turn++) {
        const answer = await gets(name)
        expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
        expect(answer.body.toString()).not.toContain('poisoned')
      }
    })
  }

  for (const name of ['204 with a body', '204 without a body']) {
    it(`${name} accepts a POST (T3)`, async () => {
      const answer = await posts(name)
      expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
    })
  }

  it('survives an unsolicited 100 Continue: an answer or a fault, and no hang', async () => {
    const answer = await gets('unsolicited 100 Continue')
    expect(answer.httpStatus).toBe(200)
    expect([1000, 4000, 4003]).toContain(answer.json().status_code)
  })

  it('answers in time when 1 MiB is sent to a party that reads nothing', async () => {
    const answer = await posts('reads nothing', { text: 'x'.repeat(1024 * 1024) })
    await expectFault(scene.hub, answer, 'http_response_timeout')
  })

  it('takes an early refusal as the answer though the body was not read', async () => {
    const answer = await posts('early 413 without reading', { text: 'x'.repeat(1024 * 1024) })
    expect(['answer_not_ocpi', 'connection_terminated']).toContain(answer.json().data?.fault)
  })

  it('holds no connection to a party that failed, but for a probe and its successor', async () => {
    // A server that reads nothing does not see that it was left.
    const { 'reads nothing': _deaf, 'early 413 without reading': _alsoDeaf, ...reading } = broken
    const failing = [...Object.values(reading), ...Object.values(secured)]
    await waitFor(() => failing.every((server) => server.openConnections() <= 2), { limitMs: 12_000 })
  })
})

describe('a receiver with a bad certificate', () => {
  it('costs nothing that stays: 200 calls leave no connection', async () => {
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => posts('self-signed certificate')))
      for (const answer of answers) expect(answer.json().status_code).toBe(4003)
    }
    await waitFor(() => secured['self-signed certificate'].openConnections() === 0)
  })
})
