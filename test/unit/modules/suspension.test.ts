// What an operator does with a platform that is there: suspends, resumes and removes it, against a peer that is a real
// HTTP server.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKit, faultOf, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

const TOKEN_A = 'registration-token-of-the-peer'

let kit: Kit
let peer: Peer

const connect = () => kit.registration.connect({ id: 'acme', versionsUrl: peer.versionsUrl, token: TOKEN_A })
const asked = () => peer.requests.map(({ method, path }) => `${method} ${path}`)
const tokenShown = (method: string) =>
  (peer.requests.findLast((request) => request.method === method)!.body as { token: string }).token

beforeEach(async () => {
  peer = await startPeer()
  peer.tokens.add(TOKEN_A)
  kit = await createKit()
})
afterEach(async () => {
  await kit.close()
  await peer.close()
})

describe('suspending and resuming', () => {
  it('changes the status, and only of a platform that has tokens', async () => {
    await connect()
    const suspended = await kit.registration.suspend('acme')
    expect(suspended?.status).toBe('SUSPENDED')
    // Once more changes nothing that is told to others (R91).
    const again = await kit.registration.suspend('acme')
    expect(again).toEqual({ ...suspended, revision: again?.revision })
    expect(await kit.registration.suspend('nobody')).toBeUndefined()
    expect((await kit.registration.resume('acme'))?.status).toBe('CONNECTED')
    const posted = tokenShown('POST')
    await kit.ask(posted, 'DELETE', '/ocpi/2.2.1/credentials')
    expect((await faultOf(kit.registration.resume('acme'))).code).toBe('not_registered')
  })

  it('keeps a platform that was only prepared SUSPENDED through its registration, until it is resumed', async () => {
    const { token } = await kit.registration.prepare({ id: 'new' })
    await kit.registration.suspend('new')
    peer.tokens.add('token-b')
    await kit.ask(token, 'POST', '/ocpi/2.2.1/credentials', peer.credentials('token-b'))
    expect(kit.platform('new')).toMatchObject({ status: 'SUSPENDED', outbound: { token: 'token-b' } })
    expect((await kit.registration.resume('new'))?.status).toBe('CONNECTED')
  })

  it('makes a platform that was only prepared PLANNED again', async () => {
    await kit.registration.prepare({ id: 'new' })
    await kit.registration.suspend('new')
    expect((await kit.registration.resume('new'))?.status).toBe('PLANNED')
  })
})

describe('removing a platform', () => {
  it('tells the peer and forgets it (R32)', async () => {
    await connect()
    expect(await kit.registration.remove('acme')).toEqual({ peerTold: true })
    expect(asked().at(-1)).toBe('DELETE /credentials')
    expect(kit.registry.table().connections.has('acme')).toBe(false)
    expect(await kit.registration.remove('acme')).toBeUndefined()
  })

  it('forgets it also when the peer does not hear it', async () => {
    await connect()
    peer.script('DELETE /credentials', { status: 502, text: '' })
    expect(await kit.registration.remove('acme')).toEqual({ peerTold: false, fault: 'responder_unavailable' })
    expect(kit.registry.table().connections.has('acme')).toBe(false)
  })
})
