// Endpoints in version details that make none: who is told of them.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKit, faultOf, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

const CREDENTIALS = '/ocpi/2.2.1/credentials'

let kit: Kit
let peer: Peer
let tokenA: string
const told: unknown[] = []

beforeEach(async () => {
  told.length = 0
  peer = await startPeer()
  peer.tokens.add('token-b')
  kit = await createKit({ onLeftOut: (...args) => void told.push(args) })
  tokenA = (await kit.registration.prepare({ id: 'acme' })).token
})
afterEach(async () => {
  await kit.close()
  await peer.close()
})

describe('a registration', () => {
  it('tells the peer and the operator which endpoints it leaves out, and why', async () => {
    const good = [
      { identifier: 'credentials', url: `${peer.url}/credentials` },
      { identifier: 'locations', role: 'sender', url: `${peer.url}/locations` },
    ]
    const bad = [
      { identifier: 'tariffs', role: 'SENDER', url: '/tariffs' },
      { identifier: 'tokens', url: `${peer.url}/tokens` },
      { role: 'SENDER', url: `${peer.url}/x` },
    ]
    peer.script('GET /2.2.1', { data: { version: '2.2.1', endpoints: [...good, ...bad] } })
    const answer = await kit.ask(tokenA, 'POST', CREDENTIALS, peer.credentials('token-b'))
    const leftOut = [
      'tariffs SENDER: url is not an absolute http or https one',
      'tokens: role is neither SENDER nor RECEIVER',
      'entry 5: no identifier that can be read',
    ]
    expect(answer.statusMessage).toBe(`Endpoints left out: ${leftOut.join('; ')}`)
    expect(told).toEqual([['acme', leftOut]])
    expect(kit.platform('acme').endpoints.map(({ module }) => module)).toEqual(['credentials', 'locations'])
  })

  it('says what it left out when nothing of use is there (R30)', async () => {
    const endpoints = [
      { identifier: 'credentials', role: 'SENDER', url: '/credentials' },
      { identifier: 'locations', role: 'SENDER', url: '/locations' },
    ]
    peer.script('GET /2.2.1', { data: { version: '2.2.1', endpoints } })
    const fault = await faultOf(kit.ask(tokenA, 'POST', CREDENTIALS, peer.credentials('token-b')))
    expect([fault.code, fault.message]).toEqual([
      'endpoints_missing',
      'The version details lack a credentials endpoint; left out: credentials SENDER: url is not an absolute http or https one; locations SENDER: url is not an absolute http or https one',
    ])
  })
})
