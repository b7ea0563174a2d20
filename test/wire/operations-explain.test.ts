// Explaining a request: the steps of the real decision, and the very answer its sender gets when it is sent.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import { ok } from '../support/envelopes.ts'
import { expectFault } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type CallOptions, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

let scene: Scene<{ emsp: Party; cpo: Party; two: Party; planned: Party }>
beforeAll(async () => {
  scene = await stage(
    {
      emsp: party('NL-EMS', 'EMSP'),
      cpo: party('DE-CPO', 'CPO'),
      two: party('BE-CPO', 'CPO', { modules: ['locations'] }),
      planned: party('FR-PLN', 'CPO', { status: 'PLANNED' }),
    },
    {
      routes: [
        { to: ['DE-CPO'], module: ['commands'], timeoutMs: 60_000, maxInFlight: 3 },
        { to: ['DE-CPO'], module: ['cdrs'], action: 'deny' },
        { to: ['DE-OLD'], deliverTo: 'BE-CPO' },
        { to: ['DE-CPO'], module: ['tariffs'], rate: { requests: 1, perMs: 3_600_000 } },
      ],
    },
  )
  scene.cpo.answers('*', { json: ok([]) })
})
afterAll(() => scene.close())
afterEach(() => scene.cpo.forget())

interface Step {
  readonly step: string
  readonly finding: string
}

async function explained(query: string) {
  const { status, json } = await operate(scene.hub, `GET /routes/explain?${query}`)
  expect(status, JSON.stringify(json)).toBe(200)
  const steps = json.steps as Step[]
  return { ...json, finding: (name: string) => steps.find(({ step }) => step === name)?.finding }
}

describe('explain', () => {
  it('walks every step of a request that would be sent, and sends nothing', async () => {
    const found = await explained(
      'from=nl*ems&to=DE-CPO&module=commands&interface=RECEIVER&method=POST&path=/START_SESSION',
    )
    expect(found.way).toBe('direct')
    expect(found.finding('sender')).toContain('platform nl-ems, CONNECTED')
    expect(found.finding('from')).toContain('NL-EMS')
    expect(found.finding('route')).toContain('to DE-CPO module commands: timeout 1m, max_in_flight 3')
    expect(found.finding('to')).toBe('DE-CPO is connected through platform de-cpo, CONNECTED')
    expect(found.finding('endpoint')).toBe(`${scene.cpo.url()}/its/own/inbox/commands/START_SESSION`)
    expect(found.finding('deadline')).toBe('60000 ms by the rule')
    expect(found.finding('max_in_flight')).toBe('0 of 3 under way by the rule')
    expect(found.targets).toMatchObject([
      { party: 'DE-CPO', platform: 'de-cpo', status: 'CONNECTED', deadline_ms: 60_000 },
    ])
    const shown = (await operate(scene.hub, 'GET /platforms/de-cpo')).json
    expect(found.finding('token')).toBe(`fingerprint ${shown.tokens.outbound.fingerprint}`)
    expect(JSON.stringify(found)).not.toContain(scene.cpo.tokens.outbound)
    expect(scene.cpo.requests).toHaveLength(0)
  })

  it('tells another party that gets it, and where to', async () => {
    const found = await explained('from=NL-EMS&to=DE-OLD&module=locations')
    expect(found.finding('endpoint')).toContain(scene.two.url())
    expect(found.finding('to')).toContain('BE-CPO')
  })

  const refusals: [string, string, string, CallOptions][] = [
    ['to_unknown', 'to=ZZ-TOP&module=locations', 'locations', { to: 'ZZ-TOP' }],
    ['to_denied', 'to=DE-CPO&module=cdrs', 'cdrs', { to: 'DE-CPO' }],
    ['to_not_connected', 'to=FR-PLN&module=locations', 'locations', { to: 'FR-PLN' }],
    ['module_not_offered', 'to=BE-CPO&module=tokens', 'tokens', { to: 'BE-CPO' }],
    ['list_without_to', 'module=locations', 'locations', {}],
    ['to_unresolved', 'to=hub&module=cdrs&path=/C1', 'cdrs', { to: 'hub', path: '/C1' }],
  ]
  it.each(refusals)('gives the answer that the sender gets: %s', async (fault, query, module, call) => {
    const found = await explained(`from=NL-EMS&${query}`)
    const answer = await scene.emsp.gets(module, call)
    expect(found).not.toHaveProperty('way')
    expect(found).toMatchObject({
      fault,
      http_status: answer.httpStatus,
      status_code: answer.json().status_code,
      status_message: answer.json().status_message,
      at: answer.json().data!.at,
      recovery: answer.json().data!.recovery,
      advice: expect.any(String),
    })
    expect(found.steps.at(-1).step).toBe('answer')
  })

  it('counts nothing against a rate, and tells when it is used up', async () => {
    const query = 'from=NL-EMS&to=DE-CPO&module=tariffs'
    for (let count = 0; count < 3; count++) expect((await explained(query)).way).toBe('direct')
    expect((await scene.emsp.gets('tariffs', { to: 'DE-CPO' })).httpStatus).toBe(200)
    const found = await explained(query)
    const refused = await scene.emsp.gets('tariffs', { to: 'DE-CPO' })
    expect(found).toMatchObject({
      fault: 'rate_limited',
      http_status: 429,
      at: 'requester',
      status_message: refused.json().status_message,
      advice: expect.any(String),
      targets: [{ party: 'DE-CPO' }],
    })
    expect(found.retry_after_seconds).toBeLessThanOrEqual(Number(refused.headers['retry-after']) + 1)
  })

  it('tells that all places of a rule are taken, as the sender is told', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    scene.cpo.answers('commands', async () => {
      await held
      return { json: ok([]) }
    })
    const options = { to: 'DE-CPO', path: '/START_SESSION', json: {} }
    const underWay = Array.from({ length: 3 }, () => scene.emsp.posts('commands', options))
    await waitFor(() => scene.cpo.requests.length === 3)
    const found = await explained(
      'from=NL-EMS&to=DE-CPO&module=commands&interface=RECEIVER&method=POST&path=/START_SESSION',
    )
    const refused = (await scene.emsp.posts('commands', options)).json()
    expect(found).toMatchObject({
      fault: refused.data!.fault,
      status_code: refused.status_code,
      status_message: refused.status_message,
    })
    expect(found.finding('max_in_flight')).toBe('3 of 3 under way by the rule')
    release()
    await Promise.all(underWay)
  })

  it('names all receivers of a broadcast push and of GET ALL', async () => {
    const push = await explained(
      'from=NL-EMS&to=hub&module=tokens&interface=RECEIVER&method=PUT&path=/NL/EMS/T1',
    )
    expect(push).toMatchObject({ way: 'broadcast', http_status: 200, status_code: 1000 })
    expect(push.targets.map(({ party: key }: { party: string }) => key)).toEqual(['DE-CPO'])
    const all = await explained('from=NL-EMS&to=NL-HUB&module=locations')
    expect(all.way).toBe('get-all')
    expect(all.targets.map(({ party: key }: { party: string }) => key)).toEqual(['BE-CPO', 'DE-CPO'])
  })

  it('of a sender that nobody knows says so', async () => {
    expect(await explained('from=XX-XXX&to=DE-CPO&module=locations')).toMatchObject({
      fault: 'token_unknown',
      http_status: 401,
    })
    expect((await explained('from=NL-EMS&module=hubclientinfo')).way).toBe('hub')
  })

  it.each(['to=DE-CPO&module=locations', 'from=nonsense&module=x', 'from=NL-EMS&module=x&path=no-slash'])(
    'refuses %s as 400',
    async (query) => {
      expect((await operate(scene.hub, `GET /routes/explain?${query}`)).status).toBe(400)
    },
  )
})

describe('a suspended platform', () => {
  it('is denied what it sends, and may send again when it is resumed', async () => {
    const { hub, emsp } = scene
    await operate(hub, 'POST /platforms/nl-ems/suspend')
    const refused = await emsp.gets('locations', { to: 'DE-CPO' })
    await expectFault(hub, refused, 'to_denied', { names: 'suspended' })
    expect(await explained('from=NL-EMS&to=DE-CPO&module=locations')).toMatchObject({ fault: 'to_denied' })
    expect((await emsp.sends({ method: 'GET', path: '/ocpi/versions', from: null })).httpStatus).toBe(200)
    await operate(hub, 'POST /platforms/nl-ems/resume')
    expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
  })
})
