// URLs that a party gives and does not answer at: of a next page, of the result of a command. Whoever follows the hub's
// URL for it has done nothing wrong, and is not told so.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { expectFault } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'

let scene: Scene<{ emsp: Party; cpo: Party }>

beforeAll(async () => {
  scene = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
})
afterAll(() => scene.close())

it('a Link that leads to 404 is a mistake of the party that wrote it (T4)', async () => {
  const { emsp, cpo, hub } = scene
  // As a library writes it that puts the names of its own constants into the URL.
  const headers = { Link: '</ocpi/cpo/VersionNumber.v_2_2_1/ModuleID.locations/?offset=3>; rel="next"' }
  cpo.answers('GET locations', { json: ok([]), headers })
  cpo.answers('/ocpi/cpo', { status: 404, json: { detail: 'Not Found' } })
  const { link } = (await emsp.gets('locations', { to: 'DE-CPO' })).headers
  const answer = await emsp.sends({ method: 'GET', path: /<(.*)>/.exec(link!)![1]! })
  await expectFault(hub, answer, 'endpoint_missing', { names: 'DE-CPO' })
  expect(answer.json().status_message).toBe(
    'DE-CPO answered 404 at the URL that its own Link gives for this page.',
  )
})

it('a response_url that is answered 404 is a mistake of the party that gave it', async () => {
  const { emsp, cpo, hub } = scene
  const json = { response_url: `${emsp.url()}/gone/42`, session_id: '1' }
  await emsp.posts('commands', { to: 'DE-CPO', path: '/STOP_SESSION', json })
  const { response_url: path } = JSON.parse(cpo.last().body.toString()) as { response_url: string }
  emsp.answers('/gone', { status: 404, body: 'Not Found' })
  const answer = await cpo.sends({ method: 'POST', path, json: { result: 'ACCEPTED' } })
  await expectFault(hub, answer, 'endpoint_missing', { names: 'NL-EMS' })
  expect(answer.json().status_message).toBe('NL-EMS answered 404 at the response_url that it gave.')
})

it('where a redirect leads that is not followed stands in the journal, and nowhere else', async () => {
  const { emsp, cpo, hub } = scene
  const headers = { Location: 'https://new.example/ocpi/locations' }
  cpo.answers('GET locations', { status: 301, body: '', headers })
  const answer = await emsp.gets('locations', { to: 'DE-CPO' })
  const entry = await expectFault(hub, answer, 'answer_not_ocpi')
  expect(entry.detail).toContain('redirected to https://new.example/ocpi/locations')
  expect(JSON.stringify([answer.headers, answer.json()])).not.toContain('new.example')
})
