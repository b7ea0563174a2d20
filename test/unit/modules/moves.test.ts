// Parties that an operator lets move from one platform to another (T16).

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMoves, type Move, type Moves } from '../../../src/modules/moves.ts'
import { changePlatform, withStatus } from '../../../src/modules/platform-change.ts'
import { kept, platform, role } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'
import { createKit, faultOf, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

let kit: Kit
let moves: Moves
let peer: Peer
let moved: Move[]

beforeEach(async () => {
  peer = await startPeer({ roles: [{ role: 'CPO', country_code: 'DE', party_id: 'CPO' }] })
  peer.tokens.add('token-b')
  kit = await createKit({}, [
    platform('old', { roles: [role('DE-CPO CPO'), role('DE-CPO EMSP'), role('DE-TWO CPO')] }),
  ])
  moved = []
  moves = createMoves({
    ...kit.parts,
    lease: { holds: () => true },
    log: { info: () => undefined, warn: () => undefined },
    onMoved: (move) => void moved.push(move),
  })
})
afterEach(async () => {
  moves.close()
  await Promise.all([kit.close(), peer.close()])
})

async function register(id: string): Promise<string> {
  const { token } = await kit.registration.prepare({ id })
  const answer = await kit.ask(token, 'POST', '/ocpi/2.2.1/credentials', peer.credentials('token-b'))
  return (answer.data as { token: string }).token
}

const rolesOf = (id: string) =>
  kit
    .platform(id)
    .roles.map(
      ({ countryCode, partyId, role: its, withdrawn }) =>
        `${countryCode}-${partyId} ${its}${withdrawn ? ' withdrawn' : ''}`,
    )

const CPO = { party: 'DE-CPO', role: 'CPO', from: 'old', to: 'new' }

describe('a party that another platform holds', () => {
  it('is refused without the word of the operator', async () => {
    expect((await faultOf(register('new'))).code).toBe('party_taken')
  })

  it('may register where the operator lets it move to, and counts there alone from then on', async () => {
    expect(await moves.allow({ party: 'DE-CPO', role: 'cpo', to: 'new' })).toEqual([CPO])
    expect(moves.list()).toEqual([CPO])
    const holders = () =>
      kit.registry
        .table()
        .parties.get('DE-CPO')!
        .filter(({ status, role: its }) => status === 'CONNECTED' && its.role === 'CPO')
        .map(({ connection }) => connection.platform.id)
    expect(holders()).toEqual(['old'])
    await register('new')
    expect(holders()).toEqual(['new'])
    await waitFor(() => moved.length === 1)
    expect(moved).toEqual([CPO])
    expect(rolesOf('old')).toEqual(['DE-CPO CPO withdrawn', 'DE-CPO EMSP', 'DE-TWO CPO'])
    expect(moves.list()).toEqual([])
  })

  it('may register there and nowhere else', async () => {
    await moves.allow({ party: 'DE-CPO', to: 'elsewhere' })
    expect((await faultOf(register('new'))).code).toBe('party_taken')
  })

  it('may be prepared there, and stays where it is until it has registered', async () => {
    const prepared = { id: 'new', roles: [{ countryCode: 'DE', partyId: 'CPO', role: 'CPO' }] }
    expect((await faultOf(kit.registration.prepare(prepared))).code).toBe('party_taken')
    await moves.allow({ party: 'DE-CPO', to: 'new' })
    await kit.registration.prepare(prepared)
    expect(
      kit.registry
        .table()
        .parties.get('DE-CPO')
        ?.map(({ connection, status }) => `${connection.platform.id} ${status}`),
    ).toEqual(['new PLANNED', 'old CONNECTED', 'old CONNECTED'])
    expect(moved).toEqual([])
  })

  it('keeps its mark when its platform renews its credentials', async () => {
    await moves.allow({ party: 'DE-CPO', role: 'CPO', to: 'new' })
    const token = await register('new')
    await waitFor(() => moved.length === 1)
    await moves.allow({ party: 'DE-CPO', role: 'CPO', to: 'third' })
    peer.tokens.add('token-b2')
    await kit.ask(token, 'PUT', '/ocpi/2.2.1/credentials', peer.credentials('token-b2'))
    expect(moves.list()).toEqual([{ ...CPO, from: 'new', to: 'third' }])
  })

  it('stays when the operator takes the word back', async () => {
    await moves.allow({ party: 'DE-CPO', to: 'new' })
    expect(await moves.cancel({ party: 'DE-CPO', role: 'EMSP' })).toMatchObject([{ role: 'EMSP' }])
    expect(moves.list()).toEqual([CPO])
    expect(await moves.cancel({ party: 'DE-CPO' })).toEqual([CPO])
    expect(await moves.cancel({ party: 'DE-CPO' })).toEqual([])
    expect((await faultOf(register('new'))).code).toBe('party_taken')
  })
})

describe('a move is not allowed', () => {
  it('of a party that no platform holds, or that is there already', async () => {
    expect((await faultOf(moves.allow({ party: 'DE-XXX', to: 'new' }))).code).toBe('to_unknown')
    expect((await faultOf(moves.allow({ party: 'DE-CPO', to: 'old' }))).code).toBe('to_unknown')
    await changePlatform(kit.registry, 'old', (one) => withStatus(one, 'SUSPENDED', kit.clock.now()))
    expect((await faultOf(moves.allow({ party: 'DE-CPO', to: 'new' }))).code).toBe('to_unknown')
  })

  it('without a role when two platforms hold the party in different ones', async () => {
    kept(await kit.registry.put(platform('split', { roles: [role('DE-CPO NSP')] })))
    expect((await faultOf(moves.allow({ party: 'DE-CPO', to: 'new' }))).code).toBe('party_taken')
    expect(await moves.allow({ party: 'DE-CPO', role: 'NSP', to: 'new' })).toMatchObject([{ from: 'split' }])
  })

  it('of a party of the configuration file', async () => {
    kit.registry.replaceFilePlatforms([platform('fixed', { source: 'file', roles: [role('DE-FIX CPO')] })])
    expect((await faultOf(moves.allow({ party: 'DE-FIX', to: 'new' }))).code).toBe('method_unsupported')
  })
})
