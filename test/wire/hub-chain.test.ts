// Two hubs in a row: the parties at both ends stay in the headers of every leg, what one hub says reaches the requester
// through the other, and nothing goes round in circles (R49, R66, R75, R103, T25).

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PlatformConfig } from '../../src/config/hub-config.ts'
import { ok } from '../support/envelopes.ts'
import { routingOf } from '../support/expect-fault.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { stablePort } from '../support/ports.ts'

let near: TestHub
let far: TestHub
let emsp: Party
let cpo: Party

const MODULES = ['locations', 'tokens', 'commands', 'cdrs']

/** The connection of one hub to the other, behind which the parties of the other are. */
function behind(id: string, url: string, roles: readonly (readonly [string, string])[]): PlatformConfig {
  return {
    id,
    version: '2.2.1',
    tokens: { inbound: `${id}.shows`, outbound: id === 'near' ? 'far.shows' : 'near.shows' },
    endpoints: MODULES.flatMap((module) =>
      (['SENDER', 'RECEIVER'] as const).map((role) => ({
        module,
        role,
        url: `${url}/ocpi/2.2.1/${role.toLowerCase()}/${module}`,
      })),
    ),
    roles: roles.map(([key, role]) => ({
      countryCode: key.slice(0, 2),
      partyId: key.slice(3),
      role,
      name: key,
    })),
    status: 'CONNECTED',
    errors: 'ocpi',
  }
}

beforeAll(async () => {
  emsp = party('NL-EMS', 'EMSP')
  cpo = party('DE-CPO', 'CPO')
  await Promise.all([emsp.listen(), cpo.listen()])
  const [nearPort, farPort] = [await stablePort(), await stablePort()]
  const [nearUrl, farUrl] = [`http://127.0.0.1:${nearPort}`, `http://127.0.0.1:${farPort}`]
  const listen = (port: number) => ({
    ocpi: { host: '127.0.0.1', port },
    admin: { host: '127.0.0.1', port: 0 },
  })
  // Each believes DE-GHO to be behind the other, and the near one that NL-EMS is there too.
  const beyondFar = [
    ['DE-CPO', 'CPO'],
    ['DE-OFF', 'CPO'],
    ['DE-GHO', 'CPO'],
    ['DE-NON', 'CPO'],
    ['NL-EMS', 'OTHER'],
  ] as const
  const beyondNear = [
    ['NL-EMS', 'EMSP'],
    ['DE-GHO', 'CPO'],
  ] as const
  near = await startHub({
    hub: { publicUrl: nearUrl },
    listen: listen(nearPort),
    platforms: [emsp.platform(), behind('far', farUrl, beyondFar)],
  })
  const offline = { ...party('DE-OFF', 'CPO', { at: cpo.url(), status: 'OFFLINE' }).platform() }
  far = await startHub({
    hub: { partyId: 'FAR', publicUrl: farUrl },
    listen: listen(farPort),
    platforms: [cpo.platform(), offline, behind('near', nearUrl, beyondNear)],
  })
  emsp.join(near.ocpiUrl)
  cpo.join(far.ocpiUrl)
})
afterAll(async () => {
  await Promise.all([near.close(), far.close()])
  await Promise.all([emsp.close(), cpo.close()])
})
beforeEach(() => {
  for (const one of [emsp, cpo]) {
    one.forget()
    one.answers('*', { json: ok() })
  }
})

describe('through two hubs', () => {
  it('a request and its answer keep FROM and TO on every leg, with a request id of each leg (R49, R66)', async () => {
    const there = await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC%2F1?x=1' })
    expect(there.json().status_code).toBe(1000)
    expect(cpo.last()).toMatchObject({ interface: 'SENDER', rest: '/LOC%2F1?x=1' })
    expect(routingOf(cpo.last())).toEqual({ to: 'DE-CPO', from: 'NL-EMS' })
    expect(routingOf(there)).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
    const back = await cpo.puts('locations', { to: 'NL-EMS', path: '/DE/CPO/LOC1', json: {} })
    expect(routingOf(emsp.last())).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
    expect(routingOf(back)).toEqual({ to: 'DE-CPO', from: 'NL-EMS' })
    for (const [answer, received] of [
      [there, cpo.last()],
      [back, emsp.last()],
    ] as const) {
      expect(received.headers['x-correlation-id']).toBe(answer.sent.correlationId)
      expect(received.headers['x-request-id']).not.toBe(answer.sent.requestId)
      expect(answer.headers['x-request-id']).toBe(answer.sent.requestId)
      expect(received.headers.via?.split(',')).toHaveLength(2)
    }
  })

  it('the result of a command comes back over both (R75, R77)', async () => {
    const back = `${emsp.url()}/results/1`
    await emsp.posts('commands', {
      to: 'DE-CPO',
      path: '/START_SESSION',
      json: { response_url: back, location_id: 'L1' },
    })
    const { response_url: url } = JSON.parse(cpo.last().body.toString()) as { response_url: string }
    expect(new URL(url).origin).toBe(far.config.hub.publicUrl)
    const path = url.slice(far.config.hub.publicUrl.length)
    const answer = await cpo.sends({ method: 'POST', path, to: 'NL-EMS', json: { result: 'ACCEPTED' } })
    expect(answer.json().status_code).toBe(1000)
    expect(emsp.last()).toMatchObject({ method: 'POST', url: '/results/1' })
    expect(routingOf(emsp.last())).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
  })

  it('pages and stored CDRs are reached over both (R70, R82)', async () => {
    cpo.answers('GET locations', { json: ok([1]), headers: { Link: '<?offset=1>; rel="next"' } })
    const page = await emsp.gets('locations', { to: 'DE-CPO' })
    const next = /<([^>]+)>/.exec(page.headers.link!)![1]!
    expect(new URL(next).origin).toBe(near.config.hub.publicUrl)
    cpo.answers('GET locations?offset=1', { json: ok([2]) })
    const path = next.slice(near.config.hub.publicUrl.length)
    const second = await emsp.sends({ method: 'GET', path, to: 'DE-CPO' })
    expect(second.json().data).toEqual([2])
  })

  it('an error of the far hub is told as it came: 4001, 4003 (R103)', async () => {
    for (const [to, code, fault] of [
      ['DE-NON', 4001, 'to_unknown'],
      ['DE-OFF', 4003, 'to_not_connected'],
    ] as const) {
      const answer = await emsp.gets('locations', { to })
      expect(answer.httpStatus).toBe(200)
      expect(answer.json()).toMatchObject({ status_code: code, data: { fault } })
      expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: to })
    }
  })

  it('a party that each hub believes behind the other ends in 4000, once around (T25)', async () => {
    const answer = await emsp.gets('locations', { to: 'DE-GHO' })
    expect(answer.json()).toMatchObject({ status_code: 4000, data: { fault: 'proxy_loop_detected' } })
    expect([emsp.requests, cpo.requests]).toEqual([[], []])
  })
})
