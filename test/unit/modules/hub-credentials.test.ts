// Credentials of a platform on 2.3.0 that is a hub: it names itself by hub_party_id and lists whom it reaches (R37,
// R38, T25).

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isHub } from '../../../src/registry/platform.ts'
import { kept, platform, role } from '../../support/platforms.ts'
import { createKit, faultOf, type Kit } from './kit.ts'
import { type Peer, startPeer } from './peer.ts'

const CREDENTIALS = '/ocpi/2.3.0/credentials'

let kit: Kit
let peer: Peer
let token: string

beforeEach(async () => {
  peer = await startPeer({ version: '2.3.0' })
  kit = await createKit({}, [platform('acme', { roles: [role('DE-ACM CPO')] })])
  token = (await kit.registration.prepare({ id: 'hb2' })).token
})
afterEach(() => Promise.all([kit.close(), peer.close()]))

let calls = 0

/** POST, or PUT with the token before, as the hub with this list: `DE-CPO CPO`. */
async function sends(
  method: 'POST' | 'PUT',
  list: readonly string[],
  hubPartyId: unknown = 'NLHB2',
): Promise<void> {
  const shown = `token-b-${++calls}`
  peer.tokens.add(shown)
  const roles = list.map((text) => {
    const [country_code, party_id, name] = text.split(/[- ]/)
    return { country_code, party_id, role: name, business_details: { name: `${party_id} Ltd` } }
  })
  const credentials = { ...peer.credentials(shown), roles, hub_party_id: hubPartyId }
  const { data } = await kit.ask(token, method, CREDENTIALS, credentials)
  token = (data as { token: string }).token
}

const rolesOf = () => kit.platform('hb2').roles.map((its) => `${its.countryCode}-${its.partyId} ${its.role}`)
const behind = () =>
  (kit.platform('hb2').behind ?? []).map(
    (its) => `${its.countryCode}-${its.partyId} ${its.role} ${its.reported}`,
  )

describe('the credentials of a hub on 2.3.0', () => {
  it('make it a hub, with the parties of the list behind it', async () => {
    await sends('POST', ['NL-HB2 OTHER', 'DE-CPO CPO', 'DE-EMS EMSP', 'NL-HUB OTHER'])
    expect(isHub(kit.platform('hb2'))).toBe(true)
    expect(rolesOf()).toEqual(['NL-HB2 HUB'])
    expect(kit.platform('hb2').roles[0]?.name).toBe('HB2 Ltd')
    expect(behind()).toEqual(['DE-CPO CPO CONNECTED', 'DE-EMS EMSP CONNECTED'])
    expect(kit.platform('hb2').behind?.[0]?.name).toBe('CPO Ltd')
  })

  it('are not refused for a party that is connected here, which stays here (T16)', async () => {
    await sends('POST', ['DE-ACM CPO', 'DE-CPO CPO'])
    const holders = kit.registry
      .table()
      .parties.get('DE-ACM')
      ?.map(({ connection }) => connection.platform.id)
    expect(holders).toEqual(['acme'])
  })

  it('bring the list up to date with PUT', async () => {
    await sends('POST', ['DE-CPO CPO', 'DE-OLD CPO'])
    await sends('PUT', ['DE-CPO CPO', 'DE-NEW CPO'])
    expect(behind()).toEqual(['DE-CPO CPO CONNECTED', 'DE-NEW CPO CONNECTED'])
  })

  it('end it all when it is no hub any more', async () => {
    await sends('POST', ['DE-CPO CPO'])
    await sends('PUT', ['NL-PLN NSP'], null)
    expect(rolesOf()).toEqual(['NL-PLN NSP', 'NL-HB2 HUB'])
    expect(isHub(kit.platform('hb2'))).toBe(false)
    expect(behind()).toEqual([])
  })

  it('are refused in the name of this hub, of a hub that is connected already, and with no party id (R37)', async () => {
    expect((await faultOf(sends('POST', ['DE-CPO CPO'], 'nlhub'))).code).toBe('party_taken')
    kept(await kit.registry.put(platform('hb3', { roles: [role('NL-HB3 HUB')] })))
    expect((await faultOf(sends('POST', ['DE-CPO CPO'], 'NLHB3'))).code).toBe('party_taken')
    for (const wrong of ['NLH', 'NL HB', 7, {}]) {
      const fault = await faultOf(sends('POST', ['DE-CPO CPO'], wrong))
      expect([fault.code, fault.info.message]).toEqual([
        'credentials_invalid',
        expect.stringMatching(/hub_party_id must/),
      ])
    }
  })

  it('tell it who is connected here, not what it has told, and remember that (T13)', async () => {
    await sends('POST', ['DE-CPO CPO'])
    const first = kit.platform('hb2').toldParties
    expect(first).toMatch(/^[\w-]{43}$/)
    kept(await kit.registry.put(platform('two', { roles: [role('DE-TWO CPO')] })))
    await sends('PUT', ['DE-CPO CPO'])
    expect(kit.platform('hb2').toldParties).not.toBe(first)
  })
})
