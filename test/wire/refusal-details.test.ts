// What the journal tells an operator of a refusal and the requester is not told: how the token looked and from where,
// which headers were meant as routing headers, which route denied, and that version details were never read.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectFault } from '../support/expect-fault.ts'
import { stage, startHub, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { VERSIONS_PATH } from '../support/party-server.ts'

let scene: Scene<{ emsp: Party; cpo: Party; other: Party }>

beforeAll(async () => {
  scene = await stage(
    {
      emsp: party('NL-EMS', 'EMSP'),
      cpo: party('DE-CPO', 'CPO'),
      other: party('DE-OTH', 'CPO'),
    },
    { routes: [{ from: ['NL-*'], to: ['DE-CPO'], module: ['sessions'], action: 'deny' }] },
  )
})
afterAll(() => scene.close())

async function detailOf(authorization: string | undefined): Promise<string | undefined> {
  const headers = { Authorization: authorization }
  const answer = await scene.emsp.sends({ method: 'GET', path: '/ocpi/versions', headers })
  const entry = await scene.hub.entry(String(answer.json().data?.reference))
  expect(answer.body.toString()).not.toContain('127.0.0.1')
  return entry.detail
}

describe('of a token that is not known', () => {
  for (const [what, value, looks] of [
    ['no header', undefined, 'no Authorization header'],
    ['another scheme', 'Bearer s3cret', 'the scheme Bearer, not Token'],
    ['no scheme', 's3cret', 'an Authorization header that does not begin with "Token "'],
    ['an unknown first word', 's3cret more', 'an Authorization header that does not begin with "Token "'],
    ['a raw token', 'Token s3cret!', 'a token of 7 characters that does not read as Base64'],
    ['a token in Base64', 'Token bm9ib2R5', 'a token of 8 characters that reads as Base64'],
    ['words', 'Token s3cret more', 'a token that is empty, or has characters or a length that no token has'],
  ] as const) {
    it(`it has the form and the address, and nothing of the token: ${what}`, async () => {
      expect(await detailOf(value)).toBe(`${looks}, from 127.0.0.1`)
    })
  }
})

describe('of headers that are almost routing headers', () => {
  for (const [country, id] of [
    ['OCPI_to_country_code', 'OCPI_to_party_id'],
    ['X-OCPI-to-country-code', 'X-OCPI-to-party-id'],
    ['to-country-code', 'to-party-id'],
  ] as const) {
    it(`it names ${id}`, async () => {
      const headers = { [country]: 'DE', [id]: 'CPO' }
      const entry = await expectFault(
        scene.hub,
        await scene.emsp.gets('locations', { headers }),
        'list_without_to',
      )
      expect(entry.detail).toContain(`no routing header: ${country}, ${id};`)
    })
  }

  it('it says nothing when there are none', async () => {
    const answer = await scene.emsp.gets('locations', { headers: { 'X-Party': 'DE-CPO' } })
    expect((await expectFault(scene.hub, answer, 'list_without_to')).detail).toBeUndefined()
  })
})

it('of an exchange that is denied it names the route', async () => {
  const entry = await expectFault(scene.hub, await scene.emsp.gets('sessions', { to: 'DE-CPO' }), 'to_denied')
  expect(entry.detail).toBe('the route from NL-* to DE-CPO module sessions: deny')
})

it('of a party whose version details were never read it does not say that the party lacks the module', async () => {
  const [emsp, cpo] = [party('NL-EMS', 'EMSP'), party('DE-CPO', 'CPO')]
  cpo.answers(VERSIONS_PATH, { status: 500, body: '' })
  await Promise.all([emsp.listen(), cpo.listen()])
  const hub = await startHub({ platforms: [emsp.platform(), { ...cpo.platform(), endpoints: [] }] })
  try {
    emsp.join(hub.ocpiUrl)
    const entry = await expectFault(hub, await emsp.gets('locations', { to: 'DE-CPO' }), 'module_not_offered')
    expect(entry.message).toBe('The hub does not know any endpoint of DE-CPO yet.')
    expect(entry.detail).toContain('ocpi-hub platforms refresh de-cpo')
  } finally {
    await Promise.all([hub.close(), emsp.close(), cpo.close()])
  }
})
