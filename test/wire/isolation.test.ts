// One bad receiver is nobody else's trouble: caps are answered at once, others stay fast, and a hub that is
// full, shutting down or wrong itself says so.

import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { expectFault, provokes } from '../support/expect-fault.ts'
import { faultServer, TLS_BEHAVIOURS, type FaultServer } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { inTime } from '../support/in-time.ts'
import { party, type Answer, type Party } from '../support/party.ts'
import { NEVER } from '../support/party-server.ts'
import { readAnswers } from '../support/raw.ts'
import { waitFor } from '../support/wait.ts'

let closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.reverse()) await close()
  closing = []
})

async function staged<Parties extends Record<string, Party>>(
  parties: Parties,
  overrides: Parameters<typeof stage>[1],
): Promise<Scene<Parties>> {
  const scene = await stage(parties, overrides)
  closing.push(() => scene.close())
  return scene
}

describe('a receiver that hangs', () => {
  let silent: FaultServer
  let handshake: FaultServer
  let scene: Scene<Record<'emsp' | 'fast' | 'hanging' | 'shaking', Party>>

  beforeAll(async () => {
    silent = await faultServer('silence')
    handshake = await TLS_BEHAVIOURS['a handshake that hangs']()
    scene = await stage(
      {
        emsp: party('NL-EMS', 'EMSP'),
        fast: party('DE-FST', 'CPO'),
        hanging: party('DE-HNG', 'CPO', { at: silent.url }),
        shaking: party('DE-TLS', 'CPO', { at: handshake.url }),
      },
      { forwarding: { timeoutMs: 30_000, connectTimeoutMs: 30_000, connectionsMax: 8, pendingMax: 40 } },
    )
    scene.fast.answers('*', { json: ok([]) })
  })
  afterAll(async () => {
    await scene.close()
    await silent.close()
    await handshake.close()
  })

  const elapsed = async (calls: number): Promise<number[]> => {
    const times: number[] = []
    for (let call = 0; call < calls; call++) {
      const answer = await scene.emsp.gets('locations', { to: 'DE-FST' })
      expect(answer.json().status_code).toBe(1000)
      times.push(answer.elapsedMs)
    }
    return times.sort((a, b) => a - b)
  }

  for (const to of ['DE-HNG', 'DE-TLS']) {
    it(`never slows another down, and past its cap is answered at once: ${to}`, async () => {
      await elapsed(20)
      const alone = await elapsed(60)
      const answers: Answer[] = []
      const leave = new AbortController()
      const { signal } = leave
      const calls = Array.from({ length: 100 }, async () => {
        answers.push(await scene.emsp.gets('locations', { to, path: '/LOC1', signal }))
      })
      await waitFor(() => answers.length === 60)
      for (const answer of answers) expect(answer.json().data?.fault).toBe('destination_unavailable')
      await expectFault(scene.hub, answers[0]!, 'destination_unavailable')
      // Whoever had to wait for the one that hangs would wait for half a minute.
      await inTime(alone[30]! * 5 + 20, async () => {
        const beside = await elapsed(60)
        expect(beside.at(-1)!).toBeLessThan(15_000)
        return beside[30]!
      })
      if (to === 'DE-HNG') expect(silent.openConnections()).toBeLessThanOrEqual(8)
      leave.abort()
      await Promise.allSettled(calls)
      expect(answers).toHaveLength(60)
    })
  }
})

describe('a hub at its limit', () => {
  provokes('hub_overloaded', 'as many requests in flight as it takes', async () => {
    const { hub, emsp, cpo } = await staged(
      { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
      { arrival: { inFlightMax: 3 } },
    )
    cpo.answers('*', NEVER)
    const leave = new AbortController()
    const held = Array.from({ length: 3 }, () =>
      emsp.gets('locations', { to: 'DE-CPO', signal: leave.signal }),
    )
    await waitFor(() => cpo.requests.length === 3)
    const refused = () => emsp.gets('locations', { to: 'DE-CPO' })
    const answer = await refused()
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    await inTime(300, async () => (await refused()).elapsedMs)
    leave.abort()
    await Promise.allSettled(held)
    cpo.answers('*', { json: ok() })
    await waitFor(async () => (await emsp.gets('locations', { to: 'DE-CPO' })).httpStatus === 200)
    return { hub, answer }
  })
})

describe('a hub that shuts down', () => {
  provokes('hub_draining', 'a request that ends after the shutdown began', async () => {
    const scene = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
    const { hub, emsp } = scene
    const { hostname, port } = new URL(hub.ocpiUrl)
    const socket = connect(Number(port), hostname)
    let received = Buffer.alloc(0)
    socket.on('data', (data) => (received = Buffer.concat([received, data])))
    // The first answer shows that the connection is served; the second request stays half for now.
    const head = `GET /ocpi/2.2.1/sender/locations HTTP/1.1\r\nHost: hub\r\nAuthorization: ${emsp.authorization()}\r\n`
    socket.write(`${head}OCPI-to-country-code: ZZ\r\nOCPI-to-party-id: ZZZ\r\n\r\n${head}`)
    await waitFor(() => readAnswers(received).length === 1)
    const closed = hub.close()
    socket.write('\r\n')
    const answer = await waitFor(() => readAnswers(received)[1])
    // The journal is read before the shutdown has ended.
    const entry = await waitFor(() => hub.journal.get(String(answer.json().data?.reference)))
    expect(answer.headers.connection).toBe('close')
    expect(answer.json()).toMatchObject({
      status_code: 4000,
      data: { fault: 'hub_draining', recovery: 'wait' },
    })
    socket.destroy()
    await closed
    await scene.emsp.close()
    await scene.cpo.close()
    return { entry }
  })

  it('finishes what is under way', async () => {
    const scene = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
    scene.cpo.answers('*', { json: ok(), afterMs: 300 })
    const call = scene.emsp.gets('locations', { to: 'DE-CPO' })
    await waitFor(() => scene.cpo.requests.length === 1)
    const closed = scene.hub.close()
    const answer = await call
    expect(answer.json().status_code).toBe(1000)
    expect(answer.headers.connection).toBe('close')
    await closed
    await expect(scene.emsp.gets('locations', { to: 'DE-CPO' })).rejects.toThrow()
    await scene.emsp.close()
    await scene.cpo.close()
  })
})

describe('a hub that is wrong itself', () => {
  provokes('hub_failure', 'a token no checked configuration lets in cannot be sent', async () => {
    const cpo = party('DE-CPO', 'CPO', { form: 'raw' })
    const emsp = party('NL-EMS', 'EMSP')
    await Promise.all([cpo.listen(), emsp.listen()])
    closing.push(
      () => cpo.close(),
      () => emsp.close(),
    )
    const broken = {
      ...cpo.platform(),
      tokens: { inbound: 'de-cpo.shows', outbound: 'two\nlines', form: 'raw' as const },
    }
    const { hub } = await staged({}, { platforms: [broken, emsp.platform()] })
    emsp.join(hub.ocpiUrl)
    return { hub, answer: await emsp.gets('locations', { to: 'DE-CPO' }) }
  })
})
