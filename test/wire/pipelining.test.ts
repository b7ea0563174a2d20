// Errors behind a request that is not answered yet: its answer comes first and whole, then the error, and then the end of
// the connection (RFC 9112 §9.3.2).

import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HubConfig } from '../../src/config/hub-config.ts'
import { ok } from '../support/envelopes.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { rawRequest } from '../support/raw.ts'

let scene: Scene<{ emsp: Party; cpo: Party }>

async function open(arrival: Partial<HubConfig['arrival']>): Promise<void> {
  scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
    { arrival, forwarding: { timeoutMs: 100_000, maxResponseBodyBytes: 1e8 } },
  )
}
afterAll(() => scene.close())

function request(line: string, body = ''): string {
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`
  return `${line} HTTP/1.1\r\nHost: hub\r\nAuthorization: ${scene.emsp.authorization()}\r\nOCPI-to-country-code: DE\r\nOCPI-to-party-id: CPO\r\n${length}\r\n${body}`
}

describe('an error behind a request that is not answered yet', () => {
  beforeAll(() => open({ headersTimeoutMs: 1_000, requestTimeoutMs: 20_000 }))
  const behind: readonly (readonly [what: string, bytes: string, status: number])[] = [
    ['bytes that are no HTTP', 'garbage\r\n\r\n', 400],
    ['a request that does not come to its end', 'GET /ocpi', 408],
  ]
  for (const [what, bytes, status] of behind) {
    it(`does not take its answer: ${what}`, async () => {
      const { hub, cpo } = scene
      cpo.forget()
      cpo.answers('*', { json: ok([]), afterMs: 2_500 })
      const posted = request('POST /ocpi/2.2.1/receiver/cdrs', '{}')
      const { answers, closed } = await rawRequest(hub.ocpiUrl, [posted, bytes])
      expect(answers.map(({ httpStatus }) => httpStatus)).toEqual([200, status])
      expect(answers[0]!.json().status_code).toBe(1000)
      expect(answers[1]!.json().data).toMatchObject({ fault: 'http_request_error' })
      expect(closed).toBe(true)
      expect(cpo.requests).toHaveLength(1)
    })
  }
})

describe('large answers to those who ask for several at once and read late', () => {
  const REQUESTERS = 8
  const EACH = 3
  beforeAll(async () => {
    await scene.close()
    await open({})
  })

  /** The bytes of all answers, of which nothing is read before the hub has to wait. */
  async function readLate(bytes: string): Promise<{ readonly size: number; readonly heads: string }> {
    const { hostname, port } = new URL(scene.hub.ocpiUrl)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.pause()
    socket.write(bytes)
    await once(socket, 'readable')
    let size = 0
    let heads = ''
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      size += chunk.length
      heads += /HTTP\/1\.1 \d+|hub_failure/.exec(chunk.toString('latin1'))?.join() ?? ''
    }
    return { size, heads }
  }

  it('come whole, each of them', async () => {
    const body = Buffer.from(JSON.stringify(ok('x'.repeat(4 * 1024 * 1024))))
    scene.cpo.answers('*', { body, headers: { 'Content-Type': 'application/json' } })
    const get = request('GET /ocpi/2.2.1/sender/locations/LOC1')
    const last = get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
    const bytes = get.repeat(EACH - 1) + last
    const all = await Promise.all(Array.from({ length: REQUESTERS }, () => readLate(bytes)))
    for (const { size, heads } of all) {
      expect(heads).not.toContain('hub_failure')
      expect(size).toBeGreaterThan(EACH * body.length)
    }
  }, 120_000)
})
