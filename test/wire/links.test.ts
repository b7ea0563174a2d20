// Hub URLs that stand for a party's own: next pages (R70), response_url of commands and charging profiles
// (R75-R80), stored CDRs (R82). They lead back to exactly that URL, for exactly the two platforms they are for.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PUBLIC_URL } from '../support/config.ts'
import { ok, says } from '../support/envelopes.ts'
import { expectFault, expectPublicOnly, provokes, routingOf } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type CallOptions, type Party } from '../support/party.ts'

let scene: Scene<{ emsp: Party; cpo: Party; other: Party }>

beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    other: party('FR-OTH', 'CPO', { also: [['FR-OTH', 'EMSP']] }),
  })
})
afterAll(() => scene.close())
beforeEach(() => {
  scene.cpo.forget()
  scene.emsp.forget()
})

const UNKNOWN = `${PUBLIC_URL}/ocpi/2.2.1/sender/locations/${'A'.repeat(43)}`

/** URL of the link with this rel. */
function linkOf(answer: Answer, rel = 'next'): string {
  const url = new RegExp(`<([^>]+)>; *rel="?${rel}"?`).exec(answer.headers.link ?? '')?.[1]
  expect(url).toMatch(/^http:\/\/hub\.example\/ocpi\/2\.2\.1\//)
  expect(url!.length).toBeLessThan(256)
  return url!
}

const follows = (who: Party, url: string, options: CallOptions = {}): Promise<Answer> =>
  who.sends({ method: 'GET', path: url, ...options })

describe('the next page of a list (R70)', () => {
  /** The first page, with the given Link header of the CPO. */
  async function firstPage(link: string | readonly string[]): Promise<Answer> {
    const headers = { Link: link, 'X-Total-Count': '3', 'X-Limit': '1' }
    scene.cpo.answers('GET locations', { json: ok([1]), headers })
    return scene.emsp.gets('locations', { to: 'DE-CPO', path: '?limit=1' })
  }

  const forms: readonly (readonly [what: string, link: () => string | readonly string[], url: string])[] = [
    [
      'absolute',
      () => `<${scene.cpo.url()}/its/own/data/locations?offset=1&limit=1>; rel="next"`,
      '/its/own/data/locations?offset=1&limit=1',
    ],
    ['relative', () => '</its/own/data/locations?offset=2>; rel="next"', '/its/own/data/locations?offset=2'],
    ['a query alone', () => '<?offset=3>; rel="next"', '/its/own/data/locations?offset=3'],
    [
      'with rel unquoted',
      () => '</its/own/data/locations?offset=4>; rel=next',
      '/its/own/data/locations?offset=4',
    ],
    [
      'with a cursor in the path',
      () => '</its/own/data/locations/page/a%2Fb>; rel="next"',
      '/its/own/data/locations/page/a%2Fb',
    ],
    [
      'among other links',
      () => '</x>; rel="first", </its/own/data/locations?offset=5>; rel="next"; title="a, b"',
      '/its/own/data/locations?offset=5',
    ],
    [
      'in a header of its own',
      () => ['</x>; rel="first"', '</its/own/data/locations?offset=6>; rel="next"'],
      '/its/own/data/locations?offset=6',
    ],
  ]
  for (const [what, link, url] of forms) {
    it(`is reached over a hub URL: ${what}`, async () => {
      const { cpo, emsp, hub } = scene
      const page = await firstPage(link())
      expect(page.headers).toMatchObject({ 'x-total-count': '3', 'x-limit': '1' })
      expectPublicOnly(hub, page)
      const next = await follows(emsp, linkOf(page), { to: 'DE-CPO' })
      expect(next.json().status_code).toBe(1000)
      expect(routingOf(next)).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
      expect(cpo.last().url).toBe(url)
      expect(routingOf(cpo.last())).toEqual({ to: 'DE-CPO', from: 'NL-EMS' })
    })
  }

  it('can be read again, without TO headers as well, and leads on to the next', async () => {
    const { cpo, emsp } = scene
    const page = await firstPage('</its/own/data/locations?offset=1>; rel="next"')
    cpo.answers('GET locations?offset=1', {
      json: ok([2]),
      headers: { Link: '</its/own/data/locations?offset=2>; rel="next"' },
    })
    cpo.answers('GET locations?offset=2', { json: ok([3]) })
    const url = linkOf(page)
    const twice = [await follows(emsp, url), await follows(emsp, url, { to: 'DE-CPO' })]
    expect(twice.map((answer) => answer.json().data)).toEqual([[2], [2]])
    expect(linkOf(twice[0]!)).toBe(linkOf(twice[1]!))
    const last = await follows(emsp, linkOf(twice[0]!))
    expect(last.json().data).toEqual([3])
    expect(last.headers).not.toHaveProperty('link')
  })

  provokes('link_unknown', 'a hub URL nobody handed out', async () => ({
    hub: scene.hub,
    answer: await follows(scene.emsp, UNKNOWN),
  }))
  provokes('link_unknown', 'a hub URL handed out to somebody else (R80)', async () => {
    const page = await firstPage('</its/own/data/locations?offset=1>; rel="next"')
    scene.cpo.forget()
    const answer = await follows(scene.other, linkOf(page))
    expect(scene.cpo.requests).toEqual([])
    return { hub: scene.hub, answer }
  })
  provokes('link_contradicted', 'TO headers that name another party', async () => {
    const page = await firstPage('</its/own/data/locations?offset=1>; rel="next"')
    return { hub: scene.hub, answer: await follows(scene.emsp, linkOf(page), { to: 'FR-OTH' }) }
  })
})

describe('response_url (R75-R80)', () => {
  const own = () => `${scene.emsp.url()}/its/own/results/42?secret=x`

  async function command(
    name = 'START_SESSION',
    more = '',
  ): Promise<{ answer: Answer; sent: string; url: string }> {
    const sent = `{ "location_id" : "L1",${more}\n  "response_url": "${own()}", "n": 0.10 }`
    const answer = await scene.emsp.posts('commands', { to: 'DE-CPO', path: `/${name}`, body: sent })
    const received = scene.cpo.last().body.toString()
    const url = (JSON.parse(received) as { response_url: string }).response_url
    expect(received).toBe(sent.replace(own(), url))
    expect(url.startsWith(`${PUBLIC_URL}/ocpi/2.2.1/sender/commands/`)).toBe(true)
    expect(url.length).toBeLessThan(256)
    return { answer, sent, url }
  }

  const result = { result: 'ACCEPTED' }
  const callsBack = (who: Party, url: string, options: CallOptions = {}): Promise<Answer> =>
    who.sends({ method: 'POST', path: url, json: result, to: 'NL-EMS', ...options })

  for (const name of ['START_SESSION', 'RESERVE_NOW', 'A_COMMAND_OF_TOMORROW']) {
    it(`of ${name} becomes a short hub URL, and nothing else of the body changes (R76, R111)`, async () => {
      scene.cpo.answers('POST commands', { json: ok({ result: 'ACCEPTED', timeout: 30 }) })
      const { answer } = await command(name)
      expect(answer.json().data).toEqual({ result: 'ACCEPTED', timeout: 30 })
    })
  }

  it('is called with the token, ids and parties of the way back (R77), and again later (R78)', async () => {
    const { emsp, cpo } = scene
    const { url } = await command('RESERVE_NOW', ' "expiry_date": "2030-01-01T00:00:00Z",')
    emsp.answers('/its/own/results', { json: says(2001, 'No such reservation') })
    for (const _turn of [1, 2]) {
      emsp.forget()
      const answer = await callsBack(cpo, url)
      expect(answer.json()).toMatchObject({ status_code: 2001, status_message: 'No such reservation' })
      expect(routingOf(answer)).toEqual({ to: 'DE-CPO', from: 'NL-EMS' })
      const received = emsp.last()
      expect(received.url).toBe('/its/own/results/42?secret=x')
      expect(JSON.parse(received.body.toString())).toEqual(result)
      expect(received.headers.authorization).toBe(
        `Token ${Buffer.from(emsp.tokens.outbound).toString('base64')}`,
      )
      expect(routingOf(received)).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
      expect(received.headers['x-request-id']).not.toBe(answer.sent.requestId)
      expect(received.headers['x-correlation-id']).toBe(answer.sent.correlationId)
    }
  })

  it('is called with a slash at its end as without, and no party is called at a URL of the hub (R19)', async () => {
    const { url } = await command()
    scene.emsp.forget()
    scene.emsp.answers('/its/own/results', { json: ok() })
    expect((await callsBack(scene.cpo, `${url}/`)).json().status_code).toBe(1000)
    expect(scene.emsp.requests.map((request) => request.url)).toEqual(['/its/own/results/42?secret=x'])
  })

  it('needs no routing headers on the way back', async () => {
    const { url } = await command()
    scene.emsp.answers('/its/own/results', { json: ok() })
    const answer = await callsBack(scene.cpo, url, {
      from: null,
      headers: { 'OCPI-to-country-code': undefined, 'OCPI-to-party-id': undefined },
    })
    expect(answer.json().status_code).toBe(1000)
    expect(routingOf(scene.emsp.last())).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
  })

  it('is answered 4003 at once when the requester is not connected, and works when it is again (R79)', async () => {
    const { emsp, cpo, hub } = scene
    const { url } = await command()
    emsp.forget()
    await hub.admin('/platforms/nl-ems/suspend', { method: 'POST' })
    const answer = await callsBack(cpo, url)
    await expectFault(hub, answer, 'to_not_connected')
    expect(answer.json()).toMatchObject({ status_code: 4003, data: { connection_status: 'SUSPENDED' } })
    await hub.admin('/platforms/nl-ems/resume', { method: 'POST' })
    expect(emsp.requests).toEqual([])
    emsp.answers('/its/own/results', { json: ok() })
    expect((await callsBack(cpo, url)).json().status_code).toBe(1000)
    expect(emsp.requests).toHaveLength(1)
  })

  it("is nobody else's: another platform gets 404 (R80)", async () => {
    const { url } = await command()
    scene.emsp.forget()
    await expectFault(scene.hub, await callsBack(scene.other, url), 'link_unknown')
    await expectFault(scene.hub, await callsBack(scene.emsp, url, { to: 'DE-CPO' }), 'link_unknown')
    expect(scene.emsp.requests).toEqual([])
  })

  it('is not called in the name of others, nor with half a pair of headers (T5)', async () => {
    const { url } = await command()
    scene.emsp.forget()
    const foreign = await callsBack(scene.cpo, url, { from: 'FR-OTH' })
    expect(foreign.json().data).toMatchObject({ fault: 'from_foreign' })
    const headers = { 'OCPI-to-party-id': undefined }
    await expectFault(scene.hub, await callsBack(scene.cpo, url, { headers }), 'party_header_broken')
    expect(scene.emsp.requests).toEqual([])
  })

  it('is refused at once when the hub could never deliver the result, and nothing is sent', async () => {
    const json = { response_url: 'http://10.1.2.3/results' }
    scene.cpo.forget()
    const answer = await scene.emsp.posts('commands', { to: 'DE-CPO', path: '/START_SESSION', json })
    expect(answer.httpStatus).toBe(200)
    expect(answer.json()).toMatchObject({
      status_code: 2001,
      status_message: 'response_url has a scheme or an address that the hub must not call.',
    })
    expect(scene.cpo.requests).toEqual([])
  })

  it('is of a version that the hub offers', async () => {
    const own = await stage(
      { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO', { version: '2.2' }) },
      { hub: { versions: ['2.2.1'] } },
    )
    const json = { response_url: `${own.emsp.url()}/its/own/results` }
    await own.emsp.posts('commands', { to: 'DE-CPO', path: '/START_SESSION', json })
    const { response_url: url } = JSON.parse(own.cpo.last().body.toString()) as { response_url: string }
    const answer = await own.cpo.sends({ method: 'POST', path: url, json: result })
    expect(answer.json().status_code).toBe(1000)
    expect(own.emsp.last().url).toBe('/its/own/results')
    await own.close()
  })

  it('of a charging profile in a body becomes a hub URL', async () => {
    const body = `{"charging_profile":{"x":1.0},"response_url":"${own()}"}`
    await scene.emsp.puts('chargingprofiles', { to: 'DE-CPO', path: '/S1', body })
    const received = scene.cpo.last().body.toString()
    expect(received).toContain(`"response_url":"${PUBLIC_URL}/ocpi/2.2.1/sender/chargingprofiles/`)
    expect(received.startsWith('{"charging_profile":{"x":1.0},')).toBe(true)
  })

  for (const [what, query] of [
    ['encoded', () => `?duration=900&response_url=${encodeURIComponent(own())}&z=%2F`],
    ['not encoded, at the end', () => `?duration=900&response_url=${own()}&more=1`],
  ] as const) {
    it(`of a query becomes an encoded hub URL: ${what} (R76)`, async () => {
      const { emsp, cpo } = scene
      for (const method of ['GET', 'DELETE'] as const) {
        const path = `/ocpi/2.2.1/receiver/chargingprofiles/S1${query()}`
        await emsp.sends({ method, path, to: 'DE-CPO' })
        const received = new URL(cpo.last().url, 'http://cpo')
        expect(received.pathname).toBe('/its/own/inbox/chargingprofiles/S1')
        expect(received.searchParams.get('duration')).toBe('900')
        const url = received.searchParams.get('response_url')!
        expect(url.startsWith(`${PUBLIC_URL}/ocpi/2.2.1/sender/chargingprofiles/`)).toBe(true)
        expect(cpo.last().url).toContain(encodeURIComponent(url))
        emsp.answers('/its/own/results', { json: ok() })
        await callsBack(cpo, url)
        expect(emsp.last().url.startsWith('/its/own/results/42?secret=x')).toBe(true)
      }
    })
  }
})
