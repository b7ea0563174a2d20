// Broadcast push: what goes to everybody of the opposite role, what the sender is told, and what must not be
// broadcast at all (R52-R60, T7-T12, T24, T29).

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ok, says } from '../support/envelopes.ts'
import { expectFault, routingOf } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { NEVER } from '../support/party-server.ts'
import { waitFor } from '../support/wait.ts'

/** Until a receiver that does not answer is given up. */
const SILENT_MS = 2_000

type Names =
  | 'cpo'
  | 'cpo2'
  | 'emsp'
  | 'emsp2'
  | 'nsp'
  | 'other'
  | 'both'
  | 'bare'
  | 'offline'
  | 'newer'
  | 'hub2'
let scene: Scene<Record<Names, Party>>

beforeAll(async () => {
  scene = await stage(
    {
      cpo: party('DE-CPO', 'CPO', { also: [['DE-SIB', 'EMSP']] }),
      cpo2: party('DE-CP2', 'CPO'),
      emsp: party('NL-EMS', 'EMSP'),
      emsp2: party('NL-EM2', 'EMSP'),
      nsp: party('NL-NSP', 'NSP'),
      other: party('NL-OTH', 'OTHER'),
      both: party('FR-BOT', 'EMSP', {
        also: [
          ['FR-BOT', 'OTHER'],
          ['FR-TWO', 'EMSP'],
          ['FR-BOT', 'CPO'],
        ],
      }),
      bare: party('NL-BAR', 'EMSP', { modules: ['tokens'] }),
      offline: party('NL-OFF', 'EMSP', { status: 'OFFLINE' }),
      newer: party('NL-NEW', 'EMSP', { version: '2.3.0' }),
      hub2: party('BE-HUB', 'HUB'),
    },
    { forwarding: { timeoutMs: SILENT_MS } },
  )
})
afterAll(() => scene.close())
beforeEach(() => {
  for (const one of cast()) {
    one.forget()
    one.answers('*', { json: ok() })
  }
})

function cast(): Party[] {
  return Object.values(scene).filter((one): one is Party => typeof one === 'object' && 'answers' in one)
}

/** Who received what, as `NAME xN`, once at least `count` requests have arrived. */
async function receivers(count: number): Promise<string[]> {
  const received = () => cast().flatMap((one) => one.requests.map((request) => routingOf(request).to))
  await waitFor(() => received().length >= count, { what: `${count} pushes` })
  return received().map(String).sort()
}

const location = { path: '/DE/CPO/LOC1', json: { id: 'LOC1' } }

describe('a push to the hub goes to everybody of the opposite role (R53, T8)', () => {
  const toEmsps = ['FR-BOT', 'FR-TWO', 'NL-EM2', 'NL-EMS', 'NL-NSP', 'NL-OTH']

  it('of a CPO: eMSPs, NSPs and others, each party once, with the module, connected, on its version', async () => {
    await scene.cpo.puts('locations', { to: 'hub', ...location })
    expect(await receivers(6)).toEqual(toEmsps)
  })

  it('of an eMSP: CPOs', async () => {
    await scene.emsp.puts('tokens', { to: 'hub', path: '/NL/EMS/1', json: {} })
    expect(await receivers(3)).toEqual(['DE-CP2', 'DE-CPO', 'FR-BOT'])
  })

  for (const [method, call] of [
    ['PATCH', () => scene.cpo.patches('locations', { to: 'hub', ...location })],
    ['DELETE of a tariff (T7)', () => scene.cpo.deletes('tariffs', { to: 'hub', path: '/DE/CPO/T1' })],
    ['PUT without TO, as the content tells nobody (T18)', () => scene.cpo.puts('locations', location)],
  ] as const) {
    it(method, async () => {
      const answer = await call()
      expect(answer.json().status_code).toBe(1000)
      expect(await receivers(6)).toEqual(toEmsps)
    })
  }

  it('leaves path and body as they are and says FROM the hub (R55, R56, R59)', async () => {
    const body = '{ "id": "LOC1", "x": 0.10 }'
    const answer = await scene.cpo.puts('locations', { to: 'hub', path: '/de/CPO/LOC%2F1?x=1', body })
    await receivers(6)
    const requests = cast().flatMap((one) => one.requests)
    for (const request of requests) {
      expect(request).toMatchObject({ method: 'PUT', interface: 'RECEIVER', rest: '/de/CPO/LOC%2F1?x=1' })
      expect(request.body.toString()).toBe(body)
      expect(routingOf(request).from).toBe('NL-HUB')
      expect(request.headers['x-correlation-id']).toBe(answer.sent.correlationId)
    }
    const ids = requests.map((request) => request.headers['x-request-id'])
    expect(new Set([...ids, answer.sent.requestId]).size).toBe(requests.length + 1)
  })
})

describe('the sender of a broadcast', () => {
  it('is answered 1000 by the hub at once, whatever becomes of it (R54, T12)', async () => {
    scene.emsp.answers('*', NEVER)
    scene.emsp2.answers('*', { status: 500, body: 'oops' })
    scene.nsp.answers('*', { json: says(3000, 'No') })
    scene.other.answers('*', { cut: 'before' })
    const answer = await scene.cpo.puts('locations', { to: 'hub', ...location })
    expect([answer.httpStatus, answer.json().status_code]).toEqual([200, 1000])
    expect(answer.json()).not.toHaveProperty('data')
    expect(answer.elapsedMs).toBeLessThan(SILENT_MS / 2)
    expect(routingOf(answer)).toEqual({ to: 'DE-CPO', from: 'NL-HUB' })
    expect(answer.headers['x-request-id']).toBe(answer.sent.requestId)
    // What came of it stands in the journal.
    const failed = await waitFor(async () => {
      const entries = await scene.hub.journal.correlation(answer.sent.correlationId)
      const bad = entries.filter(({ code }) => code >= 2000)
      return bad.length === 4 ? bad : undefined
    })
    expect(failed.map(({ to, code, fault, mode }) => `${to} ${fault ?? code} ${mode}`).sort()).toEqual([
      'NL-EM2 answer_not_ocpi broadcast',
      'NL-EMS http_response_timeout broadcast',
      'NL-NSP 3000 broadcast',
      'NL-OTH connection_terminated broadcast',
    ])
  })

  it('is answered 1000 when there is nobody (T11)', async () => {
    const own = await stage({ cpo: party('DE-CPO', 'CPO'), cpo2: party('DE-CP2', 'CPO') })
    const answer = await own.cpo.puts('locations', { to: 'hub', ...location })
    expect(answer.json()).toMatchObject({ status_code: 1000, status_message: '0 receivers' })
    await own.close()
  })

  it('finds its pushes of one object in order at every receiver (T12)', async () => {
    scene.nsp.answers('*', { json: ok(), afterMs: 5 })
    for (let n = 0; n < 12; n++)
      await scene.cpo.patches('locations', { to: 'hub', path: '/DE/CPO/LOC1', json: { n } })
    await waitFor(() => scene.nsp.requests.length === 12)
    for (const one of [scene.nsp, scene.emsp]) {
      const order = one.requests.map((request) => (JSON.parse(request.body.toString()) as { n: number }).n)
      expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    }
  })

  it('finds what is below an object behind the object itself (T12)', async () => {
    const below = ['', ...Array.from({ length: 16 }, (_, number) => `/E${number}`)]
    scene.nsp.answers('*', ({ rest }) => ({ json: ok(), afterMs: rest.includes('/E') ? 0 : 100 }))
    for (const path of below)
      await scene.cpo.puts('locations', { to: 'hub', path: `/DE/CPO/LOC1${path}`, json: {} })
    await waitFor(() => scene.nsp.requests.length === below.length)
    expect(scene.nsp.requests.map(({ rest }) => rest)).toEqual(below.map((path) => `/DE/CPO/LOC1${path}`))
  })

  it('cannot fill the memory of the hub with large pushes that a slow receiver does not take', async () => {
    const own = await stage(
      { cpo: party('DE-CPO', 'CPO'), slow: party('NL-SLO', 'EMSP'), quick: party('NL-QUI', 'EMSP') },
      { forwarding: { timeoutMs: 50_000 }, arrival: { maxRequestBodyBytes: 10 * 1024 * 1024 } },
    )
    let release!: () => void
    const released = new Promise<void>((resolve) => (release = resolve))
    own.slow.answers('*', () => released.then(() => ({ json: ok() })))
    const json = { name: 'x'.repeat(9 * 1024 * 1024) }
    const push = (number: number) =>
      own.cpo.puts('locations', { to: 'hub', path: `/DE/CPO/L${number}`, json })
    for (let number = 0; number < 8; number++) expect((await push(number)).json().status_code).toBe(1000)
    const entry = await own.hub.newest({ to: 'NL-SLO', fault: 'destination_unavailable' })
    expect(entry).toMatchObject({ path: expect.stringContaining('/L7'), mode: 'broadcast' })
    await waitFor(() => own.quick.requests.length === 8)
    release()
    await waitFor(() => own.slow.requests.length === 7)
    await waitFor(async () => {
      await push(8)
      return own.slow.requests.length > 7
    })
    await own.close()
  })

  it('is told nothing again later: a push that failed is not repeated (R92)', async () => {
    scene.emsp.answers('*', { cut: 'before' })
    await scene.cpo.patches('locations', { to: 'hub', ...location })
    await receivers(6)
    scene.emsp.answers('*', { json: ok() })
    await scene.cpo.gets('tokens', { to: 'NL-EMS' })
    expect(scene.emsp.requests.map(({ method }) => method)).toEqual(['PATCH', 'GET'])
  })
})

describe('what is not for everybody', () => {
  it('is refused: CDRs, sessions, commands, reading (R52, R57, T9, T19)', async () => {
    const { cpo, emsp, hub } = scene
    await expectFault(hub, await cpo.posts('cdrs', { to: 'hub', json: {} }), 'broadcast_refused')
    const session = { to: 'hub', path: '/DE/CPO/S1', json: {} }
    await expectFault(hub, await cpo.puts('sessions', session), 'broadcast_refused')
    await expectFault(
      hub,
      await emsp.posts('commands', { to: 'hub', path: '/X', json: {} }),
      'hub_not_addressable',
    )
    const read = { to: 'hub', interface: 'RECEIVER', path: '/DE/CPO/LOC1' } as const
    await expectFault(hub, await cpo.gets('locations', read), 'hub_not_addressable')
    expect(cast().flatMap((one) => one.requests)).toEqual([])
  })

  it("is refused: somebody else's object (T24)", async () => {
    const answer = await scene.cpo.puts('locations', { to: 'hub', path: '/DE/CP2/LOC1', json: {} })
    await expectFault(scene.hub, answer, 'owner_mismatch')
    for (const json of [{ country_code: 'DE', party_id: 'CP2' }, { party_id: 'CP2' }]) {
      const disguised = await scene.cpo.puts('locations', { to: 'hub', path: '/DE/CPO/LOC1', json })
      await expectFault(scene.hub, disguised, 'owner_mismatch')
    }
    expect(cast().flatMap((one) => one.requests)).toEqual([])
  })
})
