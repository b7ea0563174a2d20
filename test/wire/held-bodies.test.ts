// Large bodies of requests share one limit: what does not fit beside the others is refused before it is sent or in the
// middle of it, small ones never are, and what was held is given back however a request ends.

import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { metricOf, stage, type TestHub } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import type { ScriptedAnswer } from '../support/party-server.ts'
import { readAnswers } from '../support/raw.ts'
import { waitFor } from '../support/wait.ts'

const KIB = 1024
/** Of each body that is not counted. */
const FREE = 64 * KIB
const LIMIT = 256 * KIB

async function staged() {
  const scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
    { arrival: { heldRequestBytes: LIMIT } },
  )
  onTestFinished(scene.close)
  scene.cpo.answers('*', { json: ok() })
  return scene
}

/** A PUT of a token whose body, a JSON string, is sent as the test says. */
function upload({ hub, emsp }: { hub: TestHub; emsp: Party }, bytes: number, framing: 'length' | 'chunks') {
  const sending: ClientRequest = request(`${hub.ocpiUrl}/ocpi/2.2.1/receiver/tokens/NL/EMS/1`, {
    method: 'PUT',
    agent: false,
    headers: {
      authorization: emsp.authorization(),
      'content-type': 'application/json',
      'ocpi-to-country-code': 'DE',
      'ocpi-to-party-id': 'CPO',
      ...(framing === 'length' ? { 'content-length': bytes } : {}),
    },
  })
  const body = `"${'x'.repeat(bytes - 2)}"`
  let sent = 0
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sending.once('response', resolve)
    sending.once('error', reject)
  })
  answered.catch(() => undefined)
  sending.flushHeaders()
  return {
    send(more = bytes - sent) {
      sending.write(body.slice(sent, (sent += more)))
      if (sent === bytes) sending.end()
    },
    leave: () => void sending.destroy(),
    async answer() {
      const response = await answered
      return { status: response.statusCode!, headers: response.headers, text: await text(response) }
    },
  }
}

const isHeld = (hub: TestHub, bytes: number) =>
  waitFor(async () => (await metricOf(hub, 'ocpi_hub_held_request_bytes')) === bytes, {
    what: `${bytes} bytes held`,
  })

describe('the bodies of requests in flight', () => {
  it('are refused before they are sent, when they announce more than fits beside the others', async () => {
    const scene = await staged()
    const first = upload(scene, FREE + 200 * KIB, 'length')
    first.send(FREE + 100 * KIB)
    await isHeld(scene.hub, 100 * KIB)
    const refused = await upload(scene, FREE + 200 * KIB, 'length').answer()
    expect(refused.status).toBe(503)
    expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/)
    expect(JSON.parse(refused.text)).toMatchObject({
      status_code: 4000,
      status_message: 'The hub holds as many bytes of request bodies as it may.',
      data: { fault: 'hub_overloaded' },
    })
    expect(await scene.hub.newest({ fault: 'hub_overloaded' })).toMatchObject({
      detail: 'over limits.held_requests',
    })
    // What fits beside it, and what is small, goes through.
    for (const bytes of [FREE + 150 * KIB, FREE, 10]) {
      const other = upload(scene, bytes, 'length')
      other.send()
      expect((await other.answer()).status).toBe(200)
    }
    first.send()
    expect((await first.answer()).status).toBe(200)
    await isHeld(scene.hub, 0)
    expect(scene.cpo.requests.map(({ body }) => body.length)).toEqual([
      FREE + 150 * KIB,
      FREE,
      10,
      FREE + 200 * KIB,
    ])
  })

  it('are refused in the middle when nothing was announced, and only the one that goes beyond', async () => {
    const scene = await staged()
    const [first, second] = [1, 2].map(() => upload(scene, FREE + 200 * KIB, 'chunks'))
    first!.send(FREE + 150 * KIB)
    second!.send(FREE + 100 * KIB)
    await isHeld(scene.hub, 250 * KIB)
    second!.send(50 * KIB)
    const refused = await second!.answer()
    expect(refused.status).toBe(503)
    expect(refused.headers.connection).toBe('close')
    await isHeld(scene.hub, 150 * KIB)
    first!.send()
    expect((await first!.answer()).status).toBe(200)
    expect(scene.cpo.requests).toHaveLength(1)
    await isHeld(scene.hub, 0)
  })

  it('are refused so that the answer is read, whatever is still sent, and nothing behind it is heard', async () => {
    const scene = await staged()
    const first = upload(scene, FREE + 200 * KIB, 'length')
    first.send(FREE + 100 * KIB)
    await isHeld(scene.hub, 100 * KIB)
    const bytes = 1024 * KIB
    const head = (method: string, rest: string, length: number) =>
      `${method} /ocpi/2.2.1/${rest} HTTP/1.1\r\nHost: hub\r\nAuthorization: ${scene.emsp.authorization()}\r\n` +
      `OCPI-to-country-code: DE\r\nOCPI-to-party-id: CPO\r\nContent-Length: ${length}\r\n\r\n`
    const { hostname, port } = new URL(scene.hub.ocpiUrl)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    const errors: unknown[] = []
    socket.on('error', (error) => errors.push(error))
    // One that reads nothing before it has written everything.
    socket.pause()
    socket.write(head('PUT', 'receiver/tokens/NL/EMS/1', bytes))
    await scene.hub.newest({ fault: 'hub_overloaded' })
    await new Promise<void>((resolve) => {
      socket.end(`${'x'.repeat(bytes)}${head('POST', 'receiver/cdrs', 2)}{}`, resolve)
    })
    const answers = readAnswers(await buffer(socket))
    expect(errors).toEqual([])
    expect(answers.map(({ httpStatus }) => httpStatus)).toEqual([503])
    first.send()
    expect((await first.answer()).status).toBe(200)
    expect(scene.cpo.requests.map(({ method }) => method)).toEqual(['PUT'])
    expect((await scene.hub.journal.query({}, { limit: 10 }))?.items).toHaveLength(1)
  })

  it('are taken whatever their size when they are alone', async () => {
    const scene = await staged()
    for (const framing of ['length', 'chunks'] as const) {
      const alone = upload(scene, 1024 * KIB, framing)
      alone.send()
      expect((await alone.answer()).status).toBe(200)
      await isHeld(scene.hub, 0)
    }
  })

  it('are never refused while they are small, however much one that is alone has', async () => {
    const scene = await staged()
    const alone = upload(scene, 1024 * KIB, 'length')
    alone.send(FREE + LIMIT + FREE + KIB)
    await isHeld(scene.hub, LIMIT + FREE + KIB)
    for (const framing of ['length', 'chunks'] as const) {
      const small = upload(scene, FREE, framing)
      small.send()
      expect((await small.answer()).status).toBe(200)
    }
    alone.send()
    expect((await alone.answer()).status).toBe(200)
  })

  it('count until the exchange has ended, and no longer when the requester left', async () => {
    const scene = await staged()
    let answer: ((answer: ScriptedAnswer) => void) | undefined
    const answered = new Promise<ScriptedAnswer>((resolve) => (answer = resolve))
    scene.cpo.answers('*', () => answered)
    const whole = upload(scene, FREE + 100 * KIB, 'length')
    whole.send()
    const half = upload(scene, FREE + 100 * KIB, 'chunks')
    half.send(FREE + 50 * KIB)
    await waitFor(() => scene.cpo.requests.length === 1)
    await isHeld(scene.hub, 150 * KIB)
    half.leave()
    await isHeld(scene.hub, 100 * KIB)
    answer!({ json: ok() })
    expect((await whole.answer()).status).toBe(200)
    await isHeld(scene.hub, 0)
  })
})
