// Two hubs that register with each other over real sockets: they learn of each other's parties, route both ways, and
// follow what becomes of them (R49, R50, R83, T25).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import type { TestHub } from '../support/hub.ts'
import { areLinked, connectHubs, idOf, knows, seenAt, startLinkedHub } from '../support/linked-hubs.ts'
import { party, type Answer, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

/** What hub two gets for DE-LOP it sends back to where it came from. */
const RULES = [{ to: ['DE-LOP'], module: ['sessions'], deliverTo: 'NL-EMS' }]

/** OCPI status code and fault of an answer. */
const saysOf = (answer: Answer): unknown[] => [answer.json().status_code, answer.json().data?.fault]

/** The ClientInfos pushed to a party, oldest first. */
const pushesTo = (its: Party): string[] =>
  its.requests
    .filter(({ module, method }) => module === 'hubclientinfo' && method === 'PUT')
    .map(({ rest, body }) => `${rest} ${(JSON.parse(body.toString()) as { status: string }).status}`)

describe('two hubs on 2.2.1 that are connected (T25)', () => {
  let one: TestHub
  let two: TestHub
  let emsp: Party
  let listener: Party
  let cpo: Party
  let away: Party
  let loop: Party

  beforeAll(async () => {
    emsp = party('NL-EMS', 'EMSP')
    listener = party('NL-LST', 'OTHER', { modules: ['hubclientinfo', 'locations'] })
    cpo = party('DE-CPO', 'CPO')
    away = party('DE-AWY', 'CPO', { status: 'OFFLINE' })
    loop = party('DE-LOP', 'CPO')
    one = await startLinkedHub('NL-HB1', [emsp, listener])
    two = await startLinkedHub('DE-HB2', [cpo, away, loop], { routes: RULES })
    await connectHubs(one, two)
    await knows(one, 'DE-CPO')
    await knows(two, 'NL-EMS')
    await areLinked(one, two)
  }, 30_000)
  afterAll(async () => {
    await Promise.all([one?.close(), two?.close()])
    await Promise.all([emsp, listener, cpo, away, loop].map((its) => its.close()))
  })

  it('know the parties of the other, with the status that it reports, as parties behind it', async () => {
    expect(await seenAt(one, 'DE-CPO')).toMatchObject([
      { role: 'CPO', status: 'CONNECTED', platform: 'de-hb2', behind: 'DE-HB2' },
    ])
    expect(await seenAt(one, 'DE-AWY')).toMatchObject([{ status: 'OFFLINE', behind: 'DE-HB2' }])
    expect(await seenAt(two, 'NL-EMS')).toMatchObject([{ platform: 'nl-hb1', behind: 'NL-HB1' }])
    const [hub] = await seenAt(one, 'DE-HB2')
    expect(hub).toMatchObject({ role: 'HUB', status: 'CONNECTED' })
    expect(hub).not.toHaveProperty('behind')
    expect((await one.admin('/platforms/de-hb2')).json).toMatchObject({ parties_behind: 3 })
  })

  it('tell them to their own parties, and the other hub nothing that it told', async () => {
    await waitFor(() => pushesTo(listener).includes('/DE/CPO CONNECTED'))
    const list = await listener.sends({ method: 'GET', path: '/ocpi/2.2.1/hubclientinfo', from: null })
    const listed = list.json().data as unknown as { country_code: string; party_id: string }[]
    const names = listed.map(({ country_code: country, party_id: id }) => `${country}-${id}`)
    expect(names.sort()).toEqual(['DE-AWY', 'DE-CPO', 'DE-HB2', 'DE-LOP', 'NL-EMS'])
    const { behind = [] } = two.registry.table().connections.get('nl-hb1')!.platform
    expect(behind.map(({ partyId }) => partyId).sort()).toEqual(['EMS', 'LST'])
  })

  it('route a request through both, FROM and TO the same on every leg (R49)', async () => {
    cpo.answers('GET locations', { json: ok([{ id: 'L1' }]) })
    const answer = await emsp.gets('locations', { to: 'DE-CPO', path: '?limit=7' })
    expect([answer.httpStatus, answer.json().status_code, answer.json().data]).toEqual([
      200,
      1000,
      [{ id: 'L1' }],
    ])
    expect(cpo.last().rest).toBe('?limit=7')
    expect(cpo.last().headers).toMatchObject({
      'ocpi-from-country-code': 'NL',
      'ocpi-from-party-id': 'EMS',
      'ocpi-to-country-code': 'DE',
      'ocpi-to-party-id': 'CPO',
    })
    expect(answer.headers).toMatchObject({ 'ocpi-from-party-id': 'CPO', 'ocpi-to-party-id': 'EMS' })
  })

  it('route the other way as well (R50)', async () => {
    emsp.answers('PUT locations', { json: ok() })
    const pushed = await cpo.puts('locations', { to: 'NL-EMS', path: '/DE/CPO/L1', json: { id: 'L1' } })
    expect(pushed.json().status_code).toBe(1000)
    expect(emsp.last().rest).toBe('/DE/CPO/L1')
  })

  it('answer 4001 for a party that neither knows, without asking the other (R46)', async () => {
    expect(saysOf(await emsp.gets('locations', { to: 'DE-XXX' }))).toEqual([4001, 'to_unknown'])
    const asked = await two.journal.query({ fields: { to: 'DE-XXX' } }, { limit: 1 })
    expect(asked?.items).toEqual([])
  })

  it('answer 4003 at the first hub for a party that the second reports as OFFLINE (R89)', async () => {
    const answer = await emsp.gets('locations', { to: 'DE-AWY' })
    expect(saysOf(answer)).toEqual([4003, 'to_not_connected'])
    expect(answer.json().data).toMatchObject({ connection_status: 'OFFLINE' })
    expect(await two.journal.query({ fields: { to: 'DE-AWY' } }, { limit: 1 })).toMatchObject({ items: [] })
  })

  it('pass on what the second hub answers, as the word of the responder (R103)', async () => {
    cpo.answers('GET tariffs', { cut: 'before' })
    expect(saysOf(await emsp.gets('tariffs', { to: 'DE-CPO' }))).toEqual([4003, 'connection_terminated'])
    expect(await one.newest({ to: 'DE-CPO', module: 'tariffs' })).toMatchObject({
      author: 'responder',
      code: 4003,
      responder: idOf(two),
    })
  })

  it('refuse what would go round (T25)', async () => {
    emsp.forget()
    expect(saysOf(await emsp.gets('sessions', { to: 'DE-LOP' }))).toEqual([4000, 'proxy_loop_detected'])
    expect(await one.newest({ fault: 'proxy_loop_detected' })).toMatchObject({ requester: 'de-hb2' })
    expect([...loop.requests, ...emsp.requests.filter(({ module }) => module === 'sessions')]).toEqual([])
  })

  it('send a broadcast push to each party behind the other, and none to the hub (R53, T25)', async () => {
    for (const its of [emsp, listener]) {
      its.forget()
      its.answers('PUT locations', { json: ok() })
    }
    const pushed = await cpo.puts('locations', { to: 'DE-HB2', path: '/DE/CPO/L2', json: { id: 'L2' } })
    expect(pushed.json().status_message).toBe('2 receivers')
    await waitFor(() =>
      [emsp, listener].every((its) => its.requests.some(({ module }) => module === 'locations')),
    )
    expect(emsp.last().headers).toMatchObject({ 'ocpi-from-party-id': 'HB2', 'ocpi-to-party-id': 'EMS' })
  })

  it('join the lists of both for GET ALL (R64)', async () => {
    const mine = { id: 'L1', country_code: 'DE', party_id: 'CPO' }
    cpo.answers('GET locations', { json: ok([mine]) })
    for (const its of [loop, listener]) its.answers('GET locations', { json: ok([]) })
    expect((await emsp.gets('locations', { to: 'NL-HB1' })).json().data).toEqual([mine])
  })

  it('follow a party behind the other that is suspended there and comes back (R83, R89)', async () => {
    listener.forget()
    const told = (status: string) => waitFor(() => pushesTo(listener).includes(`/DE/CPO ${status}`))
    await two.admin('/platforms/de-cpo/suspend', { method: 'POST' })
    await told('SUSPENDED')
    const refused = await emsp.gets('locations', { to: 'DE-CPO' })
    expect(saysOf(refused)).toEqual([4003, 'to_not_connected'])
    expect(refused.json().data).toMatchObject({ connection_status: 'SUSPENDED' })
    await two.admin('/platforms/de-cpo/resume', { method: 'POST' })
    await told('CONNECTED')
    expect((await emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
  })

  it('send nothing to the parties of the other when it is suspended or goes (R32, T23)', async () => {
    listener.forget()
    await one.admin('/platforms/de-hb2/suspend', { method: 'POST' })
    await waitFor(() => pushesTo(listener).includes('/DE/CPO SUSPENDED'))
    expect(saysOf(await emsp.gets('locations', { to: 'DE-CPO' }))).toEqual([4003, 'to_not_connected'])
    await one.admin('/platforms/de-hb2/resume', { method: 'POST' })
    await knows(one, 'DE-CPO')
    await two.admin('/platforms/nl-hb1', { method: 'DELETE' })
    expect(saysOf(await cpo.gets('tokens', { to: 'NL-EMS' }))).toEqual([4001, 'to_unknown'])
    await knows(one, 'DE-CPO', 'SUSPENDED')
    expect(saysOf(await emsp.gets('locations', { to: 'DE-CPO' }))).toEqual([4003, 'to_not_connected'])
  })
})

describe('two hubs on 2.3.0 that are connected (R37, R38, T25)', () => {
  const hub = { versions: ['2.3.0'] } as const
  const modern = { version: '2.3.0' } as const
  let one: TestHub
  let two: TestHub
  const emsp = party('NL-EMS', 'EMSP', modern)
  const cpo = party('DE-CPO', 'CPO', modern)
  const double = [
    party('FR-DBL', 'CPO', { ...modern, id: 'here' }),
    party('FR-DBL', 'CPO', { ...modern, id: 'there' }),
  ]

  beforeAll(async () => {
    one = await startLinkedHub('NL-HB1', [emsp, double[0]!], { hub })
    two = await startLinkedHub('DE-HB2', [cpo, double[1]!], { hub })
    await connectHubs(one, two)
    await knows(one, 'DE-CPO')
    await knows(two, 'NL-EMS')
    await areLinked(one, two)
  }, 30_000)
  afterAll(async () => {
    await Promise.all([one?.close(), two?.close()])
    await Promise.all([emsp, cpo, ...double].map((its) => its.close()))
  })

  it('know each other as hubs by hub_party_id, and the parties in the roles as behind them', async () => {
    expect(await seenAt(one, 'DE-HB2')).toMatchObject([{ role: 'HUB', platform: 'de-hb2' }])
    expect(await seenAt(one, 'DE-CPO')).toMatchObject([{ platform: 'de-hb2', behind: 'DE-HB2' }])
    const answer = await emsp.gets('locations', { to: 'DE-CPO' })
    expect(answer.json().status_code).toBe(1000)
    expect(cpo.last().headers['ocpi-from-party-id']).toBe('EMS')
  })

  it('keep a party that both have where it is at home (T16)', async () => {
    expect(await seenAt(one, 'FR-DBL')).toMatchObject([{ platform: 'here' }])
    expect(await seenAt(two, 'FR-DBL')).toMatchObject([{ platform: 'there' }])
  })

  it('report those behind the other as ordinary roles to their parties (R38)', async () => {
    const { data } = (await emsp.sends({ method: 'GET', path: '/ocpi/2.3.0/credentials', from: null })).json()
    expect(data!.hub_party_id).toBe('NLHB1')
    const roles = data!.roles as { role: string; party_id: string }[]
    expect(roles.map(({ role, party_id: id }) => `${id} ${role}`).sort()).toEqual([
      'CPO CPO',
      'DBL CPO',
      'HB2 OTHER',
    ])
  })
})

describe('a hub that restarts (T25)', () => {
  it('knows the parties behind the other before it can read them again', async () => {
    const directory = makeDirectory()
    const registry = { path: directory.path }
    const cpo = party('DE-CPO', 'CPO')
    const two = await startLinkedHub('DE-HB2', [cpo])
    const before = await startLinkedHub('NL-HB1', [], { registry })
    await connectHubs(before, two)
    await knows(before, 'DE-CPO')
    await Promise.all([before.close(), two.close(), cpo.close()])
    const after = await startLinkedHub('NL-HB1', [], { registry })
    expect(await seenAt(after, 'DE-CPO')).toMatchObject([{ status: 'CONNECTED', behind: 'DE-HB2' }])
    await after.close()
    directory.remove()
  }, 20_000)
})
