// Time: the one deadline of an exchange holds to a tenth of a second whatever the receiver does, a requester that
// hangs up ends what can be ended, and nothing is ever sent twice but over a connection that was already dead.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SHORT, TIMEOUT_MS } from '../support/config.ts'
import { ok } from '../support/envelopes.ts'
import { expectFault, provokes } from '../support/expect-fault.ts'
import type { BehaviourName } from '../support/fault-behaviours.ts'
import { faultServer, fullBacklog, TLS_BEHAVIOURS, type FaultServer } from '../support/fault-server.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Answer, type Party } from '../support/party.ts'
import { NEVER } from '../support/party-server.ts'
import { pause, waitFor } from '../support/wait.ts'

/** What a deadline may be late, in milliseconds. */
const LATE_MS = 100
const CONNECT_MS = SHORT.connectTimeoutMs

const BEHAVIOURS = [
  'silence',
  'head trickles',
  'head, then silence',
  'body trickles',
  'chunks trickle',
] as const

let servers: Record<string, FaultServer>
let scene: Scene<Record<string, Party>>

beforeAll(async () => {
  const names: BehaviourName[] = [...BEHAVIOURS, 'dead when used again', 'dead from the second connection on']
  servers = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await faultServer(name)] as const)),
  )
  servers['connecting'] = await fullBacklog()
  servers['handshake'] = await TLS_BEHAVIOURS['a handshake that hangs']()
  const parties: Record<string, Party> = { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') }
  for (const [index, [name, server]] of Object.entries(servers).entries()) {
    parties[name] = party(`FR-${100 + index}`, 'CPO', { at: server.url })
  }
  scene = await stage(parties, {
    forwarding: SHORT,
    routes: [{ to: ['DE-CPO'], module: ['sessions'], timeoutMs: 250 }],
  })
  // The first request of a process takes long for reasons of its own.
  for (let turn = 0; turn < 5; turn++) await scene.emsp!.gets('locations', { to: 'DE-CPO' })
})
afterAll(async () => {
  await scene.close()
  await Promise.all(Object.values(servers).map((server) => server.close()))
})

const emsp = () => scene.emsp!
const keyOf = (name: string) => scene[name]!.key

/**
 * The last answer of a call that must end after `limitMs`, never earlier, and in one of four turns not later than
 * `lateMs` past it: a deadline that is late by its making is late every time, a busy machine is not.
 */
async function endsAfter(
  limitMs: number,
  call: () => Promise<readonly Answer[]>,
  lateMs = LATE_MS,
): Promise<Answer> {
  const late: number[] = []
  for (let turn = 0; turn < 4; turn++) {
    const answers = await call()
    const times = answers.map((answer) => answer.elapsedMs)
    expect(Math.min(...times)).toBeGreaterThan(limitMs - 5)
    late.push(Math.max(...times) - limitMs)
    if (late.at(-1)! < lateMs) return answers.at(-1)!
  }
  throw new Error(`every turn was late, by ${late.map(Math.round).join(', ')} ms`)
}

describe('the deadline is exact', () => {
  for (const name of BEHAVIOURS) {
    it(`for a receiver with ${name} (4002, R93)`, async () => {
      const to = keyOf(name)
      const answer = await endsAfter(TIMEOUT_MS, async () => [
        await emsp().gets('locations', { to, path: '/LOC1' }),
      ])
      const entry = await expectFault(scene.hub, answer, 'http_response_timeout')
      expect(entry.phases?.connect).toBeLessThan(TIMEOUT_MS)
      expect(entry.duration_ms).toBeGreaterThan(TIMEOUT_MS - 5)
    })
  }

  for (const name of ['connecting', 'handshake']) {
    it(`for a receiver that hangs while ${name} (4003: nothing was sent, R93)`, async () => {
      const to = keyOf(name)
      const answer = await endsAfter(CONNECT_MS, async () => [
        await emsp().gets('locations', { to, path: '/LOC1' }),
      ])
      await expectFault(scene.hub, answer, 'connection_timeout')
    })
  }

  it('for twenty requests at once', async () => {
    const call = () => emsp().gets('locations', { to: keyOf('silence') })
    const answer = await endsAfter(
      TIMEOUT_MS,
      () => Promise.all(Array.from({ length: 20 }, call)),
      5 * LATE_MS,
    )
    expect(answer.json().data?.fault).toBe('http_response_timeout')
  })

  it('as a route sets it', async () => {
    scene.cpo!.answers('sessions', NEVER)
    const answer = await endsAfter(250, async () => [
      await emsp().gets('sessions', { to: 'DE-CPO', path: '/S1' }),
    ])
    await expectFault(scene.hub, answer, 'http_response_timeout')
  })

  it('and an answer just before it counts', async () => {
    scene.cpo!.answers('tariffs', { json: ok([]), afterMs: TIMEOUT_MS - 200 })
    // A busy machine may make one late, a deadline that is too short all.
    await waitFor(async () => (await emsp().gets('tariffs', { to: 'DE-CPO' })).json().status_code === 1000)
  })

  it('and after it nothing stays open at the receiver, but for a probe and its successor', async () => {
    const open = () => BEHAVIOURS.map((name) => servers[name]!.openConnections())
    await waitFor(() => Math.max(...open()) <= 2, { what: 'the end of connections' })
  })
})

describe('a requester that hangs up', () => {
  provokes('requester_gone', 'its GET ends at the responder as well', async () => {
    const { hub } = scene
    const cpo = scene.cpo!
    cpo.answers('locations', NEVER)
    cpo.forget()
    const open = cpo.openConnections()
    const leave = new AbortController()
    const call = emsp().gets('locations', { to: 'DE-CPO', path: '/GONE', signal: leave.signal })
    await waitFor(() => cpo.requests.length === 1)
    const { 'x-correlation-id': correlation } = cpo.last().headers
    const started = performance.now()
    leave.abort()
    await expect(call).rejects.toThrow()
    await waitFor(() => cpo.openConnections() <= open, { what: 'the end of the connection at the responder' })
    expect(performance.now() - started).toBeLessThan(TIMEOUT_MS)
    return { entry: await hub.newest({ correlation_id: correlation!, fault: 'requester_gone' }) }
  })

  it('does not end its POST: the responder may have acted on it', async () => {
    const cpo = scene.cpo!
    let answered = false
    cpo.answers('POST cdrs', async () => {
      await pause(200)
      answered = true
      return { json: ok() }
    })
    cpo.forget()
    const leave = new AbortController()
    const call = emsp().posts('cdrs', { to: 'DE-CPO', json: {}, signal: leave.signal })
    await waitFor(() => cpo.requests.length === 1)
    const { 'x-correlation-id': correlation } = cpo.last().headers
    leave.abort()
    await expect(call).rejects.toThrow()
    await waitFor(() => answered)
    const entry = await scene.hub.newest({ correlation_id: correlation! })
    expect(entry).toMatchObject({ fault: 'requester_gone', http_status: 499, reached: 'maybe' })
    expect(entry.detail).toContain('1000')
    expect(entry.phases?.total).toBeGreaterThan(190)
  })
})

describe('nothing is sent twice', () => {
  it('but a GET, PUT or DELETE over a kept connection that was dead already', async () => {
    const to = keyOf('dead when used again')
    const server = servers['dead when used again']!
    expect((await emsp().gets('locations', { to, path: '/1' })).json().status_code).toBe(1000)
    const before = server.connections()
    expect((await emsp().gets('locations', { to, path: '/2' })).json().status_code).toBe(1000)
    expect(server.connections()).toBe(before + 1)
    for (const again of [
      () => emsp().puts('tokens', { to, path: '/NL/EMS/1', json: {} }),
      () => emsp().deletes('tariffs', { to, path: '/NL/EMS/1' }),
    ]) {
      await emsp().gets('locations', { to })
      expect((await again()).json().status_code).toBe(1000)
    }
  })

  for (const method of ['posts', 'patches'] as const) {
    it(`not by ${method}, not even over a dead connection (R92)`, async () => {
      const to = keyOf('dead when used again')
      // Until a kept connection is used, which dies of it.
      const fault = await waitFor(async () => {
        await emsp().gets('locations', { to })
        const answer = await emsp()[method]('sessions', { to, path: '/NL/EMS/S1', json: {} })
        return answer.json().status_code === 1000 ? undefined : answer
      })
      await expectFault(scene.hub, fault, 'connection_terminated')
    })
  }

  it('not a second time, when the new connection dies as well', async () => {
    const to = keyOf('dead from the second connection on')
    const server = servers['dead from the second connection on']!
    expect((await emsp().gets('locations', { to })).json().status_code).toBe(1000)
    await waitFor(() => server.openConnections() === 0)
    const before = server.connections()
    const answer = await emsp().gets('locations', { to })
    await expectFault(scene.hub, answer, 'connection_terminated')
    expect(server.connections() - before).toBeLessThanOrEqual(2)
  })

  const FIRST_USE = [
    'reset after the request',
    'reset in the head',
    'FIN in the head',
    'garbage',
    'unsolicited 100 Continue',
  ] as const
  it.each(FIRST_USE)('not over a fresh connection: %s', async (behaviour) => {
    const broken = await faultServer(behaviour)
    const own = await stage({
      emsp: party('NL-EMS', 'EMSP'),
      cpo: party('DE-CPO', 'CPO', { at: broken.url }),
    })
    for (const call of ['gets', 'puts', 'deletes'] as const) {
      const before = broken.connections()
      expect((await own.emsp[call]('locations', { to: 'DE-CPO' })).json().status_code).not.toBe(1000)
      expect(broken.connections() - before).toBe(1)
    }
    await own.close()
    await broken.close()
  })

  it('not when some of the answer was there, on a connection that had carried another', async () => {
    const broken = await faultServer('reset in the second head')
    const own = await stage({
      emsp: party('NL-EMS', 'EMSP'),
      cpo: party('DE-CPO', 'CPO', { at: broken.url }),
    })
    expect((await own.emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    await expectFault(own.hub, await own.emsp.gets('locations', { to: 'DE-CPO' }), 'connection_terminated')
    expect(broken.connections()).toBe(1)
    await own.close()
    await broken.close()
  })

  it('not later, when the responder is there again (R92)', async () => {
    const own = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
    own.cpo.answers('*', { cut: 'before' })
    await own.emsp.puts('tokens', { to: 'DE-CPO', path: '/NL/EMS/1', json: {} })
    own.cpo.answers('*', { json: ok() })
    own.cpo.forget()
    expect((await own.emsp.gets('locations', { to: 'DE-CPO' })).json().status_code).toBe(1000)
    expect(own.cpo.requests.map(({ method }) => method)).toEqual(['GET'])
    await own.close()
  })
})
