// An operator has the hub read the endpoints of a platform again (R21), and connects to parties on OCPI 2.1.1, whose
// role the operator must tell (R25, R34).

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { flatRole, type FlatRole } from '../../src/modules/endpoints.ts'
import { ADMIN_TOKEN } from '../support/config.ts'
import { operate } from '../support/admin.ts'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { stage, startHub, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { CREDENTIALS_PATH, DETAILS_PATH, endpointPath, VERSIONS_PATH } from '../support/party-server.ts'
import { waitFor } from '../support/wait.ts'
import { cli } from '../unit/cli/run.ts'

let scene: Scene<{ emsp: Party; listed: Party }>
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), listed: party('DE-LIS', 'CPO') },
    { hub: { versions: ['2.3.0', '2.2.1', '2.1.1'] } },
  )
})
afterAll(() => scene.close())
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function runs(line: string): Promise<string> {
  const { adminUrl } = scene.hub
  const env = { OCPI_HUB_ADMIN_URL: adminUrl, OCPI_HUB_ADMIN_TOKEN: ADMIN_TOKEN }
  const { code, out, err } = await cli(line.split(' '), { env })
  expect(code, err).toBe(0)
  return out
}

const refresh = (id: string) => operate(scene.hub, `POST /platforms/${id}/refresh`)

let count = 0
async function registered(): Promise<Guest> {
  const guest = await invite(scene.hub, `SE-R${String(++count).padStart(2, '0')}`, 'CPO', {
    modules: ['locations'],
  })
  closing.push(() => guest.party.close())
  await guest.register()
  return guest
}

/** Has the party list other endpoints from now on. */
function lists(one: Party, modules: readonly string[], at = one.url()): void {
  one.answers(DETAILS_PATH, {
    json: ok({
      version: '2.2.1',
      endpoints: [
        { identifier: 'credentials', role: 'SENDER', url: at + CREDENTIALS_PATH },
        ...modules.map((module) => ({
          identifier: module,
          role: 'SENDER',
          url: `${at}${endpointPath('SENDER', module)}`,
        })),
      ],
    }),
  })
}

describe('refreshing a platform', () => {
  it('reads its versions and endpoints again, and leaves tokens and parties as they are (R21)', async () => {
    const { emsp, hub } = scene
    const guest = await registered()
    const { key, id } = guest.party
    expect((await emsp.gets('tariffs', { to: key })).json().data).toMatchObject({
      fault: 'module_not_offered',
    })
    const before = (await operate(hub, `GET /platforms/${id}`)).json
    lists(guest.party, ['locations', 'tariffs'])
    guest.party.forget()

    const answer = await refresh(id)
    expect([answer.status, answer.text.includes('tariffs')]).toEqual([200, true])
    expect(guest.party.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${VERSIONS_PATH}`,
      `GET ${DETAILS_PATH}`,
    ])
    expect(guest.party.requests).toEqual([])
    expect(answer.headers.get('etag')).not.toBeNull()
    expect(answer.json).toMatchObject({ tokens: before.tokens, roles: before.roles, status: 'CONNECTED' })
    expect((await emsp.gets('tariffs', { to: key })).json().status_code).toBe(1000)
    const audit = await operate(hub, 'GET /audit?limit=1')
    expect(audit.json.items[0]).toMatchObject({ action: 'platform.refresh', target: id })
  })

  it('changes nothing when nothing has changed', async () => {
    const guest = await registered()
    const before = (await operate(scene.hub, `GET /platforms/${guest.party.id}`)).json
    const { json } = await refresh(guest.party.id)
    expect(json.last_updated).toBe(before.last_updated)
  })

  it('finds out in which form the platform wants the token now (R4)', async () => {
    const guest = await registered()
    const [raw] = guest.outbound()
    guest.party.answers(VERSIONS_PATH, ({ headers }) =>
      headers.authorization === `Token ${raw}`
        ? { json: ok([{ version: '2.2.1', url: guest.party.url() + DETAILS_PATH }]) }
        : { status: 401, body: '' },
    )
    expect((await refresh(guest.party.id)).status).toBe(200)
    await scene.emsp.gets('locations', { to: guest.party.key })
    expect(guest.party.last().headers.authorization).toBe(`Token ${raw}`)
  })

  it('leaves everything as it was when the platform answers nothing of use', async () => {
    const { emsp } = scene
    const guest = await registered()
    const { key, id } = guest.party
    lists(guest.party, [])
    expect(await refresh(id)).toMatchObject({ status: 422, json: { fault: 'endpoints_missing' } })
    guest.party.answers(DETAILS_PATH, { status: 500, body: 'oops' })
    expect(await refresh(id)).toMatchObject({ status: 502, json: { fault: 'answer_not_ocpi' } })
    guest.party.answers(VERSIONS_PATH, {
      json: ok([{ version: '2.3.0', url: guest.party.url() + DETAILS_PATH }]),
    })
    expect(await refresh(id)).toMatchObject({ status: 422, json: { fault: 'version_unsupported' } })
    expect((await emsp.gets('locations', { to: key })).json().status_code).toBe(1000)
    await guest.party.close()
    expect(await refresh(id)).toMatchObject({ status: 502, json: { fault: 'connection_refused' } })
  })

  it('is refused for one that is not there, has not registered, or lists its endpoints in the file', async () => {
    expect((await refresh('nobody')).status).toBe(404)
    await operate(scene.hub, 'POST /platforms', { json: { id: 'coming' } })
    expect(await refresh('coming')).toMatchObject({ status: 409, json: { fault: 'not_registered' } })
    lists(scene.listed, ['tariffs'])
    expect(await refresh('de-lis')).toMatchObject({ status: 409, json: { fault: 'method_unsupported' } })
    expect((await scene.emsp.gets('locations', { to: 'DE-LIS' })).json().status_code).toBe(1000)
  })

  it('is done for a platform of the file whose endpoints were discovered', async () => {
    const cpo = party('DE-CPO', 'CPO', { modules: ['locations'] })
    const emsp = party('NL-EMS', 'EMSP')
    await Promise.all([cpo.listen(), emsp.listen()])
    const hub = await startHub({ platforms: [emsp.platform(), { ...cpo.platform(), endpoints: [] }] })
    closing.push(
      () => cpo.close(),
      () => emsp.close(),
      () => hub.close(),
    )
    emsp.join(hub.ocpiUrl)
    await waitFor(() => hub.registry.table().connections.get('de-cpo')?.endpoint('locations', 'SENDER'))
    lists(cpo, ['tariffs'])
    expect((await operate(hub, 'POST /platforms/de-cpo/refresh')).status).toBe(200)
    expect((await emsp.gets('tariffs', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    const gone = await emsp.gets('locations', { to: 'DE-CPO' })
    expect(gone.json().data).toMatchObject({ fault: 'module_not_offered' })
  })

  it('can be typed: platforms refresh', async () => {
    const guest = await registered()
    lists(guest.party, ['locations', 'cdrs'])
    expect(await runs(`platforms refresh ${guest.party.id}`)).toMatch(/^ {2}- module: cdrs$/m)
  })
})

describe('connecting to a party on 2.1.1 in the role its operator told', () => {
  async function oldPeer(key: string): Promise<Party> {
    const its = party(key, 'EMSP', { version: '2.1.1' })
    closing.push(() => its.close())
    await its.listen()
    its.join(scene.hub.ocpiUrl)
    const modules = ['locations', 'tokens', 'commands']
    const side: FlatRole = 'EMSP'
    its.answers(DETAILS_PATH, {
      json: ok({
        version: '2.1.1',
        endpoints: [
          { identifier: 'credentials', url: its.url() + CREDENTIALS_PATH },
          ...modules.map((module) => ({
            identifier: module,
            url: its.url() + endpointPath(flatRole(module, side), module),
          })),
        ],
      }),
    })
    const [country, id] = key.split('-')
    its.answers(CREDENTIALS_PATH, {
      json: ok({
        token: its.tokens.outbound,
        url: its.versionsUrl(),
        business_details: { name: 'Old' },
        country_code: country,
        party_id: id,
      }),
    })
    return its
  }
  const rolesOf = async (id: string) =>
    (await operate(scene.hub, `GET /platforms/${id}`)).json as {
      roles: { role: string }[]
      endpoints: { module: string; role: string }[]
    }

  it('is done with --party, and without it the endpoints are all there is to go by', async () => {
    // It has a commands endpoint, by which it would be taken for a CPO.
    const told = await oldPeer('BE-OL1')
    const line = (its: Party) => `platforms connect ${its.id} ${its.versionsUrl()} --token its-own-token`
    await runs(`${line(told)} --party BE-OL1:EMSP`)
    const shown = await rolesOf(told.id)
    expect(shown.roles).toMatchObject([{ role: 'EMSP' }])
    expect(shown.endpoints).toEqual(
      expect.arrayContaining([expect.objectContaining({ module: 'tokens', role: 'SENDER' })]),
    )
    const guessed = await oldPeer('BE-OL2')
    await runs(line(guessed))
    expect((await rolesOf(guessed.id)).roles).toMatchObject([{ role: 'CPO' }])
  })
})
