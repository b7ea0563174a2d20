// GET ALL and open routing: the lists of all owners as one (R64, T17), and requests whose receiver the hub finds
// by their content (R61-R63, T18).

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PUBLIC_URL } from '../support/config.ts'
import { ok, says } from '../support/envelopes.ts'
import { expectFault, provokes, routingOf } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { listOf } from '../support/lists.ts'
import { party, type Answer, type Party } from '../support/party.ts'

let scene: Scene<Record<'emsp' | 'emsp2' | 'cpo' | 'cpo2' | 'empty', Party>>

beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    emsp2: party('NL-EM2', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    cpo2: party('FR-CPO', 'CPO'),
    empty: party('SE-CPO', 'CPO'),
  })
})
afterAll(() => scene.close())
beforeEach(() => {
  const { emsp, emsp2, cpo, cpo2, empty } = scene
  for (const one of [emsp, emsp2, cpo, cpo2, empty]) {
    one.forget()
    one.answers('*', { json: ok() })
  }
  cpo.answers('GET locations', listOf([{ id: 'A1' }, { id: 'A2' }, { id: 'A3' }], { pageMax: 2 }))
  cpo2.answers('GET locations', listOf([{ id: 'B1', price: 1.1 }, { id: 'B2' }]))
  empty.answers('GET locations', listOf([]))
})

const idsOf = (answer: Answer) => (answer.json().data as unknown as { id: string }[]).map(({ id }) => id)
const ALL = ['A1', 'A2', 'A3', 'B1', 'B2']

describe('GET ALL (R64, T17)', () => {
  it('gives the objects of all owners as one list, FROM the hub', async () => {
    const answer = await scene.emsp.gets('locations', { to: 'hub' })
    expect(answer.json().status_code).toBe(1000)
    expect(idsOf(answer).sort()).toEqual(ALL)
    expect(answer.headers['x-total-count']).toBe('5')
    expect(Number(answer.headers['x-limit'])).toBeGreaterThan(0)
    expect(answer.headers).not.toHaveProperty('link')
    expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: 'NL-HUB' })
    for (const request of scene.cpo.requests) {
      expect(routingOf(request)).toEqual({ to: 'DE-CPO', from: 'NL-EMS' })
      expect(request.headers['x-correlation-id']).toBe(answer.sent.correlationId)
    }
  })

  for (const limit of [1, 2, 3]) {
    it(`page by page gives each object once: limit ${limit}`, async () => {
      const seen: string[] = []
      let answer = await scene.emsp.gets('locations', { to: 'hub', path: `?limit=${limit}` })
      for (;;) {
        expect(answer.headers['x-total-count']).toBe('5')
        expect(idsOf(answer).length).toBeLessThanOrEqual(limit)
        seen.push(...idsOf(answer))
        const next = /<([^>]+)>; *rel="next"/.exec(answer.headers.link ?? '')?.[1]
        if (next === undefined) break
        expect(next.startsWith(`${PUBLIC_URL}/ocpi/2.2.1/sender/locations`)).toBe(true)
        answer = await scene.emsp.sends({ method: 'GET', path: next, to: 'hub' })
      }
      expect(seen.sort()).toEqual(ALL)
    })
  }

  it('counts offset over the whole list', async () => {
    const whole = idsOf(await scene.emsp.gets('locations', { to: 'hub' }))
    const answer = await scene.emsp.gets('locations', { to: 'hub', path: '?offset=2&limit=2' })
    expect(idsOf(answer)).toEqual(whole.slice(2, 4))
  })

  it('passes date filters on to every owner (T36)', async () => {
    const path = '?date_from=2026-01-01T00:00:00Z&date_to=2026-02-01T00:00:00Z'
    await scene.emsp.gets('locations', { to: 'hub', path })
    for (const owner of [scene.cpo, scene.cpo2]) {
      for (const { url } of owner.requests) {
        const query = new URL(url, 'http://owner').searchParams
        expect(query.get('date_from')).toBe('2026-01-01T00:00:00Z')
        expect(query.get('date_to')).toBe('2026-02-01T00:00:00Z')
      }
    }
  })

  it('leaves out an owner that fails, and says so', async () => {
    scene.cpo2.answers('GET locations', { status: 500, body: 'oops' })
    const answer = await scene.emsp.gets('locations', { to: 'hub' })
    expect(answer.json().status_code).toBe(1000)
    expect(idsOf(answer)).toEqual(['A1', 'A2', 'A3'])
    expect(answer.json().status_message).toContain('2 of 3 parties answered')
    expect(answer.json().status_message).toContain('FR-CPO')
  })

  it('leaves out an owner that refuses, and gives its own words', async () => {
    scene.cpo2.answers('GET locations', { json: says(2001, 'date_from is missing') })
    const answer = await scene.emsp.gets('locations', { to: 'hub' })
    expect(answer.json().status_code).toBe(1000)
    expect(answer.json().status_message).toBe(
      '2 of 3 parties answered; missing FR-CPO: 2001 date_from is missing',
    )
  })

  it('names all owners when every one fails, and not the hub', async () => {
    for (const owner of [scene.cpo, scene.cpo2, scene.empty])
      owner.answers('GET locations', { cut: 'before' })
    const answer = await scene.emsp.gets('locations', { to: 'hub' })
    expect(answer.json()).toMatchObject({
      status_code: 4003,
      status_message: expect.stringMatching(
        /^0 of 3 parties answered; missing DE-CPO: connection_terminated, FR-CPO: .*, SE-CPO: .*\.$/,
      ) as string,
    })
    expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: 'NL-HUB' })
  })

  it('names the owner when the only one fails, or relays its own error', async () => {
    const own = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
    own.cpo.answers('GET locations', { cut: 'before' })
    const failed = await own.emsp.gets('locations', { to: 'hub' })
    expect(failed.json().status_message).toBe('The connection broke while DE-CPO had not answered yet.')
    const entry = await own.hub.newest({ correlation_id: failed.sent.correlationId })
    expect(entry).toMatchObject({ to: 'DE-CPO', responder: own.cpo.id, fault: 'connection_terminated' })
    own.cpo.answers('GET locations', {
      json: says(2001, 'date_from is missing'),
      headers: { Link: '<http://secret.example/x>; rel="next"' },
    })
    const refused = await own.emsp.gets('locations', { to: 'hub' })
    expect(refused.json()).toMatchObject({ status_code: 2001, status_message: 'date_from is missing' })
    expect(refused.headers).not.toHaveProperty('link')
    expect(routingOf(refused)).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
    await own.close()
  })

  it('gives what is there and a Link to the rest before the time for one exchange is over', async () => {
    const own = await stage(
      { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
      { forwarding: { timeoutMs: 1_500 } },
    )
    const all = Array.from({ length: 12 }, (_, number) => ({ id: `L${number}` }))
    const list = listOf(all, { pageMax: 1 })
    own.cpo.answers('GET locations', (request) => ({ ...list(request), afterMs: 100 }))
    const seen: string[] = []
    let answer = await own.emsp.gets('locations', { to: 'hub' })
    expect(idsOf(answer).length).toBeLessThan(all.length)
    for (;;) {
      seen.push(...idsOf(answer))
      const next = /<([^>]+)>; *rel="next"/.exec(answer.headers.link ?? '')?.[1]
      if (next === undefined) break
      answer = await own.emsp.sends({ method: 'GET', path: next })
    }
    expect(seen).toEqual(all.map(({ id }) => id))
    await own.close()
  })

  it('waits no longer for an owner that a route gives more time', async () => {
    const rule = { to: ['FR-CPO'], timeoutMs: 60_000 } as const
    const own = await stage(
      { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO'), cpo2: party('FR-CPO', 'CPO') },
      { forwarding: { timeoutMs: 3_000 }, routes: [rule] },
    )
    own.cpo.answers('GET locations', listOf([{ id: 'A1' }]))
    own.cpo2.answers('GET locations', { json: ok([{ id: 'B1' }]), afterMs: 4_000 })
    const answer = await own.emsp.gets('locations', { to: 'hub' })
    expect(idsOf(answer)).toEqual(['A1'])
    expect(answer.json().status_message).toContain('missing FR-CPO: http_response_timeout')
    await own.close()
  })

  it('goes on by its Link without TO whatever routes say of requests without TO', async () => {
    const rule = { to: 'none', module: ['locations'], action: 'deny' } as const
    const own = await stage(
      { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
      { routes: [rule] },
    )
    own.cpo.answers('GET locations', listOf([{ id: 'A1' }, { id: 'A2' }]))
    const first = await own.emsp.gets('locations', { to: 'hub', path: '?limit=1' })
    const next = /<([^>]+)>; *rel="next"/.exec(first.headers.link!)![1]!
    expect(idsOf(await own.emsp.sends({ method: 'GET', path: next }))).toEqual(['A2'])
    await own.close()
  })

  it('gives an empty list when nobody has such objects', async () => {
    const own = await stage({ emsp: party('NL-EMS', 'EMSP'), emsp2: party('NL-EM2', 'EMSP') })
    const answer = await own.emsp.gets('locations', { to: 'hub' })
    expect(answer.json()).toMatchObject({ status_code: 1000, data: [] })
    expect(answer.headers['x-total-count']).toBe('0')
    await own.close()
  })

  it('takes data that is null or left out for an empty list (R112)', async () => {
    for (const data of [null, undefined]) {
      scene.cpo.answers('GET locations', { json: ok(data) })
      const answer = await scene.emsp.gets('locations', { to: 'hub' })
      expect(idsOf(answer)).toEqual(['B1', 'B2'])
      expect(answer.json()).not.toHaveProperty('status_message')
    }
  })

  it('counts the objects of an owner that tells no total and heeds no limit (R69)', async () => {
    scene.cpo.answers('GET locations', { json: ok([{ id: 'A1' }, { id: 'A2' }, { id: 'A3' }]) })
    const answer = await scene.emsp.gets('locations', { to: 'hub' })
    expect(idsOf(answer)).toEqual(ALL)
    expect(answer.headers['x-total-count']).toBe('5')
  })

  it.each([
    ['on one page', ''],
    ['page by page', '?limit=3'],
  ])('ends where an owner gives the same page at every offset, %s', async (_, query) => {
    scene.cpo.answers('GET locations', {
      json: ok([{ id: 'A1' }, { id: 'A2' }, { id: 'A3' }]),
      headers: { Link: '<https://cpo.example/locations?page=2>; rel="next"' },
    })
    const ids: string[] = []
    const told: unknown[] = []
    let next: string | undefined = query
    for (let pages = 0; next !== undefined && pages < 5; pages++) {
      const answer = await scene.emsp.gets('locations', { to: 'hub', path: next })
      ids.push(...idsOf(answer))
      told.push(answer.json().status_message)
      next = /\?cursor=[^>]+/.exec(answer.headers.link ?? '')?.[0]
    }
    expect(next).toBeUndefined()
    expect(ids).toEqual(ALL)
    expect(told.join()).toContain('DE-CPO gives the same page at every offset')
    expect(await scene.hub.newest({ fault: 'answer_not_ocpi' })).toMatchObject({
      to: 'DE-CPO',
      message: 'DE-CPO gives the same page at every offset, and the hub cannot follow its Link.',
    })
  })

  it('gives what the only owner has although it gives the same page at every offset', async () => {
    const own = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
    own.cpo.answers('GET locations', {
      json: ok([{ id: 'A1' }]),
      headers: { Link: '<https://cpo.example/locations?page=2>; rel="next"' },
    })
    const answer = await own.emsp.gets('locations', { to: 'hub' })
    expect(answer.json().status_code).toBe(1000)
    expect(idsOf(answer)).toEqual(['A1'])
    expect(answer.headers).not.toHaveProperty('link')
    await own.close()
  })

  it('leaves every byte of an object as it is (R94)', async () => {
    const body =
      '{"data":[{"id":"B1","price":1.10,"n":12345678901234567890}],"status_code":1000,"timestamp":"x"}'
    scene.cpo.answers('GET locations', listOf([]))
    scene.cpo2.answers('GET locations', { body, headers: { 'X-Total-Count': '1' } })
    const answer = await scene.emsp.gets('locations', { to: 'hub' })
    expect(answer.body.toString()).toContain('{"id":"B1","price":1.10,"n":12345678901234567890}')
  })

  provokes('query_invalid', 'an offset that is no number', async () => ({
    hub: scene.hub,
    answer: await scene.emsp.gets('locations', { to: 'hub', path: '?offset=x' }),
  }))
  provokes('query_invalid', 'a cursor that somebody made up', async () => ({
    hub: scene.hub,
    answer: await scene.emsp.gets('locations', { to: 'hub', path: '?cursor=AAAA' }),
  }))
})

describe('open routing (R61-R63, T18)', () => {
  it('finds the eMSP of a CDR by its token', async () => {
    const json = { cdr_token: { country_code: 'nl', party_id: 'em2' } }
    const answer = await scene.cpo.posts('cdrs', { json })
    expect(answer.json().status_code).toBe(1000)
    expect(routingOf(answer)).toEqual({ to: 'DE-CPO', from: 'NL-EM2' })
    expect(routingOf(scene.emsp2.last())).toEqual({ to: 'NL-EM2', from: 'DE-CPO' })
    expect(scene.emsp.requests).toEqual([])
  })

  it('asks every eMSP for an authorization, and the one that knows the token answers', async () => {
    scene.emsp.answers('POST tokens', { status: 404, json: says(2004, 'Unknown token') })
    scene.emsp2.answers('POST tokens', { json: ok({ allowed: 'ALLOWED' }) })
    const answer = await scene.cpo.posts('tokens', { interface: 'SENDER', path: '/1/authorize?type=RFID' })
    expect(answer.json()).toMatchObject({ status_code: 1000, data: { allowed: 'ALLOWED' } })
    expect(routingOf(answer).from).toBe('NL-EM2')
  })

  it('answers 404 and 2004 when no eMSP knows the token (R101)', async () => {
    for (const one of [scene.emsp, scene.emsp2])
      one.answers('POST tokens', { status: 404, json: says(2004, 'Unknown') })
    const answer = await scene.cpo.posts('tokens', { interface: 'SENDER', path: '/1/authorize' })
    expect([answer.httpStatus, answer.json().status_code]).toEqual([404, 2004])
    await expectFault(scene.hub, answer, 'token_uid_unknown')
  })

  it('refuses to guess among several: 4001', async () => {
    const answer = await scene.emsp.posts('commands', {
      path: '/START_SESSION',
      json: { location_id: 'nowhere' },
    })
    await expectFault(scene.hub, answer, 'to_unresolved')
  })
})
