// Requesters that send or take slowly, or leave halfway: each is cut off in its time, told so where it can be, and
// recorded as the one who did it.

import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { ConfigOverrides } from '../support/config.ts'
import { ok } from '../support/envelopes.ts'
import { stage, type TestHub } from '../support/hub.ts'
import { inTime } from '../support/in-time.ts'
import { party, type Party } from '../support/party.ts'
import { rawRequest } from '../support/raw.ts'
import { waitFor } from '../support/wait.ts'

const putHead = (from: Party, headers: string) =>
  `PUT /ocpi/2.2.1/receiver/tokens/NL/EMS/1 HTTP/1.1\r\nHost: hub\r\nAuthorization: ${from.authorization()}\r\n${headers}\r\n\r\n`

const everyEntry = async ({ journal }: TestHub) => (await journal.query({}, { limit: 100 }))!.items

const openSockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

/** A request for more than the buffers of a connection hold, by a requester that has read nothing of the answer yet. */
async function askForMuch(overrides: ConfigOverrides = {}) {
  const own = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
    { ...overrides, forwarding: { heldAnswerBytes: 64 * 1024 * 1024, maxResponseBodyBytes: 1e8 } },
  )
  const body = Buffer.from(JSON.stringify(ok('x'.repeat(30 * 1024 * 1024))))
  own.cpo.answers('*', { body, headers: { 'Content-Type': 'application/json' } })
  const { hostname, port } = new URL(own.hub.ocpiUrl)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write(
    `GET /ocpi/2.2.1/sender/locations HTTP/1.1\r\nHost: hub\r\nAuthorization: ${own.emsp.authorization()}\r\nOCPI-to-country-code: DE\r\nOCPI-to-party-id: CPO\r\n\r\n`,
  )
  return { own, body, socket }
}

describe('a slow requester', () => {
  it('is cut off with 408 when its head or its body does not come in the time that is configured', async () => {
    const arrival = { headersTimeoutMs: 1_000, requestTimeoutMs: 2_500 }
    const { hub, emsp: own, close } = await stage({ emsp: party('NL-EMS', 'EMSP') }, { arrival })
    const head = 'GET /ocpi/versions HTTP/1.1\r\nHost: hub\r\n'
    const body = `${putHead(own, 'X-Request-ID: slow\r\nContent-Length: 10')}{"a"`
    let sent = 0
    await inTime(1_500, async () => {
      sent += 2
      const [slowHead, slowBody] = await Promise.all(
        [head, body].map((bytes) => rawRequest(hub.ocpiUrl, bytes, { limitMs: 30_000 })),
      )
      for (const slow of [slowHead!, slowBody!]) {
        expect(slow.closed).toBe(true)
        expect(slow.answers[0]!.httpStatus).toBe(408)
        expect(slow.answers[0]!.json().data).toMatchObject({ fault: 'http_request_error' })
      }
      expect(slowBody!.elapsedMs).toBeGreaterThan(arrival.requestTimeoutMs - 100)
      expect(slowBody!.answers[0]!.headers['x-request-id']).toBe('slow')
      const lateMs = slowBody!.elapsedMs - arrival.requestTimeoutMs
      return Math.max(slowHead!.elapsedMs - arrival.headersTimeoutMs, lateMs)
    })
    await waitFor(async () => (await everyEntry(hub)).length === sent)
    const entries = (await everyEntry(hub)).slice(0, 2)
    expect(entries.map(({ method, fault, http_status: status }) => `${method} ${fault} ${status}`)).toEqual([
      'PUT http_request_error 408',
      ' http_request_error 408',
    ])
    await close()
  })

  it('that takes a large answer too slowly is cut off, and its responder is not blamed', async () => {
    const own = await stage(
      { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
      // So long that the responder's part of it is small on a busy machine too.
      { forwarding: { timeoutMs: 8_000, heldAnswerBytes: 65_536, maxResponseBodyBytes: 1e8 } },
    )
    const body = Buffer.from(JSON.stringify(ok('x'.repeat(30 * 1024 * 1024))))
    own.cpo.answers('*', { body, headers: { 'Content-Type': 'application/json' } })
    const { hostname, port } = new URL(own.hub.ocpiUrl)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.write(
      `GET /ocpi/2.2.1/sender/locations HTTP/1.1\r\nHost: hub\r\nAuthorization: ${own.emsp.authorization()}\r\nOCPI-to-country-code: DE\r\nOCPI-to-party-id: CPO\r\nX-Correlation-ID: slow-reader\r\n\r\n`,
    )
    socket.once('readable', () => socket.read(1))
    const entry = await waitFor(async () => (await everyEntry(own.hub))[0])
    expect(entry).toMatchObject({ correlation_id: 'slow-reader', fault: 'requester_gone', at: 'requester' })
    expect(entry.detail).toContain('too slowly')
    socket.destroy()
    await own.close()
  })

  it('that leaves in the middle of its body, or breaks it, has made a mistake, and not the hub', async () => {
    const {
      hub,
      emsp: own,
      cpo,
      close,
    } = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
    const head = (id: string, framing: string) =>
      putHead(own, `OCPI-to-country-code: DE\r\nOCPI-to-party-id: CPO\r\nX-Request-ID: ${id}\r\n${framing}`)
    await rawRequest(hub.ocpiUrl, `${head('left', 'Content-Length: 10')}{"a"`, { limitMs: 100 })
    const broken = await rawRequest(
      hub.ocpiUrl,
      `${head('broken', 'Transfer-Encoding: chunked')}5\r\n{"a":x\r\n`,
    )
    expect(broken.closed).toBe(true)
    expect(broken.answers.map(({ httpStatus }) => httpStatus)).toEqual([400])
    for (const id of ['left', 'broken']) {
      const entry = await hub.newest({ request_id: id })
      expect(entry).toMatchObject({
        fault: 'http_request_error',
        http_status: 400,
        at: 'requester',
        reached: 'no',
      })
    }
    expect(await everyEntry(hub)).toHaveLength(2)
    expect(cpo.requests).toEqual([])
    await close()
  })

  it('that takes nothing of an answer is cut off as well', async () => {
    const arrival = { headersTimeoutMs: 1_000, requestTimeoutMs: 1_000 }
    const { own, body, socket } = await askForMuch({ arrival })
    await waitFor(() => own.cpo.requests.length === 1)
    // Long after its time was up: nothing that can be seen here tells of the cut before it is read.
    setTimeout(() => socket.resume(), 5 * arrival.requestTimeoutMs)
    const received = await new Promise<number>((resolve) => {
      let bytes = 0
      socket.pause()
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes >= body.length) resolve(bytes)
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(bytes))
    })
    expect(received).toBeGreaterThan(0)
    expect(received).toBeLessThan(body.length)
    const entry = await waitFor(async () => (await everyEntry(own.hub))[0])
    expect(entry).toMatchObject({ fault: 'requester_gone', at: 'requester', author: 'hub' })
    expect(entry.detail).toBe('answered 1000, but the requester took the answer too slowly and was cut off')
    socket.destroy()
    await own.close()
  })

  it('that leaves in the middle of its answer has not been answered', async () => {
    const { own, socket } = await askForMuch()
    socket.once('readable', () => socket.resetAndDestroy())
    const entry = await waitFor(async () => (await everyEntry(own.hub))[0])
    expect(entry).toMatchObject({ fault: 'requester_gone', at: 'requester' })
    expect(entry.detail).toBe('answered 1000, but the requester left in the middle of it')
    await own.close()
  })

  it('that was refused before its body came gets no second answer, and no second entry', async () => {
    const arrival = { headersTimeoutMs: 1_500, requestTimeoutMs: 1_500 }
    const { hub, emsp: own, close } = await stage({ emsp: party('NL-EMS', 'EMSP') }, { arrival })
    const large = putHead(own, 'Content-Length: 9000000000')
    for (const head of [large, large.replace(own.authorization(), 'Token bm9ib2R5')]) {
      const { answers, closed } = await rawRequest(hub.ocpiUrl, `${head}{"a"`)
      expect(answers).toHaveLength(1)
      expect([401, 413]).toContain(answers[0]!.httpStatus)
      expect(closed).toBe(true)
    }
    expect((await everyEntry(hub)).filter(({ fault }) => fault === 'http_request_error')).toEqual([])
    await close()
  })

  it('that never closes its side does not keep its connection', async () => {
    const arrival = { headersTimeoutMs: 300, requestTimeoutMs: 600 }
    const { hub, close } = await stage({ emsp: party('NL-EMS', 'EMSP') }, { arrival })
    const { hostname, port } = new URL(hub.ocpiUrl)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    socket.write('GET /ocpi')
    socket.resume()
    await once(socket, 'end')
    const held = openSockets()
    await waitFor(() => openSockets() < held)
    socket.destroy()
    await close()
  })
})
