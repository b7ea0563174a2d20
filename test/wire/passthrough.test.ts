// What the requester gets of the responder's answer: an envelope passes byte for byte and wins over its HTTP
// status; what is no envelope becomes a row of the fault table (hub-requirements T3, T4, §5.3).

import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ok, says } from '../support/envelopes.ts'
import { routingOf } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'

let scene: Scene<{ emsp: Party; cpo: Party }>

beforeAll(async () => {
  scene = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
})
afterAll(() => scene.close())

describe('an envelope passes unchanged', () => {
  for (const code of [
    1000, 1901, 2000, 2001, 2002, 2003, 2004, 2901, 3000, 3001, 3003, 3901, 4000, 4001, 4002, 4003, 4901,
  ]) {
    it(`passes ${code} with its HTTP status and bytes, also from a second hub (R103)`, async () => {
      const { emsp, cpo } = scene
      const body = Buffer.from(
        ` {"status_message":"é","data":{"a":0.10}, "status_code":${code} ,"timestamp":"x"}\n`,
      )
      for (const status of [200, 201, 404, 405]) {
        cpo.answers('locations', { status, body })
        const answer = await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC1' })
        expect(answer.httpStatus).toBe(status)
        expect(answer.body.equals(body)).toBe(true)
        expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
      }
    })
  }

  for (const status of [202, 206, 400, 401, 403, 409, 418, 429, 500, 501, 502, 503, 504]) {
    it(`passes an envelope that came with HTTP ${status} as ${status < 300 ? status : 200} (T3, T28)`, async () => {
      const { emsp, cpo } = scene
      const body = JSON.stringify(says(2003, 'Unknown location'))
      cpo.answers('locations', { status, body })
      const answer = await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC1' })
      const relayed = status < 300 ? status : 200
      // 401 and 403 speak of the hub's own token unless the envelope is of the data's making (T2).
      if (status === 401) expect(answer.json().data).toMatchObject({ fault: 'token_rejected' })
      else {
        expect(answer.httpStatus).toBe(relayed)
        expect(answer.body.toString()).toBe(body)
      }
    })
  }

  it('relays HTTP 404 with 2004 of an authorization (R101)', async () => {
    const { emsp, cpo } = scene
    cpo.answers('POST tokens', { status: 404, json: says(2004, 'Unknown token') })
    const answer = await emsp.posts('tokens', { to: 'DE-CPO', interface: 'SENDER', path: '/1/authorize' })
    expect([answer.httpStatus, answer.json().status_code]).toEqual([404, 2004])
  })

  it('is not misled by a status_code inside data or a string', async () => {
    const { emsp, cpo } = scene
    const decoys = [
      '{"data":{"status_code":3000},"status_code":1000,"timestamp":"x"}',
      '{"status_code":1000,"timestamp":"x","data":[{"status_code":3000,"b":"\\"status_code\\":2000}"}]}',
    ]
    for (const body of decoys) {
      cpo.answers('locations', { body })
      const answer = await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC1' })
      expect(answer.body.toString()).toBe(body)
      expect(await scene.hub.journal.correlation(answer.sent.correlationId)).toEqual([])
    }
  })

  it('finds no envelope where status_code stands only inside data', async () => {
    const { emsp, cpo } = scene
    cpo.answers('locations', { body: '{"data":{"status_code":1000,"timestamp":"x"}}' })
    const answer = await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC1' })
    expect(answer.json()).toMatchObject({ status_code: 4000, data: { fault: 'answer_not_ocpi' } })
  })

  it('passes a compressed answer as it is and knows its status code', async () => {
    const { emsp, cpo } = scene
    const body = gzipSync(JSON.stringify(says(2003, 'Unknown location')))
    cpo.answers('locations', { body, headers: { 'Content-Encoding': 'gzip' } })
    const answer = await emsp.gets('locations', {
      to: 'DE-CPO',
      path: '/LOC1',
      headers: { 'Accept-Encoding': 'gzip' },
    })
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(answer.body.equals(body)).toBe(true)
    const entry = await scene.hub.newest({ correlation_id: answer.sent.correlationId })
    expect(entry).toMatchObject({ author: 'responder', code: 2003 })
  })

  it('asks the responder for no encoding the requester did not ask for', async () => {
    const { emsp, cpo } = scene
    cpo.answers('locations', { json: ok([]) })
    await emsp.gets('locations', { to: 'DE-CPO', headers: { 'Accept-Encoding': undefined } })
    expect(cpo.last().headers['accept-encoding'] ?? 'identity').toBe('identity')
  })
})

describe('success without an envelope (T3)', () => {
  for (const [method, path] of [
    ['PUT', '/NL/EMS/1'],
    ['PATCH', '/NL/EMS/1'],
    ['DELETE', '/NL/EMS/1'],
    ['POST', ''],
  ] as const) {
    for (const status of [200, 201, 204]) {
      it(`answers 1000 to a ${method} that was answered by an empty ${status}`, async () => {
        const { emsp, cpo } = scene
        cpo.answers(`${method} cdrs`, { status, body: '' })
        const url = `/ocpi/2.2.1/receiver/cdrs${path}`
        const answer = await emsp.sends({
          method,
          path: url,
          to: 'DE-CPO',
          ...(method === 'DELETE' ? {} : { json: {} }),
        })
        expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
        expect(answer.json()).not.toHaveProperty('data')
        expect(routingOf(answer).to).toBe('NL-EMS')
      })
    }
  }

  it('answers 4000 to a GET that was answered by nothing', async () => {
    const { emsp, cpo } = scene
    for (const status of [200, 204]) {
      cpo.answers('locations', { status, body: '' })
      const answer = await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC1' })
      expect(answer.json()).toMatchObject({ status_code: 4000, data: { fault: 'answer_not_ocpi' } })
    }
  })
})

describe('a large answer', () => {
  const large = (bytes: number) => JSON.stringify(ok('x'.repeat(bytes)))

  for (const megabytes of [0.9, 1.5, 6]) {
    it(`of ${megabytes} MiB passes byte for byte`, async () => {
      const { emsp, cpo } = scene
      const body = Buffer.from(large(megabytes * 1024 * 1024))
      cpo.answers('locations', { body })
      const answer = await emsp.gets('locations', { to: 'DE-CPO' })
      expect(answer.body.equals(body)).toBe(true)
      expect(routingOf(answer)).toEqual({ to: 'NL-EMS', from: 'DE-CPO' })
    })
  }

  it('that dies after its first part was passed on is cut off, never ended as if it were whole', async () => {
    const { emsp, cpo } = scene
    cpo.answers('locations', {
      body: large(2 * 1024 * 1024).slice(0, -100_000),
      headers: { 'Content-Length': String(large(2 * 1024 * 1024).length) },
      cut: 'after-body',
    })
    await expect(emsp.gets('locations', { to: 'DE-CPO' })).rejects.toThrow()
    const entry = await scene.hub.newest({ fault: 'http_response_incomplete' })
    expect(entry).toMatchObject({ to: 'DE-CPO', reached: 'yes', module: 'locations' })
  })

  it('is journalled with the status code at its end', async () => {
    const { emsp, cpo } = scene
    const body = `{"data":"${'x'.repeat(1_500_000)}","status_code":3000,"timestamp":"x"}`
    cpo.answers('locations', { body })
    const answer = await emsp.gets('locations', { to: 'DE-CPO' })
    expect(answer.body.length).toBe(body.length)
    const entry = await scene.hub.newest({ correlation_id: answer.sent.correlationId })
    expect(entry).toMatchObject({ author: 'responder', code: 3000 })
  })
})
