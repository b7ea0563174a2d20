// What operators are told of handshakes, over real ones.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Audit, createAudit } from '../../../src/journal/audit.ts'
import { createLog } from '../../../src/journal/log.ts'
import { createMemoryTrail } from '../../../src/journal/trail.ts'
import { createHandshakeNews } from '../../../src/modules/handshake-news.ts'
import { createKit, faultOf, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

const CREDENTIALS = '/ocpi/2.2.1/credentials'

let kit: Kit
let audit: Audit
let peer: Peer
let lines: { readonly fields: Record<string, unknown>; readonly message: string }[]

beforeEach(async () => {
  lines = []
  const log = createLog({ level: 'silent', exchanges: 'errors' })
  audit = createAudit({ trail: createMemoryTrail({ name: 'audit', max: 10 }), log })
  const info = (fields: object, message: string) => void lines.push({ fields: { ...fields }, message })
  kit = await createKit({ onHandshake: createHandshakeNews({ log: { info }, audit }) })
  peer = await startPeer()
  peer.tokens.add('token-b')
})
afterEach(async () => {
  await kit.close()
  await peer.close()
})

async function shakes(method: 'POST' | 'PUT', token: string, at = peer): Promise<string> {
  const answer = await kit.ask(token, method, CREDENTIALS, at.credentials('token-b'))
  return (answer.data as { token: string }).token
}

it('a registration, a renewal and a leaving of a platform are one line each; what failed is none', async () => {
  const { token } = await kit.registration.prepare({ id: 'acme' })
  const first = await shakes('POST', token)
  const second = await shakes('PUT', first)
  peer.script('GET /versions', { status: 500 })
  await faultOf(shakes('PUT', second))
  await kit.ask(second, 'DELETE', CREDENTIALS)
  expect(lines).toEqual([
    {
      fields: {
        platform: 'acme',
        handshake: 'registered',
        by: 'peer',
        versions_url: { after: peer.versionsUrl },
        endpoints: { after: peer.url },
      },
      message: 'the platform has registered',
    },
    {
      fields: { platform: 'acme', handshake: 'renewed', by: 'peer' },
      message: 'the platform has renewed its credentials',
    },
    { fields: { platform: 'acme', handshake: 'left', by: 'peer' }, message: 'the platform has left' },
  ])
  expect((await audit.read({ limit: 10 })).entries).toEqual([])
})

it('those that the hub began are told as such', async () => {
  peer.tokens.add('token-a')
  await kit.registration.connect({ id: 'acme', versionsUrl: peer.versionsUrl, token: 'token-a' })
  await kit.registration.rotate('acme')
  await kit.registration.remove('acme')
  expect(lines.map(({ fields, message }) => [fields.by, message])).toEqual([
    ['hub', 'the hub has registered at the platform'],
    ['hub', 'the hub has renewed the credentials with the platform'],
    ['hub', 'the hub has left the platform'],
  ])
})

it('a platform that names another versions URL is told with both, and audited', async () => {
  const { token } = await kit.registration.prepare({ id: 'acme' })
  const first = await shakes('POST', token)
  const other = await startPeer()
  other.tokens.add('token-b')
  await shakes('PUT', first, other)
  expect(lines.at(-1)).toEqual({
    fields: {
      platform: 'acme',
      handshake: 'renewed',
      by: 'peer',
      versions_url: { before: peer.versionsUrl, after: other.versionsUrl },
      endpoints: { before: peer.url, after: other.url },
    },
    message: 'the platform has renewed its credentials; others than before: versions URL and endpoints',
  })
  const { entries } = await audit.read({ limit: 10 })
  expect(entries).toMatchObject([
    {
      who: 'platform acme',
      action: 'platform.versions_url',
      target: 'acme',
      detail: `versions URL ${peer.versionsUrl} -> ${other.versionsUrl}`,
    },
  ])
  expect(JSON.stringify([lines, entries])).not.toContain('token-b')
  await other.close()
})
