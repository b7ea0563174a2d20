// The URL of a CDR that a party has stored (R82): a hub URL for whoever posted it, and nobody else's Location.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { expectFault, expectPublicOnly } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type Party } from '../support/party.ts'

let scene: Scene<{ emsp: Party; cpo: Party }>

beforeAll(async () => {
  scene = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
})
afterAll(() => scene.close())

const follows = (who: Party, url: string): Promise<Answer> => who.sends({ method: 'GET', path: url })

describe('the Location of a stored CDR (R82)', () => {
  for (const [status, location, url] of [
    [200, () => `${scene.cpo.url()}/its/cdrs/1?v=2`, '/its/cdrs/1?v=2'],
    [201, () => `${scene.cpo.url()}/its/cdrs/2`, '/its/cdrs/2'],
    [201, () => '/its/cdrs/3', '/its/cdrs/3'],
  ] as const) {
    it(`is a hub URL after HTTP ${status}, and leads to ${url}`, async () => {
      const { emsp, cpo, hub } = scene
      cpo.answers('POST cdrs', { status, json: ok(), headers: { Location: location() } })
      const stored = await emsp.posts('cdrs', { to: 'DE-CPO', json: { id: 'CDR1' } })
      expect(stored.httpStatus).toBe(status)
      expectPublicOnly(hub, stored)
      expect(stored.headers.location).toMatch(
        /^http:\/\/hub\.example\/ocpi\/2\.2\.1\/receiver\/cdrs\/[\w-]{43}$/,
      )
      cpo.answers('/its/cdrs', { json: ok({ id: 'CDR1' }) })
      const read = await follows(emsp, stored.headers.location!)
      expect(read.json().data).toEqual({ id: 'CDR1' })
      expect(cpo.last()).toMatchObject({ method: 'GET', url })
    })
  }

  it('leads to 404 when the CDR is not there any more, and blames no endpoint (T4)', async () => {
    const { emsp, cpo, hub } = scene
    cpo.answers('POST cdrs', { json: ok(), headers: { Location: '/its/cdrs/4' } })
    const { location } = (await emsp.posts('cdrs', { to: 'DE-CPO', json: { id: 'CDR1' } })).headers
    cpo.answers('/its/cdrs', { status: 404, body: 'Not Found' })
    await expectFault(hub, await follows(emsp, location!), 'object_unknown')
  })

  it('is all that becomes one: of other modules and methods it is left out', async () => {
    const { emsp, cpo } = scene
    const headers = { Location: '/its/own/things/1' }
    cpo.answers('PUT tokens', { status: 201, json: ok(), headers })
    cpo.answers('GET cdrs', { json: ok([]), headers })
    const put = await emsp.puts('tokens', { to: 'DE-CPO', path: '/NL/EMS/1', json: {} })
    expect(put.headers).not.toHaveProperty('location')
    expect((await emsp.gets('cdrs', { to: 'DE-CPO' })).headers).not.toHaveProperty('location')
  })
})
